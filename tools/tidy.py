#!/usr/bin/env python3
"""What a reviewer should never have to say twice. Reads the sources, the module() lines of src/CMakeLists.txt and the
glossary of CONTRIBUTING.md.

Some rules came later than the code. What they found on that day is in tools/tidy_allowed.txt, one line a rule and file:
a file may not be worse than its line, and when it has become better the line follows, with `tidy.py . --shrink`."""
import re
import sys
from pathlib import Path

LINE_MAX = 100
FILE_MAX = 800
FUNCTION_MAX = 80
COMMENTS_FROM = 200  # a .cc of more lines than this has comments on at least one line in COMMENTS_SHARE
COMMENTS_SHARE = 20
BANNED = {  # pattern -> (where it may appear, what to use instead)
    r"\bsystem_clock::now|\bsteady_clock::now|\bgettimeofday\b|\btime\(nullptr\)": ("base/clock", "the Clock you were given"),
    r"\bstd::random_device|\bstd::mt19937|\brand\(\)|std::(normal|uniform\w*|poisson|exponential)_distribution": ("base/random", "base/random.h"),
    r"\bstd::stod\b|\batof\b|\bstrtod\b": ("base/", "read_double, or Price::parse"),
    r"#include\s*<mpi\.h>": ("cluster/cluster.cc", "cluster/cluster.h"),
    r"#include\s*<boost/": ("net/", "net/"),
    r"\bstd::cout|\bprintf\(": ("cli/", "return it, or log it"),
    r"\busing namespace std\b": ("", "std::"),
}
# Threads, waiting and files: only in the files named here, each with its reason. A folder ends with "/".
EDGES = {
    r"\bstd::j?thread\b(?!::hardware)|\b(wait|sleep)_(for|until)\(|\busleep\b|\bnanosleep\b|\bcondition_variable\b": {
        "tape/writer_thread.cc": "the shell of the recorder: compresses and commits behind append()",
        "tape/reader.cc": "reads blocks ahead; what it serves does not depend on when",
        "feeds/read_ahead.": "unpacks the next bytes of an archive; what is read does not depend on when",
        "net/sender_thread.": "hands the kernel what many hear; which bytes a connection gets does not depend on when",
        "base/thread_pool.": "shares the work of one step out; the result does not depend on who did it",
        "base/relay.h": "hands one thread's results to another in their order; which of them waits shows nowhere",
        "memory/decode_ahead.": "decodes the next messages; what is taken of them does not depend on when",
        "memory/segment_packer.": "packs and writes what a segment leaves while the next is read; the bytes are those of one thread",
        "cluster/": "runs of an ensemble on threads and ranks, and waits for their answers",
    },
    r"\bfopen\(|\b[io]?fstream\b|(?<![\w>])::open\(": {
        "base/file.": "the one reader of whole files, and what opens others",
        "base/partial_file.cc": "the one writer of files: beside, then renamed",
        "base/output_guard.cc": "looks at the first bytes of what would be replaced",
        "feeds/bytes.cc": "archives are read as they stream, gzip and zip too",
        "tape/schema.cc": "looks at a file's first bytes before SQLite does",
        "tape/contents.cc": "the mark in the header of a file that SQLite cannot open",
        "tape/salvage.cc": "reads the pages of a damaged tape without SQLite",
        "tape/writer_lock.cc": "flock",
        "reports/runs_file.cc": "keeps the finished runs of an ensemble",
        "cli/main.cc": "what ranks above 0 print goes nowhere",
        "rehearsal/named_ports.cc": "no file: a host name of Binance",
    },
}
TEST_ONLY = re.compile(r"_(test|bench|fuzz)\.cc$|_testing\.h$")
UNMARKED = set()  # test-only headers that still lack the suffix: may only shrink
BARE_NAMESPACE = {"base", "market"}  # the modules whose types live in namespace delever itself
CHECK_NAMESPACES = True


def modules(root):
    text = (root / "src/CMakeLists.txt").read_text()
    found = re.findall(r"^module\((\w+)([^)]*)\)", text, re.M)
    return {name: set(re.split(r"\bLIBS\b", rest)[0].replace("DEPS", "").split()) for name, rest in found}


def folder_orders(root):
    """{module: its folders, lowest first} of the folders() lines; "." is the module's own files."""
    text = (root / "src/CMakeLists.txt").read_text()
    return {m.split()[0]: m.split()[1:] for m in re.findall(r"^folders\(([^)]*)\)", text, re.M)}


