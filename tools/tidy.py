#!/usr/bin/env python3
"""What a reviewer should never have to say twice. Reads the sources and the module() lines of src/CMakeLists.txt."""
import re
import sys
from pathlib import Path

LINE_MAX = 120
FILE_MAX = 800
BANNED = {  # pattern -> (where it may appear, what to use instead)
    r"\bsystem_clock::now|\bsteady_clock::now|\bgettimeofday\b|\btime\(nullptr\)": ("base/clock", "the Clock you were given"),
    r"\bstd::random_device|\bstd::mt19937|\brand\(\)|std::(normal|uniform\w*|poisson|exponential)_distribution": ("base/random", "base/random.h"),
    r"\bstd::stod\b|\batof\b|\bstrtod\b": ("base/", "read_double, or Price::parse"),
    r"#include\s*<mpi\.h>": ("cluster/cluster.cc", "cluster/cluster.h"),
    r"#include\s*<boost/": ("net/", "net/"),
    r"\bstd::cout|\bprintf\(": ("cli/", "return it, or log it"),
    r"\busing namespace std\b": ("", "std::"),
}
TEST_ONLY = re.compile(r"_(test|bench|fuzz)\.cc$|_testing\.h$")
UNMARKED = {"feeds/testing.h", "tape/tape_fixture.h"}  # test-only headers that still lack the suffix: may only shrink


def modules(root):
    text = (root / "src/CMakeLists.txt").read_text()
    found = re.findall(r"^module\((\w+)([^)]*)\)", text, re.M)
    return {name: set(re.split(r"\bLIBS\b", rest)[0].replace("DEPS", "").split()) for name, rest in found}


def test_headers(root):
    """A header *_testing.h is for tests, benches and fuzz targets alone, and a header that only they include is named so."""
    users = {}
    for path in sorted((root / "src").rglob("*.*")):
        if path.suffix in (".h", ".cc"):
            for n, line in enumerate(path.read_text().splitlines(), 1):
                if used := re.match(r'\s*#\s*include "([^"]+)"', line):
                    users.setdefault(used.group(1), []).append((str(path.relative_to(root / "src")), n))
    for header, places in users.items():
        outside = [(path, n) for path, n in places if not TEST_ONLY.search(path)]
        if TEST_ONLY.search(header):
            yield from (f"src/{path}:{n}: {header} is for tests only" for path, n in outside)
        elif not outside and header not in UNMARKED and (root / "src" / header).exists():
            yield f"src/{header}:1: only tests include it: name it *_testing.h"


def main(root):
    graph, faults = modules(root), []
    for i, (name, deps) in enumerate(graph.items()):  # listed lowest first, so a cycle cannot be written down
        for late in deps - set(list(graph)[:i]):
            faults.append(f"src/CMakeLists.txt: {name} depends on {late}, which is not above it")
    for path in sorted((root / "src").rglob("*.*")):
        if path.suffix not in (".h", ".cc"):
            continue
        rel = path.relative_to(root / "src")
        module, lines = rel.parts[0], path.read_text().splitlines()
        say = lambda n, what: faults.append(f"src/{rel}:{n}: {what}")
        if path.suffix == ".h" and not (lines and lines[0].startswith("//")):
            say(1, "a header opens with a comment that says what it is for")
        if len(lines) > FILE_MAX:
            say(len(lines), f"more than {FILE_MAX} lines: split it")
        for n, line in enumerate(lines, 1):
            if len(line) > LINE_MAX:
                say(n, f"line longer than {LINE_MAX}")
            if used := re.match(r'#include "(\w+)/', line):
                target = used.group(1)
                if target in graph and target != module and target not in graph.get(module, ()):
                    say(n, f"{module} may not include {target}/ (not in its DEPS)")
            for pattern, (home, instead) in BANNED.items():
                if re.search(pattern, line) and not (home and str(rel).startswith(home)) and not re.search(r"_(test|bench|testing)\.(cc|h)$", rel.name):
                    say(n, f"use {instead}")
    faults += test_headers(root)
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
