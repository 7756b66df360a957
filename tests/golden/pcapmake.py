#!/usr/bin/python3
"""
Makes a capture file from a page that a person can read: `pcapmake.py SCRIPT OUT.pcap`. Standard library only.

A script is lines; `#` starts a comment. Lines that begin with `expect` are for expect.py.

Settings, valid for what follows them:
  link ethernet|raw|null|loop|sll|sll2   (once, before the first frame)
  snaplen N      nanosecond      bigendian      cut N (the file ends N octets early)      unsorted
  start SECONDS (since 1970; default 1700000000)      seed N
  vlan 5,7 | vlan none           outermost first
  tunnel ipip|gre|vxlan OUTER-SRC OUTER-DST | tunnel none
  host ADDRESS [syn=OPTIONS] [win=N] [scaled=N] [ttl=N] [id=inc|N] [df=0|1] [hz=N]
                 what this host sends unless a line says otherwise; win in SYNs, scaled elsewhere

A segment:  TIME SRC > DST FLAGS [key=value ...]
  TIME   seconds from start, or +S after the line before
  SRC    10.0.0.1:40000 or [2001:db8::1]:40000
  FLAGS  letters of F S R P A U E C N (N: RFC 3540's NS), or . for none
  seq= ack=        relative to the initial sequence numbers, as Wireshark shows them; default: what comes next
  isn=N            with S: begins a connection (without it a second SYN is a repetition of the first)
  payload="..." (with \\r \\n \\xNN) | len=N
  opts=LIST        mss:1460 sok ts ts:VAL:ECR nop ws:7 eol tfo:HEX sack:LEFT-RIGHT raw:HEX, joined by commas; `opts=none`
  win= ttl= id= df= tos= flow= urg= reserved= hop=     header fields as they are
  doff= iplen= frag=OFFSET[+] csum=bad cap=N           wrong, fragmented or cut on purpose
An ICMP error:  TIME ROUTER > HOST unreach CODE        quotes the last segment that HOST sent
Any octets:     TIME frame HEX

Whole conversations (all take at=TIME):
  http  client= server= [rtt=] [requests=N] [gap=S] | [asks=S,S,...] (when, after at) [resp=N,...] [path=TEXT,...] [ua=]
        [raw=N] (N octets instead of an HTTP request) [think=S] [linger=S] (last answer to close) [tap=client|server]
        [close=client|server|both|rst-client|rst-server|none]
  scan  client= server=ADDRESS ports=A-B gap= answer=refused|none|open [rtt=]
  flood client= server= n= gap= [step=]
  blackhole client= server= gaps=1,1,2,4
  repeat N every GAP [jitter SHARE] [step PORTS] TEMPLATE...      times T,T,... [step PORTS] TEMPLATE...
"""
import ipaddress
import random
import re
import shlex
import struct
import sys
import zlib
from fractions import Fraction

LINKS = {"null": 0, "ethernet": 1, "raw": 101, "loop": 108, "sll": 113, "sll2": 276}
FLAG_BITS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128, "N": 256}
SETTINGS = {"link", "snaplen", "nanosecond", "bigendian", "cut", "unsorted", "start", "seed", "vlan", "tunnel", "host"}
LINUX = "mss:1460,sok,ts,nop,ws:7"
MSS = 1448  # payload of a full segment: 1500 - 40 - 12 octets of timestamps
ETHERTYPE = {4: 0x0800, 6: 0x86dd}


class ScriptError(ValueError):
    pass


def seconds(text):
    """Decimal seconds, exactly, as nanoseconds."""
    return int(Fraction(text) * 1_000_000_000)


def endpoint(text):
    """(address, port); port None when there is none."""
    m = re.match(r"\[([0-9a-fA-F:.]+)\](?::(\d+))?$", text) or re.match(r"([0-9.]+)(?::(\d+))?$", text)
    address = ipaddress.ip_address(m.group(1) if m else text)
    return address, int(m.group(2)) if m and m.group(2) else None


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pairs(words):
    """key=value words as a dict."""
    out = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ScriptError(f"\"{word}\" is not key=value")
        out[key] = value
    return out


