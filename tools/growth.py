#!/usr/bin/env python3
"""What each verb costs as its input grows: processor seconds, wall seconds and memory at x1, x4, x16, as a table.

    tools/growth.py [--delever build/release/delever] [--scales 1 4 16] [--hours 3] [--instructions] [--only VERB ...]

The input at x1 is --hours of scenarios/maker-withdrawal.toml, simulated with seed 1; at xN it is N times as long. Captures and
archives to import are made from that very tape: its trades as Binance's stream writes them, and as a gzip table. The last
column is the growth of processor time from the smallest to the largest, beside the growth of the messages. --instructions
counts by callgrind at the smallest scale (no timing; slow).
"""
import argparse
import csv
import datetime
import gzip
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCENARIO = os.path.join(ROOT, "scenarios/maker-withdrawal.toml")


def run(command, env=None):
    """CPU s, wall s and MiB of one command; a failure ends the script."""
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        if os.waitstatus_to_exitcode(status) not in (0, 4):  # 4: nothing is known of it, which costs as much
            errors.seek(0)
            sys.exit(f"{' '.join(command)}: {errors.read().decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def instructions(command):
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out", *command], cwd=ROOT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def scenario_of(folder, hours):
    text = open(SCENARIO, encoding="utf-8").read()
    first = re.search(r"^from = (\S+)", text, re.M).group(1)
    start = datetime.datetime.fromisoformat(first.replace("Z", "+00:00"))
    end = (start + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = os.path.join(folder, f"{hours}h.toml")
    with open(path, "w", encoding="utf-8") as out:
        for key in ("to", "report_at"):
            text = re.sub(rf"^{key} = \S+", f"{key} = {end}", text, count=1, flags=re.M)
        out.write(text)
    return path, end


def write_imports(delever, tape, folder, hours):
    """The tape's trades as a capture and as an archive."""
    table = os.path.join(folder, f"{hours}h.csv")
    subprocess.run([delever, "tape", "export", "--table", "trades", tape, "--out", table, "--force"], check=True, cwd=ROOT)
    raw, packed, count = os.path.join(folder, f"{hours}h.raw"), table + ".gz", 0
    with open(table, encoding="utf-8") as rows, open(raw, "w", encoding="utf-8") as lines, gzip.open(packed, "wt") as archive:
        archive.write(rows.readline())
        for row in rows:
            archive.write(row)
            _, symbol, at, received, number, side, price, amount = next(csv.reader([row]))
            ms, count = int(at) // 1000, count + 1
            lines.write(f'{received}000 {{"e":"aggTrade","E":{ms},"a":{count},"s":"{symbol}","p":"{price}","q":"{amount}",'
                        f'"f":{count},"l":{count},"T":{ms},"m":{"true" if side == "sell" else "false"}}}\n')
    return raw, packed


def commands(delever, folder, hours):
    """Verb, what is run, and the environment; the first makes the tape of the rest."""
    scenario, end = scenario_of(folder, hours)
    tape, other = os.path.join(folder, f"{hours}h.tape"), os.path.join(folder, "other.tape")
    plain = {"DELEVER_NO_MEMORY": "1"}
    yield "simulate", [delever, "simulate", scenario, "--seed", "1", "--out", tape, "--force"], None
    raw, packed = write_imports(delever, tape, folder, hours)
    yield "import raw", [delever, "import", "raw", raw, "--decoder", "binance-usdm", "--out", other], None
    os.remove(other)
    yield "import csv, gzip", [delever, "import", "csv", "--map", "maps/tardis-trades.toml", packed, "--out", other], None
    os.remove(other)
    yield "tape info", [delever, "tape", "info", tape], None
    yield "tape verify", [delever, "tape", "verify", tape], None
    yield "tape cat --events", [delever, "tape", "cat", "--events", tape], None
    yield "tape export quotes", [delever, "tape", "export", "--table", "quotes", tape], None
    for verb, arguments in (("brief", ["--at", end]), ("chain", ["--at", end]), ("gauges", ["--to", end]),
                            ("verdict", ["--format", "json"])):
        command = [delever, verb, "--tape", tape, *arguments]
        yield f"{verb}, from the tape", command, plain
        if os.path.exists(tape + ".memory"):
            os.remove(tape + ".memory")
        yield f"{verb}, first question", command, None
        yield f"{verb}, asked again", command, None
    yield "facts", [delever, "facts", "--tape", tape], None
    yield "levels", [delever, "levels", "--tape", tape, "--unscored"], None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--delever", default=os.path.join(ROOT, "build/release/delever"))
    parser.add_argument("--scales", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--hours", type=int, default=3)
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args()
    delever = os.path.abspath(options.delever)
    rows, counts = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for scale in options.scales:
            hours = scale * options.hours
            for name, command, env in commands(delever, folder, hours):
                needed = name == "simulate" or not options.only or any(name.startswith(only) for only in options.only)
                if needed:
                    rows.setdefault(name, []).append(run(command, env))
                if needed and options.instructions and scale == options.scales[0]:
                    counts[name] = instructions(command)
    many = len(options.scales) > 1
    heads = [f"x{scale}: CPU s, wall s, MiB" for scale in options.scales]
    print("| verb | " + " | ".join(heads) + (f" | CPU, x{options.scales[-1] / options.scales[0]:g} the input |" if many else " |")
          + (" M instructions at the smallest |" if counts else ""))
    print("|---" * (1 + len(heads) + many + bool(counts)) + "|")
    for name, found in rows.items():
        cells = [f"{cpu:.2f}, {wall:.2f}, {mib:.0f}" for cpu, wall, mib in found]
        if many:
            cells.append(f"{found[-1][0] / max(found[0][0], 0.01):.1f}")
        if counts:
            cells.append(f"{counts.get(name, 0) / 1e6:.0f}")
        print(f"| {name} | " + " | ".join(cells) + " |")
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
