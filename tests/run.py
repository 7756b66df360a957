#!/usr/bin/python3
"""
Build three times and run everything that checks the tree. One line a suite, what failed in full, and as the last
line "N passed, N failed", where each single check counts: a test function, a golden row, a rule of the tree.

  tests/run.py                 all of it (script/test does this)
  tests/run.py unit meta       only suites whose name contains one of the words
  tests/run.py --list          the names

Builds: build (gcc, -Werror), build-clang (clang, -Werror), build-asan (gcc, AddressSanitizer and UBSan, -Werror), and
where clang has libFuzzer build-fuzz (tests/fuzz, a bounded number of inputs each; script/fuzz goes on from there).
tests/msan builds base and the decoders with clang's MemorySanitizer in build-msan.
A suite that makes no check, dies, or makes fewer than it planned has failed. Logs: build-logs/.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = "/usr/bin/python3"  # the one that sees the distribution's modules
LOGS = os.path.join(TOP, "build-logs")
FLOORS = ["base", "capture", "fingerprint", "connection", "behavior", "rules", "output", "engine"]
SHOWN_LINES = 60

# Name, compiler, meson options beyond -Dwerror=true.
BUILDS = [
    ("build", "gcc", []),
    ("build-clang", "clang", []),
    ("build-asan", "gcc", ["-Db_sanitize=address,undefined", "-Dbuildtype=debugoptimized"]),
    ("build-fuzz", "clang", ["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dbuildtype=debugoptimized"]),
]
FUZZ_TARGETS = sorted(f[len("target_"):-2] for f in os.listdir(os.path.join(TOP, "tests", "fuzz")) if f.startswith("target_"))
# What reads octets of strangers, also under valgrind: it sees what was never written, which the sanitizers do not.
MEMCHECK = ["unit_base", "unit_capture", "unit_rules"]
VALGRIND = ["valgrind", "-q", "--error-exitcode=97", "--leak-check=full"]
# A finding must end the program, and with a status that no test expects.
SANITIZER = {
    "ASAN_OPTIONS": "exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}


class Result:
    def __init__(self, name, passed, failed, text, seconds, skipped=0):
        self.name, self.passed, self.failed, self.text = name, passed, failed, text
        self.seconds, self.skipped = seconds, skipped


def run(command, env=None, cwd=TOP, timeout=900):
    """Run to the end: (status, everything it printed). A status below 0 is a signal, 124 a timeout."""
    full = dict(os.environ, **(env or {}))
    try:
        p = subprocess.run(command, cwd=cwd, env=full, timeout=timeout, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return p.returncode, p.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        return 124, (e.stdout or b"").decode("utf-8", "replace") + f"\nno end after {timeout} s\n"
    except OSError as e:
        return 127, f"{command[0]}: {e}\n"


def tap_result(name, status, text, seconds):
    """What a program that speaks TAP found; a death or a missing result is a failure of its own."""
    passed, failed, skipped, planned = tap.read(text)
    made = passed + failed + skipped
    if made == 0 or status not in (0, 1) and failed == 0 or status < 0:
        failed += 1
        text += f"\n{name}: exit status {status}, {made} checks made\n"
    elif planned is not None and planned != made:
        failed += 1
        text += f"\n{name}: {planned} checks planned, {made} made\n"
    elif status != 0 and failed == 0:
        failed += 1
        text += f"\n{name}: every check passed, yet exit status {status}\n"
    return Result(name, passed, failed, text, seconds, skipped)


def compiler_of(directory):
    """The compiler a build directory is set up for, or None."""
    status, text = run(["meson", "introspect", "--compilers", directory])
    try:
        return json.loads(text)["host"]["c"]["id"] if status == 0 else None
    except (ValueError, KeyError, TypeError):
        return None


def build(directory, cc, options):
    """Set up or set right, and compile. One check."""
    start = time.time()
    path = os.path.join(TOP, directory)
    options = ["-Dwerror=true"] + options
    name = f"{directory}: {cc} -Werror"
    if os.path.exists(os.path.join(path, "build.ninja")) and compiler_of(path) == cc:
        status, text = run(["meson", "setup", "--reconfigure", path] + options)
    else:
        wipe = ["--wipe"] if os.path.exists(os.path.join(path, "meson-private")) else []
        status, text = run(["meson", "setup", path] + wipe + options, env={"CC": cc})
    if status == 0:
        status, text = run(["ninja", "-C", path], timeout=1500)
    return Result(name, int(status == 0), int(status != 0), text, time.time() - start)


def unit_tests(directory):
    """The tests meson knows: (name, command, environment, folder, timeout)."""
    status, text = run(["meson", "introspect", "--tests", os.path.join(TOP, directory)])
    if status != 0:
        return []
    return [(t["name"], t["cmd"], t["env"] if isinstance(t["env"], dict) else {}, t.get("workdir") or os.path.join(TOP, directory),
             max(60, int(t.get("timeout") or 60) * 5)) for t in json.loads(text)]


def unit(directory, test):
    name, command, env, folder, timeout = test
    start = time.time()
    env = dict(env, CMOCKA_MESSAGE_OUTPUT="TAP", **(SANITIZER if directory == "build-asan" else {}))
    status, text = run(command, env=env, cwd=folder, timeout=timeout)
    return tap_result(f"{directory}: {name}", status, text, time.time() - start)


def memcheck(directory, test):
    """A test program under valgrind; what it reports stands among the TAP."""
    name, command, env, folder, timeout = test
    if shutil.which("valgrind") is None:
        return Result(f"{directory}: {name} under valgrind", 0, 0, "valgrind is not installed", 0, skipped=1)
    start = time.time()
    status, text = run(VALGRIND + command, env=dict(env, CMOCKA_MESSAGE_OUTPUT="TAP"), cwd=folder, timeout=timeout * 4)
    return tap_result(f"{directory}: {name} under valgrind", status, text, time.time() - start)


def has_fuzzer():
    """Whether clang is here and links libFuzzer."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "probe.c")
        with open(source, "w", encoding="ascii") as f:
            f.write("int LLVMFuzzerTestOneInput(const char *p, long n) { return p == 0 && n != 0; }\n")
        return run(["clang", "-fsanitize=fuzzer,address,undefined", source, "-o", os.path.join(folder, "probe")])[0] == 0


