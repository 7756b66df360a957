#!/usr/bin/python3
"""
Makes the inputs that each fuzz target begins with, seeds/TARGET.hex: one a line, "NAME HEXDIGITS". They come from the
golden captures' scripts and from octets put together here; nothing is taken from captures of others.

  tests/fuzz/seeds.py            write them anew
  tests/fuzz/seeds.py --unpack TARGET FOLDER      all inputs that are kept for a target as files, for libFuzzer

What fuzzing has found is kept by hand in found/TARGET.hex, in the same form.
"""
import gzip
import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(TOP, "tests", "golden")
sys.path.insert(0, GOLDEN)
import pcapmake  # noqa: E402

CAPTURE_OCTETS = 1500  # of a capture's first frames
# Where the inputs of a target that need no packing are.
FOLDERS = {"rules": "rules/default", "signatures": "rules/signatures"}

# The link layers of target_link.c, in its order.
LINKS = [1, 0, 101, 108, 113, 276, 228, 229, 12, 14, 9, 50, 51, 104, 10, 105, 127, 163, 192, 119, 8, 107,
         109, 117, 141, 166, 187, 203, 206, 216, 147, 230]


def scripts():
    """(name, capture) of each golden script that makes one."""
    folder = os.path.join(GOLDEN, "captures")
    for file in sorted(f for f in os.listdir(folder) if f.endswith(".txt")):
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            text = f.read()
        if not any(line.startswith("file ") for line in text.splitlines()):
            yield file[:-4], pcapmake.make(text, file)


def frames(capture):
    """(link, order, header, [records]) of a classic capture; a cut last record is one of its records."""
    order = "<" if capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link = struct.unpack(order + "I", capture[20:24])[0] & 0x03ffffff
    at, records = 24, []
    while at + 16 <= len(capture):
        n = struct.unpack(order + "I", capture[at + 8:at + 12])[0]
        records.append(capture[at:at + 16 + n])
        at += 16 + n
    return link, order, capture[:24], records


def is_classic(capture):
    return capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d")


def short(capture):
    """The capture's first frames, if it is a classic one; of another kind the whole, or nothing when it is long."""
    if not is_classic(capture):
        return capture if len(capture) < 2 * CAPTURE_OCTETS else b""
    out = b""
    _, _, header, records = frames(capture)
    for r in records:
        if len(out) + len(r) > CAPTURE_OCTETS and out:
            break
        out += r
    return header + out


# ---------------------------------------------------------------- captures

def block(kind, body, order="<"):
    """draft-ietf-opsawg-pcapng 3.1: type, length, body to a multiple of 4, length."""
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order="<"):
    return block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)


def interface(link, resolution=None, order="<", snaplen=65535, offset=None):
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset is not None:
        options += struct.pack(order + "HHq", 14, 8, offset)
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options + (struct.pack(order + "HH", 0, 0) if options else b""),
                 order)


def packet(octets, time=1_700_000_000_000_000, which=0, order="<"):
    return block(6, struct.pack(order + "IIIII", which, time >> 32, time & 0xffffffff, len(octets), len(octets)) +
                 octets + b"\0" * (-len(octets) % 4), order)


def zstd_raw(data):
    """RFC 8878 3.1.1: a frame of one segment with 4 octets of size, and one last block that is not packed."""
    return b"\x28\xb5\x2f\xfd" + bytes([0xa0]) + struct.pack("<I", len(data)) + \
        struct.pack("<I", len(data) << 3 | 1)[:3] + data


def pcapng(octets):
    a, b = octets[0], octets[1] if len(octets) > 1 else octets[0]
    yield "ng-plain", section() + interface(1) + packet(a) + packet(b)
    yield "ng-big", section(">") + interface(1, order=">") + packet(a, order=">")
    yield "ng-nanosecond", section() + interface(1, 9) + packet(a, 1_700_000_000_123_456_789)
    yield "ng-power-of-two", section() + interface(1, 0x8a) + packet(a, 1_700_000_000 << 10)
    yield "ng-offset", section() + interface(1, 6, offset=1_700_000_000) + packet(a, 5)
    yield "ng-two-links", section() + interface(1) + interface(101, 9) + packet(a) + packet(b[14:], 10**18, 1)
    yield "ng-two-sections", section() + interface(1) + packet(a) + section(">") + interface(1, order=">") + packet(b, order=">")
    yield "ng-simple", section() + interface(1, snaplen=60) + block(3, struct.pack("<I", len(a)) + a[:60])
    yield "ng-old-packet", section() + interface(1) + block(2, struct.pack("<HHIIII", 0, 0, 0x60a00, 0, len(a), len(a)) + a)
    yield "ng-statistics", section() + interface(1) + block(5, struct.pack("<III", 0, 1, 2)) + block(4, b"\0\0\0\0") + packet(a)
    yield "ng-no-interface", section() + packet(a)
    yield "ng-cut", (section() + interface(1) + packet(a))[:-7]


