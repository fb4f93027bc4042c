#!/usr/bin/env python3
"""Runs the tests of the page (web/test) in Debian's Chromium, against a built program.

    tools/page_test.py build/dev/delever      exit 1: a test failed; 77: something is not there, and what

Node.js, npm packages and Chromium are half a gigabyte, so `make test` does not ask for them: where they are missing these tests
are skipped by name. What npm can fetch is fetched and built as `make page` does it."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = 77


def run(*words):
    try:
        return subprocess.run(words, cwd=ROOT / "web", timeout=240)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1)


def built():  # of the sources as they are: an older page would fail what is tested of a newer one
    page = ROOT / "web/dist/index.html"
    sources = [ROOT / "web/index.html", *(ROOT / "web/src").rglob("*"), *(ROOT / "web/public").rglob("*")]
    return page.is_file() and all(s.stat().st_mtime <= page.stat().st_mtime for s in sources if s.exists())


def missing():
    if not shutil.which("node"):
        return "no node (make page installs it)"
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        return "no chromium (apt-get install chromium)"
    if not (ROOT / "web/node_modules/playwright-core").is_dir():
        if not shutil.which("npm"):
            return "no npm packages in web/, and no npm (make page)"
        if run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error").returncode != 0:
            return "no npm packages in web/, and npm's registry does not answer"
    if not built() and run("npm", "run", "--silent", "build").returncode != 0:
        return "the page could not be built (make page)"
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
