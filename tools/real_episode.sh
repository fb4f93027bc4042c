#!/bin/sh
# real_episode.sh DATA_DIR OUT.tape: every archive of DATA_DIR that speaks of the same market on one tape, so that
# `delever brief --tape OUT.tape --at T` can look at any day of it. OUT.tape appears only when all of it went well.
#
# Left out: l2/, six minutes of August 2024 for a quarter of a million messages. They are of no day that a brief asks
# for, and on this tape a replay would read them first every time: `delever import raw` makes a tape of their own.
# claims/ are not data but what is checked against it (`delever brief --claims`), and verdict/ is a record made from these data,
# which `delever verdict --record --tape OUT.tape` makes again.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: $0 DATA_DIR OUT.tape" >&2
  exit 2
fi
data=$1
out=$2
root=$(cd "$(dirname "$0")/.." && pwd)
delever=${DELEVER:-}
for built in "$root/build/release/delever" "$root/build/release/src/delever" "$root/build/dev/delever" \
             "$root/build/dev/src/delever"; do
  if [ -z "$delever" ] && [ -x "$built" ]; then delever=$built; fi
done
if [ -z "$delever" ]; then
  make -C "$root" release >&2  # a fresh clone; DELEVER names another binary
  delever=$root/build/release/delever
fi
if [ ! -d "$data" ]; then
  echo "$0: $data: no such folder" >&2
  exit 3
fi
if [ -e "$out" ]; then
  echo "$0: $out is there already" >&2
  exit 2
fi

partial=$out.partial
trap 'rm -f "$partial" "$partial"-*' EXIT
rm -f "$partial" "$partial"-*

# add_archive MAP FILE...: the files of one map; a file that is absent is an error, because a brief without it would only
# look emptier than it should.
add_archive() {
  map=$1
  shift
  echo "$map" >&2
  "$delever" import csv --map "$root/maps/$map.toml" "$@" --out "$partial"
}

add_archive coinglass-liquidations-daily "$data"/liquidations/coinglass_liquidations_daily_*.csv.gz
add_archive coinglass-open-interest-daily "$data"/oi/coinglass_futures_oi_daily_*.csv.gz
add_archive coinalyze-binance-coinm-open-interest-daily "$data"/oi/coinalyze_binance_coinm_oi_daily_*.csv.gz
add_archive coinglass-long-short-daily "$data"/oi/coinglass_long_short_ratios_daily_*.csv.gz
add_archive coinglass-funding-oi-weighted-daily "$data"/funding/coinglass_funding_oiweighted_daily_*.csv.gz
add_archive coinglass-funding-vol-weighted-daily "$data"/funding/coinglass_funding_volweighted_daily_*.csv.gz
add_archive binance-funding-8h "$data"/funding/binance_btcusdt_funding_8h_*.csv
add_archive binance-funding-daily-mean "$data"/funding/binance_btcusdt_funding_dailymean_*.csv
add_archive deribit-option-chain "$data"/options/deribit_btc_chain_1h_*.csv.gz
add_archive r1quant-option-features "$data"/options/r1quant_*_features_*.csv
add_archive binance-spot-candles "$data"/prices/binance_spot_*.csv.gz
add_archive coinglass-binance-spot-daily "$data"/prices/coinglass_binance_spot_D1_*.csv.gz
add_archive deribit-dvol-daily "$data"/vol/deribit_btc_dvol_daily_*.csv
add_archive deribit-dvol-hourly "$data"/vol/deribit_btc_dvol_1h_*.csv.gz
add_archive coinglass-etf-flows-daily "$data"/external/coinglass_btc_spot_etf_flows_daily.csv
add_archive us-spot-etf-flows-daily "$data"/external/us_spot_*_etf_flows_daily_*.csv
add_archive ibit-flows-daily "$data"/external/ibit_daily_flow_*.csv
add_archive bitcointreasuries-snapshot "$data"/external/bitcointreasuries_snapshot_*.csv
add_archive coinglass-taker-volume-daily "$data"/flow/coinglass_taker_volume_daily_*.csv.gz
add_archive coinglass-depth-daily "$data"/depth/coinglass_depth_1pct_daily_*.csv.gz

mv "$partial" "$out"
