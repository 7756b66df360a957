#!/usr/bin/python3
"""
What --jobs 2 gains: CPU seconds of each thread beside those of a run with one. The busiest thread is what a run would
take on two cores that are free; a machine shared with others does not show it in its clock.

  bench/jobs.py [--runs N] BINARY

Rows: captures of bench/gen_capture.c, as they are and packed by gzip -1. "busiest" is the busiest thread's share of one
thread's CPU time, median over pairs. Captures are kept in build-bench/.
"""
import argparse
import os
import statistics
import subprocess
import time

import measure

ROWS = [("snaplen 96", 1_000_000, 96), ("full packets", 400_000, 0)]


def threads(command):
    """CPU seconds of each thread, as the kernel last told while it ran (proc(5), schedstat): to a millisecond or two."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    seen = {}
    while process.poll() is None:
        try:
            for task in os.listdir(f"/proc/{process.pid}/task"):
                with open(f"/proc/{process.pid}/task/{task}/schedstat", encoding="ascii") as f:
                    seen[int(task)] = int(f.read().split()[0]) / 1e9
        except OSError:
            pass  # it has ended between two looks
        time.sleep(0.001)
    return [seconds for _, seconds in sorted(seen.items())]


def packed(path):
    if not os.path.exists(path + ".gz"):
        subprocess.run(["gzip", "-1", "--keep", path], check=True)
    return path + ".gz"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="pairs of each row (default 5)")
    parser.add_argument("binary")
    args = parser.parse_args()
    binary = os.path.abspath(args.binary)
    print(f"{'row':18} {'one job':>8} {'caller':>8} {'reader':>8} {'busiest':>8}")
    for name, packets, snaplen in ROWS:
        plain = measure.capture("mixed", packets, snaplen)
        for what, path in ((name, plain), (name + ", gzip", packed(plain))):
            pairs = [(sum(threads([binary, path])), threads([binary, "--jobs", "2", path])) for _ in range(args.runs)]
            one, caller, reader = (statistics.median(v) for v in zip(*((o, two[0], two[-1]) for o, two in pairs)))
            share = statistics.median(max(two) / o for o, two in pairs)
            print(f"{what:18} {one:8.3f} {caller:8.3f} {reader:8.3f} {share:8.2f}", flush=True)


if __name__ == "__main__":
    main()
