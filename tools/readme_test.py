#!/usr/bin/env python3
"""Runs every command that README.md shows and compares what it prints with what is shown.

    tools/readme_test.py build/release/delever            exit 1 where they differ
    tools/readme_test.py build/release/delever --write    puts what is printed into README.md

A command is a line "$ ..." of a fenced block, continued by a backslash; the lines after it are its output. "..." alone stands
for any number of lines, "…" at the end of a line for the rest of it. Everything runs, in order, in one empty folder that has
links to the clone's own entries: so it runs in a fresh clone, and leaves nothing in it."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH, LINES, SHOWN = 150, 24, 14  # longer lines are cut, longer outputs shown by their first lines


def commands(text):
    """(first line, last line, command, shown lines) of every command, line numbers from 0; the output is after first..."""
    lines, n, fenced = text.split("\n"), 0, False
    while n < len(lines):
        if lines[n].startswith("```"):
            fenced = not fenced
        elif fenced and lines[n].startswith("$ "):
            command = lines[n][2:]
            while command.endswith("\\"):
                n += 1
                command = command[:-1] + lines[n].strip()
            begin = n + 1
            while n + 1 < len(lines) and not lines[n + 1].startswith(("$ ", "```")):
                n += 1
            yield begin, n + 1, command, lines[begin:n + 1]
        n += 1


def run(command, folder, program):
    binaries = Path(folder) / ".bin"
    binaries.mkdir(exist_ok=True)
    if not (binaries / "delever").exists():
        (binaries / "delever").symlink_to(program)
    done = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"})
    return done.returncode, done.stdout.decode().rstrip("\n").split("\n")


def fits(shown, line):
    return line.startswith(shown[:-1]) if shown.endswith("…") else shown == line


def difference(shown, printed):
    """What is shown and not printed; None when all is there in its order."""
    at, skipping = 0, False
    for line in shown:
        if line.strip() == "...":
            skipping = True
            continue
        while skipping and at < len(printed) and not fits(line, printed[at]):
            at += 1
        if at >= len(printed) or not fits(line, printed[at]):
            return f"shown:   {line}\nprinted: {printed[at] if at < len(printed) else '(nothing more)'}"
        at, skipping = at + 1, False
    return None if skipping or at == len(printed) else f"printed and not shown: {printed[at]}"


def cut(printed):
    lines = [line if len(line) <= WIDTH else line[:WIDTH - 1] + "…" for line in printed]
    return lines if len(lines) <= LINES else lines[:SHOWN] + ["..."]


def main(program, write):
    readme = ROOT / "README.md"
    text, failed, found = readme.read_text(), 0, list(commands(readme.read_text()))
    with tempfile.TemporaryDirectory() as folder:
        for entry in ROOT.iterdir():
            if entry.name not in ("build", "out", ".git"):
                (Path(folder) / entry.name).symlink_to(entry)
        outputs = []
        for begin, _, command, shown in found:
            code, printed = run(command, folder, program)
            outputs.append(printed)
            if code != 0:
                failed += 1
                print(f"README.md:{begin}: exit {code}: $ {command}\n  " + "\n  ".join(printed[:5]))
            elif not write and (what := difference(shown, printed)):
                failed += 1
                print(f"README.md:{begin}: $ {command}\n{what}\n")
    if write:
        lines = text.split("\n")
        for (begin, end, _, _), printed in reversed(list(zip(found, outputs))):
            lines[begin:end] = cut(printed)
        readme.write_text("\n".join(lines))
    print(f"{len(found)} commands, {failed} failed")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), "--write" in sys.argv))
