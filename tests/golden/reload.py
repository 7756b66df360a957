#!/usr/bin/python3
"""
Other rules while a run goes on: the real program on a pipe, its rule file rewritten, SIGHUP, and what it says of it.
Prints TAP.

  tests/golden/reload.py [--bin build/syncopate]

Each step waits for a sign of the one before (octets taken from the pipe, a line on standard error), never for a time.
"""
import argparse
import array
import errno
import fcntl
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import pcapmake  # noqa: E402
import tap  # noqa: E402

WAIT_S = 60
RULE = """title: {name}
id: 11111111-1111-4111-8111-11111111111{digit}
name: {name}
logsource: {{product: syncopate, category: source}}
detection: {{a: {{conn.count|gte: 1}}, condition: a}}
syncopate: {{group: g, points: {points}}}
"""
FIRST = RULE.format(name="first", digit=1, points=80)
SECOND = RULE.format(name="second", digit=2, points=20)
BROKEN = SECOND.replace("conn.count", "conn.cuont")
SIGNATURE = "classes = unix\n[tcp:request]\nlabel = s:unix:{name}:any\nsig = *:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\n"


class Running:
    def __init__(self, words, folder):
        self.p = subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.said, self.output = queue.Queue(), []
        for target in (self.listen, self.collect):
            threading.Thread(target=target, daemon=True).start()

    def listen(self):
        for line in self.p.stderr:
            self.said.put(line.decode())

    def collect(self):
        self.output = [json.loads(line) for line in self.p.stdout]

    def until(self, holds, what):
        end = time.monotonic() + WAIT_S
        while not holds():
            if time.monotonic() > end or self.p.poll() is not None:
                raise RuntimeError(f"no sign of it: {what}")
            time.sleep(0.01)

    def listens(self):
        """SIGHUP has a handler (bit 0 of SigCgt)."""
        with open(f"/proc/{self.p.pid}/status", encoding="ascii") as f:
            return any(line.startswith("SigCgt:") and int(line.split()[1], 16) & 1 << signal.SIGHUP - 1 for line in f)

    def waits_for_signal(self, number):
        """It was sent and no handler was called yet (SigPnd, ShdPnd)."""
        with open(f"/proc/{self.p.pid}/status", encoding="ascii") as f:
            return any(line.startswith(("SigPnd:", "ShdPnd:")) and int(line.split()[1], 16) & 1 << number - 1 for line in f)

    def drained(self):
        left = array.array("i", [0])
        fcntl.ioctl(self.p.stdin.fileno(), termios.FIONREAD, left)
        return left[0] == 0

    def feed(self, octets):
        self.p.stdin.write(octets)
        self.until(self.drained, "the input is read")

    def hang_up(self):
        """SIGHUP; what it says then."""
        self.p.send_signal(signal.SIGHUP)
        return self.said.get(timeout=WAIT_S)

    def end(self, octets):
        self.p.stdin.write(octets)
        self.p.stdin.close()
        self.p.wait(timeout=WAIT_S)
        deadline = time.monotonic() + WAIT_S
        while not self.output and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.output


def write_if_read(fifo, octets):
    """False while nobody reads: a pipe that only its writer had open would take the octets with it."""
    try:
        fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as e:
        if e.errno != errno.ENXIO:
            raise
        return False
    with os.fdopen(fd, "wb", buffering=0) as f:
        return f.write(octets) == len(octets)