def script(name, path, arguments, env=None, timeout=1200):
    start = time.time()
    status, text = run([PYTHON, os.path.join(TOP, path)] + arguments, env=env, timeout=timeout)
    return tap_result(name, status, text, time.time() - start)


def unit_jobs(directory):
    """One job for each test program, and one that fails when a folder of the product has no test at all."""
    tests = unit_tests(directory)
    known = {t[0] for t in tests}

    def all_folders():
        lacking = [f for f in FLOORS if f"unit_{f}" not in known]
        text = "no test program for: " + ", ".join(lacking) if lacking else ""
        return Result(f"{directory}: every folder has unit tests", int(not lacking), int(bool(lacking)), text, 0)

    under_valgrind = [t for t in tests if t[0] in MEMCHECK] if directory == "build" else []
    return [(f"unit {directory} folders", all_folders)] + \
           [(f"valgrind {directory} {t[0]}", lambda t=t: memcheck(directory, t)) for t in under_valgrind] + \
           [(f"unit {directory} {t[0]}", lambda t=t: unit(directory, t)) for t in tests]


def script_jobs(directory):
    """The checks that are Python programs, against one build."""
    binary = ["--bin", os.path.join(directory, "syncopate")]
    if directory == "build":
        return [
            ("self golden", lambda: script("golden: self-test of the capture maker", "tests/golden/selftest.py", [])),
            ("self meta", lambda: script("meta: self-test of the checks", "tests/meta/selftest.py", [])),
            ("meta", lambda: script("meta: the tree", "tests/meta/check.py", ["--build", directory])),
            ("golden build", lambda: script("build: golden", "tests/golden/run.py", binary)),
            ("terminal build", lambda: script("build: terminal", "tests/golden/terminal.py", binary)),
            ("lab build", lambda: script("build: lab", "tests/lab/figures.py", binary + ["--check"])),
            ("rules build", lambda: script("build: rules", "tests/golden/rules.py", binary)),
            ("documents build", lambda: script("build: documents", "tests/golden/documents.py", binary)),
            ("inputs build", lambda: script("build: inputs", "tests/golden/inputs.py", binary)),
            ("usage build", lambda: script("build: usage", "tests/golden/usage.py", binary)),
            ("reload build", lambda: script("build: reload", "tests/golden/reload.py", binary)),
            ("lifecycle build", lambda: script("build: lifecycle", "tests/lifecycle/run.py", binary)),
            ("property build", lambda: script("build: property", "tests/property/run.py", binary)),
            ("relations build", lambda: script("build: relations", "tests/property/relations.py", binary)),
            ("live build", lambda: script("build: live", "tests/live/run.py", binary)),
            ("fault build", lambda: script("build: fault", "tests/fault/run.py", binary)),
            ("wire build", lambda: script("build: wire", "tests/fault/wire.py", binary)),
            ("speed build", lambda: script("build: instructions a packet", "tests/speed/run.py", binary)),
            ("msan", lambda: script("MemorySanitizer: base and decoders", "tests/msan/run.py", [])),
        ]
    if directory == "build-asan":
        return [
            ("golden build-asan", lambda: script("build-asan: golden", "tests/golden/run.py", binary, SANITIZER)),
            ("property build-asan",
             lambda: script("build-asan: property", "tests/property/run.py", binary + ["--few"], SANITIZER)),
            ("relations build-asan",
             lambda: script("build-asan: relations", "tests/property/relations.py", binary + ["--few"], SANITIZER)),
            ("rules build-asan", lambda: script("build-asan: rules", "tests/golden/rules.py", binary, SANITIZER)),
            ("inputs build-asan", lambda: script("build-asan: inputs", "tests/golden/inputs.py", binary, SANITIZER)),
            ("reload build-asan", lambda: script("build-asan: reload", "tests/golden/reload.py", binary, SANITIZER)),
            ("wire build-asan", lambda: script("build-asan: wire", "tests/fault/wire.py", binary, SANITIZER)),
        ]
    return []


