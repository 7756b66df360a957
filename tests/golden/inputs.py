#!/usr/bin/python3
"""
However an input comes (a file, packed, standard input, a pipe with or without a name) what is said of it is the same;
and what signals and closed descriptors do to a run. Prints TAP.

  tests/golden/inputs.py [--bin build/syncopate]
"""
import argparse
import gzip
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE)]
import tap  # noqa: E402

WAIT_S = 60
# The word that stands for the input.
HERE_IT_COMES = "INPUT"
CAPTURE_OR_RECORDS = [["rules", "explain", "beacon_starts", HERE_IT_COMES], ["audit", "--json", HERE_IT_COMES]]

# Of Zeek; long enough that many fill a pipe.
RECORD = b'{"ts":1,"id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":80,"proto":"tcp","conn_state":"S0"}'


class Ways:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, words, name, stdin=subprocess.DEVNULL, fds=()):
        words = [name if w == HERE_IT_COMES else w for w in words]
        p = subprocess.run([self.program] + words, cwd=self.folder, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           pass_fds=fds, timeout=WAIT_S, check=False)
        return p.returncode, p.stdout, p.stderr.decode()

    def from_file(self, words, octets, name="file"):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(octets)
        return self.run(words, name)

    def from_stdin_file(self, words, octets):
        self.from_file(["--version"], octets)
        with open(os.path.join(self.folder, "file"), "rb") as f:
            return self.run(words, "-", f)

    def fed(self, octets):
        """The read end of a pipe that gets the octets, and the thread that gives them."""
        out, into = os.pipe()

        def feed():
            with open(into, "wb") as f:
                try:
                    f.write(octets)
                except BrokenPipeError:
                    pass
        thread = threading.Thread(target=feed)
        thread.start()
        return out, thread

    def from_stdin_pipe(self, words, octets):
        out, thread = self.fed(octets)
        try:
            return self.run(words, "-", out)
        finally:
            os.close(out)
            thread.join()

    def from_nameless_pipe(self, words, octets):
        out, thread = self.fed(octets)
        try:
            return self.run(words, f"/dev/fd/{out}", fds=(out,))
        finally:
            os.close(out)
            thread.join()

    def from_named_pipe(self, words, octets):
        """All is written and the writer gone before the reader could come a second time."""
        path = os.path.join(self.folder, "fifo")
        os.mkfifo(path)

        def feed():
            with open(path, "wb") as f:
                try:
                    f.write(octets)
                except BrokenPipeError:
                    pass
        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        try:
            return self.run(words, "fifo")
        except subprocess.TimeoutExpired:
            return -1, b"", "it waits for ever"
        finally:
            os.unlink(path)


def check_ways(out, ways, capture, records):
    every = [ways.from_file, ways.from_stdin_file, ways.from_stdin_pipe, ways.from_nameless_pipe, ways.from_named_pipe]
    for words in CAPTURE_OR_RECORDS:
        wanted = ways.from_file(words, capture)[1]
        out.check(f"{words[0]}: something is said", wanted.count(b"\n") > 0)
        for what, octets in (("a capture", capture), ("a packed capture", gzip.compress(capture)),
                             ("records", records), ("packed records", gzip.compress(records))):
            for way in every:
                if words[0] == "audit" and way == ways.from_named_pipe and "records" in what:
                    continue  # a named pipe is a capture to it: see its page
                status, said, errors = way(words, octets)
                out.check(f"{words[0]}: {what}, {way.__name__.replace('_', ' ')}", (status, said) == (0, wanted),
                          f"{status}: {errors}{said[:300]!r}")


def check_hints(out, ways, records):
    """What is no capture and may be records says which command reads them; a byte order mark changes nothing."""
    plain = ways.from_file(["audit", HERE_IT_COMES], records)
    marked = ways.from_file(["audit", HERE_IT_COMES], b"\xef\xbb\xbf" + records)
    out.check("audit: records behind a byte order mark", plain[:2] == marked[:2], marked[2])
    status, _, errors = ways.from_file(["--json", HERE_IT_COMES], records, "some.log")
    out.check("a run is given records: it names judge", status == 3 and
              "some.log holds records: syncopate judge some.log" in errors, errors)
    status, _, errors = ways.from_named_pipe(["audit", HERE_IT_COMES], records)
    out.check("audit is given a named pipe of records: it says how", status == 3 and
              "if fifo holds records: syncopate audit - < fifo" in errors, errors)


def check_audit(out, ways, capture, records):
    ways.from_file(["--version"], records, "records.jsonl")
    ways.from_file(["--version"], capture, "capture.pcap")
    for words in (["audit", "records.jsonl", "--", "tcp"], ["audit", "-r", "capture.pcap", "-r", "records.jsonl", "tcp"]):
        status, said, errors = ways.run(words, "")
        out.check("a filter that would be ignored is refused: " + " ".join(words), status == 2 and not said and
                  "records.jsonl: holds records, and a filter is for captures" in errors, errors)


def check_closed(out, ways, capture):
    """A standard descriptor that is closed must not be the next file's."""
    ways.from_file(["--version"], capture, "capture.pcap")
    curves = ways.run(["audit", "--json", "--csv", "/dev/stderr", "capture.pcap"], "")[2]
    for descriptor in (1, 2):
        p = subprocess.run(["sh", "-c", f'exec "$@" {descriptor}>&-', "sh", ways.program, "audit", "--csv", "curves.csv",
                            "capture.pcap", "absent.pcap"], cwd=ways.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=WAIT_S, check=False)
        with open(os.path.join(ways.folder, "curves.csv"), "rb") as f:
            written = f.read().decode()
        out.check(f"descriptor {descriptor} closed: a file has its own content, and a lost output is status 4",
                  p.returncode == (4 if descriptor == 1 else 3) and written == curves[curves.index("host,pair"):],
                  f"{p.returncode} {written[:200]!r}")


def signaled_twice(ways, pause_s):
    """A run whose output nobody reads, so that it cannot end, gets SIGTERM twice: (it lives on, its status when it is read)."""
    with subprocess.Popen([ways.program, "judge", "--events", "connection", "records.jsonl"], cwd=ways.folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        time.sleep(0.5)
        p.send_signal(signal.SIGTERM)
        time.sleep(pause_s)
        p.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        lives = p.poll() is None
        p.communicate(timeout=WAIT_S)
        return lives, p.returncode


def check_signals(out, ways):
    ways.from_file(["--version"], b"\n".join([RECORD] * 20000), "records.jsonl")
    # Several tries: a machine that is busy may let the second one wait.
    out.check("a signal that comes twice at once is one", any(signaled_twice(ways, 0.02) == (True, 130) for _ in range(5)))
    out.check("a second signal ends a run that the first one did not", signaled_twice(ways, 1) == (False, -signal.SIGTERM))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    program, out = os.path.abspath(parser.parse_args().bin), tap.Tap()
    with open(os.path.join(TOP, "demo", "fleet.pcap"), "rb") as f:
        capture = f.read()
    with tempfile.TemporaryDirectory() as folder:
        ways = Ways(program, folder)
        records = ways.from_file(["--events", "connection", HERE_IT_COMES], capture)[1]
        check_ways(out, ways, capture, records)
        check_hints(out, ways, records)
        check_audit(out, ways, capture, records)
        check_closed(out, ways, capture)
        check_signals(out, ways)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