def late_writer(out, words, folder, octets):
    """A signal while a named pipe has no writer is neither its end nor a fault: the octets of the writer that comes are read."""
    fifo, rules, name = os.path.join(folder, "fifo"), os.path.join(folder, "r.yml"), " ".join(words[1:]) or "captures"
    write(rules, SECOND)
    os.mkfifo(fifo)
    run = Running(words + ["--json", "--events", "ruleset,verdict", "--rules", rules, fifo], folder)
    try:
        run.until(run.listens, "signals are listened to")
        run.p.send_signal(signal.SIGHUP)
        run.until(lambda: not run.waits_for_signal(signal.SIGHUP), "the signal is met")
        run.until(lambda: write_if_read(fifo, octets), "the pipe is opened")
        events = run.end(b"")
    finally:
        run.p.kill()
        os.unlink(fifo)
    told = [e["ruleset"]["status"] for e in events if e["event_type"] == "ruleset"]
    out.check(f"{name}: a signal before a named pipe has a writer", run.p.returncode == 0 and "reloaded" in told and
              any(e["event_type"] == "verdict" for e in events), f"{run.p.returncode} {told} {len(events)} events")


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def variant(octets):
    """A capture (little-endian) in the form that libpcap reads and calls modified: eight octets more in each record's header."""
    made, at = bytearray(b"\x34\xcd\xb2\xa1" + octets[4:24]), 24
    while at < len(octets):
        captured = struct.unpack_from("<I", octets, at + 8)[0]
        made += octets[at:at + 16] + bytes(8) + octets[at + 16:at + 16 + captured]
        at += 16 + captured
    return bytes(made)


def checks(out, words, folder, octets, cut, what=""):
    rules, signatures = os.path.join(folder, "r.yml"), os.path.join(folder, "s.fp")
    name = what or " ".join(words[1:]) or "captures"
    write(rules, FIRST)
    write(signatures, SIGNATURE.format(name="Before"))
    run = Running(words + ["--json", "--events", "ruleset,verdict,source", "--rules", rules, "--signatures", signatures, "-"], folder)
    try:
        run.until(run.listens, "signals are listened to")
        run.feed(octets[:cut])
        write(rules, SECOND)
        write(signatures, SIGNATURE.format(name="After"))
        said = run.hang_up()
        out.check(f"{name}: rules are reloaded, and it says so", "reloaded: 1 rule," in said, said)
        write(rules, BROKEN)
        said = run.hang_up()
        out.check(f"{name}: a broken file is told with its place and keeps the old set", "r.yml:5:17: unknown field" in said and
                  "the old ones stay" in said, said)
        os.rename(rules, rules + ".away")
        said = run.hang_up()
        out.check(f"{name}: a file that is gone has no line and column", "r.yml: cannot be opened" in said and
                  "the old ones stay" in said, said)
        write(rules, SECOND)
        write(signatures, "[tcp:request]\nsig = nonsense\n")
        said = run.hang_up()
        out.check(f"{name}: broken signatures keep both sets", "s.fp:2:" in said and "the old ones stay" in said, said)
        events = run.end(octets[cut:])
    finally:
        run.p.kill()
    told = [e["ruleset"] for e in events if e["event_type"] == "ruleset"]
    verdicts = [e["verdict"] for e in events if e["event_type"] == "verdict"]
    out.check(f"{name}: ruleset events in order", [r["status"] for r in told] == ["loaded", "reloaded", "kept", "kept", "kept"], str(told))
    digests = [r["digest"] for r in told]
    out.check(f"{name}: a kept set is the one that was reloaded", len(digests) == 5 and digests[0] != digests[1] and len(set(digests[1:])) == 1,
              str(digests))
    out.check(f"{name}: verdicts are by the rules in use at the end", bool(verdicts) and all(
        v["ruleset"] == digests[1] and [e["rule"] for e in v["evidence"]] == ["second"] for v in verdicts), str(verdicts)[:500])
    out.check(f"{name}: exit status 0", run.p.returncode == 0, str(run.p.returncode))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    program = os.path.join(TOP, parser.parse_args().bin)
    out = tap.Tap()
    with open(os.path.join(HERE, "captures", "handshake.txt"), encoding="utf-8") as f:
        text = f.read()
    with tempfile.TemporaryDirectory() as folder:
        octets = bytes(pcapmake.make(text, "handshake"))
        checks(out, [program], folder, octets, len(octets) // 2)
        assert octets[:4] == b"\xd4\xc3\xb2\xa1"
        checks(out, [program], folder, variant(octets), len(octets) // 2, "captures that libpcap reads, cut in a record")
        path = os.path.join(folder, "c.pcap")
        with open(path, "wb") as f:
            f.write(octets)
        lines = subprocess.run([program, "--json", "--events", "connection", path], check=True, stdout=subprocess.PIPE).stdout
        checks(out, [program, "judge"], folder, lines + lines, len(lines))
        late_writer(out, [program], folder, octets)
        late_writer(out, [program, "judge"], folder, lines)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