def captures():
    """(name, octets) of files for the capture and engine targets."""
    kept = {}
    for name, capture in scripts():
        if short(capture):
            yield name, short(capture)
        kept[name] = short(capture)
    plain = kept["handshake"]
    _, order, header, records = frames(plain)
    yield from pcapng([r[16:] for r in records])
    yield "gzip", gzip.compress(plain, mtime=0)
    yield "gzip-cut", gzip.compress(plain, mtime=0)[:-9]
    yield "gzip-twice", gzip.compress(plain[:200], mtime=0) + gzip.compress(plain[200:], mtime=0)
    yield "zstd", zstd_raw(plain)
    yield "zlib", zlib.compress(plain)
    yield "modified", struct.pack("<I", 0xa1b2cd34) + plain[4:]
    yield "version-2.2", plain[:4] + struct.pack(order + "HH", 2, 2) + plain[8:]
    yield "snaplen-0", header[:16] + b"\0\0\0\0" + header[20:] + b"".join(records)
    yield "record-too-long", header + records[0] + b"\1\0\0\0\0\0\0\0\xef\xbe\xad\xde\xef\xbe\xad\xde"
    yield "caplen-above-length", header + records[0][:12] + b"\1\0\0\0" + records[0][16:]
    yield "header-only", header
    yield "half-a-header", header[:11]


