#!/usr/bin/env python3
"""What `delever serve --scenario` shows and records, held against what else is known of the same market.

    tools/serve_test.py build/dev/delever [page|simulate|record|names]...     exit 1 where they differ

page: the dashboard shows the market while it runs. simulate: the tape that serve records is that of `delever simulate`, message for
message. record: what `delever record` takes from the venues' ports (trades, liquidations, funding) is what the market's own tape
says. names: --as-venue under curl, which believes the authority of the run and no other."""
import collections
import datetime
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYMBOLS = {"binance": "BTCUSDT", "bybit": "BTCUSDT", "okx": "BTC-USDT-SWAP", "deribit": "BTC-PERPETUAL", "hyperliquid": "BTC"}


class Served:
    def __init__(self, program, folder, *options):
        self.ready_file = folder / "ready.json"
        self.ready_file.unlink(missing_ok=True)
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--ready-file", str(self.ready_file), *options],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        began = time.monotonic()
        while not self.ready_file.exists():
            if self.process.poll() is not None or time.monotonic() - began > 240:
                sys.exit("the rehearsal did not become ready: " + self.process.stderr.read().decode())
            time.sleep(0.05)
        self.ready = json.loads(self.ready_file.read_text())

    def ask(self, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.ready["control"] + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
            return json.loads(text) if "json" in answer.headers["Content-Type"] else text

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=60)
        check("serve ends well", self.process.returncode == 0, said.decode()[-400:])
        return said.decode()


FAILED = []


def check(what, so, seen=""):
    print(("ok   " if so else "FAIL ") + what + ("" if so else f": {seen}"), flush=True)
    if not so:
        FAILED.append(what)


def until(so, seconds):
    began = time.monotonic()
    while True:
        got = so()
        if got or time.monotonic() - began > seconds:
            return got
        time.sleep(0.3)


def page(program, folder):
    served = Served(program, folder, "--speed", "20")
    status = until(lambda: (s := served.ask("/api/v1/status"))["as_of"] and s, 120)
    check("the page has readings while the market runs", status, served.ask("/api/v1/status"))
    check("it says that the tape grows, and where it is steered", status and status["growing"] and status["control"] == "/control", status)
    readings = served.ask("/api/v1/readings")["readings"]
    state = served.ask("/control/state")
    price, market = readings["price_usd"]["value"], next(a for a in state["assets"] if a["asset"] == "BTC")["price"]
    check("the price of the page is the market's", abs(price / market - 1) < 0.02, (price, market))
    check("behind what is shown is the market's time", until(
        lambda: 0 <= float(next(line for line in served.ask("/metrics").splitlines() if line.startswith("delever_tape_behind_seconds ")).split()[1]) < 900, 60),
        served.ask("/metrics")[-600:])
    served.ask("/control/push", {"push": "drop", "asset": "BTC", "percent": 5, "seconds": 60})
    lower = until(lambda: served.ask("/api/v1/readings")["readings"]["price_usd"]["value"] < price * 0.97, 120)
    check("a push is seen on the page", lower, served.ask("/api/v1/readings")["readings"]["price_usd"])
    check("the page's own path is its own", "<html" in served.ask("/").lower() and "Scorecard" in served.ask("/control"))
    tape = Path(served.ready["recording"]["tape"])
    check("its tape is there", tape.exists(), tape)
    served.close()
    check("and is gone with it, folder and all", not tape.parent.exists(), tape)


def short_scenario(folder, minutes):
    text = (ROOT / "scenarios/stop-run.toml").read_text()
    path = folder / "short.toml"
    path.write_text(text.replace("2026-01-05T03:00:00Z", f"2026-01-05T00:{minutes:02d}:00Z")
                    .replace("at = 2026-01-05T00:30:00Z", "at = 2026-01-05T00:03:00Z").replace("at = 2026-01-05T00:40:00Z", "at = 2026-01-05T00:04:00Z")
                    .replace("at = 2026-01-05T00:50:00Z", "at = 2026-01-05T00:05:00Z"))
    return path


def messages(program, tape):
    return subprocess.run([program, "tape", "cat", str(tape)], capture_output=True, check=True).stdout


