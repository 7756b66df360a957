#!/usr/bin/python3
"""
Base and the decoders under MemorySanitizer (clang), which ends a program that decides on what nobody wrote. Prints TAP.

  tests/msan/run.py [--build build-msan]

It must see every write, so only code is built here that calls no library but the C library (and libmd, whose answers
poison_base.c declares written): base/, capture/decode*.c, capture/fragments.c. What runs over it: their unit tests, and the
inputs that are kept for the fuzz targets of the decoders. Readers, rules and the rest are run under valgrind.
"""
import argparse
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import tap  # noqa: E402

FLAGS = ["-fsanitize=memory", "-fsanitize-memory-track-origins", "-fno-omit-frame-pointer", "-O1", "-g", "-std=gnu17",
         "-D_GNU_SOURCE", "-I."]
BASE = ["base/*.c"]
DECODERS = BASE + ["capture/decode*.c", "capture/fragments.c", "capture/link_names.c"]
DIGESTS = ["SHA1Final", "SHA256Final"]
DECODE = ["syc_decode", "syc_decode_with"]
FOUND = 99  # the status of a program that MemorySanitizer ended


class Program:
    """sources: patterns; wraps: symbols that go another way; inputs: targets of tests/fuzz whose inputs are its words."""

    def __init__(self, name, sources, wraps, libraries=(), inputs=()):
        self.name, self.sources, self.wraps, self.libraries, self.inputs = name, sources, wraps, libraries, inputs

    def command(self, path):
        files = sorted(f for pattern in self.sources for f in glob.glob(os.path.join(TOP, pattern)))
        out = ["clang"] + FLAGS + files + ["-Wl,--wrap=" + w for w in self.wraps] + ["-o", path, "-lmd"]
        return out + ["-l" + name for name in self.libraries]

    def words(self):
        kept = [os.path.join("tests", "fuzz", folder, target + ".hex") for target in self.inputs for folder in ("seeds", "found")]
        return [path for path in kept if os.path.exists(os.path.join(TOP, path))]


def fuzz(target):
    return Program("inputs of fuzz target " + target,
                   DECODERS + [f"tests/fuzz/{f}.c" for f in ("target_" + target, "support", "replay")] + ["tests/msan/poison*.c"],
                   DIGESTS + DECODE, inputs=[target])


# Units of capture/ that need a reader are left out by naming those that do not.
UNITS = [f"tests/unit/capture/test_{s}.c" for s in
         ("link", "llc", "ppp", "ip", "tunnel", "udp", "icmp", "tcp", "sum", "fragments", "bounds")]
PROGRAMS = [
    Program("unit tests of base", BASE + ["tests/unit/base/*.c", "tests/msan/poison_base.c"],
            DIGESTS + ["malloc", "calloc", "realloc"], ["cmocka"]),
    Program("unit tests of the decoders", DECODERS + UNITS + ["tests/unit/capture/octets.c", "tests/msan/decoders.c",
                                                              "tests/msan/poison*.c"], DIGESTS + DECODE, ["cmocka"]),
    fuzz("link"),
    fuzz("options"),
]
CONTROL = Program("unwritten", BASE + ["tests/msan/unwritten.c"], [])


def run(command, timeout):
    """(status, everything it printed)"""
    env = dict(os.environ, MSAN_OPTIONS=f"exitcode={FOUND}", CMOCKA_MESSAGE_OUTPUT="TAP")
    try:
        p = subprocess.run(command, cwd=TOP, env=env, timeout=timeout, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return p.returncode, p.stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired) as e:
        return 124, str(e)


def made(program, folder):
    """(path, None) or (None, what the compiler said)"""
    path = os.path.join(folder, program.name.replace(" ", "-"))
    status, text = run(program.command(path), 300)
    return (path, None) if status == 0 else (None, text)


def check(out, program, folder):
    path, why = made(program, folder)
    if path is None:
        out.check(f"{program.name}: is built", False, why)
        return
    status, text = run([path] + program.words(), 300)
    passed, failed, _, planned = tap.read(text)
    good = status == 0 and failed == 0 and passed > 0 and planned in (None, passed)
    out.check(f"{program.name}: {passed} checks", good, "\n".join(text.splitlines()[-60:]) + f"\nexit status {status}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build-msan")
    args = parser.parse_args()
    folder = os.path.join(TOP, args.build)
    os.makedirs(folder, exist_ok=True)
    out = tap.Tap()
    path, why = made(CONTROL, folder)
    if path is None:
        out.skip("base and decoders under MemorySanitizer", "clang links no MemorySanitizer here: " +
                 (why.strip().splitlines() or ["?"])[-1])
        return out.done()
    status, text = run([path], 60)
    out.check("what is not written is found", status == FOUND and "first four" in text and "next four" not in text, text)
    for program in PROGRAMS:
        check(out, program, folder)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
