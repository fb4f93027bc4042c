#!/usr/bin/env python3
"""Runs the tests of the Python package against a build: python_test.py BUILD/python PROGRAM. 77: a package it needs is missing."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for name in ("numpy", "pandas", "pytest"):
    try:
        __import__(name)
    except ImportError:
        print(f"skipped: python3-{name} is not installed")
        sys.exit(77)
folder, program = (Path(word).resolve() for word in sys.argv[1:3])
tests = sys.argv[3:] or [str(path) for path in sorted((ROOT / "src/python").glob("test_*.py"))]
sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *tests], cwd=ROOT,
                        env={**os.environ, "PYTHONPATH": str(folder), "DELEVER_PROGRAM": str(program), "PYTHONDONTWRITEBYTECODE": "1"}).returncode)