# ---- reading C++: enough of it for code that clang-format has laid out

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_and_comments(text):
    """The text with comments, directives and the insides of literals blanked, and the text with all but comments blanked.
    Lines stay where they are."""
    blank = lambda s: re.sub(r"[^\n]", " ", s)
    code, comments, at = [], [], 0
    for m in TOKEN.finditer(text):
        code.append(text[at:m.start()])
        comments.append(blank(text[at:m.start()]))
        comment = m.group().startswith(("//", "/*"))
        code.append(blank(m.group()) if comment else '"' + blank(m.group()[1:-1]) + '"')
        comments.append(m.group() if comment else blank(m.group()))
        at = m.end()
    whole = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: blank(m.group()), "".join(code + [text[at:]]), flags=re.M)
    return whole, "".join(comments + [blank(text[at:])])


def blocks(code):
    """(head, enclosing heads, first line, last line) of every {...}; a head is the text since the last ; { or }."""
    stack, start, line = [], 0, 1
    for at, c in enumerate(code):
        if c == "\n":
            line += 1
        elif c == "{":
            whole = code[start:at]
            head = " ".join(whole.split())
            first = line - whole.lstrip().count("\n")
            stack.append((head, first))
            start = at + 1
        elif c == "}" and stack:
            head, first = stack.pop()
            yield head, [h for h, _ in stack], first, line
            start = at + 1
        elif c == ";":
            start = at + 1


SCOPE = re.compile(r"^(template\s*<.*>\s*)?(inline )?(namespace|class|struct|union|extern)\b")
FUNCTION = re.compile(r"([~\w]+|operator\S+)\s*\(")


def function_name(head, around):
    """The name of the function that this block is the body of; None for any other block."""
    if not all(SCOPE.match(h) and not h.endswith(")") for h in around) or "(" not in head:
        return None
    if re.match(r"(namespace|enum|using)\b", head) or re.search(r"[=,(]$|\breturn$", head):
        return None
    if SCOPE.match(head) and not re.search(r"\)[^()]*$", head):
        return None
    name = FUNCTION.search(re.sub(r"^template\s*<[^{]*?>\s*(?=\w)", "", head))
    return name.group(1) if name else None


# ---- rules that have no exceptions: (path, line, what)

def test_headers(sources):
    """A header *_testing.h is for tests, benches and fuzz targets alone, and a header that only they include is named so."""
    users = {}
    for rel, text in sources.items():
        for n, line in enumerate(text.splitlines(), 1):
            if used := re.match(r'\s*#\s*include "([^"]+)"', line):
                users.setdefault(used.group(1), []).append((rel, n))
    for header, places in users.items():
        outside = [(path, n) for path, n in places if not TEST_ONLY.search(path)]
        if TEST_ONLY.search(header):
            yield from ((path, n, f"{header} is for tests only") for path, n in outside)
        elif not outside and header not in UNMARKED and header in sources:
            yield header, 1, "only tests include it: name it *_testing.h"


FILE_CONSTANT = re.compile(r"^(?:static |inline )?(?:constexpr|const) [^;{=(]*?\b(\w+)(?:\[[^\]\n]*\])*\s*(?:[={]|\(\")", re.M)


def parameter_types(head, name):
    """The text of each parameter of a function's head without its name and default."""
    text, depth, parts = head[head.find(name + "(") + len(name) + 1:], 0, [""]
    for c in text:
        depth += (c in "(<[") - (c in ")>]")
        if depth < 0:
            break
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return tuple(re.sub(r"(?<=[\s&*>])\w+$", "", p.split("=")[0].strip()).replace(" ", "") for p in parts)


def file_names(sources):
    """A module's sources are compiled many at a time, and so are its tests: what two of them define for themselves needs two names."""
    seen = {}
    for rel, text in sources.items():
        test = rel.endswith("_test.cc")
        if TEST_ONLY.search(rel) and not test or "/" not in rel or rel.endswith("main.cc"):
            continue
        code, mine, rooms = code_and_comments(text)[0], [], []
        for head, around, first, last in blocks(code):
            if head.startswith("namespace") and head != "namespace":
                rooms.append((first, last, head))
            if not around or around[-1] != "namespace" or rel.endswith(".h"):
                continue
            kind = re.match(r"(?:template\s*<.*>\s*)?(?:struct|class|union|enum(?: class| struct)?)\s+(\w+)", head)
            name = function_name(head, around)
            if name and name != "requires":
                mine.append(((name, parameter_types(head, name)), first))
            elif kind:
                mine.append((kind.group(1), first))
                if re.match(r"enum (?!class|struct)", head):  # its values are names of the file as well
                    body = code.split("\n")[first - 1:last]
                    mine += [(k, first) for k in re.findall(r"\bk[A-Z]\w*", "\n".join(body).partition("{")[2])]
        mine += [(m.group(1), code.count("\n", 0, m.start()) + 1) for m in FILE_CONSTANT.finditer(code)]
        for key, line in mine:
            room = " ".join(sorted({head for first, last, head in rooms if first <= line <= last}))
            other = seen.setdefault((rel.split("/")[0], test, room, key), rel)
            if other != rel:
                yield rel, line, f"{key if isinstance(key, str) else key[0]} has this name in {other} too: one compilation reads both"


