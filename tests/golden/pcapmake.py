#!/usr/bin/python3
"""
Makes a capture file from a page that a person can read: `pcapmake.py SCRIPT OUT.pcap`. Standard library only.

A script is lines; `#` starts a comment. Lines that begin with `expect` are for expect.py.

Settings, valid for what follows them:
  link ethernet|raw|null|loop|sll|sll2|ppp|ppp-hdlc|chdlc|fddi|802.11|radiotap|user0   (once, before the first frame)
  snaplen N      nanosecond      bigendian      cut N (the file ends N octets early)      unsorted
  start SECONDS (since 1970; default 1700000000)      seed N
  only FROM UNTIL    of all frames those from FROM on and before UNTIL, in seconds from start: one of several files
  packed gzip|zstd [members=N]      the file in so many gzip members or zstd frames (of stored blocks)
  pcapng [bigendian] the format; then, at any place between frames:
    section [bigendian]             one more section, little-endian unless it says otherwise
    interface LINK [tsresol=N|2^N] [tsoffset=S] [snaplen=N]      what follows is seen there; N: 10^-N s (default 6)
    on N             what follows is seen on interface N of this section (the first is 0)
    block TYPE HEX   octets in a block of another kind
  vlan 5,7 | vlan none           outermost first
  mpls 100,200 | mpls none       labels, outermost first; under them IP
  pppoe SESSION | pppoe none     sgt TAG | sgt none (Cisco metadata)
  tunnel KIND OUTER-SRC OUTER-DST [+ KIND SRC DST ...] | tunnel none      outermost first; the outer addresses are IPv4
                 KIND: ipip gre gre-eth pptp erspan1 erspan2 erspan3 vxlan geneve gtp-u teredo
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
  split=N [order=2,0,1]    IP fragments of N octets (of 8 each), all or some of them, in that order
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
import gzip
import ipaddress
import random
import re
import shlex
import struct
import sys
import zlib
from fractions import Fraction

LINKS = {"null": 0, "ethernet": 1, "ppp": 9, "fddi": 10, "ppp-hdlc": 50, "raw": 101, "chdlc": 104, "802.11": 105, "loop": 108,
         "sll": 113, "radiotap": 127, "user0": 147, "sll2": 276}
FLAG_BITS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128, "N": 256}
SETTINGS = {"link", "snaplen", "nanosecond", "bigendian", "cut", "unsorted", "start", "seed", "vlan", "mpls", "pppoe", "sgt",
            "tunnel", "host", "only", "packed", "pcapng", "section", "interface", "on", "block"}
LINUX = "mss:1460,sok,ts,nop,ws:7"
MSS = 1448  # payload of a full segment: 1500 - 40 - 12 octets of timestamps
ETHERTYPE = {4: 0x0800, 6: 0x86dd}
MACS = bytes.fromhex("020000000002020000000001")
SNAP = bytes.fromhex("aaaa03000000")
PPP_PROTOCOL = {0x0800: 0x21, 0x86dd: 0x57, 0x8847: 0x281}


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
        self.start, self.vlans, self.labels, self.tunnels, self.sorted = 1_700_000_000 * 10**9, [], [], [], True
        self.session = self.group = None
        self.hosts, self.sides, self.frames = {}, {}, []
        self.last_from, self.now, self.random = {}, 0, random.Random(1)
        self.only, self.packed, self.sections = None, None, []

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
        elif name == "host":
            self.set_host(endpoint(rest[0])[0], pairs(rest[1:]))
        elif name == "only":
            self.only = seconds(rest[0]), seconds(rest[1])
        elif name == "packed":
            self.packed = rest[0], int(pairs(rest[1:]).get("members", 1))
        elif name in ("pcapng", "section", "interface", "on", "block"):
            self.set_pcapng(name, rest)
        else:
            self.set_way(name, [] if rest == ["none"] else rest)

    def set_pcapng(self, name, rest):
        if name == "pcapng":
            self.order = ">" if "bigendian" in rest else "<"
            self.sections = [Section(self.order)]
        elif name == "section":
            self.order = ">" if "bigendian" in rest else "<"
            self.sections.append(Section(self.order))
        elif name == "interface":
            self.set(["link", rest[0]])
            self.sections[-1].interface(LINKS[self.link], **pairs(rest[1:]))
        elif name == "on":
            self.sections[-1].on = int(rest[0])
            self.link = {n: name for name, n in LINKS.items()}[self.sections[-1].interfaces[int(rest[0])][0]]
        else:
            self.sections[-1].blocks.append((int(rest[0], 0), bytes.fromhex("".join(rest[1:]))))

    def set_way(self, name, rest):
        """What stands between the link layer and the packet; no words: nothing."""
        if name in ("vlan", "mpls"):
            setattr(self, "vlans" if name == "vlan" else "labels", [int(v) for v in rest[0].split(",")] if rest else [])
        elif name in ("pppoe", "sgt"):
            setattr(self, "session" if name == "pppoe" else "group", int(rest[0]) if rest else None)
        elif name == "tunnel":
            if len(rest) % 4 not in (0, 3) or any(word != "+" for word in rest[3::4]):
                raise ScriptError("a tunnel is KIND SRC DST, with + between them")
            self.tunnels = [(rest[i], endpoint(rest[i + 1])[0], endpoint(rest[i + 2])[0]) for i in range(0, len(rest), 4)]

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
        if "split" in key:
            return self.fragments(ns, src, dst, protocol, body, key)
        packet = self.ip(src, dst, protocol, body, key)
        self.send(ns, packet, key)
        return packet

    def send(self, ns, packet, key):
        outer = packet
        for kind, outer_src, outer_dst in reversed(self.tunnels):
            outer = self.wrap(outer, kind, outer_src, outer_dst)
        self.frame(ns, self.link_header(outer) + outer, key.get("cap"))

    def fragments(self, ns, src, dst, protocol, body, key):
        """RFC 791 3.2 and RFC 8200 4.5: pieces of a multiple of 8 octets, all but the last with the "more" bit."""
        size, number = int(key["split"]), int(key.get("id", self.host(src).take_id()))
        pieces = []
        for at in range(0, len(body), size):
            piece, more = body[at:at + size], at + size < len(body)
            if src.version == 4:
                pieces.append(self.ip(src, dst, protocol, piece, {**key, "id": number, "frag": f"{at}{'+' if more else ''}"}))
            else:
                head = struct.pack("!BBHI", protocol, 0, at | more, number)
                pieces.append(self.ip(src, dst, 44, head + piece, key))
        for i in [int(n) for n in key["order"].split(",")] if "order" in key else range(len(pieces)):
            self.send(ns, pieces[i], key)
        return pieces[0]

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

    def wrap(self, packet, kind, src, dst):
        """The packet in a tunnel's header and IPv4."""
        inner = ETHERTYPE[packet[0] >> 4]
        frame = MACS + struct.pack("!H", inner) + packet
        if kind == "ipip":
            return self.ip(src, dst, 4 if inner == 0x0800 else 41, packet, {})
        gre = {"gre": lambda: struct.pack("!HH", 0, inner) + packet,
               "gre-eth": lambda: struct.pack("!HHI", 0x2000, 0x6558, 7 << 8) + frame,  # RFC 7637
               "pptp": lambda: struct.pack("!HHHHIHH", 0x3001, 0x880b, 4 + len(packet), 7, 1, 0xff03,
                                           PPP_PROTOCOL[inner]) + packet,  # RFC 2637
               "erspan1": lambda: struct.pack("!HH", 0, 0x88be) + frame,  # draft-foschiano-erspan-03, also the next two
               "erspan2": lambda: struct.pack("!HHIII", 0x1000, 0x88be, 9, 1 << 28 | 7, 5) + frame,
               "erspan3": lambda: struct.pack("!HHIIII", 0x1000, 0x22eb, 9, 2 << 28 | 7, 0x01020304, 0) + frame}
        if kind in gre:
            return self.ip(src, dst, 47, gre[kind](), {})
        udp = {"vxlan": lambda: (4789, struct.pack("!II", 0x08000000, 7 << 8) + frame),  # RFC 7348
               "geneve": lambda: (6081, struct.pack("!BBHI4x", 1, 0, 0x6558, 7 << 8) + frame),  # RFC 8926; one word of options
               "gtp-u": lambda: (2152, struct.pack("!BBHIHBBBBBB", 0x36, 255, 8 + len(packet), 1, 9, 0, 0x85, 1, 0, 9, 0) +
                                 packet),  # TS 29.281; sequence number, one extension
               "teredo": lambda: (3544, struct.pack("!HHI", 0, 0x1234, 0x01020304) + packet)}  # RFC 4380; an origin
        if kind in udp:
            port, data = udp[kind]()
            return self.ip(src, dst, 17, struct.pack("!HHHH", 50000, port, 8 + len(data), 0) + data, {})
        raise ScriptError(f"no tunnel {kind}")

    # ---- link layer ----

    def below_ip(self, packet):
        """(Ethernet type, octets) of what stands between a type and the packet: tags, metadata, PPPoE, labels."""
        kind, head = ETHERTYPE[packet[0] >> 4], b""
        for i, label in enumerate(reversed(self.labels)):
            kind, head = 0x8847, struct.pack("!I", label << 12 | (0x100 if i == 0 else 0) | 64) + head
        if self.session is not None:
            ppp = struct.pack("!H", PPP_PROTOCOL[kind]) + head
            kind, head = 0x8864, struct.pack("!BBHH", 0x11, 0, self.session, len(ppp) + len(packet)) + ppp
        if self.group is not None:
            kind, head = 0x8909, struct.pack("!BBHHH", 1, 1, 1, self.group, kind) + head
        for i, vlan in enumerate(reversed(self.vlans)):
            head = struct.pack("!HH", vlan, kind) + head
            kind = 0x88a8 if i == len(self.vlans) - 1 and i > 0 else 0x8100
        return kind, head

    def link_header(self, packet):
        kind, head = self.below_ip(packet)
        wlan = bytes.fromhex("08022c00") + MACS + bytes.fromhex("0200000000031000")  # data, from the distribution system
        typed = {"ethernet": MACS, "sll": struct.pack("!HHH8s", 0, 1, 6, MACS[6:]), "chdlc": b"\x0f\x00",
                 "fddi": b"\x54" + MACS + SNAP, "802.11": wlan + SNAP,
                 "radiotap": bytes.fromhex("000008000000 0000") + wlan + SNAP}
        if self.link in typed:
            return typed[self.link] + struct.pack("!H", kind) + head
        if self.link == "sll2":
            return struct.pack("!HHIHBB8s", kind, 0, 2, 1, 0, 6, MACS[6:]) + head
        if self.link.startswith("ppp") and kind in PPP_PROTOCOL:
            return struct.pack("!HH", 0xff03, PPP_PROTOCOL[kind]) + head
        if head or self.link.startswith(("ppp", "user")):
            raise ScriptError(f"link {self.link} has no type {kind:04x}")
        if self.link == "raw":
            return b""
        family = 2 if kind == 0x0800 else 30
        return struct.pack((self.order if self.link == "null" else ">") + "I", family)

    def frame(self, ns, octets, cap=None):
        kept = octets[:min(self.snaplen, int(cap) if cap else len(octets))]
        if not self.sections:
            self.frames.append((self.start + ns, kept, len(octets)))
            return
        section = self.sections[-1]
        if not section.interfaces:
            section.interface(LINKS[self.link])
        section.frames.append((self.start + ns, kept, len(octets), section.on))

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

    def chosen(self, frames):
        """The frames that go into this file, in its order."""
        first, last = (self.start + ns for ns in self.only) if self.only else (-1 << 80, 1 << 80)
        frames = [f for f in frames if first <= f[0] < last]
        return sorted(frames, key=lambda f: f[0]) if self.sorted else frames

    def octets(self):
        data = b"".join(s.octets(self.chosen(s.frames)) for s in self.sections) if self.sections else self.classic()
        data = pack(data, *self.packed) if self.packed else data
        return data[:len(data) - self.cut_octets]

    def classic(self):
        magic = 0xa1b23c4d if self.fraction == 1 else 0xa1b2c3d4
        out = [struct.pack(self.order + "IHHiIII", magic, 2, 4, 0, 0, self.snaplen, LINKS[self.link])]
        for ns, kept, length in self.chosen(self.frames):
            whole, rest = divmod(ns, 10**9)
            out.append(struct.pack(self.order + "IIII", whole, rest // self.fraction, len(kept), length) + kept)
        return b"".join(out)


class Section:
    """A pcapng section (draft-ietf-opsawg-pcapng): its interfaces and what was seen on them."""

    def __init__(self, order):
        self.order, self.interfaces, self.frames, self.blocks, self.on = order, [], [], [], 0

    def interface(self, link, tsresol="6", tsoffset="0", snaplen="0"):
        binary = tsresol.startswith("2^")
        n = int(tsresol[2:] if binary else tsresol)
        self.on = len(self.interfaces)
        self.interfaces.append((link, 2**n if binary else 10**n, n | (0x80 if binary else 0), int(tsoffset), int(snaplen)))

    def block(self, kind, body):
        body += b"\0" * (-len(body) % 4)
        length = len(body) + 12
        return struct.pack(self.order + "II", kind, length) + body + struct.pack(self.order + "I", length)

    def describe(self, link, _, resolution, offset, snaplen):
        options = struct.pack(self.order + "HHB3x", 9, 1, resolution)
        if offset:
            options += struct.pack(self.order + "HHq", 14, 8, offset)
        return self.block(1, struct.pack(self.order + "HHI", link, 0, snaplen) + options + b"\0" * 4)

    def octets(self, frames):
        out = [self.block(0x0a0d0d0a, struct.pack(self.order + "IHHq", 0x1a2b3c4d, 1, 0, -1))]
        out += [self.describe(*i) for i in self.interfaces]
        out += [self.block(kind, body) for kind, body in self.blocks]
        for ns, kept, length, on in frames:
            _, per_second, _, offset, snaplen = self.interfaces[on]
            ticks = (ns - offset * 10**9) * per_second // 10**9
            kept = kept[:snaplen or len(kept)]
            out.append(self.block(6, struct.pack(self.order + "IIIII", on, ticks >> 32, ticks & 0xffffffff, len(kept), length) + kept))
        return b"".join(out)


def stored_zstd(data):
    """A zstd frame (RFC 8878) of one segment with a 4-octet content size, in raw blocks."""
    out, size = [struct.pack("<IBI", 0xfd2fb528, 0xa0, len(data))], 1 << 16
    parts = [data[i:i + size] for i in range(0, len(data), size)] or [b""]
    for i, part in enumerate(parts):
        out.append(struct.pack("<I", len(part) << 3 | (i == len(parts) - 1))[:3] + part)
    return b"".join(out)


def pack(data, how, members):
    if how not in ("gzip", "zstd"):
        raise ScriptError(f"no packing {how}")
    step = -(-len(data) // members)
    parts = [data[i:i + step] for i in range(0, len(data), step)]
    return b"".join(gzip.compress(p, mtime=0) if how == "gzip" else stored_zstd(p) for p in parts)


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
