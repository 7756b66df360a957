#!/usr/bin/python3
"""
What may be said of what was on the wire. Prints TAP.

- Secrets: a capture carries a marker of its own in each place where payload, or what is no business of anybody's, can
  stand. No output of any command with any option may hold eight octets of one: as they are, escaped, in hexadecimal, in
  base64.
- Escapes: strings that the program does tell come from hostile senders. Every line stays one line of printable ASCII and
  valid JSON, and the string can be had back.

  tests/fault/wire.py [--bin build/syncopate]
"""
import argparse
import base64
import json
import os
import pty
import random
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "tests", "golden"), os.path.join(TOP, "tests", "fuzz"), os.path.join(TOP, "tests")]
import seeds  # noqa: E402
import tap  # noqa: E402

EVERY = "fingerprint,connection,source,verdict,stats,ruleset,error"
WINDOW = 8  # octets of a marker that give it away
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
draw = random.Random(20261125)
MARKERS = {}


def marker(place):
    """32 letters and digits that stand for a secret; every place has its own."""
    MARKERS[place] = "".join(draw.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(32))
    return MARKERS[place].encode()


# ---------------------------------------------------------------- a capture

class Talk:
    """Segments of one connection, in order, with their numbers."""

    def __init__(self, frames, port, server_port=80):
        self.frames, self.ports, self.next = frames, (port, server_port), [1000, 5000]

    def send(self, who, flags, payload=b"", options=b"", seq=None, trailer=b"", ip_options=b""):
        options += b"\1" * (-len(options) % 4)
        at = self.next[who] if seq is None else seq
        tcp = struct.pack("!HHIIBBHHH", self.ports[who], self.ports[1 - who], at, self.next[1 - who] if flags & ACK else 0,
                          5 + len(options) // 4 << 4, flags, 64240, 0, 0) + options + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45 + len(ip_options) // 4, 0, 20 + len(ip_options) + len(tcp), 1, 0x4000, 64, 6, 0,
                         bytes([10, 0, 0, 1 + who]), bytes([10, 0, 0, 2 - who])) + ip_options + tcp
        if seq is None:
            self.next[who] = at + len(payload) + bool(flags & SYN) + bool(flags & FIN)
        self.frames.append(seeds.ethernet(ip) + trailer)
        return ip

    def open(self):
        self.send(0, SYN, options=seeds.SYN)
        self.send(1, SYN | ACK, options=seeds.SYN)
        self.send(0, ACK)
        return self

    def ask(self, request, answer=b""):
        self.send(0, PSH | ACK, request)
        if answer:
            self.send(1, PSH | ACK, answer)
        return self

    def close(self):
        self.send(0, FIN | ACK)
        self.send(1, FIN | ACK)
        self.send(0, ACK)


def http(frames):
    request = (b"POST /" + marker("path") + b"?q=" + marker("query") + b" HTTP/1.1\r\nHost: " + marker("host") + b".test\r\n"
               b"User-Agent: curl/8.0\r\nCookie: s=" + marker("cookie") + b"\r\nAuthorization: Basic " + marker("authorization") +
               b"\r\nReferer: http://" + marker("referer") + b"/\r\nX-Api-Key: " + marker("header value") + b"\r\n\r\n")
    Talk(frames, 40001).open().ask(request + marker("body"), b"HTTP/1.1 200 OK\r\nSet-Cookie: " + marker("set-cookie") +
                                   b"\r\n\r\n" + marker("answer")).ask(b"GET /" + marker("second path") + b" HTTP/1.1\r\n\r\n").close()


