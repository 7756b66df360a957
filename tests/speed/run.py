#!/usr/bin/python3
"""
A gate on speed that does not drift: instructions a packet, by callgrind, on small captures of the generator. Seconds are
not asked. Prints TAP; for a build without sanitizers, of gcc, with its default options.

  tests/speed/run.py --bin build/syncopate

A bound is what the tree needed when it was last lowered, and a twentieth. Lower it with the cost; a change that raises
one says in its commit what it bought.
"""
import argparse
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(os.path.dirname(HERE)), "bench")]
import measure  # noqa: E402
import tap  # noqa: E402

# Profile, options, most instructions a packet.
BOUNDS = [
    ("mixed", [], 1161),
    ("shortconns", [], 1631),
    ("synflood", [], 1949),
    ("mixed", ["--events", "connection"], 1801),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    binary = os.path.abspath(parser.parse_args().bin)
    out = tap.Tap()
    for profile, options, most in BOUNDS:
        name = " ".join([profile, *options])
        if shutil.which("valgrind") is None:
            out.skip(name, "valgrind is not installed")
            continue
        count = measure.instructions_a_packet([binary, *options], profile)
        out.check(f"{name}: {count:.0f} instructions a packet, at most {most}", count <= most)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
