#!/usr/bin/python3
"""
How much of the bare libpcap loop's CPU time one program takes, and how many instructions a packet.

  bench/suite.py [--runs N] [--small] BINARY

Each row is a capture of bench/gen_capture.c. "x loop" is the median over pairs of runs, the bare loop's right before the
program's, so that it holds on a machine whose speed drifts; beside it the smallest and the largest. Instructions are
callgrind's, of the packets between two sizes of a capture, and do not drift at all. --small: a tenth of the packets.
Captures are kept in build-bench/ (8 GB, with --small 1 GB).
"""
import argparse
import os
import statistics

import measure

# Row, profile, packets, snaplen (0: full), options.
ROWS = [
    ("mixed", "mixed", 10_000_000, 96, []),
    ("full packets", "mixed", 10_000_000, 0, []),
    ("synflood", "synflood", 5_200_000, 96, []),
    ("shortconns", "shortconns", 10_000_000, 96, []),
    ("a line a connection", "mixed", 10_000_000, 96, ["--events", "connection"]),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="pairs of each row (default 5)")
    parser.add_argument("--small", action="store_true", help="a tenth of the packets")
    parser.add_argument("binary")
    args = parser.parse_args()
    binary = os.path.abspath(args.binary)
    print(f"{'row':20} {'packets':>9} {'x loop':>7} {'from':>6} {'to':>6} {'pkts/cpu-s':>11} {'peak-MiB':>9} {'instr/pkt':>9}")
    for name, profile, packets, snaplen, options in ROWS:
        packets //= 10 if args.small else 1
        path = measure.capture(profile, packets, snaplen)
        ratios, seconds, peak = measure.pairs([binary, *options], path, args.runs)
        count = measure.instructions_a_packet([binary, *options], profile, snaplen=snaplen)
        print(f"{name:20} {packets:9} {statistics.median(ratios):7.2f} {min(ratios):6.2f} {max(ratios):6.2f} "
              f"{packets / seconds:11.0f} {peak:9.1f} {count:9.0f}", flush=True)


if __name__ == "__main__":
    main()