def bare_types(sources):
    """Two modules may use one word for two types; without a namespace each, the linker keeps one of them."""
    for rel, text in sources.items():
        if rel.split("/")[0] in BARE_NAMESPACE or "/" not in rel:
            continue
        for head, around, first, _ in blocks(code_and_comments(text)[0]):
            kind = re.match(r"(?:template\s*<.*>\s*)?(?:struct|class|union|enum(?: class| struct)?)\s+(?:\[\[.*?\]\]\s*)?(\w+)", head)
            if kind and around == ["namespace delever"] and not head.endswith(")"):
                yield rel, first, f"{kind.group(1)} in bare namespace delever: give it its module's"


def folder_of(rel):
    return rel.rsplit("/", 1)[0]


def folder_edges(sources):
    """Folders of one module: (folder, folder it includes, path, line). Tests may use all of their module."""
    for rel, text in sources.items():
        for n, line in enumerate(text.splitlines() if not TEST_ONLY.search(rel) else (), 1):
            used = re.match(r'\s*#\s*include "([^"]+)"', line)
            if not used or used.group(1) not in sources or used.group(1).split("/")[0] != rel.split("/")[0]:
                continue  # between modules the DEPS decide
            if folder_of(used.group(1)) != folder_of(rel):
                yield folder_of(rel), folder_of(used.group(1)), rel, n


def folder_order(sources, orders):
    """Within a module that has a folders() line, a folder includes those before it alone."""
    for module, order in orders.items():
        place = lambda folder: "." if folder == module else folder.split("/")[1]
        for rel in sources:
            if rel.split("/")[0] == module and place(folder_of(rel)) not in order:
                yield rel, 1, f"{folder_of(rel)} is not in the folders({module} ...) line of src/CMakeLists.txt"
        for one, other, rel, n in folder_edges(sources):
            if one.split("/")[0] == module and place(one) in order and place(other) in order[order.index(place(one)) + 1:]:
                yield rel, n, f"{one} may not include {other}/: folders({module} ...) has it higher"


def folder_cycles(sources):
    """No folder reaches itself by includes, at any depth."""
    direct, places = {}, {}
    for one, other, rel, n in folder_edges(sources):
        direct.setdefault(one, set()).add(other)
        places.setdefault((one, other), (rel, n))
    reached = {one: set(others) for one, others in direct.items()}
    for middle in list(reached):
        for others in reached.values():
            if middle in others:
                others |= reached[middle]
    for one in sorted(f for f, others in reached.items() if f in others):
        other = min(o for o in direct[one] if one in reached.get(o, ()))
        yield *places[one, other], f"folder {one} is in a cycle: it includes {other}/, which leads back"


# ---- rules with an allow-list: name -> {path: (how much, where and what)}

def long_functions(sources):
    found = {}
    for rel, text in sources.items():
        for head, around, first, last in blocks(code_and_comments(text)[0]):
            over = last - first + 1 - FUNCTION_MAX
            if over > 0 and (name := function_name(head, around)):
                count, places = found.get(rel, (0, []))
                found[rel] = (count + over, places + [f"{first}: {name} has {over + FUNCTION_MAX} lines"])
    return found


