#!/usr/bin/env python3
"""Kills a recorder (-9) at random moments while a twin plays to it, and looks at what is left.

    tools/kill_recorder.py build/release/delever [runs]

One twin of OKX plays a trade each 10 ms with rising ids. Each run records into a new file, is killed, and its tape must open
and verify; its ids must follow one another without a hole and without one that is there twice; and its last message must
have come at most a second (and the time between two messages) before the kill. Every fifth run goes on in the file of the run
before, where the hole between the two must be a recorded gap. One run in four is killed while it begins, the others up to two
seconds after their first messages. SIGTERM ends it early, with what was counted."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EVERY_MS = 10


def played(folder, delever, count):
    """A tape of one stream, made through the program's own import."""
    capture = folder / "played.raw"
    with open(capture, "w") as out:
        for i in range(count):
            ms = 1_769_760_000_000 + i * EVERY_MS
            message = {"arg": {"channel": "trades", "instId": "BTC-USDT-SWAP"},
                       "data": [{"instId": "BTC-USDT-SWAP", "tradeId": str(i + 1), "px": "84250.1", "sz": "1",
                                 "side": "buy", "ts": str(ms), "count": "1"}]}
            out.write(f"{ms * 1_000_000} {json.dumps(message, separators=(',', ':'))}\n")
    tape = folder / "played.tape"
    subprocess.run([delever, "import", "raw", "--decoder", "okx", capture, "--out", tape],
                   check=True, stdout=subprocess.DEVNULL)
    return tape


def ids_of(delever, tape):
    text = subprocess.run([delever, "tape", "cat", tape], check=True, capture_output=True, text=True).stdout
    return [int(n) for n in re.findall(r'tradeId\\?":\\?"(\d+)', text)]


def judge(delever, tape, killed, resumed):
    """What is wrong with the tape, and how long before the kill its last message came."""
    verified = subprocess.run([delever, "tape", "verify", tape], capture_output=True, text=True)
    if verified.returncode != 0:
        return f"verify: {verified.stdout}{verified.stderr}", 0
    info = json.loads(subprocess.run([delever, "tape", "info", "--format", "json", tape], check=True, capture_output=True,
                                     text=True).stdout)
    ids = ids_of(delever, tape)
    if len(ids) != len(set(ids)):
        return "an id is there twice", 0
    holes = sum(1 for a, b in zip(ids, ids[1:]) if b != a + 1)
    if holes > (1 if resumed else 0):
        return f"{holes} holes in the ids", 0
    if holes and not any("not running" in gap["reason"] for gap in info["gaps"]):
        return "a hole between two runs that no gap names", 0
    if info["last"] is None:
        return None, None
    last = time.mktime(time.strptime(info["last"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    last += float("0" + re.search(r"(\.\d+)?Z$", info["last"]).group(0)[:-1]) if "." in info["last"] else 0
    return None, killed - last


def heard(recorder):
    """Waits until it says that messages came; false where it ends before."""
    for line in recorder.stdout:
        if json.loads(line)["messages"] > 0:
            return True
    return False


def told(runs, before, lost, faults):
    lost = sorted(lost)
    print(f"{runs} kills: {len(faults)} tapes at fault, {before} killed before there was one; lost before the kill: "
          + (f"median {lost[len(lost) // 2]:.3f} s, most {lost[-1]:.3f} s of {len(lost)} that held messages" if lost else "-"),
          flush=True)


def main(delever, runs):
    random.seed(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape = played(folder, delever, runs * 500)
        ready = folder / "ready"
        twin = subprocess.Popen([delever, "twin", "okx", "--tape", tape, "--ready-file", ready], stderr=subprocess.DEVNULL)
        while not ready.exists():
            time.sleep(0.02)
        url = ready.read_text().strip()
        plan = folder / "plan.toml"
        plan.write_text(f'[[market]]\nname = "okx"\nsymbols = ["BTC-USDT-SWAP"]\nchannels = ["trades"]\nurl = "{url}"\n')
        lost, faults, out, done, before, ending = [], [], folder / "out.tape", 0, 0, []
        signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
        for run in range(runs):
            if ending:
                break
            resumed = run % 5 == 4
            if not resumed:
                for end in ("", "-wal", "-shm", "-lock"):
                    Path(f"{out}{end}").unlink(missing_ok=True)
            recorder = subprocess.Popen([delever, "record", "--plan", plan, "--out", out, "--status-every", "100ms"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if run % 4 == 0:
                time.sleep(random.uniform(0.0, 1.0))
            elif not heard(recorder):
                faults.append(f"run {run}: ended by itself")
            else:
                time.sleep(random.uniform(0.0, 2.0))
            recorder.send_signal(signal.SIGKILL)
            killed = time.time()
            recorder.wait()
            recorder.stdout.close()
            done += 1
            if not out.exists():
                before += 1
                continue
            fault, late = judge(delever, out, killed, resumed)
            if fault:
                faults.append(f"run {run}: {fault}")
            elif late is not None:
                lost.append(late)
            if done % 100 == 0:
                told(done, before, lost, faults)
        twin.kill()
        told(done, before, lost, faults)
        for fault in faults:
            print(fault)
        return 1 if faults or not lost or max(lost) > 1.0 + 2 * EVERY_MS / 1000 + 0.05 else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50))
