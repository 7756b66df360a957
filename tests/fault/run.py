#!/usr/bin/python3
"""
The whole program when things go wrong: memory, reads, writes, signals, cut and damaged files, limits. What must hold each
time: it is not killed; its output is whole lines of JSON; with status 0 nothing is missing; with another status standard
error says why. Prints TAP, one check a kind of fault.

  tests/fault/run.py [--bin build/syncopate] [--shim build/tests/fault/libfault_shim.so] [NAME ...]

What fails when is decided by shim.c, so each run can be had again: the failing one is printed as a command.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import random
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "tests", "golden"), os.path.join(TOP, "tests", "fuzz"), os.path.join(TOP, "tests")]
import pcapmake  # noqa: E402
import seeds  # noqa: E402
import tap  # noqa: E402

EVERY = "fingerprint,connection,source,verdict,stats,ruleset,error"
DONE, USAGE, INPUT, OUTPUT, INTERRUPTED = 0, 2, 3, 4, 130

# Small, so that each allocation of a run can fail in its turn; the shipped ones are sampled.
RULES = """title: Steady
id: 11111111-1111-4111-8111-111111111111
logsource: {product: syncopate, category: source}
detection: {a: {conn.count|gte: 1}, condition: a}
syncopate: {group: gap, points: 80, needs: {conn.count: 1}, kind: beacon}
"""
SIGNATURES = """classes = unix
[tcp:request]
label = s:unix:Linux:any
sig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0
"""


class Run:
    """One run: how it was started and what came of it."""

    def __init__(self, words, env, status, output, errors):
        self.words, self.env, self.status, self.output, self.errors = words, env, status, output, errors

    def __str__(self):
        env = " ".join(f"{k}={v}" for k, v in self.env.items())
        return f"{env} {' '.join(self.words)}: status {self.status}, {self.errors.strip()[-200:]!r}"

    def lines(self):
        """The events, or None when a line is not whole."""
        try:
            return [json.loads(l) for l in self.output.decode("ascii").splitlines()] \
                if not self.output or self.output.endswith(b"\n") else None
        except ValueError:
            return None


class Program:
    def __init__(self, binary, shim, folder):
        self.binary, self.shim, self.folder = binary, shim, folder

    def run(self, words, fault=None, stdin=None, stdout=None, setup=None, env=None):
        """Run to the end; stdout: a file instead of a pipe. fault: what shim.c shall do."""
        env = dict(env or {})
        if fault:
            env["FAULT"] = fault
        if fault or "FAULT_COUNT" in env:
            env["LD_PRELOAD"] = self.shim
        try:
            p = subprocess.run([self.binary] + words, cwd=self.folder, env=dict(os.environ, **env), timeout=120,
                               input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                               stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=setup, check=False)
        except subprocess.TimeoutExpired as e:
            return Run(words, env, 124, e.stdout or b"", "no end after 120 s")
        return Run(words, env, p.returncode, p.stdout or b"", p.stderr.decode("utf-8", "replace"))

    def count(self, words, stdin=None):
        """A run without fault, and how many allocations, reads and writes it made."""
        path = os.path.join(self.folder, "count")
        run = self.run(words, stdin=stdin, env={"FAULT_COUNT": path})
        with open(path, encoding="ascii") as f:
            return run, [int(n) for n in f.read().split()]


# Measured with allocations that fail (Debian 12): jansson 2.14's lexer goes on writing where its buffer could not grow;
# libpcap 1.10's compiler of filters uses what it did not get, and its scanner ends the program with status 2.
FRAGILE = ("/libjansson.so", "/libpcap.so")


def settled(output):
    """The output without what may differ when memory was short and nothing was lost: octets in use, fill of tables."""
    return re.sub(rb'"(mem\w+_bytes|peak)":\d+', b'"\\1":0', output)


def losses(run):
    """How many things the run says were lost, and whether a record or subject says that it is not complete."""
    total = partial = 0
    for event in run.lines() or []:
        partial += event.get("complete") is False
        for part in event.get("stats", {}).values():
            if isinstance(part, dict):
                total += sum(part.get(k, 0) for k in ("evicted", "lost", "records_dropped", "denied"))
    return total, partial


def unlike(run, whole, statuses=(USAGE, INPUT, OUTPUT)):
    """What a run with a fault must not do; None when it does none of that. whole: the run without."""
    if run.status == whole.status and settled(run.output) == settled(whole.output):
        return None
    if run.status < 0 and any(lib in run.errors.split("fault: in ")[-1].split("\n")[0] for lib in FRAGILE):
        return None
    if run.lines() is None:
        return "half a line"
    if run.status == whole.status and losses(run) > losses(whole):
        return None  # something gave way, and the events say so
    if run.status not in statuses:
        return "less output than without a fault, or another" if run.status == whole.status else "not a status of failure"
    if not re.sub(r"fault: .*\n", "", run.errors).strip():
        return "nothing says why"
    return None


class Suite:
    def __init__(self, program, out, wanted):
        self.program, self.out, self.wanted = program, out, wanted
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1)

    def wants(self, name):
        return not self.wanted or any(w in name for w in self.wanted)

    def check(self, name, make, judge):
        """One check over many runs. make() yields argument dicts of Program.run; judge(run) the fault or None."""
        if not self.wants(name):
            return
        runs = list(self.pool.map(lambda key: self.program.run(**key), make()))
        wrong = [f"{fault}: {run}" for run in runs for fault in [judge(run)] if fault]
        self.out.check(f"{name}: {len(runs)} runs", runs and not wrong,
                       "\n".join(wrong[:8]) + (f"\n... {len(wrong)} in all" if len(wrong) > 8 else "") or "no run at all")


# ---------------------------------------------------------------- what is read

def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return name


def make_files(folder):
    """Captures of golden scripts and their other forms; small.pcap is the one that is run often."""
    write(folder, "rule.yml", RULES)
    write(folder, "known.fp", SIGNATURES)
    write(folder, "none.fp", SIGNATURES.replace("*:64:0:*:*,*:", "*:64:0:*:1,1:"))  # fits no SYN, so there is something to learn
    captures = dict(seeds.scripts())
    for name, octets in captures.items():
        write(folder, name + ".pcap", octets)
    write(folder, "small.pcap", captures["handshake"])
    _, _, _, records = seeds.frames(captures["handshake"])
    for name, octets in seeds.pcapng([r[16:] for r in records]):
        if name == "ng-plain":
            write(folder, "small.pcapng", octets)
    return captures


RAW = "4:57+7:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0"
SMALL = ["--rules", "rule.yml", "--signatures", "known.fp"]


def commands(folder):
    """name -> (words, standard input) of runs that end with status 0."""
    with open(os.path.join(folder, "small.pcap"), "rb") as f:
        octets = f.read()
    return {
        "analyze": (["--json", "--events", EVERY] + SMALL + ["small.pcap"], None),
        "analyze pcapng": (["--json", "--events", EVERY] + SMALL + ["small.pcapng"], None),
        "analyze a filter": (["--json"] + SMALL + ["-r", "small.pcap", "tcp", "port", "80"], None),
        "analyze a pipe": (["--json", "--events", EVERY] + SMALL + ["-"], octets),
        "judge": (["judge", "--json", "--events", EVERY] + SMALL + ["records.jsonl"], None),
        "audit": (["audit", "--json", "--signatures", "known.fp", "small.pcap"], None),
        "rules check": (["rules", "check", "rule.yml"], None),
        "signatures check": (["signatures", "check", "--json", "known.fp"], None),
        "signatures learn": (["signatures", "learn", "--json", "--signatures", "none.fp", "small.pcap"], None),
        "signatures explain": (["signatures", "explain", "--json", "--signatures", "known.fp", RAW], None),
    }


# ---------------------------------------------------------------- faults

def failing_memory(suite, name, words, stdin, step=1, last=0):
    """step: of how many allocations one fails; last: of so many at the end each."""
    whole, (allocations, _, _) = suite.program.count(words, stdin)
    for kind in ("alloc", "allocs"):
        suite.check(f"{name}: {'one allocation fails' if kind == 'alloc' else 'memory ends'}",
                    lambda kind=kind: ({"words": words, "stdin": stdin, "fault": f"{kind}={k}"}
                                       for k in range(1, allocations + 1) if k % step == 0 or k > allocations - last),
                    lambda run: unlike(run, whole))


def failing_reads(suite, name, words, stdin):
    whole, (_, reads, _) = suite.program.count(words, stdin)

    def each(kinds):
        return ({"words": words, "stdin": stdin, "fault": f"read={k}:{kind}"} for k in range(1, reads + 1) for kind in kinds)

    suite.check(f"{name}: a read is short or interrupted", lambda: each(["short", "EINTR"]),
                lambda run: None if (run.status, run.output) == (whole.status, whole.output) else "another result")
    suite.check(f"{name}: all reads are short or interrupted",
                lambda: ({"words": words, "stdin": stdin, "fault": f"reads={kind}"} for kind in ("short", "EINTR")),
                lambda run: None if (run.status, run.output) == (whole.status, whole.output) else "another result")
    suite.check(f"{name}: a read fails", lambda: each(["EIO"]),
                lambda run: None if (run.status, run.output) == (whole.status, whole.output) and name == "audit" else
                "the error is not named" if "Input/output error" not in run.errors else
                unlike(run, whole, (USAGE, INPUT)))  # audit looks at the first octet to tell captures from events


def pieces(suite, words):
    """What a run says must not depend on where its reads end: one octet at a time, of captures whose times go back."""
    whole = suite.program.run(words)
    suite.check("reads of one octet: the same octets out", lambda: [{"words": words, "fault": "reads=short"}],
                lambda run: None if (run.status, run.output) == (whole.status, whole.output) else "another result")


def failing_writes(suite, words):
    """words: a run of several writes."""
    whole, (_, _, writes) = suite.program.count(words)

    def each(kinds):
        return ({"words": words, "fault": f"write={k}:{kind}"} for k in range(1, writes + 1) for kind in kinds)

    suite.out.check("writes: there are several", writes >= 3, f"{writes}: {whole}")
    suite.check("writes: one is short or interrupted", lambda: each(["short", "EINTR", "EAGAIN"]),
                lambda run: None if (run.status, run.output) == (whole.status, whole.output) else "another result")
    suite.check("writes: all are short or interrupted",
                lambda: ({"words": words, "fault": f"writes={kind}"} for kind in ("EINTR",)),
                lambda run: None if (run.status, run.output) == (whole.status, whole.output) else "another result")

    def lost(run):
        if run.status != OUTPUT:
            return "the status is not 4"
        if not whole.output.startswith(run.output):
            return "not a beginning of the whole output"
        if not any(word in run.errors for word in ("No space left", "Input/output error", "Broken pipe")):
            return "the error is not named"
        return None if "lost" in run.errors else "nothing is said to be lost"

    suite.check("writes: one fails", lambda: each(["ENOSPC", "EIO", "EPIPE"]), lost)


def full_devices(suite, words):
    def to_file_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))

    def bad(run):
        return None if run.status == OUTPUT and "standard output" in run.errors else "not told"

    with open("/dev/full", "wb") as full:
        suite.check("a full device", lambda: [{"words": words, "stdout": full}], bad)
        suite.check("the table and the report into a full device",
                    lambda: [{"words": verb + ["--human", "small.pcap"], "stdout": full} for verb in ([], ["audit"])], bad)
        suite.check("help into a full device", lambda: [{"words": w, "stdout": full} for w in (["--help"], ["--version"])], bad)
        suite.check("rules check into a full device", lambda: [{"words": ["rules", "check"], "stdout": full}], bad)
    with open(os.path.join(suite.program.folder, "limited"), "wb") as limited:
        suite.check("a file that may not grow", lambda: [{"words": words, "stdout": limited, "setup": to_file_limit}], bad)
    suite.check("curves that cannot be written are told before anything is read",
                lambda: [{"words": ["audit", "--csv", "absent/curves.csv", "small.pcap"]}],
                lambda run: None if run.status == OUTPUT and not run.output and "absent/curves.csv" in run.errors else "not told")
    suite.check("no standard output at all", lambda: [{"words": words, "setup": lambda: os.close(1)}], bad)


def closed_pipe(suite, words):
    """The reader goes away after the first line, as head -n 1 does."""
    read_end, write_end = os.pipe()
    program = suite.program
    with subprocess.Popen([program.binary] + words, cwd=program.folder, stdin=subprocess.DEVNULL, stdout=write_end,
                          stderr=subprocess.PIPE) as p:
        os.close(write_end)
        os.read(read_end, 100)
        os.close(read_end)
        errors = p.stderr.read().decode()
    suite.out.check("the reader of a pipe goes away", p.returncode == OUTPUT and "Broken pipe" in errors,
                    f"{p.returncode}: {errors}")


# ---------------------------------------------------------------- signals

def interrupted(run, whole):
    """A run that a signal met: it died before it began, or it ended itself, or it was over."""
    if run.status in (-signal.SIGTERM, -signal.SIGINT):
        return "killed with output" if run.output else None
    if run.status == DONE:
        return None if run.output == whole.output else "status 0 with other output"
    events = run.lines()
    if run.status != INTERRUPTED or events is None:
        return "half a line" if events is None else "not the status of an interruption"
    if "interrupted" not in run.errors:
        return "nothing says so"
    return None if events and events[-1]["event_type"] == "stats" else "no stats at the end"


def signals_by_call(suite, name, words, stdin):
    """At each read and write of a run whose reads are small: so the moment is the same in every run."""
    whole, (_, reads, writes) = suite.program.count(words, stdin)
    suite.check(f"{name}: a signal at each read and write",
                lambda: ({"words": words, "stdin": stdin, "fault": f"signal={k}:{number}"}
                         for k in range(1, reads + writes + 2) for number in (signal.SIGTERM.value, signal.SIGINT.value)),
                lambda run: interrupted(run, whole))


def slowly(program, words, octets, number, delay):
    """A run that is fed by a pipe, piece by piece, and gets a signal after a while."""
    with subprocess.Popen([program.binary] + words, cwd=program.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as p:
        def feed():
            try:
                for at in range(0, len(octets), 600):
                    p.stdin.write(octets[at:at + 600])
                    p.stdin.flush()
                    time.sleep(0.0005)
                p.stdin.close()
            except OSError:
                pass  # it has ended: that is what this is about

        feeder = threading.Thread(target=feed)
        feeder.start()
        time.sleep(delay)
        p.send_signal(number)
        output, errors = p.stdout.read(), p.stderr.read().decode()
        feeder.join()
        with contextlib.suppress(OSError):
            p.stdin.close()
    return Run(words + [f"{number} after {delay:.4f} s"], {}, p.returncode, output, errors)


def signals_by_time(suite, words, octets):
    if not suite.wants("signals at random moments"):
        return
    draw = random.Random(7)
    whole = suite.program.run(words, stdin=octets)
    jobs = [(n, draw.random() * 0.12) for n in (signal.SIGTERM, signal.SIGINT) for _ in range(40)]
    runs = list(suite.pool.map(lambda job: slowly(suite.program, words, octets, *job), jobs))
    wrong = [f"{fault}: {run}" for run in runs for fault in [interrupted(run, whole)] if fault]
    met = sum(run.status == INTERRUPTED for run in runs)
    suite.out.check(f"signals at random moments: {len(runs)} runs, {met} interrupted", met > 5 and not wrong, "\n".join(wrong[:8]))


def before_a_wait(program, words, octets, k):
    """The signal comes after the program's last look and before a read of a pipe that stays open, so that it interrupts nothing."""
    env = {"FAULT": f"signal={k}:{signal.SIGTERM.value}", "LD_PRELOAD": program.shim}
    with subprocess.Popen([program.binary] + words, cwd=program.folder, env=dict(os.environ, **env), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as p:
        with contextlib.suppress(BrokenPipeError):  # it may be killed before it listens to signals
            p.stdin.write(octets)
        try:
            status = p.wait(timeout=20)
        except subprocess.TimeoutExpired:
            p.kill()
            status = "no end"
        output, errors = p.stdout.read(), p.stderr.read().decode()
    return Run(words, env, status, output, errors)


def signals_before_waits(suite, name, words, octets):
    if not suite.wants(f"{name}: a signal before a read that waits"):
        return
    _, (_, reads, _) = suite.program.count(words, octets)
    whole = Run(words, {}, DONE, None, "")  # of a pipe that is not over nobody gets the whole
    runs = list(suite.pool.map(lambda k: before_a_wait(suite.program, words, octets, k), range(1, reads + 1)))
    wrong = [f"{fault}: {run}" for run in runs for fault in [interrupted(run, whole)] if fault]
    met = sum(run.status == INTERRUPTED for run in runs)
    suite.out.check(f"{name}: a signal before a read that waits: {met} of {len(runs)} runs", met > 0 and not wrong, "\n".join(wrong[:8]))


# ---------------------------------------------------------------- files

def cuts(suite, name, octets, ends):
    """The file cut at every octet. ends: where a cut leaves whole frames only -> how many."""
    folder = suite.program.folder

    def make():
        for n in range(len(octets)):
            write(folder, f"cut-{n}", octets[:n])
            yield {"words": ["--json", "--events", "connection,stats,error"] + SMALL + [f"cut-{n}"]}

    def judge(run):
        n = int(run.words[-1][4:])
        frames = max([count for end, count in ends.items() if end <= n], default=0)
        events = run.lines()
        if not events or events[-1]["event_type"] != "stats":
            return "no whole lines with stats at the end"
        if run.status != (DONE if n in ends else INPUT):
            return "another status is due"
        if events[-1]["stats"]["capture"]["packets"] != frames:
            return f"{frames} frames are whole"
        told = any(e["event_type"] == "error" for e in events) and run.errors.startswith("syncopate: ")
        return None if told == (n not in ends) else "a cut that is not told, or none that is"

    suite.check(f"{name} cut at every octet", make, judge)


def pcap_ends(octets):
    _, _, header, records = seeds.frames(octets)
    at, ends = len(header), {len(header): 0}
    for n, r in enumerate(records, 1):
        at += len(r)
        ends[at] = n
    return ends


def damaged(suite, octets):
    """Files that are none, or stop being one."""
    header, first = octets[:24], octets[24:]
    files = {
        "nothing": b"",
        "random": random.Random(3).randbytes(60000),
        "zeros": bytes(5000),
        "text": b"to be or not to be\n" * 100,
        "length-2-31": header + struct.pack("<IIII", 1, 0, 1 << 31, 1 << 31) + first,
        "length-minus-1": octets + struct.pack("<IIII", 1, 0, 0xffffffff, 0xffffffff),
        "odd-magic": b"\xd4\xc3\xb2\xa0" + octets[4:],
        "gzip-cut": b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\x01\x02",
        "zstd-bad": b"\x28\xb5\x2f\xfd" + bytes(range(60)),
    }
    names = [write(suite.program.folder, "damaged-" + name, data) for name, data in files.items()]
    os.makedirs(os.path.join(suite.program.folder, "empty"), exist_ok=True)
    suite.check("files that are damaged or none",
                lambda: [{"words": ["--json", "--events", "stats,error"] + SMALL + [name]} for name in names + ["empty", "gone"]],
                lambda run: None if run.status == INPUT and run.lines() and "syncopate: " in run.errors and
                run.words[-1] in run.errors else "not told by name with status 3")
    suite.check("damaged files among good ones",
                lambda: [{"words": ["--json", "--events", "stats,error"] + SMALL + ["small.pcap", name, "closes.pcap"]}
                         for name in names],
                lambda run: None if run.status == INPUT and run.lines() and run.lines()[-1]["stats"]["capture"]["packets"] >
                len(pcap_ends(octets)) else "the good ones were not read, or the bad one not told")


def damaged_records(suite):
    with open(os.path.join(suite.program.folder, "records.jsonl"), "rb") as f:
        lines = f.read()
    first = lines[:lines.index(b"\n") + 1]
    suite.check("judge: a line cut at every octet",
                lambda: ({"words": ["judge", "--json"] + SMALL + ["-"], "stdin": lines + first[:n]} for n in range(1, len(first) - 1, 7)),
                lambda run: None if run.status == INPUT and run.lines() and "damaged" in run.errors else "not told")
    suite.check("judge: lines that are none",
                lambda: [{"words": ["judge", "--json"] + SMALL + ["-"], "stdin": data + lines} for data in
                         (b"\0\0\0\n", b"{}\n", b"[]\n", b"{\"event_type\":3}\n", b"\xff\xfe\n", b"[" * 100000 + b"\n")],
                lambda run: None if run.status == INPUT and run.lines() and run.errors.isprintable() is not None else "not told")


def limits(suite, words):
    whole = suite.program.run(words)

    def limit(which, n):
        return lambda: resource.setrlimit(which, (n, n))

    suite.check("a small stack, few descriptors, little address space",
                lambda: [{"words": words, "setup": limit(resource.RLIMIT_STACK, 256 << 10)},
                         {"words": words, "setup": limit(resource.RLIMIT_NOFILE, 64)},
                         {"words": ["--memory", "16M"] + words, "setup": limit(resource.RLIMIT_AS, 96 << 20)}],
                lambda run: unlike(run, whole))
    suite.check("hardly any address space",
                lambda: ({"words": words, "setup": limit(resource.RLIMIT_AS, n << 20)} for n in range(8, 40, 4)),
                lambda run: None if run.status == 127 or b"" == run.output and run.status < 0 and not run.errors.startswith("syncopate")
                else unlike(run, whole))


# ---------------------------------------------------------------- names

def hostile_names(suite):
    """Names that a terminal would obey, or that are no text at all."""
    folder = suite.program.folder.encode()
    names = [b"esc\x1b[2J.pcap", b"line\nsyncopate: forged.pcap", b"quote\".pcap", b"back\\slash.pcap", b"\xff\xfe.pcap",
             b"tab\t.pcap", b"\xe2\x80\xae.pcap", b"del\x7f.pcap", b"c1\xc2\x9b2J.pcap"]
    with open(os.path.join(folder, b"small.pcap"), "rb") as f:
        octets = f.read()
    for name in names:
        with open(os.path.join(folder, name), "wb") as f:
            f.write(octets)
        with open(os.path.join(folder, name + b".cut"), "wb") as f:
            f.write(octets[:-3])

    def judge(run):
        if any(ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 or c in "\u202e" for c in run.errors):
            return "on standard error something that a terminal obeys"
        if run.errors.count("\n") > 4 or any(not l.startswith("syncopate: ") for l in run.errors.splitlines()):
            return "a forged line on standard error"
        return None if run.lines() and all(32 <= c < 127 or c == 10 for c in run.output) else "not whole lines of ASCII"

    suite.check("names of files", lambda: ({"words": ["--json", "--events", EVERY] + SMALL + [n, b"small.pcap", n + b".cut"]}
                                           for n in names), judge)


# ---------------------------------------------------------------- all

def run_all(suite, captures):
    folder = suite.program.folder
    records = suite.program.run(["--json", "--events", "connection"] + SMALL + ["closes.pcap"])
    write(folder, "records.jsonl", b"".join(records.output.splitlines(keepends=True)[:2]))
    everything = ["--json", "--events", EVERY] + SMALL + sorted(n + ".pcap" for n in captures if n not in ("cut", "link-unread"))
    for name, (words, stdin) in commands(folder).items():
        if name == "audit" and suite.program.run(words).status == USAGE:
            suite.out.skip(name, "this build has no audit")
            continue
        words = [w.decode() if isinstance(w, bytes) else w for w in words]
        shipped_rules = name in ("audit", "signatures learn")
        failing_memory(suite, name, words, stdin, step=29 if shipped_rules else 1, last=100)
        failing_reads(suite, name, words, stdin)
    failing_memory(suite, "shipped rules", ["--json", "small.pcap"], None, step=37)
    pieces(suite, everything)
    failing_writes(suite, everything)
    full_devices(suite, everything)
    closed_pipe(suite, everything)
    signals_by_call(suite, "analyze", ["--json", "--events", EVERY] + everything[5:9] + everything[-12:], None)
    signals_by_call(suite, "judge", commands(folder)["judge"][0], None)
    signals_by_time(suite, ["--json", "--events", EVERY] + SMALL + ["-"], captures["verdict-human"])
    signals_before_waits(suite, "analyze", ["--json", "--events", EVERY] + SMALL + ["-"], captures["handshake"])
    signals_before_waits(suite, "judge", ["judge", "--json", "--events", EVERY] + SMALL + ["-"], records.output)
    cuts(suite, "pcap", captures["handshake"], pcap_ends(captures["handshake"]))
    damaged(suite, captures["handshake"])
    damaged_records(suite)
    limits(suite, commands(folder)["analyze"][0])
    hostile_names(suite)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only checks whose name contains one of these")
    parser.add_argument("--bin", default="build/syncopate")
    parser.add_argument("--shim", default="build/tests/fault/libfault_shim.so")
    args = parser.parse_args()
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        captures = make_files(folder)
        program = Program(os.path.join(TOP, args.bin), os.path.join(TOP, args.shim), folder)
        run_all(Suite(program, out, args.names), captures)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