def bare_sources(sources):
    found = {}
    for rel, text in sources.items():
        lines = text.splitlines()
        if not rel.endswith(".cc") or TEST_ONLY.search(rel) or len(lines) <= COMMENTS_FROM:
            continue
        have = sum(1 for line in code_and_comments(text)[1].splitlines() if line.strip())
        want = -(-len(lines) // COMMENTS_SHARE)
        if have < want:
            found[rel] = (want - have, [f"1: {have} lines of {len(lines)} have a comment, {want} should"])
    return found


def glossary(root):
    """{refused word: the word to use}. The table's third column lists `refused`, or `refused()`: as a name in code only."""
    refused, inside = {}, False
    for line in (root / "CONTRIBUTING.md").read_text().splitlines():
        if line.startswith("#"):
            inside = line.strip("# ").lower() == "glossary"
        elif inside and line.startswith("| ") and line.count("|") >= 4:
            word, _, others = [c.strip() for c in line.strip("| ").split("|")][:3]
            for other in re.findall(r"`([^`]+)`", others):
                refused[other.lower()] = word
    return refused


def words_of(name):
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def refused_words(sources, refused):
    found = {}
    names = {w[:-2]: good for w, good in refused.items() if w.endswith("()")}
    plain = {w: good for w, good in refused.items() if not w.endswith("()")}
    plain.update({w + "s": good for w, good in plain.items()})
    phrases = {w: good for w, good in plain.items() if "_" in w}  # "fair_price" is refused in compute_fair_price too
    for rel, text in sources.items():
        for n, (code, comment) in enumerate(zip(*(part.splitlines() for part in code_and_comments(text))), 1):
            comment = re.sub(r'"[^"]*"', "", comment)  # a venue's or a file's own name
            used = [words_of(name) for name in re.findall(r"[A-Za-z_]+", code + " " + comment)]
            hits = [w for words in used for w in words if w in plain]
            hits += [w for words in used for w in phrases if f"_{w}_" in f"_{'_'.join(words)}_"]
            hits += [w for w in re.findall(r"\b[A-Za-z_]+\b", code) if w.lower() in names]
            for word in hits:
                count, places = found.get(rel, (0, []))
                good = plain.get(word) or names.get(word.lower())
                found[rel] = (count + 1, places + [f'{n}: "{word}": the word is {good}'])
    return found


# ---- the allow-list: one total a rule, which only falls

def read_allowed(root):
    """After a merge a rule may stand twice: the lower number holds."""
    allowed, path = {}, root / "tools/tidy_allowed.txt"
    for line in path.read_text().splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            rule, count = line.split()
            allowed[rule] = min(int(count), allowed.get(rule, int(count)))
    return allowed


def against_allowed(rule, found, allowed):
    total, most = sum(count for count, _ in found.values()), allowed.get(rule, 0)
    if total > most:
        for rel, (count, places) in sorted(found.items()):
            yield from (f"src/{rel}:{place} [{rule}: {total} in all, allowed {most}]" for place in places)


def shrink(root, counts, allowed):
    lines = []
    for rule, found in counts.items():
        now = min(allowed.get(rule, 0), sum(count for count, _ in found.values()))
        lines.append(f"{rule} {now}\n")
    (root / "tools/tidy_allowed.txt").write_text(ALLOWED_HEAD + "".join(lines))


ALLOWED_HEAD = """# What tidy.py's later rules still find in the whole tree. Totals only fall: tidy.py . --shrink lowers them.
# function: lines over 80 of a function. comments: lines with a comment that are missing. words: refused words.
"""


def lines_of(root, sources, graph):
    for rel, text in sources.items():
        module, lines = rel.split("/")[0], text.splitlines()
        if rel.endswith(".h") and not (lines and lines[0].startswith("//")):
            yield rel, 1, "a header opens with a comment that says what it is for"
        if len(lines) > FILE_MAX:
            yield rel, len(lines), f"more than {FILE_MAX} lines: split it"
        for n, line in enumerate(lines, 1):
            if len(line) > LINE_MAX:
                yield rel, n, f"line longer than {LINE_MAX}"
            if used := re.match(r'#include "(\w+)/', line):
                target = used.group(1)
                if target in graph and target != module and target not in graph.get(module, ()):
                    yield rel, n, f"{module} may not include {target}/ (not in its DEPS)"
            for pattern, (home, instead) in BANNED.items():
                if re.search(pattern, line) and not (home and rel.startswith(home)) and not re.search(r"_(test|bench)\.cc$|_testing\.h$", rel):
                    yield rel, n, f"use {instead}"
            for pattern, places in EDGES.items():
                if re.search(pattern, line.split("//")[0]) and not any(rel.startswith(p) for p in places) and not TEST_ONLY.search(rel) and rel not in UNMARKED:
                    yield rel, n, "threads, waiting and files are at the edge only (EDGES in tools/tidy.py)"


def read_sources(root):
    paths = [p for p in sorted((root / "src").rglob("*.*")) if p.suffix in (".h", ".cc")]
    return {p.relative_to(root / "src").as_posix(): p.read_text() for p in paths}


def main(root, lower=False):
    graph, faults, sources = modules(root), [], read_sources(root)
    for i, (name, deps) in enumerate(graph.items()):  # listed lowest first, so a cycle cannot be written down
        for late in deps - set(list(graph)[:i]):
            faults.append(f"src/CMakeLists.txt: {name} depends on {late}, which is not above it")
    found = list(lines_of(root, sources, graph)) + list(test_headers(sources))
    found += list(folder_order(sources, folder_orders(root))) + list(folder_cycles(sources))
    found += list(file_names(sources))
    if CHECK_NAMESPACES:
        found += bare_types(sources)
    faults += [f"src/{rel}:{n}: {what}" for rel, n, what in found]
    counts = {"function": long_functions(sources), "comments": bare_sources(sources), "words": refused_words(sources, glossary(root))}
    if lower:
        shrink(root, counts, read_allowed(root))
    for rule, numbers in counts.items():
        faults += against_allowed(rule, numbers, read_allowed(root))
    if faults:
        print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    sys.exit(main(Path(arguments[0] if arguments else "."), "--shrink" in sys.argv))
