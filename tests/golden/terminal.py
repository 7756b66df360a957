#!/usr/bin/python3
"""
What stands on a terminal while the program reads. It is held up by a reader of its output that waits, so that a small
capture takes as long as the display needs to come. Prints TAP.

  tests/golden/terminal.py [--bin build/syncopate]
"""
import argparse
import fcntl
import os
import pty
import re
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

ERASE = "\r\x1b[K"
# 10,000 SYNs: some MB of fingerprint events, far more than a pipe holds.
SCRIPT = "flood client=10.0.0.1:1000 server=10.0.0.2:80 n=10000 gap=0.001 at=0\n"
# A bar of 20 cells, the share, octets, rate, time left: the last are absent where they are not known.
LINE = re.compile(r"\[#* *\] +\d+ %  [\d.]+ ?[kM]?B of [\d.]+ ?[kM]?B  [\d.]+ ?[kMG]? ?packets/s  (\d+ (s|min|h) left)?\x1b\[K$")


def read_all(fd, into):
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:  # a terminal whose other side was closed
            return
        if not data:
            return
        into.append(data)


def run(program, words, wait, term="xterm", columns=100, output="pipe", error="terminal"):
    """What the program wrote to the terminal or pipe of its standard error, while its output was not read for a time."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    out_ours, out_theirs = (ours, theirs) if output == "terminal" else os.pipe()
    err_ours, err_theirs = (ours, theirs) if error == "terminal" else os.pipe()

    def own_terminal():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    p = subprocess.Popen([program] + words, stdin=subprocess.DEVNULL, stdout=out_theirs, stderr=err_theirs,
                         env=dict(os.environ, TERM=term), preexec_fn=own_terminal, pass_fds=[theirs])
    for fd in {theirs, out_theirs, err_theirs}:
        os.close(fd)
    errors, printed, readers = [], [], []
    readers.append(threading.Thread(target=read_all, args=(err_ours, errors)))
    if out_ours == err_ours:
        time.sleep(wait)
        readers[0].start()
    else:
        readers[0].start()
        time.sleep(wait)
        readers.append(threading.Thread(target=read_all, args=(out_ours, printed)))
        readers[1].start()
    status = p.wait(timeout=60)
    for r in readers:
        r.join()
    for fd in {ours, out_ours, err_ours}:
        os.close(fd)
    return status, b"".join(errors).decode("utf-8", "replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    args = parser.parse_args()
    program, out = os.path.join(TOP, args.bin), tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        capture, missing = os.path.join(folder, "a.pcap"), os.path.join(folder, "missing.pcap")
        with open(capture, "wb") as f:
            f.write(pcapmake.make(SCRIPT))
        words = ["--json", "--events", "fingerprint", capture]

        status, text = run(program, words, 0.8)
        drawn = text.split("\r")[1:]
        out.check("a line is drawn while it reads", status == 0 and len(drawn) >= 2 and all(LINE.match(d) for d in drawn[:-1]), repr(text))
        out.check("it is erased at the end", text.endswith(ERASE) and drawn[-1] == "\x1b[K", repr(text))
        status, text = run(program, words, 0.8, columns=40)
        out.check("a narrow terminal gets a line that fits", "[" not in text.replace("\x1b[K", "")
                  and all(len(d) <= 39 + 3 for d in text.split("\r")) and "%" in text, repr(text))
        status, text = run(program, words, 0)
        out.check("a run that is over at once shows none", status == 0 and "%" not in text, repr(text))
        for name, more, kept in (("-q", ["-q"], {}), ("TERM=dumb", [], {"term": "dumb"}), ("no terminal", [], {"error": "pipe"}),
                                 ("events on the same terminal", [], {"output": "terminal"})):
            status, text = run(program, words + more, 0.8, **kept)
            out.check(f"{name}: no line", status == 0 and "\x1b" not in text and "packets/s" not in text, repr(text[-300:]))
        with open(capture, "r+b") as f:
            f.truncate(os.path.getsize(capture) - 5)
        status, text = run(program, words + [missing], 0.8)
        lines = text.replace(ERASE, "\n").split("\n")
        said = [l for l in lines if "cut inside" in l]
        out.check("a message stands on a line of its own", status == 3 and len(said) == 1 and said[0].startswith("syncopate: "), repr(text))
        status, text = run(program, words + ["-v"], 10.5, error="pipe")
        out.check("-v elsewhere: a line every 10 s", len(re.findall(r"^syncopate: \d+ %  .* packets/s  ", text, re.M)) == 1, repr(text))
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