def tls(frames):
    extensions = b"".join(struct.pack("!HH", kind, len(octets)) + octets for kind, octets in (
        (0x33, b"\0\x24\0\x1d\0\x20" + marker("key share")), (0x29, marker("pre-shared key")), (0x15, marker("padding"))))
    hello = b"\3\3" + marker("client random") + b"\x20" + marker("session id") + b"\0\2\x13\1\1\0" + struct.pack(
        "!H", len(extensions)) + extensions
    handshake = b"\1" + struct.pack("!I", len(hello))[1:] + hello
    record = b"\x16\3\1" + struct.pack("!H", len(handshake)) + handshake
    data = marker("application data")
    Talk(frames, 40002, 443).open().ask(record, b"\x16\3\3\0\x26\2\0\0\x22\3\3" + marker("server random")).ask(
        b"\x17\3\3" + struct.pack("!H", len(data)) + data).close()
    Talk(frames, 40009, 443).open().ask(record[:90]).ask(record[90:]).close()  # put together from two segments
    Talk(frames, 40011, 443).open().ask(record[:90]).close()  # and never


def others(frames):
    Talk(frames, 40003, 5432).open().ask(struct.pack("!II", 80, 196608) + b"user\0" + marker("database user") + b"\0",
                                         b"R\0\0\0\x08\0\0\0\3").ask(b"p\0\0\0\x25" + marker("database password") + b"\0").close()
    Talk(frames, 40004, 6379).open().ask(b"*2\r\n$4\r\nAUTH\r\n$32\r\n" + marker("redis password") + b"\r\n", b"+OK\r\n").close()
    Talk(frames, 40005, 22).open().ask(b"SSH-2.0-" + marker("ssh software") + b"\r\n", b"SSH-2.0-" + marker("ssh banner") + b"\r\n").close()
    Talk(frames, 40006, 25).open().ask(b"AUTH PLAIN " + marker("mail password") + b"\r\n", b"250 " + marker("mail answer")).close()
    Talk(frames, 40007, 9).open().ask(marker("unknown request"), marker("unknown answer")).close()
    Talk(frames, 40008, 80).ask(marker("midstream"), marker("midstream answer"))


def corners(frames):
    t = Talk(frames, 40010)
    t.send(0, SYN, marker("payload of SYN"), options=b"\x22\x12" + marker("fast open cookie")[:16])
    t.send(1, SYN | ACK, marker("payload of SYN+ACK"), options=b"\xfd\x22" + marker("option")[:32])
    t.send(0, ACK, trailer=marker("trailer"))
    t.send(0, PSH | ACK, marker("payload"), ip_options=b"\x88\x22" + marker("IP option") + b"\0\0")
    t.send(0, PSH | ACK, marker("other repeat"), seq=t.next[0] - 32)
    t.send(0, PSH | ACK, marker("past a hole"), seq=t.next[0] + 500)
    quoted = t.send(0, PSH | ACK, marker("quoted"))
    frames.append(seeds.ethernet(seeds.ip4(b"\3\1\0\0\0\0\0\0" + quoted, 1)))
    t.send(1, FIN | ACK, marker("payload of FIN"))
    t.send(0, RST | ACK, marker("payload of RST"))
    t.send(1, ACK, marker("after the close"))
    frames.append(seeds.ethernet(seeds.ip4(seeds.udp(marker("UDP"), 53), 17)))
    frames.append(seeds.ethernet(seeds.ip4(b"\x08\0\0\0\0\1\0\1" + marker("ping"), 1)))
    frames.append(seeds.ethernet(marker("no IP"), 0x88cc))


def pcap(frames):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for n, frame in enumerate(frames):
        out += struct.pack("<IIII", 1_700_000_000 + n // 100, n % 100 * 10000, len(frame), len(frame)) + frame
    return out


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng(frames):
    """With comments, names and secrets in its blocks."""
    head = struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)
    out = seeds.block(0x0a0d0d0a, head + option(1, marker("section comment")) + option(4, marker("application")) + b"\0\0\0\0")
    out += seeds.block(1, struct.pack("<HHI", 1, 0, 65535) + option(2, marker("interface name")) + b"\0\0\0\0")
    out += seeds.block(4, struct.pack("<HH", 1, 5 + 32) + b"\x0a\0\0\1" + marker("host name") + b"\0\0\0\0" + b"\0\0\0\0")
    out += seeds.block(10, struct.pack("<II", 0x544c534b, 32) + marker("decryption secret"))
    for n, frame in enumerate(frames):
        at = (1_700_000_000 * 1000 + n * 10) * 1000
        body = struct.pack("<IIIII", 0, at >> 32, at & 0xffffffff, len(frame), len(frame)) + frame + b"\0" * (-len(frame) % 4)
        out += seeds.block(6, body + (option(1, marker("packet comment")) + b"\0\0\0\0" if n == 3 else b""))
    return out