class Host:
    """What one address sends by default."""

    def __init__(self, address):
        self.syn, self.win, self.scaled, self.ttl, self.id, self.df, self.hz = LINUX, 64240, 501, 64, "inc", 1, 1000
        self.next_id = zlib.crc32(address.packed) & 0x7fff
        self.ts_base = zlib.crc32(b"ts" + address.packed)

    def take_id(self):
        if self.id != "inc":
            return int(self.id)
        self.next_id = (self.next_id + 1) & 0xffff
        return self.next_id

    def ts_val(self, ns):
        return (self.ts_base + ns * self.hz // 1_000_000_000) & 0xffffffff


class Side:
    """One direction of a tuple: where its sequence numbers stand."""

    def __init__(self, isn):
        self.isn, self.next = isn, 0  # next: relative; 0 = the SYN is yet to come
        self.offers_ts = False
        self.last_ts = 0
        self.last_packet = b""


class Capture:
    def __init__(self):
        self.link, self.snaplen, self.fraction, self.order, self.cut_octets = "ethernet", 262144, 1000, "<", 0
        self.start, self.vlans, self.tunnel, self.sorted = 1_700_000_000 * 10**9, [], None, True
        self.hosts, self.sides, self.frames = {}, {}, []
        self.last_from, self.now, self.random = {}, 0, random.Random(1)

    # ---- settings ----

    def set(self, words):
        name, rest = words[0], words[1:]
        if name == "link":
            if rest[0] not in LINKS:
                raise ScriptError(f"no link layer {rest[0]}")
            self.link = rest[0]
        elif name == "snaplen":
            self.snaplen = int(rest[0])
        elif name == "nanosecond":
            self.fraction = 1
        elif name == "bigendian":
            self.order = ">"
        elif name == "cut":
            self.cut_octets = int(rest[0])
        elif name == "unsorted":
            self.sorted = False
        elif name == "start":
            self.start = seconds(rest[0])
        elif name == "seed":
            self.random = random.Random(int(rest[0]))
        elif name == "vlan":
            self.vlans = [] if rest[0] == "none" else [int(v) for v in rest[0].split(",")]
        elif name == "tunnel":
            self.tunnel = None if rest[0] == "none" else (rest[0], endpoint(rest[1])[0], endpoint(rest[2])[0])
        elif name == "host":
            self.set_host(endpoint(rest[0])[0], pairs(rest[1:]))

    def set_host(self, address, values):
        host = self.host(address)
        for key, value in values.items():
            if key not in vars(host):
                raise ScriptError(f"a host has no {key}")
            setattr(host, key, value if key in ("syn", "id") else int(value))

    def host(self, address):
        return self.hosts.setdefault(address, Host(address))

    def side(self, src, dst):
        if (src, dst) not in self.sides:
            self.sides[src, dst] = Side(zlib.crc32(repr((str(src), str(dst))).encode()))
        return self.sides[src, dst]

    # ---- TCP ----

    def options(self, spec, host, mine, theirs, ns):
        out = b""
        for word in [] if spec in ("", "none") else spec.split(","):
            name, _, value = word.partition(":")
            if name == "mss":
                out += struct.pack("!BBH", 2, 4, int(value))
            elif name == "ws":
                out += struct.pack("!BBB", 3, 3, int(value))
            elif name == "sok":
                out += b"\x04\x02"
            elif name == "nop":
                out += b"\x01"
            elif name == "eol":
                out += b"\x00"
            elif name == "ts":
                val, ecr = (int(v) for v in value.split(":")) if value else (host.ts_val(ns), theirs.last_ts)
                out += struct.pack("!BBII", 8, 10, val, ecr)
                mine.last_ts = val
            elif name == "sack":
                left, right = (int(v) for v in value.split("-"))
                out += struct.pack("!BBII", 5, 10, (theirs.isn + left) & 0xffffffff, (theirs.isn + right) & 0xffffffff)
            elif name == "tfo":
                out += struct.pack("!BB", 34, 2 + len(value) // 2) + bytes.fromhex(value)
            elif name == "raw":
                out += bytes.fromhex(value)
            else:
                raise ScriptError(f"no TCP option {name}")
        return out + b"\0" * (-len(out) % 4)

    def segment(self, ns, src, dst, flags, **key):
        """Add one segment; src and dst are (address, port)."""
        bits = 0
        for letter in flags.replace(".", ""):
            bits |= FLAG_BITS[letter]
        mine, theirs, host = self.side(src, dst), self.side(dst, src), self.host(src[0])
        syn = bool(bits & 2)
        if "isn" in key and syn:
            isn = int(key["isn"])
            if not bits & 16 and (isn != mine.isn or mine.next):
                theirs.next, theirs.offers_ts, theirs.last_ts = 0, False, 0
            mine.isn, mine.next = isn, 0
        payload = key.get("payload", b"")
        if isinstance(payload, str):
            payload = payload.encode("latin-1").decode("unicode_escape").encode("latin-1")
        payload = payload or b"x" * int(key.get("len", 0))
        seq = int(key["seq"]) if "seq" in key else 0 if syn else max(mine.next, 1)
        ack = int(key["ack"]) if "ack" in key else max(theirs.next, 1)
        spec = key.get("opts")
        if spec is None:
            spec = host.syn if syn else "nop,nop,ts" if mine.offers_ts and theirs.offers_ts else "none"
        if syn:
            mine.offers_ts = "ts" in re.split("[,:]", spec)
        options = self.options(spec, host, mine, theirs, ns + self.start)
        window = int(key.get("win", host.win if syn else 0 if bits & 4 else host.scaled))
        header = struct.pack("!HHIIHHHH", src[1], dst[1], (mine.isn + seq) & 0xffffffff,
                             (theirs.isn + ack) & 0xffffffff if bits & 16 else 0,
                             int(key.get("doff", 5 + len(options) // 4)) << 12 | int(key.get("reserved", 0)) << 9 | bits,
                             window, 0, int(key.get("urg", 0))) + options
        mine.next = max(mine.next, seq + len(payload) + syn + (bits & 1))
        self.last_from[src[0]] = self.packet(ns, src[0], dst[0], 6, header, payload, key)

    # ---- IP ----

    def packet(self, ns, src, dst, protocol, header, payload, key):
        """Wrap in IP, sum, add the frame; the IP packet."""
        body = header + payload
        at = {6: 16, 1: 2, 58: 2}[protocol]
        pseudo = b"" if protocol == 1 else src.packed + dst.packed + (
            struct.pack("!BBH", 0, protocol, len(body)) if src.version == 4 else struct.pack("!I3xB", len(body), protocol))
        total = checksum(pseudo + body)
        if key.get("csum") == "bad":
            total ^= 0x5555
        body = body[:at] + struct.pack("!H", total) + body[at + 2:]
        packet = self.ip(src, dst, protocol, body, key)
        outer = packet
        if self.tunnel:
            outer = self.wrap(packet)
        self.frame(ns, self.link_header(outer) + outer, key.get("cap"))
        return packet

    def ip(self, src, dst, protocol, body, key):
        host = self.host(src)
        ttl = int(key.get("ttl", key.get("hop", host.ttl)))
        if src.version == 6:
            length = int(key.get("iplen", len(body)))
            return struct.pack("!IHBB", 6 << 28 | int(key.get("tos", 0)) << 20 | int(key.get("flow", 0)), length, protocol,
                               ttl) + src.packed + dst.packed + body
        offset = 0x4000 if int(key.get("df", host.df)) else 0
        if "frag" in key:
            offset = int(key["frag"].rstrip("+")) // 8 | (0x2000 if key["frag"].endswith("+") else 0)
        number = int(key["id"]) if "id" in key else host.take_id()
        head = struct.pack("!BBHHHBBH", 0x45, int(key.get("tos", 0)), int(key.get("iplen", 20 + len(body))), number, offset,
                           ttl, protocol, 0) + src.packed + dst.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body

    def wrap(self, packet):
        kind, src, dst = self.tunnel
        inner = packet[0] >> 4
        if kind == "ipip":
            return self.ip(src, dst, 4 if inner == 4 else 41, packet, {})
        if kind == "gre":
            return self.ip(src, dst, 47, struct.pack("!HH", 0, ETHERTYPE[inner]) + packet, {})
        if kind == "vxlan":
            vxlan = struct.pack("!II", 0x08000000, 7 << 8) + self.ethernet(packet) + packet
            udp = struct.pack("!HHHH", 50000, 4789, 8 + len(vxlan), 0)
            return self.ip(src, dst, 17, udp + vxlan, {})
        raise ScriptError(f"no tunnel {kind}")

    # ---- link layer ----

    @staticmethod
    def ethernet(packet):
        return bytes.fromhex("020000000002020000000001") + struct.pack("!H", ETHERTYPE[packet[0] >> 4])

    def link_header(self, packet):
        version = packet[0] >> 4
        tags = b""
        kinds = [ETHERTYPE[version]]
        for i, vlan in enumerate(reversed(self.vlans)):
            tags = struct.pack("!HH", vlan, kinds[-1]) + tags
            kinds.append(0x88a8 if i == len(self.vlans) - 1 and i > 0 else 0x8100)
        if self.link == "ethernet":
            return bytes.fromhex("020000000002020000000001") + struct.pack("!H", kinds[-1]) + tags
        if self.link == "sll":
            return struct.pack("!HHH8sH", 0, 1, 6, bytes.fromhex("020000000001"), kinds[-1]) + tags
        if self.link == "sll2":
            return struct.pack("!HHIHBB8s", kinds[-1], 0, 2, 1, 0, 6, bytes.fromhex("020000000001")) + tags
        if self.vlans:
            raise ScriptError(f"link {self.link} has no VLAN tags")
        if self.link == "raw":
            return b""
        family = 2 if version == 4 else 30
        return struct.pack((self.order if self.link == "null" else ">") + "I", family)

    def frame(self, ns, octets, cap=None):
        kept = octets[:min(self.snaplen, int(cap) if cap else len(octets))]
        self.frames.append((self.start + ns, kept, len(octets)))

    def unreachable(self, ns, router, host, code):
        """ICMP destination unreachable: the IP header and 8 octets of what host sent last."""
        packet = self.last_from.get(host)
        if packet is None:
            raise ScriptError(f"{host} has sent nothing that could be unreachable")
        if host.version == 4:
            self.packet(ns, router, host, 1, struct.pack("!BBHI", 3, code, 0, 0), packet[:28], {})
        else:
            self.packet(ns, router, host, 58, struct.pack("!BBHI", 1, code, 0, 0), packet[:48], {})

    # ---- the file ----

    def octets(self):
        magic = 0xa1b23c4d if self.fraction == 1 else 0xa1b2c3d4
        out = [struct.pack(self.order + "IHHiIII", magic, 2, 4, 0, 0, self.snaplen, LINKS[self.link])]
        frames = sorted(self.frames, key=lambda f: f[0]) if self.sorted else self.frames
        for ns, kept, length in frames:
            whole, rest = divmod(ns, 10**9)
            out.append(struct.pack(self.order + "IIII", whole, rest // self.fraction, len(kept), length) + kept)
        data = b"".join(out)
        return data[:len(data) - self.cut_octets]


class Conversation:
    """A clean exchange between two hosts as seen next to one of them: the other is rtt away."""

    def __init__(self, capture, key):
        self.capture = capture
        self.client, self.server = endpoint(key["client"]), endpoint(key["server"])
        self.rtt = seconds(key.get("rtt", "0.02"))
        tap_at_server = key.get("tap", "client") == "server"
        # How long after its cause each side's reaction passes the tap.
        self.client_lag = self.rtt if tap_at_server else 50_000
        self.server_lag = 50_000 if tap_at_server else self.rtt

    def up(self, ns, flags, **key):
        self.capture.segment(ns, self.client, self.server, flags, **key)
        return ns

    def down(self, ns, flags, **key):
        self.capture.segment(ns, self.server, self.client, flags, **key)
        return ns

    def open(self, ns, isn):
        self.up(ns, "S", isn=isn)
        ns = self.down(ns + self.server_lag, "SA", isn=isn ^ 0x5a5a5a5a)
        return self.up(ns + self.client_lag, "A")

    def ask(self, ns, request, think, response):
        """A request and its response in flights of 10, 20, 40 segments; when the last ACK passed."""
        ns = self.up(ns, "PA", payload=request) + self.server_lag + think
        window = 10
        while response:
            sent = 0
            while sent < window and response:
                part, response = response[:MSS], response[MSS:]
                self.down(ns, "PA" if not response else "A", payload=part)
                sent, ns = sent + 1, ns + 10_000
            ns = self.up(ns + self.client_lag, "A") + (self.server_lag if response else 0)
            window *= 2
        return ns

    def close(self, ns, how):
        if how == "client":
            ns = self.up(ns, "FA")
            ns = self.down(ns + self.server_lag, "FA")
            self.up(ns + self.client_lag, "A")
        elif how == "server":
            ns = self.down(ns, "FA")
            ns = self.up(ns + self.client_lag, "FA")
            self.down(ns + self.server_lag, "A")
        elif how == "both":
            mine, theirs = (self.capture.side(a, b).next for a, b in
                            ((self.client, self.server), (self.server, self.client)))
            self.up(ns, "FA", ack=theirs)
            self.down(ns + 20_000, "FA", ack=mine)
            self.up(ns + 20_000 + self.client_lag, "A")
            self.down(ns + self.server_lag + 40_000, "A")
        elif how == "rst-client":
            self.up(ns, "RA")
        elif how == "rst-server":
            self.down(ns, "RA")
        elif how != "none":
            raise ScriptError(f"no close {how}")


def http(capture, key):
    talk, at = Conversation(capture, key), seconds(key["at"])
    isn = zlib.crc32(f"{key['client']} {key['server']} {at}".encode())
    count, gap = int(key.get("requests", 1)), seconds(key.get("gap", "1"))
    asks = [seconds(a) for a in key["asks"].split(",")] if "asks" in key else [i * gap for i in range(count)]
    sizes, paths = [int(n) for n in key.get("resp", "500").split(",")], key.get("path", "/").split(",")
    think = seconds(key.get("think", "0.001"))
    ready = talk.open(at, isn) + 100_000
    for i, ask in enumerate(asks):
        if "raw" in key:
            request, response = b"x" * int(key["raw"]), b"y" * sizes[i % len(sizes)]
        else:
            request = f"GET {paths[i % len(paths)]} HTTP/1.1\r\nHost: www.example.test\r\n" \
                      f"User-Agent: {key.get('ua', 'curl/8.5.0')}\r\nAccept: */*\r\n\r\n".encode()
            size = sizes[i % len(sizes)]
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {size:6}\r\n\r\n".encode()
            response = head + b"y" * size
        ready = talk.ask(max(ready, at + ask), request, think, response) + 100_000
    talk.close(ready + seconds(key.get("linger", "0")), key.get("close", "client"))


def scan(capture, key):
    (client, port), (server, _) = endpoint(key["client"]), endpoint(key["server"])
    first, last = (int(p) for p in key["ports"].split("-"))
    gap, rtt, at = seconds(key.get("gap", "0.01")), seconds(key.get("rtt", "0.0005")), seconds(key["at"])
    answer = key.get("answer", "refused")
    for i, target in enumerate(range(first, last + 1)):
        ns = at + i * gap
        capture.segment(ns, (client, port), (server, target), "S", isn=zlib.crc32(f"{port} {target}".encode()))
        if answer == "refused":
            capture.segment(ns + rtt, (server, target), (client, port), "RA", opts="none")
        elif answer == "open":
            capture.segment(ns + rtt, (server, target), (client, port), "SA")
            capture.segment(ns + rtt + 50_000, (client, port), (server, target), "R", opts="none")


def flood(capture, key):
    (client, port), server = endpoint(key["client"]), endpoint(key["server"])
    gap, at, step = seconds(key["gap"]), seconds(key["at"]), int(key.get("step", 1))
    for i in range(int(key["n"])):
        capture.segment(at + i * gap, (client, port + i * step), server, "S", isn=zlib.crc32(f"f{i}".encode()))


def blackhole(capture, key):
    client, server, ns = endpoint(key["client"]), endpoint(key["server"]), seconds(key["at"])
    isn = zlib.crc32(f"{key['client']} {ns}".encode())
    capture.segment(ns, client, server, "S", isn=isn)
    for gap in key["gaps"].split(","):
        ns += seconds(gap)
        capture.segment(ns, client, server, "S")


TEMPLATES = {"http": http, "scan": scan, "flood": flood, "blackhole": blackhole}


def moved(words, ns, ports):
    """A template's words with its time and its client port moved."""
    key = pairs(words[1:])
    key["at"] = str(Fraction(seconds(key.get("at", "0")) + ns, 10**9))
    if ports:
        address, _, port = key["client"].rpartition(":")
        key["client"] = f"{address}:{int(port) + ports}"
    return words[0], key


def repeated(capture, words):
    """The calls that a `repeat` or `times` line stands for."""
    step = jitter = 0
    if words[0] == "repeat":
        count, gap, rest = int(words[1]), seconds(words[3]), words[4:]
    else:
        times, rest = [seconds(t) for t in words[1].split(",")], words[2:]
    while rest[0] in ("jitter", "step"):
        if rest[0] == "jitter":
            jitter = float(rest[1])
        else:
            step = int(rest[1])
        rest = rest[2:]
    if words[0] == "repeat":
        # Microseconds: what a file of microseconds keeps must be what was drawn.
        times = [i * gap + int(jitter * gap * (2 * capture.random.random() - 1)) // 1000 * 1000 if i else 0
                 for i in range(count)]
    return [moved(rest, ns, i * step) for i, ns in enumerate(times)]


def line(capture, words):
    if words[0] in SETTINGS:
        capture.set(words)
    elif words[0] in TEMPLATES:
        TEMPLATES[words[0]](capture, pairs(words[1:]))
    elif words[0] in ("repeat", "times"):
        for name, key in repeated(capture, words):
            TEMPLATES[name](capture, key)
    else:
        relative = words[0].startswith("+")
        capture.now = seconds(words[0].lstrip("+")) + (capture.now if relative else 0)
        if words[1] == "frame":
            capture.frame(capture.now, bytes.fromhex("".join(words[2:])))
        elif words[2:3] == [">"] and words[4] == "unreach":
            capture.unreachable(capture.now, endpoint(words[1])[0], endpoint(words[3])[0], int(words[5]))
        elif words[2:3] == [">"]:
            capture.segment(capture.now, endpoint(words[1]), endpoint(words[3]), words[4], **pairs(words[5:]))
        else:
            raise ScriptError("neither a setting nor a segment")


def make(text, name="script"):
    """The capture file's octets."""
    capture = Capture()
    for number, row in enumerate(text.splitlines(), 1):
        lexer = shlex.shlex(row, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters, lexer.escapedquotes, lexer.escape = True, "#", "", ""
        try:
            words = list(lexer)
            if words and words[0] != "expect":
                line(capture, words)
        except (ValueError, KeyError, IndexError, TypeError) as e:
            raise ScriptError(f"{name}:{number}: {type(e).__name__}: {e}: {row.strip()}") from e
    return capture.octets()


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    try:
        data = make(text, sys.argv[1])
    except ScriptError as e:
        print(e, file=sys.stderr)
        return 2
    with open(sys.argv[2], "wb") as f:
        f.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
