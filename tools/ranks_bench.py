#!/usr/bin/env python3
"""What a second Open MPI rank brings: the same ensemble on one rank and on two, in turns, on a clock and in processor time.

    tools/ranks_bench.py PROGRAM SCENARIO [RUNS [ROUNDS]]
"""
import os
import resource
import statistics
import subprocess
import sys
import time


def once(ranks, command, environment):
    def used():
        use = resource.getrusage(resource.RUSAGE_CHILDREN)
        return use.ru_utime + use.ru_stime
    wall, cpu = time.monotonic(), used()
    out = subprocess.run(["mpirun", "-n", str(ranks), *command], env=environment, check=True, stdout=subprocess.PIPE).stdout
    return time.monotonic() - wall, used() - cpu, out


def main():
    program, scenario, *rest = sys.argv[1:]
    runs, rounds = (int(x) for x in (rest + ["48", "5"][len(rest):]))
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                       OMPI_MCA_rmaps_base_oversubscribe="1")
    command = [program, "simulate", scenario, "--runs", str(runs)]
    took = {1: [], 2: []}
    for _ in range(rounds):
        outputs = {once_ranks: once(once_ranks, command, environment) for once_ranks in (1, 2)}
        assert outputs[1][2] == outputs[2][2], "one rank and two print different results"
        for ranks, measured in outputs.items():
            took[ranks].append(measured)
    print(f"{runs} runs of {scenario}, median of {rounds} rounds in turns, load {os.getloadavg()[0]:.1f}")
    wall = {n: statistics.median(m[0] for m in took[n]) for n in took}
    cpu = {n: statistics.median(m[1] for m in took[n]) for n in took}
    for n in took:
        print(f"{n} rank(s): {wall[n]:.3f} s, {cpu[n]:.3f} s of processor time, {runs / cpu[n]:.2f} runs per processor second")
    print(f"efficiency by the clock {wall[1] / 2 / wall[2]:.3f}, by processor time {cpu[1] / cpu[2]:.3f}; starts included")


if __name__ == "__main__":
    main()