# ---------------------------------------------------------------- the search

def windows(text):
    return (text[i:i + WINDOW] for i in range(len(text) - WINDOW + 1))


def spellings(secret):
    """Forms in which eight octets of a secret would show."""
    for part in windows(secret):
        yield part
        yield part[::-1]
        yield part.encode().hex()
    for start in range(3):
        whole = base64.b64encode(b"\0" * start + secret.encode()).decode()
        yield from windows(whole[4:-4])


def leaks(text):
    """Places whose markers show in a text."""
    lowered = text.lower()
    return sorted(place for place, secret in MARKERS.items()
                  if any(s in text or (len(s) == 2 * WINDOW and s in lowered) for s in spellings(secret)))


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def run(self, words, stdin=None):
        p = subprocess.run([self.binary] + words, cwd=self.folder, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=120, check=False)
        return p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")

    def on_terminal(self, words):
        """What a person sees: all that comes through a terminal."""
        seen = []

        def keep(fd):
            data = os.read(fd, 65536)
            seen.append(data)
            return data

        here, out = os.getcwd(), os.dup(1)
        with open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), 1)
            try:
                os.chdir(self.folder)
                pty.spawn([self.binary] + words, keep)
            finally:
                os.chdir(here)
                os.dup2(out, 1)
                os.close(out)
        return b"".join(seen).decode("utf-8", "replace")


def check_secrets(out, program):
    _, usage, _ = program.run(["--help"])
    extras = [[]] + [[o] for o in ("--sni", "--no-tunnels", "--checksums", "-v", "--anonymize") if re.search(rf"{o}\b", usage)]
    verbs = [v for v in ("audit", "report") if f"usage: syncopate {v}" in program.run([v, "--help"])[1] and
             program.run([v, "secrets.pcap"])[0] != 2]  # 2: linked without it
    out.check("the search finds what is there", len(leaks(program.run(["--events", "stats", "--sensor", MARKERS["cookie"][5:14],
                                                                       "secrets.pcap"])[1])) == 1 and
              leaks(base64.b64encode(("a" + MARKERS["body"]).encode()).decode()) == ["body"] and
              leaks(MARKERS["path"].encode().hex().upper()) == ["path"])
    for file in ("secrets.pcap", "secrets.pcapng"):
        for extra in extras:
            status, text, errors = program.run(["--json", "--events", EVERY] + extra + [file])
            found = leaks(text + errors)
            seen = [json.loads(line) for line in text.splitlines()]
            out.check(f"{file} {' '.join(extra)}: every event, {len(MARKERS)} secrets", not found and status == 0 and
                      sum(e["event_type"] == "connection" for e in seen) >= 9, f"status {status}: {found} {errors}")
        shown = program.on_terminal([file])
        out.check(f"{file}: the table", "10.0.0.1" in shown and not leaks(shown), shown)
        for verb in verbs:
            said = [program.run([verb] + how + [file]) for how in ([], ["--json"], ["--human"])]
            found = leaks("".join(text + errors for _, text, errors in said))
            out.check(f"{file}: {verb}", said[0][0] == 0 and said[0][1] and not found, f"{found} {said[0][2]}")
    _, records, _ = program.run(["--events", "connection", "secrets.pcap"])
    found = leaks("".join(map(str, program.run(["judge", "-v", "--events", EVERY, "-"], records.encode()))))
    out.check("judge", not found, str(found))
    cut = program.run(["--json", "--events", EVERY, "-v", "cut.pcap", "not.pcap"])
    out.check("messages about damaged files", cut[0] == 3 and not leaks(cut[1] + cut[2]), str(cut[2]))
    found = leaks("".join(map(str, program.run(["--rules", "secrets.pcap", "secrets.pcap"]))) +
                  "".join(map(str, program.run(["--signatures", "secrets.pcap", "secrets.pcap"]))))
    out.check("a capture taken for rules or signatures", not found, str(found))


