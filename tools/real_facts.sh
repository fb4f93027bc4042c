#!/bin/sh
# real_facts.sh DATA_DIR OUT_DIR: the table of real stylised facts in docs/models/facts.md, from the archives of DATA_DIR.
# Makes OUT_DIR/real.tape (tools/real_episode.sh) and OUT_DIR/l2.tape (the captures of 8 August 2024) where they are not
# there yet, and prints the facts of each as text; further arguments go to `delever facts` (--from, --to, --asset,
# --format).
set -eu

if [ $# -lt 2 ]; then
  echo "usage: $0 DATA_DIR OUT_DIR [--asset ETH] [--from T] [--to T]" >&2
  exit 2
fi
data=$1
out=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
delever=${DELEVER:-}
for built in "$root/build/release/delever" "$root/build/dev/delever"; do
  if [ -z "$delever" ] && [ -x "$built" ]; then delever=$built; fi
done
if [ -z "$delever" ]; then
  make -C "$root" release >&2
  delever=$root/build/release/delever
fi
mkdir -p "$out"
if [ ! -e "$out/real.tape" ]; then DELEVER=$delever "$root/tools/real_episode.sh" "$data" "$out/real.tape" >&2; fi
if [ ! -e "$out/l2.tape" ]; then
  rm -f "$out/l2.tape.partial" "$out/l2.tape.partial"-*
  import_capture() { "$delever" import raw "$data/l2/$1" --decoder "$2" --out "$out/l2.tape.partial" >&2; }
  import_capture binance_usdm_btcusdt_20240808.gz binance-usdm
  import_capture binance_cm_btcusd_perp_20240808.gz binance-coinm
  import_capture binance_spot_btcusdt_20240808.gz binance-spot
  mv "$out/l2.tape.partial" "$out/l2.tape"
fi
exec "$delever" facts --tape "$out/real.tape" --tape "$out/l2.tape" "$@"
