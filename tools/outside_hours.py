#!/usr/bin/env python3
"""Plays seeds of the simulated outside (docs/recording.md) until so many hours were recorded, and sums what was played.

    tools/outside_hours.py [--hours 1000000] [--jobs 2] [--log build/hours.log]
    tools/outside_hours.py --sum build/hours.log

Seeds are played in blocks, each by a process of its own, and each block leaves one line in the log:
    seeds FROM COUNT hours H days H_IN_RUNS_LONGER_THAN_A_DAY cpu S wall S found N
and for each seed that the judge failed a line "found: SCRIPT" before it. A log that is there is gone on with, from the seed after its
last; a block that was stopped in the middle is played again. Hours are counted while somebody records: what comes after the death of
the last recorder of a run is none. Exit 1 when anything was found.
"""
import argparse
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"seeds (\d+) (\d+) hours (\S+) days (\S+) cpu (\S+) wall (\S+) found (\d+)")


def blocks(log):
    """What the log says of each block: numbers in the order of LINE."""
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return [[float(x) for x in found.groups()] for found in LINE.finditer(text)]


def summary(log):
    done = blocks(log)
    seeds, hours, days, cpu, wall, found = (sum(b[i] for b in done) for i in range(1, 7))
    rate = f", {seeds / cpu:.2f} seeds and {hours / cpu:.0f} hours a CPU second" if cpu else ""
    return f"{seeds:.0f} seeds, {hours:.0f} hours ({days:.0f} in runs longer than a day), {cpu:.0f} CPU s, {wall:.0f} s of blocks{rate}; {found:.0f} found"


def play(binary, first, count):
    """One block: (hours, days, CPU s, wall s, lines of what was found)."""
    settings = {"OUTSIDE_FROM": first, "OUTSIDE_SEEDS": count, "OUTSIDE_STOP": count, "OUTSIDE_SHRINK": 0}
    env = os.environ | {k: str(v) for k, v in settings.items()}
    begin = time.monotonic()
    with subprocess.Popen([binary, "--gtest_filter=Outside.Seeds"], env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = time.monotonic() - begin, used.ru_utime + used.ru_stime
    found = [f"found: {script.strip()} | {why.strip()}" for script, why in re.findall(r"^seed \d+: (.*)\n(.*)", said, re.MULTILINE)]
    hours = re.search(r"(\d+) simulated hours, (\d+) of them", said)
    if not hours:  # it stopped the process, whose last words say where
        return 0, 0, cpu, wall, found + [f"found: seeds {first} {count} ended with {process.returncode} | {said[-300:].strip()!r}"]
    return int(hours[1]), int(hours[2]), cpu, wall, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1e6)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--block", type=int, default=200, help="seeds of one process")
    parser.add_argument("--first", type=int, default=1, help="the first seed of a new log")
    parser.add_argument("--log", type=Path, default=ROOT / "build/hours.log")
    parser.add_argument("--binary", default=str(ROOT / "build/test/src/outside_test"))
    parser.add_argument("--sum", type=Path, metavar="LOG")
    options = parser.parse_args()
    if options.sum:
        print(summary(options.sum))
        return 0
    before = blocks(options.log)
    played = {(int(b[0]), int(b[1])) for b in before}
    lock, hours, at = threading.Lock(), [sum(b[2] for b in before)], [options.first]

    def work():
        while True:
            with lock:
                if hours[0] >= options.hours:
                    return
                while (at[0], options.block) in played:
                    at[0] += options.block
                first = at[0]
                at[0] += options.block
            got, days, cpu, wall, found = play(options.binary, first, options.block)
            with lock, options.log.open("a", encoding="utf-8") as log:
                hours[0] += got
                lines = [*found, f"seeds {first} {options.block} hours {got} days {days} cpu {cpu:.1f} wall {wall:.1f} found {len(found)}"]
                log.write("\n".join(lines) + "\n")

    threads = [threading.Thread(target=work) for _ in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(summary(options.log))
    return 1 if sum(b[6] for b in blocks(options.log)) else 0


if __name__ == "__main__":
    sys.exit(main())