# ---------------------------------------------------------------- escapes

def hostile():
    """Strings that a terminal, a shell, a log or a JSON reader might obey."""
    yield from (bytes([n]) for n in range(256) if n not in (10, 13))
    yield from (bytes([n, 0x80]) for n in range(0xc2, 0xf5))
    yield from (b"\x1b[2J\x1b]0;x\x07", b"curl|app=forged|raw_sig=x", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"a\0b",
                b"\",\"verdict\":{\"score\":0},\"x\":\"", b"\\u0000\\\"", b"\\x41", b"\xff" * 300, b"%s%n", b"\xe2\x80\xaegnp.exe")


def unescape(text):
    """base/text.h's escape undone."""
    return re.sub(rb"\\(?:x([0-9a-f]{2})|\\)", lambda m: bytes([int(m.group(1), 16)]) if m.group(1) else b"\\", text.encode("ascii"))


def check_escapes(out, program):
    frames, strings = [], list(hostile())
    for n, text in enumerate(strings):
        Talk(frames, 20000 + n).open().ask(b"GET /x HTTP/1.1\r\nUser-Agent: agent " + text + b" end\r\n" + text.replace(b":", b"") +
                                           b": 1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n").close()
    with open(os.path.join(program.folder, "hostile.pcap"), "wb") as f:
        f.write(pcap(frames))
    p = subprocess.run([program.binary, "--json", "--events", EVERY, "hostile.pcap"], cwd=program.folder,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    out.check("every line is printable ASCII", all(32 <= c < 127 or c == 10 for c in p.stdout) and p.returncode == 0,
              p.stderr.decode("utf-8", "replace"))
    events = [json.loads(line) for line in p.stdout.splitlines()]
    out.check("every line is an event, none is forged", {e["event_type"] for e in events} <= set(EVERY.split(",")) and
              sum(e["event_type"] == "connection" for e in events) == len(strings))
    wrong = []
    for e in events:
        agent = e.get("http", {}).get("user_agent")
        if e["event_type"] == "connection" and agent is not None:
            want = b"agent " + strings[e["src_port"] - 20000] + b" end"
            if not want.startswith(unescape(agent).rstrip()) and unescape(agent) not in want:
                wrong.append(f"{want}: {agent}")
    out.check("what is told of a User-Agent can be had back", not wrong, "\n".join(wrong[:5]))
    lines = [dict(json.loads(p.stdout.splitlines()[k])) for k, e in enumerate(events) if e["event_type"] == "connection"][:1]
    for text in ("\x1b[2J", "\u2028", "é", "\x7f", "\0"):
        lines[0]["http"] = {"user_agent": text}
        status, _, errors = program.run(["judge", "--json", "--events", EVERY, "-"], json.dumps(lines[0]).encode())
        out.check(f"judge refuses {text!r}, which no writer of ours leaves", status == 3 and
                  all(c.isprintable() and c.isascii() for c in errors.replace("\n", "")), errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    args = parser.parse_args()
    out, frames = tap.Tap(), []
    for make in (http, tls, others, corners):
        make(frames)
    with tempfile.TemporaryDirectory() as folder:
        files = {"secrets.pcap": pcap(frames), "secrets.pcapng": pcapng(frames), "cut.pcap": pcap(frames)[:-3],
                 "not.pcap": frames[3][54:]}
        for name, octets in files.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(octets)
        program = Program(os.path.join(TOP, args.bin), folder)
        check_secrets(out, program)
        check_escapes(out, program)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