def fuzz_jobs(directory):
    return [(f"fuzz {directory} {t}", lambda t=t: script(f"{directory}: {t}", "tests/fuzz/run.py", ["--build", directory, t]))
            for t in FUZZ_TARGETS]


def jobs_of(directory):
    return fuzz_jobs(directory) if directory == "build-fuzz" else unit_jobs(directory) + script_jobs(directory)


def report(result):
    skipped = f", {result.skipped} skipped" if result.skipped else ""
    print(f"{result.name:48} {result.passed:5} passed, {result.failed:3} failed{skipped}  {result.seconds:6.1f} s",
          flush=True)
    log = os.path.join(LOGS, re.sub(r"[^\w.-]+", "_", result.name) + ".log")
    with open(log, "w", encoding="utf-8") as f:
        f.write(result.text)
    for why in sorted(set(re.findall(r"# SKIP (.*)", result.text))):
        print(f"    skipped: {why}", flush=True)
    if not result.failed:
        return
    lines = result.text.rstrip().splitlines()
    # Of a long log what failed and what is said about it, without what went well.
    if len(lines) > SHOWN_LINES:
        lines = [l for l in lines if not re.match(r"\s*ok\b|# ok |\[\d+/\d+\] ", l)]
    for line in lines[:SHOWN_LINES]:
        print("    " + line)
    if len(lines) > SHOWN_LINES:
        print(f"    ... {len(lines) - SHOWN_LINES} more lines")
    print(f"    all of it: {os.path.relpath(log, TOP)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only suites whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="print the names of the suites of builds that exist")
    args = parser.parse_args()
    os.makedirs(LOGS, exist_ok=True)
    results = []

    def wanted(name):
        return not args.words or any(w in name for w in args.words)

    for directory, cc, options in BUILDS:
        if directory == "build-fuzz" and not any(wanted(name) for name, _ in fuzz_jobs(directory)):
            continue
        if args.list:
            jobs = jobs_of(directory)
            print("\n".join(name for name, _ in jobs))
            continue
        if directory == "build-fuzz" and not has_fuzzer():
            report(Result(f"{directory}: clang has no libFuzzer here", 0, 0, "", 0, skipped=len(FUZZ_TARGETS)))
            continue
        built = build(directory, cc, options)
        results.append(built)
        report(built)
        if built.failed:
            continue
        jobs = [(n, j) for n, j in jobs_of(directory) if wanted(n)]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for result in pool.map(lambda job: job[1](), jobs):
                results.append(result)
                report(result)
    if args.list:
        return 0
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    bad = [r.name for r in results if r.failed]
    if bad:
        print("failed: " + "; ".join(bad))
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
