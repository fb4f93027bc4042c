#!/bin/sh
# against.sh COMMIT WHAT [ARGUMENT...]: this tree beside an older one of the same repository, in one run.
# WHAT is a benchmark (exchange_bench, sim_bench ...; arguments are its own) or a verb of the program:
#     tools/against.sh a46f6c7 exchange_bench 1000000
#     tools/against.sh a46f6c7 delever simulate scenarios/2026-01-30.toml --seed 1
# Builds that one program from both trees (bench preset: Release, same compiler and flags) under build/against/, runs them in
# turns and prints the ratios of the pairs (tools/paired.py). ROUNDS=7 sets the number of pairs, VALGRIND=1 counts
# instructions by callgrind instead of timing.
set -eu

if [ $# -lt 2 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
commit=$1
what=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
short=$(git -C "$root" rev-parse --short "$commit^{commit}")
old=$root/build/against/$short
if [ ! -d "$old/tree" ]; then
  mkdir -p "$old/tree"
  git -C "$root" archive "$short" | tar -x -C "$old/tree"
fi
build() {  # SOURCE BUILD
  if [ ! -f "$2/build.ninja" ]; then
    cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Release -DDELEVER_BENCH=ON >&2
  fi
  cmake --build "$2" --target "$what" >&2
}
build "$old/tree" "$old/bench"
build "$root" "$root/build/bench"
program() {  # BUILD: where it put the program
  if [ -x "$1/$what" ]; then echo "$1/$what"; else echo "$1/src/$what"; fi
}
exec python3 "$root/tools/paired.py" --names "$short" "this tree" --before-cwd "$old/tree" --after-cwd "$root" \
  "$(program "$old/bench")" "$(program "$root/build/bench")" -- "$@"
