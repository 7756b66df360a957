#!/usr/bin/python3
"""
Fuzzes targets with libFuzzer, beginning with the inputs that are kept in the tree. Prints TAP, one check a target.

  tests/fuzz/run.py [--build build-fuzz] [--seconds S] [--corpus DIR] [TARGET ...]

Without --seconds each target runs as often as its row in RUNS says, always with the same random numbers: the same code
gives the same answer. With it the numbers differ from run to run, and what widens coverage is kept in --corpus
(default: BUILD/corpus/TARGET). An input that fails is left in BUILD/found and printed.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import seeds  # noqa: E402
import tap  # noqa: E402

# Runs in a suite: 10 to 15 s each on a core of its own. Octets of the longest input.
RUNS = {
    "capture": (60000, 4096), "engine": (6000, 4096), "heads": (60000, 2048), "link": (1500000, 512), "options": (5000000, 256),
    "record": (60000, 8192), "rules": (25000, 2048), "segments": (4000, 1200), "sensors": (4000, 3072), "signatures": (25000, 2048),
    "syn": (400000, 64), "writer": (30000, 1024),
}
# Allocations above a limit are faults: no input of these sizes needs as much.
LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-malloc_limit_mb=256"]
SANITIZER = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:quarantine_size_mb=32:malloc_context_size=8",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def command(build, target, corpus, seconds):
    runs, longest = RUNS[target]
    dictionary = os.path.join(HERE, "dict", target + ".dict")
    found = os.path.join(build, "found")
    os.makedirs(found, exist_ok=True)
    # Entropic scheduling walks the whole corpus at each new input: measured half as fast on these targets.
    out = [os.path.join(build, "tests", "fuzz", "fuzz_" + target), "-entropic=0", f"-max_len={longest}",
           f"-artifact_prefix={found}/{target}-", "-print_final_stats=1"] + LIMITS
    out += [f"-max_total_time={seconds}"] if seconds else [f"-runs={runs}", "-seed=1"]
    out += [f"-dict={dictionary}"] if os.path.exists(dictionary) else []
    return out + [corpus]


def fuzz(build, target, corpus, seconds):
    """(good, executions, what was said)"""
    seeds.unpack(target, corpus)
    p = subprocess.run(command(build, target, corpus, seconds), env=dict(os.environ, **SANITIZER), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = p.stdout.decode("utf-8", "replace")
    done = re.search(r"stat::number_of_executed_units: +(\d+)", text)
    count = int(done.group(1)) if done else 0
    return p.returncode == 0 and count > 0, count, text


def told(text):
    """Of a failure what helps: the claim, the stack, the input."""
    lines = [l for l in text.splitlines() if not re.match(r"#\d+\s+(NEW|REDUCE|RELOAD|pulse|INITED)|INFO:", l)]
    return "\n".join(lines[-60:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="all when none is named: " + " ".join(sorted(RUNS)))
    parser.add_argument("--build", default="build-fuzz")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--corpus")
    args = parser.parse_args()
    build = os.path.join(TOP, args.build)
    unknown = set(args.targets) - set(RUNS)
    if unknown:
        parser.error("no such target: " + ", ".join(sorted(unknown)))
    out = tap.Tap()
    for target in args.targets or sorted(RUNS):
        with tempfile.TemporaryDirectory() as scratch:
            corpus = scratch
            if args.seconds or args.corpus:
                corpus = os.path.join(args.corpus or os.path.join(build, "corpus"), target)
            good, count, text = fuzz(build, target, corpus, args.seconds)
        out.check(f"{target}: {count} inputs", good, told(text))
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