def simulate(program, folder):
    scenario, served_tape, made = short_scenario(folder, 8), folder / "served.tape", folder / "made.tape"
    served = Served(program, folder, "--scenario", str(scenario), "--start", "scenario", "--speed", "0", "--seed", "7", "--tape-out", str(served_tape))
    check("the market comes to its end", until(lambda: served.ask("/control/state")["over"], 120))
    check("and its tape with it", until(lambda: not served.ask("/api/v1/status")["growing"], 30))
    served.close()
    subprocess.run([program, "simulate", str(scenario), "--seed", "7", "--out", str(made)], capture_output=True, check=True)
    one, other = messages(program, served_tape), messages(program, made)
    check(f"served and simulated tape are the same {len(one.splitlines())} messages", one == other and len(one) > 100_000, (len(one), len(other)))


def events(program, tape):
    """Of the one perpetual of each venue, by venue and kind."""
    cat = subprocess.run([program, "tape", "cat", "--events", str(tape)], capture_output=True, text=True)
    out = collections.defaultdict(list)
    for line in cat.stdout.splitlines():
        event = json.loads(line)
        if event.get("symbol") == SYMBOLS.get(event["venue"]) and "-PERP" in event["instrument"]:
            out[event["venue"], event["event"]].append(event)
    return out


def trades_of(found):
    """By price and side the times (ms) and sizes, in order."""
    out = collections.defaultdict(list)
    for event in found:
        at = datetime.datetime.fromisoformat(event["at"][:23].rstrip("Z").ljust(19, "0")).timestamp()
        out[float(event["price"]), event["taker_side"]].append([round(at, 3), float(event["qty"])])
    return out


def record(program, folder):
    sim, heard = folder / "sim.tape", folder / "heard.tape"
    served = Served(program, folder, "--start", "2026-02-02T07:57:00Z", "--lived", "0s", "--speed", "4", "--tape-out", str(sim))
    recorder = [program, "record", *(f"{venue}:{symbol}" for venue, symbol in SYMBOLS.items()), "--out", str(heard), "--for", "75s"]
    for venue in SYMBOLS:
        recorder += ["--url", f"{venue}={served.ready['venues'][venue]['rest']}"]
    recording = subprocess.Popen(recorder, stdout=subprocess.DEVNULL)
    time.sleep(8)
    served.ask("/control/push", {"push": "drop", "asset": "BTC", "percent": 12, "seconds": 60})
    check("the recorder ends well", recording.wait(180) == 0)
    served.close()
    known, told = events(program, sim), events(program, heard)
    for venue in SYMBOLS:
        compare_trades(venue, known[venue, "trade"], told[venue, "trade"])
        compare_liquidations(venue, known[venue, "liquidation"], told[venue, "liquidation"])
        compare_funding(venue, known[venue, "funding_rate"], told[venue, "funding_rate"])
    check("there were liquidations", sum(len(told[venue, "liquidation"]) for venue in SYMBOLS) > 10)


def compare_trades(venue, known, told):
    """Each that was told is on the market's own tape; Binance tells fills of 100 ms at one price as one."""
    known, told = sorted(known, key=lambda e: e["at"]), sorted(told, key=lambda e: e["at"])
    told = [e for e in told if e["at"][:19] < known[-1]["at"][:19]]  # the second at hand is not on the tape when serve ends
    within = 0.1005 if venue == "binance" else 0.0005
    one, other, wrong, missed = trades_of(told), trades_of(known), [], []
    for key, list_told in one.items():
        rest = other[key]
        for at, qty in list_told:
            while rest and qty > 1e-9 and rest[0][0] < at - 0.0005:
                missed.append((key, rest.pop(0)))
            while rest and qty > 1e-9 and abs(rest[0][0] - at) <= within:
                qty -= rest.pop(0)[1]
            if abs(qty) > 1e-9:
                wrong.append((key, at, qty))
    first, last = min(t for l in one.values() for t, _ in l), max(t for l in one.values() for t, _ in l)
    missed += [(key, t) for key, rest in other.items() for t in rest]
    missed = [m for m in missed if first + 1 < m[1][0] < last - 1]
    check(f"{venue}: {len(told)} trades recorded, each with its size on the market's own tape", told and not wrong, wrong[:3])
    check(f"{venue}: and none missed in between of its {len(known)}", not missed, missed[:3])


