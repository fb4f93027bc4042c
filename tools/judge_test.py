#!/usr/bin/env python3
"""A real client's journey against every venue of a rehearsal: `delever serve --scenario scenarios/rehearsal.toml` and, for each
of its ports, ../shared/protocols/judge.mjs with ccxt from npm. Skipped by name (exit 77) where the judge, node or npm's
ccxt cannot be had. usage: judge_test.py DELEVER [VENUE...]"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JUDGE = ROOT.parent / "shared/protocols/judge.mjs"
CCXT = "ccxt@4.5.84"
SKIPPED = 77
# The test key of ../shared/protocols/hyperliquid_signing_vectors.json, whose address is funded by default.
VECTORS = ROOT.parent / "shared/protocols/hyperliquid_signing_vectors.json"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def judge_folder(build):
    """A folder with the judge and ccxt beside it, kept between runs."""
    folder = Path(os.environ.get("DELEVER_JUDGE", build / "judge"))
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules/ccxt").exists():
        npm = subprocess.run(["npm", "install", "--no-audit", "--no-fund", CCXT], cwd=folder, capture_output=True, text=True,
                             timeout=300)
        if npm.returncode != 0:
            skip(f"npm install {CCXT}: {npm.stderr.strip().splitlines()[-1:]}")
    shutil.copy(JUDGE, folder / "judge.mjs")
    return folder


def client_arguments(venue, face):
    ws = face["ws"]
    if venue == "binance-spot":
        ws += "/stream"  # by this ccxt tells a stream of spot from one of futures at any other host than the venue's
    out = ["--venue", venue, "--rest", face["rest"], "--ws", ws]
    if venue == "hyperliquid":
        vectors = json.loads(VECTORS.read_text())
        out += ["--wallet", vectors["address"], "--private-key", vectors["private_key"]]
    return out


def wait_ready(path, server):
    for _ in range(600):
        if path.exists() and path.read_text().strip():
            return json.loads(path.read_text())
        if server.poll() is not None:
            sys.exit(f"serve ended with {server.returncode}")
        time.sleep(0.1)
    sys.exit("serve was not ready within a minute")


def main(delever, venues):
    if not JUDGE.exists():
        skip(f"{JUDGE} is not here")
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node and npm are not installed")
    folder = judge_folder(Path(delever).resolve().parent)
    failed = []
    with tempfile.TemporaryDirectory() as work:
        ready = Path(work) / "ready.json"
        server = subprocess.Popen([delever, "serve", "--scenario", str(ROOT / "scenarios/rehearsal.toml"), "--listen",
                                   "127.0.0.1:0", "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
        try:
            for venue, face in wait_ready(ready, server)["venues"].items():
                if venues and venue not in venues:
                    continue
                print(f"== {venue}", flush=True)
                judged = subprocess.run(["node", "judge.mjs", *client_arguments(venue, face)], cwd=folder, timeout=240)
                if judged.returncode != 0:
                    failed.append(venue)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    if failed:
        sys.exit("the journey broke on " + ", ".join(failed))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
