#!/usr/bin/env python3
"""DuckDB (its npm build) reads what `delever tape export` writes, and makes Parquet of it.

    (cd tools/duckdb && npm ci)
    tools/duckdb_test.py build/dev/delever      exit 1 where they differ; 77: DuckDB is not installed"""
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(program):
    if not shutil.which("node") or not (ROOT / "tools/duckdb/node_modules/@duckdb/node-api").exists():
        print("skipped: duckdb: not installed ((cd tools/duckdb && npm ci))")
        return 77
    tape = ROOT / "samples/day.tape"
    with tempfile.TemporaryDirectory(prefix="delever-") as name:
        folder = Path(name)
        for table in ("trades", "quotes"):
            subprocess.run([program, "tape", "export", tape, "--table", table, "--format", "csv", "--out", folder / f"{table}.csv"], check=True)
        subprocess.run([program, "tape", "export", tape, "--format", "json", "--out", folder / "events.jsonl"], check=True)
        said = json.loads(subprocess.run(["node", ROOT / "tools/duckdb/read.mjs", name], check=True, stdout=subprocess.PIPE).stdout)
        with open(folder / "trades.csv") as file:
            trades = list(csv.DictReader(file))
        with open(folder / "quotes.csv") as file:
            quotes = sum(1 for _ in file) - 1
    info = json.loads(subprocess.run([program, "tape", "info", "--format", "json", tape], check=True, stdout=subprocess.PIPE).stdout)
    events = {}
    for row in info["coverage"]:
        events[row["kind"]] = events.get(row["kind"], 0) + row["events"]
    turnover = round(sum(float(t["price"]) * float(t["amount"]) for t in trades), 2)
    good = True
    for what, got, wanted in (
            ("trades", said["trades"][0]["rows"], len(trades)), ("quotes", said["quotes"][0]["rows"], quotes),
            ("turnover", abs(said["trades"][0]["turnover"] - turnover) < 0.02, True), ("parquet", said["parquet"][0]["rows"], len(trades)),
            ("parquet's turnover", said["parquet"][0]["turnover"], said["trades"][0]["turnover"]),
            ("events", {row["kind"]: row["rows"] for row in said["events"]}, events)):
        print(f"{'ok   ' if got == wanted else 'WRONG'} {what}: {got}" + ("" if got == wanted else f", not {wanted}"))
        good = good and got == wanted
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).resolve())))