def compare_liquidations(venue, known, told):
    """Venues tell the order's size or the filled one, and two of them one liquidation a second at most."""
    def keys(found, qty):
        return {(e["at"][:19], e["position_side"], float(e.get(qty) or e["order_qty"])) for e in found}
    one, other = keys(told, "filled_qty"), keys(known, "filled_qty")
    wrong = sorted(one - other)
    check(f"{venue}: {len(told)} liquidations recorded, each on the market's own tape with its {len(known)}", not wrong, wrong[:3])


def compare_funding(venue, known, told):
    """The rate that was announced last before a settlement is the one that was settled, up to the last second's premium."""
    hour = "2026-02-02T08:00:00Z"
    settled = [float(e["rate"]) for e in known if e["funding_kind"] == "settled" and e["at"] == hour]
    announced = [float(e["rate"]) for e in told if e["at"] < hour and e.get("settles_at", hour) == hour][-1:]
    if venue == "hyperliquid":  # its messages have no time of their own
        announced = sorted((float(e["rate"]) for e in told), key=lambda rate: abs(rate - settled[-1]))[:1]
    near = settled and announced and abs(settled[-1] - announced[-1]) < 1e-5
    check(f"{venue}: funding announced {announced}, settled {settled[-1:]}", near)


def names(program, folder):
    authority = folder / "authority.pem"
    before = Path("/etc/hosts").read_bytes()
    served = Served(program, folder, "--as-venue", "--ca-file", str(authority), "--port", "as-venue=0")
    named = served.ready["as_venue"]
    port = named["ports"][0]
    check("no key is written", "PRIVATE" not in authority.read_text() and authority.read_text().count("BEGIN CERTIFICATE") == 1)

    def curl(url, *options):
        got = subprocess.run(["curl", "-sS", "--max-time", "20", "--connect-to", f"::127.0.0.1:{port}", "-w", "\n%{http_code}", *options, url],
                             capture_output=True, text=True)
        return got.returncode, got.stdout

    trusts = ("--cacert", str(authority))
    for url, word in (("https://fapi.binance.com/fapi/v1/time", "serverTime"), ("https://api.binance.com/api/v3/ticker/price?symbol=BTCUSDT", "price"),
                      ("https://api.bybit.com/v5/market/time", "timeSecond"), ("https://www.okx.com/api/v5/public/time", '"ts"'),
                      ("https://www.deribit.com/api/v2/public/get_time", "result")):
        code, text = curl(url, *trusts)
        check(url, code == 0 and word in text and text.endswith("200"), (code, text))
    code, text = curl("https://api.hyperliquid.xyz/info", *trusts, "-H", "Content-Type: application/json", "-d", '{"type":"allMids"}')
    check("https://api.hyperliquid.xyz/info", code == 0 and '"BTC"' in text, (code, text))
    check("a part that is not played is not the venue's own", curl("https://papi.binance.com/papi/v1/ping", *trusts)[1].endswith("404"))
    check("nobody believes it by himself", curl("https://fapi.binance.com/fapi/v1/time")[0] == 60)
    check("and for no other name", curl("https://example.com/", *trusts)[0] == 60)
    said = served.close()
    check("the hosts lines are said, and who may trust it until when", "127.0.0.1 fapi.binance.com" in said and "NODE_EXTRA_CA_CERTS=" in said
          and named["valid_until"] in said, said)
    check("the machine's own hosts are as they were", Path("/etc/hosts").read_bytes() == before)
    refused = subprocess.run([program, "serve", "--as-venue", "--ca-file", str(authority), "--force", "--listen", "0.0.0.0:0", "--account", "okx:k:s:p",
                              "--no-tape"], capture_output=True, text=True, timeout=60)
    check("beyond this machine it is refused", refused.returncode == 2 and "--as-venue" in refused.stderr, refused.stderr)


def main(program, wanted):
    every = {"page": page, "simulate": simulate, "record": record, "names": names}
    with tempfile.TemporaryDirectory() as name:
        for one in wanted or every:
            print("--- " + one, flush=True)
            every[one](program, Path(name))
    sys.exit("failed: " + "; ".join(FAILED) if FAILED else 0)


if __name__ == "__main__":
    if not shutil.which("curl"):
        print("skipped: serve: no curl")
        sys.exit(77)
    main(sys.argv[1], sys.argv[2:])
