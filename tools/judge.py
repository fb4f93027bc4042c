#!/usr/bin/env python3
"""Runs ../shared/protocols/judge.mjs (ccxt, REST and WebSocket) against a rehearsal: judge.py DELEVER [VENUE...].

Where ccxt is from: tools/ccxt_modules.py. Exit status 77, for ctest: node, npm or the judge itself is not there, with the reason."""
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ccxt_modules

SKIP = 77
ROOT = Path(__file__).resolve().parent.parent


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIP)


def main():
    program, wanted = sys.argv[1], sys.argv[2:]
    judge = next((p for p in (ROOT.parent / "shared/protocols/judge.mjs", ROOT.parent.parent / "shared/protocols/judge.mjs")
                  if p.exists()), None)
    if not judge:
        skip("shared/protocols/judge.mjs is not there")
    keys = json.loads((judge.parent / "hyperliquid_signing_vectors.json").read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if why := ccxt_modules.put_into(folder):
            skip(why)
        shutil.copy(judge, folder / "judge.mjs")
        ready = folder / "ready.json"
        serving = subprocess.Popen([program, "rehearsal", "serve", "--listen", "127.0.0.1:0", "--ready-file", str(ready)],
                                   stdout=subprocess.DEVNULL)
        try:
            began = time.monotonic()
            while not ready.exists():
                if serving.poll() is not None or time.monotonic() - began > 60:
                    sys.exit("delever did not become ready")
                time.sleep(0.05)
            print(f"ready after {time.monotonic() - began:.2f} s", flush=True)
            venues = json.loads(ready.read_text())["venues"]
            failed = []
            for venue in wanted or venues:
                at = venues[venue]
                extra = ["--wallet", keys["address"], "--private-key", keys["private_key"]] if venue == "hyperliquid" else []
                print(f"--- {venue}", flush=True)
                command = ["node", "judge.mjs", "--venue", venue, "--rest", at["rest"], "--ws", at["ws"], *extra]
                # Hyperliquid shows its book every 5 s and the judge wants it equal to one asked for at that moment, in a
                # market that moves: on a busy machine this may miss once.
                if not any(subprocess.run(command, cwd=folder, timeout=300).returncode == 0 for _ in range(2)):
                    failed.append(venue)
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(20)
        sys.exit("failed: " + ", ".join(failed) if failed else 0)


main()
