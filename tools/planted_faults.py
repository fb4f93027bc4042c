#!/usr/bin/env python3
"""Plants faults in a copy of this tree, one at a time, and counts the seeds of the simulated outside until each is found.

    tools/planted_faults.py [--seeds 1000] [--only WORD ...] [--run "nice -n 10"] [--folder build/planted]

Each fault is one passage of a file and what stands there instead (FAULTS). The copy is the tree as committed; it is built in the
folder, which is kept, so that a second run builds what a fault touches. A fault is found when a seed from 1 on fails the judge
of src/outside; the first lines that it says are shown. Exit 1 when one is not found, or stands in no file any more.
"""
import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Words, file, what stands there, what stands there instead.
FAULTS = [
    ("a subscription is given up and not asked for again", "src/feeds/session_topics.cc",
     "      ask(*c, {index}, true);\n", ""),
    ("the first change after a snapshot may leave one number out", "src/venues/binance/dialect.cc",
     "return delta.first <= last + 1 && delta.last > last;\n    return (", "return delta.first <= last + 2 && delta.last > last;\n    return ("),
    ("the first change after a snapshot must overlap it", "src/venues/binance/dialect.cc",
     "return delta.first <= last + 1 && delta.last > last;\n    return (", "return delta.first <= last && delta.last > last;\n    return ("),
    ("what a second connection told before it took over is dropped", "src/feeds/session_topics.cc",
     "    keep(t, held.bytes, stamp);\n    add_hash(t.ahead, held.hash);\n  }\n  end_guard",
     "    add_hash(t.ahead, held.hash);\n  }\n  end_guard"),
    ("a ban is not obeyed", "src/feeds/session_rest.cc",
     "  if (!due(rest.blocked_until)) return;\n", ""),
    ("a gap that ends is not written", "src/feeds/session_topics.cc",
     "  recording.gap(t.stream, t.gap.from, std::max(t.gap.from, to), t.gap.reason);\n",
     "  (void)to;\n"),
    ("what the old connection told comes again from the new one", "src/feeds/session_topics.cc",
     "  for (const Handover::Told& told : hand->told) t.skip.push_back(told.hash);\n", ""),
    ("a snapshot older than what waits for it is taken", "src/feeds/session_rest.cc",
     "  if (!waiting.empty() && !dialect.bridges(waiting.front(), base)) return want_cure(t);\n", ""),
    ("a checksum is not looked at", "src/codec/book.cc",
     "checksum && okx_checksum(s.book) != *checksum", "checksum && false"),
    ("the first timer alone is set", "src/feeds/session.cc",
     "  if (!wake || at < *wake) wake = at;\n", "  if (!wake) wake = at;\n"),
    ("pings are not answered", "src/feeds/session.cc",
     "state_->network.pong(connection, payload);", "(void)payload;"),
    ("a hole in a book's numbers passes for none", "src/venues/okx/dialect.cc",
     "return delta.previous == last;", "return last > 0 || delta.previous == last;"),
    ("a crossed book passes for sound", "src/venues/terms/crossing.cc",
     "return crossed ? BookFault::crossed : BookFault::none;", "return BookFault::none;"),
    ("what has no topic has no gap", "src/feeds/session_lines.cc",
     "  recording.gap(*unknown, unknown_gap.from, std::max(unknown_gap.from, stamp), unknown_gap.reason);\n", ""),
    ("a gap is not told before it ends", "src/feeds/session.cc",
     "  recording.gap_opens(stream, gap.from, gap.reason);\n", "  (void)stream;\n"),
    ("a second connection that alone told and was lost casts no doubt", "src/feeds/session_topics.cc",
     "  if (doubted) doubt(t, hand->last_told, proof);\n", ""),
    ("what the second connection alone has told is not written before the change is over", "src/feeds/session_topics.cc",
     "  while (!held.empty() && due(held.front().at + kGuardAfter)) {\n", "  while (false) {\n"),
    ("the venue's own cut is not left before", "src/feeds/session_lines.cc",
     "options.lifetime ? options.lifetime : terms.lifetime;", "options.lifetime;"),
    ("the next file counts as whole before it hears anything", "src/feeds/session.cc",
     "           if (t.refused) return true;\n", "           if (t.topic != nullptr) return true;\n"),
    ("what was refused is not asked for again", "src/feeds/session_topics.cc",
     "  ask(*c, {static_cast<size_t>(&t - topics.data())}, true);\n", ""),
    ("receive times do not follow the clock's drift", "src/feeds/session.cc",
     "    last_ = now.at;\n", "    last_ = last_ == Instant::min() ? now.at : last_ + passed;\n"),
]


def run(command, **more):
    return subprocess.run(command, text=True, check=False, **more)


def seeds_until_found(tree, runner, seeds, preset):
    """Seed and the judge's first words; None when no seed finds it."""
    build = run([*runner, "cmake", "--build", str(tree / "build" / preset), "--target", "outside_test"], capture_output=True)
    if build.returncode != 0:
        sys.exit(build.stdout[-2000:] + build.stderr[-2000:])
    settings = {"OUTSIDE_FROM": "1", "OUTSIDE_SEEDS": str(seeds), "OUTSIDE_STOP": "1", "OUTSIDE_SHRINK": "0"}
    played = run([*runner, "env", *(f"{k}={v}" for k, v in settings.items()), str(tree / "build" / preset / "src/outside_test"),
                  "--gtest_filter=Outside.Seeds"], capture_output=True)
    found = re.search(r"seed (\d+): .*\n(.*)", played.stdout)
    if found:
        return int(found.group(1)), found.group(2).strip()
    # A fault that stops the process is found by the seed that it stopped in, whose number nobody printed.
    return (None, "") if played.returncode == 0 else (0, f"ended with {played.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=[], help="faults whose words contain one of these")
    parser.add_argument("--run", default="", help="what builds and runs go through")
    parser.add_argument("--preset", default="dev", help="of the build in the copy")
    parser.add_argument("--folder", default=str(ROOT / "build/planted"))
    options = parser.parse_args()
    tree, runner, missed = Path(options.folder).resolve(), shlex.split(options.run), 0
    if not tree.exists():
        subprocess.run(["git", "-C", ROOT, "worktree", "add", "--detach", tree], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["git", "-C", tree, "checkout", "--detach", "--force", "-q",
                    subprocess.check_output(["git", "-C", ROOT, "rev-parse", "HEAD"], text=True).strip()], check=True)
    if not (tree / "build" / options.preset / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", options.preset], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    print("| fault | seeds until found | what the judge says first |\n|---|---|---|")
    for words, file, old, new in FAULTS:
        if options.only and not any(word in words for word in options.only):
            continue
        path = tree / file
        whole = path.read_text(encoding="utf-8")
        if whole.count(old) != 1:
            sys.exit(f"{file}: \"{old.strip()}\" stands there {whole.count(old)} times, want 1")
        path.write_text(whole.replace(old, new), encoding="utf-8")
        try:
            seed, says = seeds_until_found(tree, runner, options.seeds, options.preset)
        finally:
            path.write_text(whole, encoding="utf-8")
        missed += seed is None
        print(f"| {words} | {'none of ' + str(options.seeds) if seed is None else seed} | {says} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
