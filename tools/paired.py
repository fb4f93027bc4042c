#!/usr/bin/env python3
"""Two programs in turns, and the ratios of the pairs: processor time, wall time, memory, and every figure that both print.

    tools/paired.py [--names A B] [--before-cwd DIR] [--after-cwd DIR] BEFORE AFTER [-- ARGUMENT...]

On a shared machine absolute times move by half from minute to minute; two runs that follow each other see the same
neighbours, so only ratios of pairs are judged. The order within a pair alternates. A figure is a number in a line whose
other text is the same on both sides. ROUNDS=7 pairs; VALGRIND=1 counts instructions by callgrind, once each.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def once(command, cwd):
    """Processor seconds, wall seconds, peak memory in MB and what was printed."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        child = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
        out.seek(0)
        text = out.read().decode(errors="replace")
    return {"cpu s": usage.ru_utime + usage.ru_stime, "wall s": wall, "peak MB": usage.ru_maxrss / 1024}, text


def figures(text):
    """{(words of a line, which line of these words, which number): value}"""
    found, seen = {}, {}
    for line in text.splitlines():
        words = " ".join(NUMBER.sub("#", line).split())
        seen[words] = seen.get(words, -1) + 1
        for place, number in enumerate(NUMBER.findall(line)):
            found[words, seen[words], place] = float(number)
    return found


def instructions(command, cwd):
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out", *command], cwd=cwd,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def show(label, before, after):
    ratio = statistics.median(b / a for a, b in zip(before, after))
    print(f"{label:<72} {statistics.median(before):>12.6g} {statistics.median(after):>12.6g} {ratio:>8.3f}")


def main():
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--names", nargs=2, default=["before", "after"])
    parser.add_argument("--before-cwd", default=".")
    parser.add_argument("--after-cwd", default=".")
    options = parser.parse_args(sys.argv[1:at])
    given = sys.argv[at + 1:]
    sides = [([options.before, *given], options.before_cwd), ([options.after, *given], options.after_cwd)]
    head = f"{'median, and the median of the ratios of the pairs':<72} {options.names[0]:>12} {options.names[1]:>12} {'ratio':>8}"
    if os.environ.get("VALGRIND"):
        print(head)
        counts = [instructions(*side) for side in sides]
        show("instructions", counts[:1], counts[1:])
        return
    rounds = int(os.environ.get("ROUNDS", "5"))
    used, printed = ([], []), ([], [])
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            use, text = once(*sides[side])
            used[side].append(use)
            printed[side].append(figures(text))
    print(head)
    for name in used[0][0]:
        show(name, *([use[name] for use in side] for side in used))
    for key in printed[0][0]:
        pairs = [(a[key], b[key]) for a, b in zip(*printed) if key in a and key in b and a[key] > 0 and b[key] > 0]
        if pairs and any(a != b for a, b in pairs):  # a figure that is the same every time is a count, not a measurement
            words, _, place = key
            show(f"{words[:66]} [{place + 1}]", *zip(*pairs))
    print(f"{rounds} pairs, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
