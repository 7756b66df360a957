#!/usr/bin/env python3
"""Properties of the whole program, on conversations drawn at random (fixed seeds).

  tests/property/run.py --bin build/syncopate [--few]

For each drawn capture: judging the connection events, in order and shuffled, gives the verdicts of the direct run octet
for octet; two runs (each with a hash key of its own) are equal; every frame is TCP or has a counted reason; every event
holds to the schema. Output is TAP.
"""
import argparse
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import validate_events  # noqa: E402

ALL = "fingerprint,connection,source,verdict,stats"


def packet(src, sport, dst, dport, flags, seq, ack, octets, options=b""):
    options += b"\0" * (-len(options) % 4)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (5 + len(options) // 4) << 4, flags, 64240, 0, 0)
    total = 40 + len(options) + octets
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 1, 0x4000, 64, 6, 0, src, dst)
    return ip + tcp + options + bytes(octets)


def address(r):
    return bytes([10, 0, 0, r.randrange(1, 12)])


def conversation(r, at):
    """Frames of one connection as (time, octets): a handshake, some exchanges, one of the ways to end."""
    a, b, sp, dp = address(r), bytes([10, 9, 0, r.randrange(1, 4)]), r.randrange(1024, 65535), r.choice([80, 443, 22])
    s, d, out = r.getrandbits(32), r.getrandbits(32), []
    mss = b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + struct.pack("!II", r.getrandbits(31), 0) + b"\x01\x03\x03\x07"

    def client(flags, octets=0, options=b""):
        out.append((at, packet(a, sp, b, dp, flags, s, d if flags & 16 else 0, octets, options)))

    def server(flags, octets=0, options=b""):
        out.append((at, packet(b, dp, a, sp, flags, d, s, octets, options)))

    client(2, options=mss)
    if r.random() < 0.2:
        for k in range(r.randrange(3)):
            at += 2 ** k
            client(2, options=mss)
        return out
    at += r.random() / 50
    s += 1
    server(18 if r.random() < 0.9 else 20, options=mss)
    d += 1
    at += r.random() / 50
    client(16)
    for _ in range(r.randrange(12)):
        at += r.choice([0.001, 0.3, 1.5, 5]) * r.random()
        n = r.randrange(1, 600)
        client(24, n)
        s += n
        at += 0.02
        n = r.randrange(1, 1400)
        server(24, n)
        d += n
        if r.random() < 0.1:
            out.append((at + 0.3, out[-1][1]))
    end = r.random()
    at += 0.5
    if end < 0.6:
        client(17)
        s += 1
        at += 0.01
        server(17)
        d += 1
        at += 0.01
        client(16)
    elif end < 0.8:
        server(20)
    return out


def capture(seed, path):
    r = random.Random(seed)
    frames = []
    for _ in range(r.randrange(5, 120)):
        frames += conversation(r, 1000 + r.random() * 200)
    frames.sort(key=lambda f: f[0])
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for at, octets in frames:
            f.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(octets), len(octets)) + octets)
    return len(frames)


def run(binary, arguments, data=None):
    p = subprocess.run([binary, *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if p.returncode != 0:
        raise ValueError(f"exit status {p.returncode}: {p.stderr.decode(errors='replace')[-300:]}")
    return p.stdout


def holds(binary, seed, path, by_type):
    """The properties that do not hold for this capture."""
    frames, wrong = capture(seed, path), []
    direct = run(binary, ["--json", "--events", "verdict", path])
    lines = run(binary, ["--json", "--events", "connection", path]).splitlines(keepends=True)
    everything = run(binary, ["--json", "--events", ALL, path])
    if not direct:
        wrong.append("no verdict at all")
    for name in ("in order", "shuffled", "shuffled again"):
        if run(binary, ["judge", "--json", "--events", "verdict", "-"], b"".join(lines)) != direct:
            wrong.append(f"judge of the events {name} differs")
        random.Random(seed + len(name)).shuffle(lines)
    if run(binary, ["--json", "--events", ALL, path]) != everything:
        wrong.append("two runs differ")
    stats = json.loads(everything.splitlines()[-1])["stats"]
    if stats["capture"]["packets"] != frames or sum(stats["decode"].values()) != frames:
        wrong.append(f"{frames} frames, counted {stats['capture']['packets']} and {stats['decode']}")
    if validate_events.check(everything.decode().splitlines(), path, by_type):
        wrong.append("an event breaks the schema")
    return wrong


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--bin", required=True)
    ap.add_argument("--few", action="store_true")
    a = ap.parse_args()
    binary, by_type, failed, seeds = os.path.abspath(a.bin), validate_events.validators(), 0, range(1, 11 if a.few else 41)
    with tempfile.TemporaryDirectory() as folder:
        for n, seed in enumerate(seeds, 1):
            try:
                wrong = holds(binary, seed, os.path.join(folder, "drawn.pcap"), by_type)
            except (ValueError, subprocess.TimeoutExpired) as e:
                wrong = [str(e)]
            failed += bool(wrong)
            print(f"{'not ' if wrong else ''}ok {n} - the waist holds for seed {seed}")
            for w in wrong:
                print(f"# {w}")
    print(f"1..{len(seeds)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
