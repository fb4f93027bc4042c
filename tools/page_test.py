#!/usr/bin/env python3
"""Runs the tests of the page (web/test) in Debian's Chromium, against a built program.

    tools/page_test.py build/dev/delever      exit 1: a test failed; 77: something is not there, and what

Node.js, npm packages and Chromium are half a gigabyte, so neither `make test` nor `make demo` asks for them: where they are
missing these tests are skipped by name."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77


def missing():
    if not shutil.which("node"):
        return "no node (make page installs it)"
    if not (ROOT / "web/node_modules/playwright-core").is_dir():
        return "no npm packages in web/ (make page)"
    if not (ROOT / "web/dist/index.html").is_file():
        return "the page is not built (make page)"
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        return "no chromium (apt-get install chromium)"
    return None


def main(program):
    if why := missing():
        print(f"skipped: page: {why}")
        return SKIPPED
    tests = sorted(str(p) for p in (ROOT / "web/test").glob("*.test.mjs"))
    return subprocess.run(["node", "--test", *tests], cwd=ROOT / "web",
                          env={**os.environ, "DELEVER": str(Path(program).resolve())}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