def capture_seeds():
    plain = dict(captures())
    for a, b in (("handshake", "closes"), ("handshake", "ng-plain"), ("gzip", "handshake"), ("half-a-header", "handshake")):
        total = len(plain[a]) + len(plain[b])
        cuts = [(n, k) for n in range(total, total + 256) for k in (len(plain[a]) * 256 // n, len(plain[a]) * 256 // n + 1)
                if n * k // 256 == len(plain[a]) and k < 256]
        octets = plain[a] + plain[b] + bytes(cuts[0][0] - total)  # as long as a 256th falls between the two
        yield f"{a}-and-{b}", bytes([0x80, cuts[0][1]]) + octets
    for n, (name, octets) in enumerate(captures()):
        yield name, bytes([(0x20, 0x21, 0x62, 0x70, 0x4f, 0x33)[n % 6]]) + octets


def engine_seeds():
    for n, (name, octets) in enumerate(captures()):
        yield name, bytes([n % 2]) + octets
        if n % 8 == 0:
            yield name + "-allocation", bytes([3 + n * 3 % 253]) + octets


# ---------------------------------------------------------------- frames

def tcp(options=b"", payload=b"", flags=2, offset=None):
    options += b"\0" * (-len(options) % 4)
    offset = 5 + len(options) // 4 if offset is None else offset
    return struct.pack("!HHIIBBHHH", 49153, 80, 0x01020304, 0, offset << 4, flags, 64240, 0, 0) + options + payload


def ip4(body, protocol=6, header=b"", fragment=0x4000):
    return struct.pack("!BBHHHBBH4s4s", 0x45 + len(header) // 4, 0, 20 + len(header) + len(body), 1, fragment, 64, protocol, 0,
                       b"\xc0\0\2\1", b"\xc6\x33\x64\2") + header + body


def ip6(body, protocol=6):
    return struct.pack("!IHBB16s16s", 0x60012345, len(body), protocol, 64, b"\x20\1\x0d\xb8" + bytes(11) + b"\1",
                       b"\x20\1\x0d\xb8" + bytes(11) + b"\2") + body


def ethernet(body, kind=0x0800):
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + struct.pack("!H", kind) + body


def udp(body, port):
    return struct.pack("!HHHH", 5555, port, 8 + len(body), 0) + body


SYN = b"\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\1\0\0\0\0\x01\x03\x03\x07"


def ways():
    """(name, link, frame): a SYN behind each header that may stand before it."""
    syn = ip4(tcp(SYN))
    six = ip6(tcp(SYN))
    yield "plain", 1, ethernet(syn)
    yield "padded", 1, ethernet(ip4(tcp()) + bytes(6))
    yield "data", 1, ethernet(ip4(tcp(b"\1\1\x08\x0a\0\0\0\1\0\0\0\2", b"GET / HTTP/1.1\r\n", 0x18)))
    yield "v6", 1, ethernet(six, 0x86dd)
    yield "v6-chain", 1, ethernet(ip6(b"\x3c\0\1\4\0\0\0\0" + b"\x2b\0\1\4\0\0\0\0" + b"\6\0\0\0\0\0\0\0" + tcp(SYN), 0), 0x86dd)
    yield "v6-fragment", 1, ethernet(ip6(b"\6\0\0\1\0\0\0\7" + tcp(SYN), 44), 0x86dd)
    yield "v6-jumbo", 1, ethernet(struct.pack("!IHBB32s", 0x60000000, 0, 0, 64, bytes(32)) + b"\6\0\xc2\4\0\0\0\x34" + tcp(SYN), 0x86dd)
    yield "options", 1, ethernet(ip4(tcp(SYN), header=b"\x94\4\0\0"))
    yield "fragment", 1, ethernet(ip4(tcp(SYN), fragment=0x2001))
    yield "ah", 1, ethernet(ip4(b"\6\4\0\0" + bytes(20) + tcp(SYN), 51))
    yield "vlans", 1, ethernet(b"\0\5\x81\0\0\7\x08\0" + syn, 0x88a8)
    yield "mpls", 1, ethernet(b"\0\1\0\x40\0\2\x11\x40" + syn, 0x8847)
    yield "mpls-ethernet", 1, ethernet(b"\0\1\x01\x40" + bytes(4) + ethernet(syn), 0x8847)
    yield "pppoe", 1, ethernet(b"\x11\0\0\1" + struct.pack("!H", 2 + len(syn)) + b"\0\x21" + syn, 0x8864)
    yield "llc-snap", 1, ethernet(b"\xaa\xaa\3\0\0\0\x08\0" + syn, 8 + len(syn))
    yield "cmd-sgt", 1, ethernet(b"\1\1\0\1\0\7\x08\0" + syn, 0x8909)
    yield "macsec", 1, ethernet(b"\x20\0\0\0\0\1\x08\0" + syn, 0x88e5)
    yield "arp", 1, ethernet(bytes(28), 0x0806)
    yield "ipip", 1, ethernet(ip4(syn, 4))
    yield "6in4", 1, ethernet(ip4(six, 41))
    yield "4in6", 1, ethernet(ip6(syn, 4), 0x86dd)
    yield "gre", 1, ethernet(ip4(b"\xb0\0\x08\0\0\0\0\0\0\0\0\1\0\0\0\2" + syn, 47))
    yield "gre-ethernet", 1, ethernet(ip4(b"\0\0\x65\x58" + ethernet(syn), 47))
    yield "gre-ppp", 1, ethernet(ip4(b"\x30\x01\x88\x0b" + struct.pack("!H", 4 + len(syn)) + b"\0\1\0\0\0\1\xff\3\0\x21" + syn, 47))
    yield "erspan1", 1, ethernet(ip4(b"\0\0\x88\xbe" + ethernet(syn), 47))
    yield "erspan2", 1, ethernet(ip4(b"\x10\0\x88\xbe\0\0\0\1" + b"\x10\7\0\1\0\0\0\0" + ethernet(syn), 47))
    yield "erspan3", 1, ethernet(ip4(b"\x10\0\x22\xeb\0\0\0\1" + b"\x20\7\0\1\0\0\0\0\0\0\0\1" + bytes(8) + ethernet(syn), 47))
    yield "vxlan", 1, ethernet(ip4(udp(b"\x08\0\0\0\0\0\7\0" + ethernet(syn), 4789), 17))
    yield "vxlan-gpe", 1, ethernet(ip4(udp(b"\x0c\0\0\1\0\0\7\0" + syn, 4790), 17))
    yield "geneve", 1, ethernet(ip4(udp(b"\1\0\x65\x58\0\0\7\0\0\1\0\0" + ethernet(syn), 6081), 17))
    yield "gtp-u", 1, ethernet(ip4(udp(b"\x32\xff" + struct.pack("!H", 4 + len(syn)) + b"\0\0\0\1\0\1\0\0" + syn, 2152), 17))
    yield "gtp-u-extension", 1, ethernet(ip4(udp(b"\x34\xff" + struct.pack("!H", 8 + len(syn)) + b"\0\0\0\1\0\0\0\x85\1\0\0\0" + syn, 2152), 17))
    yield "teredo", 1, ethernet(ip4(udp(b"\0\0" + bytes(6) + six, 3544), 17))
    yield "icmp", 1, ethernet(ip4(b"\3\1\0\0\0\0\0\0" + syn[:28], 1))
    yield "icmp6", 1, ethernet(ip6(b"\1\4\0\0\0\0\0\0" + six[:60], 58), 0x86dd)
    deep = syn
    for _ in range(9):
        deep = ip4(deep, 4)
    yield "deep", 1, ethernet(deep)
    yield "tags", 1, ethernet(b"\0\1\x81\0" * 9 + b"\0\1\x08\0" + syn, 0x8100)
    yield "short-offset", 1, ethernet(ip4(tcp(offset=4)))
    yield "long-offset", 1, ethernet(ip4(tcp(offset=15)))
    yield "raw", 101, syn
    yield "raw6", 101, six
    yield "null", 0, b"\2\0\0\0" + syn
    yield "loop", 108, b"\0\0\0\x1e" + six
    yield "sll", 113, b"\0\0\0\1\0\6" + bytes(8) + b"\x08\0" + syn
    yield "sll2", 276, b"\x08\0" + bytes(18) + syn
    yield "ppp", 9, b"\0\x21" + syn
    yield "ppp-hdlc", 50, b"\xff\3\0\x57" + six
    yield "pppoe-alone", 51, b"\x11\0\0\1" + struct.pack("!H", 2 + len(syn)) + b"\0\x21" + syn
    yield "c-hdlc", 104, b"\x0f\0\x08\0" + syn
    yield "fddi", 10, b"\x50" + bytes(12) + b"\xaa\xaa\3\0\0\0\x08\0" + syn
    wifi = b"\x88\1\0\0" + bytes(18) + b"\0\0" + b"\0\0" + b"\xaa\xaa\3\0\0\0\x08\0" + syn
    yield "802.11", 105, wifi
    yield "radiotap", 127, b"\0\0\x09\0\2\0\0\0\0" + wifi
    yield "radiotap-pad", 127, b"\0\0\x0a\0\x02\0\0\0\x20\0" + wifi[:26] + b"\0\0" + wifi[26:]
    yield "prism", 119, bytes(4) + b"\0\0\0\x90" + bytes(136) + wifi


def link_seeds():
    seen = set()
    for name, link, frame in ways():
        yield name, bytes([LINKS.index(link), 0]) + frame
        yield name + "-checked", bytes([LINKS.index(link) | 0x40, 0]) + frame
        if name in ("plain", "data", "gre", "vxlan"):
            yield name + "-cut", bytes([LINKS.index(link), 20]) + frame[:-20]
            yield name + "-closed", bytes([LINKS.index(link) | 0x20, 0]) + frame
    for name, capture in scripts():
        link, _, _, records = frames(capture) if is_classic(capture) else (None, None, None, [])
        for r in records:
            shape = (link, len(r), r[28:30], r[39:40])
            if link in LINKS and shape not in seen and len(r) < 200 and len(seen) < 80:
                seen.add(shape)
                yield f"{name}-{len(seen)}", bytes([LINKS.index(link), 0]) + r[16:]


# ---------------------------------------------------------------- options and SYNs

OPTIONS = {
    "linux": SYN,
    "windows": b"\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02",
    "macos": b"\x02\x04\x05\xb4\x01\x03\x03\x06\x01\x01\x08\x0a\0\0\0\1\0\0\0\0\x04\x02\0\0",
    "mss": b"\x02\x04\x05\xb4",
    "timestamps": b"\x01\x01\x08\x0a\0\0\0\1\0\0\0\2",
    "sack": b"\x01\x01\x05\x12" + bytes(16),
    "fast-open": b"\x02\x04\x05\xb4\x22\x0a" + bytes(8) + b"\x01\x01",
    "mptcp": b"\x1e\x0c" + bytes(10),
    "md5": b"\x13\x12" + bytes(16),
    "ends": b"\x02\x04\x05\xb4\0\0\0\7",
    "length-0": b"\x02\0\5\xb4",
    "length-1": b"\x08\1\1\1",
    "too-long": b"\x02\xff\5\xb4",
    "kind-alone": b"\x01\x01\x01\x08",
    "wide-scale": b"\x03\x03\xff\0",
    "nops": b"\x01" * 40,
    "experiment": b"\xfd\x04\x12\x34\xfe\x06\xf9\x89\0\0",
}


def options_seeds():
    for name, octets in OPTIONS.items():
        yield name, octets
    yield "all", b"".join(OPTIONS.values())


def syn_seeds():
    """target_syn.c: which, peer's MSS (2), new value (4), bits, flags, TTL, class, window (2), id or label (2), numbers."""
    for n, (name, octets) in enumerate(OPTIONS.items()):
        for bits in (0x03, 0x00, 0x23, 0x51):
            head = bytes([0xc0 + n, 0xb4, 5, 1, 2, 3, 4, bits, 0, 64 - n, 0, 0xf0, 0xfa, 1, 0])
            yield f"{name}-{bits:x}", head + bytes([9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0]) + octets


# ---------------------------------------------------------------- conversations

DEEDS = ["open", "again", "answer", "confirm", "say", "repeat", "skip", "finish", "reset", "stall", "probe", "old", "anything",
         "quoted", "look", "talk"]


def steps(text):
    """Words DEED, <DEED for the server; then numbers: deed's two, pause; tuple 0 unless "tN:" stands before."""
    out = b""
    for word in text.split():
        which, _, rest = word.rpartition(":")
        name, *numbers = rest.lstrip("<").split(",")
        a, b, pause = [int(n) for n in (numbers + ["0", "0", "3"][len(numbers):])]
        out += bytes([int(which[1:] or 0) if which else 0, a, b, pause])
        out = out[:-4] + bytes([out[-4] | (8 if rest[0] == "<" else 0) | DEEDS.index(name) << 4]) + out[-3:]
    return out


CONVERSATIONS = {
    "whole": "open,1 <answer,2 confirm say,0,50 <say,4,220 confirm finish <finish confirm",
    "server-closes": "open,1 <answer,2 confirm say,0,50 <say,4,220 <finish confirm finish <confirm",
    "refused": "open,1 <reset",
    "retries": "open,1 again,0,0,9 again,0,0,10",
    "midstream": "confirm say,0,20 <confirm <say,4,30 reset",
    "reuse": "open,1 <answer,2 confirm finish <finish confirm open,9,0,12 <answer,9 confirm reset",
    "repeats": "open,1 <answer,2 confirm say,0,100 repeat,6,100,7 <old,100 <old,100 <old,100 repeat,6,100 <confirm",
    "holes": "open,1 <answer,2 confirm skip,3,50 repeat,10,30 repeat,20,99 <confirm",
    "windows": "open,1 <answer,2 confirm <stall say,0,9 <confirm probe,1,0,12 <confirm probe,0,0,12",
    "many": "open,1 <answer,2 confirm " + "talk,15,64 " * 20,
    "keep-alive": "open,1 <answer,2 confirm say,0,9 <say,4,9 confirm,0,0,14 probe,0,0,13 <confirm",
    "wrap": "open,255 <answer,254 confirm say,0,255 say,0,255 <say,4,255 confirm",
    "unreachable": "open,1 <quoted,1,3 again,0,0,9",
    "simultaneous": "open,1 <open,2 answer <answer confirm <confirm finish <finish confirm <confirm",
    "tuples": "t0:open,1 t1:open,2 t2:open,3 t3:open,4 t6:open,5 t0:<answer,6 t3:<answer,7 t6:<answer,8 t3:confirm t6:confirm",
    "backwards": "open,1,0,12 <answer,2,0,200 confirm,0,0,255 finish,0,0,201 <finish",
    "late": "open,1 <answer,2 confirm finish <finish confirm <finish,0,0,11 confirm,0,0,13",
    "anything": "open,1 anything,41,63 anything,255,12 <anything,63,16 anything,0,0 <anything,3,17",
    "cookies": "open,1 <confirm <answer,2 confirm say,1,60 <say,1,200 say,6,10",
}


def segments_seeds():
    for name, text in CONVERSATIONS.items():
        for how in (0, 5, 12) if name in ("many", "whole", "tuples") else (0, 4):
            yield f"{name}-{how}", bytes([how]) + steps(text)
    syns = " ".join(f"t{n % 8}:open,{n % 251},0,2" for n in range(64))
    yield "full", bytes([2]) + steps(syns)


# ---------------------------------------------------------------- what clients say first

def said():
    """(name, octets) of client segments with payload in the golden captures of hellos and requests."""
    for name, capture in scripts():
        if name not in ("hello", "http"):
            continue
        for n, record in enumerate(frames(capture)[3]):
            tcp_at = 16 + 14 + 20
            payload = record[tcp_at + (record[tcp_at + 12] >> 4) * 4:]
            if payload and struct.unpack("!H", record[tcp_at:tcp_at + 2])[0] > 1024:
                yield f"{name}-{n}", payload


def heads_seeds():
    """target_heads.c: cuts, their order, two octets each."""
    for n, (name, octets) in enumerate(said()):
        yield f"{name}-whole", b"\0\0" + octets
        yield f"{name}-cut", bytes([3, 0x17 * (n + 1) & 0xff, 7, 0, 30, 0, 200, 0]) + octets
    yield "ssh", b"\1\0\3\0SSH-2.0-OpenSSH_9.2\r\n"
    yield "lines", b"\2\x21\5\0\x15\0GET / HTTP/1.1\nA: 1\n\rB:2\r\n :x\n C: d\r\n\n"
    yield "empty-hello", b"\0\0\x16\3\1\0\4\1\0\0\0"


# ---------------------------------------------------------------- texts

def rules_seeds():
    yield "two", (b"title: A\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: syncopate, category: source}\n"
                  b"detection:\n  a:\n    conn.count|gt: 3\n    syn.label|contains|all: [x, 'y*']\n"
                  b"  b|re: x\n  condition: 1 of a* and not (b or all of them)\n"
                  b"syncopate: {group: g, points: 80, needs: {iat.n: 8}, kind: beacon}\n---\ntitle: B\n")
    yield "ramp", (b"title: R\nlogsource: {category: source, product: syncopate}\ndetection: {a: {heavy.n: null}, condition: a}\n"
                   b"syncopate: {ramp: {field: heavy.concentration_ratio, from: 0.6, to: 0.9, points: [55, 90]}, hard: true}\n")
    yield "modifiers", (b"title: M\nlogsource: {category: source, product: syncopate}\ndetection:\n  a:\n"
                        b"  - src_ip|cidr: 10.0.0.0/8\n    dest_ip|cidr|not: ['2001:db8::/32', 192.0.2.1]\n"
                        b"  - syn.label|startswith|cased: A\n  - conn.count|fieldref|lte: port.max\n"
                        b"  - syn.os_family|windash|base64offset|utf16le: x\n  - conn.count|exists: true\n  condition: a\n")
    yield "correlations", (b"title: A\nname: a\nlogsource: {product: syncopate, category: connection}\n"
                           b"detection: {s: {dest_port|gte: 0}, condition: s}\n---\n"
                           b"title: B\nname: b\nlogsource: {product: syncopate, category: connection}\n"
                           b"detection: {s: {dest_port: 80}, condition: s}\n---\n"
                           b"title: E\ncorrelation: {type: event_count, rules: [a, b], group-by: [flow.state], timespan: 2s,\n"
                           b"  condition: {gt: 1, lte: 9, neq: 4}}\nsyncopate: {points: 60}\n---\n"
                           b"title: V\nname: v\ncorrelation: {type: value_count, rules: [a], group-by: [src_ip, x], timespan: 1m,\n"
                           b"  aliases: {x: {a: dest_port}}, condition: {field: [flow.state, src_port], gte: 2}}\n"
                           b"syncopate: {points: 70, group: g}\n---\n"
                           b"title: T\ncorrelation: {type: temporal, rules: [a, b], group-by: [], timespan: 1d}\ngenerate: true\n"
                           b"syncopate: {points: 80}\n---\n"
                           b"title: O\ncorrelation: {type: temporal_ordered, rules: [v, b], group-by: [src_ip], timespan: 5s}\n"
                           b"syncopate: {points: 90, hard: true}\n---\n"
                           b"title: L\nname: l\ncorrelation: {type: event_count, rules: [l], group-by: [src_ip], timespan: 1h,\n"
                           b"  condition: {gte: 1}}\n")
    yield "blanks", (b"title: A\nlogsource: {product: syncopate, category: source}\ndetection:\n  s: {conn.count: 1}\n"
                     b"  condition: 's" + b" " * 2000 + b"or t'\n")
    yield "yaml", b"%YAML 1.1\n--- &x\ntitle: !!str >-\n  a\n  b\n? {q: *x}\n: [1, 0x1f, .inf, ~, \"\\u263a\\x00\"]\n...\n"
    yield "deep", b"a: " + b"[" * 70 + b"]" * 70 + b"\n"
    yield "octets", b"title: \xff\xfe\x00\xc3\n\xef\xbb\xbf\ttab: 1\n"


def signatures_seeds():
    yield "usual", (b"; comment\nclasses = win,unix,other\n\n[mtu]\nlabel = Ethernet\nsig = 1500\n\n[tcp:request]\n"
                    b"label = s:unix:Linux:3.11 and newer\nsig = *:64:0:*:mss*20,10:mss,sok,ts,nop,ws:df,id+:0\n"
                    b";@ date=2026-11 source=\"a b\" family=linux\nsig = 4:64+3:0:1460:65535,*:mss,nop,eol+2:df:0\n"
                    b"label = s:!:nmap:SYN scan\nsys = @unix,@win\nsig = *:64-:0:1460:1024,0:mss::0\n"
                    b"[tcp:response]\nlabel = g:win:Windows:\nsig = *:128:0:*:%8192,*:mss,nop,ws,?34,sack:df,id-,ecn,0+,bad:+\n")
    yield "native", b"classes = unix\n[tcp:request]\nlabel = s:unix:Linux:x\nsig = *:64:0:*:floor65535,7:mss,sok,ts,nop,ws:df,id+:*\n"
    yield "faults", b"[tcp:request]\nsig = *:0:0:*:*:\nlabel = q\n"
    yield "quirks", b"classes = a\n[tcp:request]\nlabel = s:a:b:\nsig = 6:255:0:0:mtu*4,255::flow,seq-,ack+,ack-,uptr+,urgf+,pushf+,ts1-,ts2+,opt+,exws:0\r\n"


def record_seeds():
    """Connection events of the golden runs, one of each shape, and lines that are almost some."""
    seen, last = set(), b""
    folder = os.path.join(GOLDEN, "expected")
    for file in sorted(f for f in os.listdir(folder) if f.endswith(".jsonl")):
        with open(os.path.join(folder, file), "rb") as f:
            lines = f.read().splitlines()
        for line in lines:
            members = tuple(sorted(set(part.split(b'"')[-1] for part in line.split(b'":')[:-1])))
            if b'"event_type":"connection"' in line and members not in seen and len(seen) < 40 and len(line) < 4000:
                seen.add(members)
                last = line
                yield f"{file[:-6]}-{len(seen)}", line
    yield "cut", last[:-1]
    yield "verdict", b'{"event_type":"verdict"}'
    yield "least", (b'{"event_type":"connection","src_ip":"10.0.0.1","src_port":1,"dest_ip":"10.0.0.2","dest_port":2,'
                    b'"flow":{"start":"2026-11-22T06:40:06.123456Z"}}')
    yield "escapes", b'{"event_type":"connection","\\ud83d\\ude00":"\\u0000\\n\\xff","v":1e999,"v2":-0.0,"a":[[[[]]]]}'
    yield "array", b"[" * 100


# Written by hand, by Zeek's documentation (Conn::Info, the ASCII writer) and Suricata's (EVE JSON format, flow).
ZEEK_NAMES = ("ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig "
              "local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents").split()
ZEEK_TYPES = ("time string addr port addr port enum string interval count count string bool bool count string count count "
              "count count set[string]").split()
ZEEK_ROWS = [row.split() for row in (
    "1591367999.305988 CMdzit1 192.0.2.1 40000 192.0.2.2 80 tcp http 0.076600 36 130 SF - - 0 ShADadFf 6 356 5 398 (empty)",
    "1591368000.000000 CMdzit2 2001:db8::1 40001 2001:db8::2 81 tcp - - - - S0 - - 0 S 1 60 0 0 -",
    "1591368000.000000 CMdzit3 192.0.2.1 40001 192.0.2.2 53 udp dns - - - S0 - - 0 D 1 60 0 0 -",
    "1591368001.5 CMdzit4 192.0.2.1 40002 192.0.2.2 443 tcp ssl 3.5 100 9000 RSTO T T 7 ^hADadR 10 700 9 9500 -",
    "x y")]


def zeek_tsv():
    def line(*columns):
        return "\t".join(columns)
    return "\n".join([r"#separator \x09", line("#set_separator", ","), line("#empty_field", "(empty)"), line("#unset_field", "-"),
                      line("#path", "conn"), line("#fields", *ZEEK_NAMES), line("#types", *ZEEK_TYPES)] +
                     [line(*row) for row in ZEEK_ROWS] + [line("#close", "2020-06-05-15-00-00")]) + "\n"


def zeek_json():
    def value(name, kind, text):
        return f'"{name}":{text}' if kind in ("time", "port", "interval", "count") else f'"{name}":"{text}"'
    for row in ZEEK_ROWS[:-1]:
        yield "{" + ",".join(value(n, k, t) for n, k, t in zip(ZEEK_NAMES, ZEEK_TYPES, row) if t not in ("-", "(empty)")) + "}\n"


def eve(start="2020-06-05T16:39:59.305988+0200", end="2020-06-05T10:10:00.305989-04:30", ts="1b", tc="1b", more=""):
    return ('{"timestamp":"2020-06-05T16:41:00.000001+0200","flow_id":1836312054873712,"in_iface":"eth0","event_type":"flow",'
            f'{more}"src_ip":"192.0.2.1","src_port":40000,"dest_ip":"192.0.2.2","dest_port":443,"proto":"TCP","app_proto":"tls",'
            '"flow":{"pkts_toserver":9,"pkts_toclient":8,"bytes_toserver":1480,"bytes_toclient":5224,'
            f'"start":"{start}","end":"{end}","age":1,"state":"closed","reason":"timeout","alerted":false}},'
            f'"tcp":{{"tcp_flags":"1b","tcp_flags_ts":"{ts}","tcp_flags_tc":"{tc}","state":"closed"}}}}\n')


def sensors_seeds():
    """target_sensors.c: whose, size of reads, a file."""
    rows = list(zeek_json())
    files = {
        "zeek-tsv": zeek_tsv(), "zeek-tsv-crlf": zeek_tsv().replace("\n", "\r\n"),
        "zeek-tsv-semicolon": zeek_tsv().replace(r"\x09", ";").replace("\t", ";"),
        "zeek-json": "".join(rows), "zeek-iso": rows[0].replace("1591367999.305988", '"2020-06-05T14:39:59.305988Z"'),
        "zeek-millis": rows[0].replace("1591367999.305988", "1591367999305"), "zeek-vlan": rows[0].replace("}", ',"vlan":7,"inner_vlan":9}'),
        "zeek-cut": rows[0] + "\n" + rows[1][:-9], "zeek-space": " " + rows[0], "zeek-no-header": "1\t2\n#fields\tts\n1\n",
        "eve": eve() + eve(more='"vlan":[7,9],') + eve(ts="02", tc="00") + eve(ts="12", tc="1e") + eve(ts="1a", tc="1a"),
        "eve-times": eve(start="0000-01-01T00:00:00.000000Z", end="9999-12-31T23:59:59.999999Z") +
        eve(start="0000-01-01T00:00:00.000000+2359", end="0000-01-01T00:00:00.000000Z") + eve(end="2020-06-05T10:10:00.305989Z"),
        "eve-twice": eve(more='"vlan":[7,9],"vlan":[3],"src_ip":"2001:db8::1",'),
        "eve-gap": eve().replace('"state":"closed"}}', '"ts_gap":true,"tc_gap":false}}'), "eve-other": '{"event_type":"stats"}\n' + eve(),
        "ours": '{"v":1,"event_type":"connection"}\n' + eve(), "damaged": "x\n" * 12 + rows[0],
        "zeek-scope": "\ufeff" + rows[0].replace("id.", "id_").replace('"http"', '"-"') + zeek_tsv().replace("id.", "id_"),
        "zeek-nested": rows[1][:-2] + ',"_path":"conn","id":{"orig_h":"192.0.2.1","orig_p":1,"resp_h":"192.0.2.2","resp_p":2}}\n',
        "eve-nanoseconds": eve(start="2020-06-05T14:39:59Z", end="2020-06-05T14:40:00.305988001Z") + eve(end="2020-06-05T16:40:00.3+02:00"),
    }
    for n, (name, text) in enumerate(files.items()):
        yield name, bytes([0, 7 * n]) + text.encode()
        yield name + "-asked", bytes([2 if name.startswith("eve") else 1, 7 * n + 3]) + text.encode()
    yield "packed", b"\0\5" + gzip.compress(zeek_tsv().encode(), mtime=0)
    yield "capture", b"\0\5" + dict(captures())["header-only"]


def writer_seeds():
    state = 1
    for which in range(8):
        for n in (0, 12, 100, 700):
            out = bytearray([which])
            for _ in range(n):
                state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
                out.append(state >> 56 if state >> 33 & 3 else state >> 62)
            yield f"{which}-{n}", bytes(out)


MAKERS = {
    "capture": capture_seeds, "engine": engine_seeds, "heads": heads_seeds, "link": link_seeds, "options": options_seeds, "record": record_seeds,
    "rules": rules_seeds, "segments": segments_seeds, "sensors": sensors_seeds, "signatures": signatures_seeds, "syn": syn_seeds, "writer": writer_seeds,
}


def kept(target):
    """(name, octets) of all inputs of a target that are in the tree."""
    for folder in ("seeds", "found"):
        path = os.path.join(HERE, folder, target + ".hex")
        if os.path.exists(path):
            with open(path, encoding="ascii") as f:
                for line in f:
                    if line.strip() and not line.startswith("#"):
                        name, digits = line.split(" ")
                        yield f"{folder}-{name}", bytes.fromhex(digits)
    if target in FOLDERS:
        folder = os.path.join(TOP, FOLDERS[target])
        for file in sorted(os.listdir(folder)):
            with open(os.path.join(folder, file), "rb") as f:
                yield file, f.read()


def unpack(target, folder):
    os.makedirs(folder, exist_ok=True)
    for name, octets in kept(target):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(octets)


def main():
    if sys.argv[1:2] == ["--unpack"]:
        unpack(sys.argv[2], sys.argv[3])
        return 0
    os.makedirs(os.path.join(HERE, "seeds"), exist_ok=True)
    for target, maker in MAKERS.items():
        with open(os.path.join(HERE, "seeds", target + ".hex"), "w", encoding="ascii") as f:
            for name, octets in maker():
                f.write(f"{name} {octets.hex()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
