#!/usr/bin/python3
"""
The tools of the golden tests, tested: octets that the capture maker must write, taken from RFCs and counted by hand;
expectations that must hold and must not; and run.py against programs that are wrong in one way each. Prints TAP.
"""
import gzip
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import expect  # noqa: E402
import pcapmake  # noqa: E402
import tap  # noqa: E402


def packets(script):
    """(seconds, fraction, captured octets, length) of each record, the file's header apart."""
    data = pcapmake.make(script)
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, out = 24, []
    while at < len(data):
        second, fraction, kept, length = struct.unpack(order + "IIII", data[at:at + 16])
        out.append((second, fraction, data[at + 16:at + 16 + kept], length))
        at += 16 + kept
    return data[:24], out


def maker(out):
    # RFC 1071 section 3: the words 0001 f203 f4f5 f6f7 add up to ddf2; the checksum is its complement.
    out.check("the checksum of RFC 1071's example is its complement", pcapmake.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xffff ^ 0xddf2)

    # The header of a UDP packet of 115 octets from 192.168.0.1 to 192.168.0.199 has the checksum b861: the example of
    # Wikipedia's article on the IPv4 header checksum.
    out.check("the checksum of a known IPv4 header", pcapmake.checksum(bytes.fromhex("45000073000040004011 0000 c0a80001c0a800c7")) == 0xb861)

    header, found = packets("start 1000\n0.5 10.0.0.1:1 > 10.0.0.2:2 S isn=16909060 opts=mss:1460,sok,nop,ws:7 win=1024 id=5 ttl=9\n")
    out.check("file header: magic, 2.4, snap length, Ethernet",
              header == bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"), header.hex())
    second, fraction, frame, length = found[0]
    out.check("time: 1000.5 s in microseconds", (second, fraction, length) == (1000, 500000, 14 + 20 + 20 + 12), str(found[0][:2]))
    out.check("Ethernet: type 0800", frame[12:14] == b"\x08\x00")
    # Version 4, 5 words, length 52, ID 5, DF, TTL 9, TCP.
    out.check("IPv4 header", frame[14:24] == bytes.fromhex("45000034000540000906"), frame[14:34].hex())
    out.check("IPv4: the header adds up to nothing", pcapmake.checksum(frame[14:34]) == 0)
    # Ports 1 and 2, sequence 01020304, acknowledgment 0, 8 words, SYN, window 1024.
    out.check("TCP header", frame[34:50] == bytes.fromhex("00010002010203040000000080020400"), frame[34:54].hex())
    # MSS 1460; SACK permitted; no-operation; window scale 7; two octets of padding.
    out.check("TCP options", frame[54:] == bytes.fromhex("020405b4 0402 01 030307 0000"), frame[54:].hex())
    pseudo = frame[26:34] + struct.pack("!BBH", 0, 6, 32)
    out.check("TCP: header and pseudo-header add up to nothing", pcapmake.checksum(pseudo + frame[34:]) == 0)

    _, found = packets("nanosecond\nbigendian\nlink raw\n0.000000001 [2001:db8::1]:1 > [2001:db8::2]:2 S isn=0 opts=none flow=74565 hop=3\n")
    frame = found[0][2]
    out.check("nanoseconds, big-endian, IPv6: flow label 12345, 20 octets, TCP, hop limit 3",
              found[0][1] == 1 and frame[:8] == bytes.fromhex("6001234500140603"), frame[:8].hex())
    pseudo = frame[8:40] + struct.pack("!I3xB", 20, 6)
    out.check("IPv6: TCP and pseudo-header add up to nothing", pcapmake.checksum(pseudo + frame[40:]) == 0)

    tag = "0 10.0.0.1:1 > 10.0.0.2:2 S isn=0 opts=none\n"
    # RFC 3032 (label, bottom bit, 64 hops), RFC 2516 (40 octets of IP and 2 of PPP are 002a), what Wireshark reads as CMD.
    heads = {"vlan 100\n": "8100 0064 0800", "vlan 5,7\n": "88a8 0005 8100 0007 0800",
             "mpls 16,17\n": "8847 00010040 00011140 45", "pppoe 4660\n": "8864 11 00 1234 002a 0021 45",
             "sgt 9\n": "8909 01 01 0001 0009 0800 45", "vlan 7\nsgt 9\npppoe 1\nmpls 16\n":
             "8100 0007 8909 01 01 0001 0009 8864 11 00 0001 002e 0281 00010140 45"}
    for setting, want in heads.items():
        octets = packets(setting + tag)[1][0][2]
        want = bytes.fromhex(want)
        out.check(f"{setting.strip()}: tags", octets[12:12 + len(want)] == want, octets[:30].hex())
    links = {"null": "02000000 45", "loop": "00000002 45", "raw": "45", "sll": "0000 0001 0006 020000000001 0000 0800 45",
             "sll2": "0800 0000 00000002 0001 00 06 020000000001 0000 45", "ppp": "ff03 0021 45", "ppp-hdlc": "ff03 0021 45",
             "chdlc": "0f00 0800 45", "fddi": "54 020000000002 020000000001 aaaa03 000000 0800 45",
             "802.11": "0802 2c00 020000000002 020000000001 020000000003 1000 aaaa03 000000 0800 45",
             "radiotap": "0000 0800 00000000 0802 2c00"}
    for link, want in links.items():
        octets, want = packets(f"link {link}\n{tag}")[1][0][2], bytes.fromhex(want)
        out.check(f"link {link}: header", octets[:len(want)] == want, octets[:24].hex())

    # Behind 14 octets of Ethernet and 20 of outer IPv4: what each tunnel's own document says, around 40 octets of IP.
    frame = "020000000002 020000000001 0800 45"
    tunnels = {"ipip": (4, "45"), "gre": (47, "0000 0800 45"), "gre-eth": (47, f"2000 6558 00000700 {frame}"),
               "pptp": (47, "3001 880b 002c 0007 00000001 ff03 0021 45"), "erspan1": (47, f"0000 88be {frame}"),
               "erspan2": (47, f"1000 88be 00000009 10000007 00000005 {frame}"),
               "erspan3": (47, f"1000 22eb 00000009 20000007 01020304 00000000 {frame}"),
               "vxlan": (17, f"c350 12b5 0046 0000 08000000 00000700 {frame}"),
               "geneve": (17, f"c350 17c1 004a 0000 0100 6558 00000700 00000000 {frame}"),
               "gtp-u": (17, "c350 0868 0040 0000 36ff 0030 00000001 0009 00 85 01 0009 00 45"),
               "teredo": (17, "c350 0dd8 0038 0000 0000 1234 01020304 45")}
    for kind, (protocol, want) in tunnels.items():
        octets, want = packets(f"tunnel {kind} 192.0.2.1 192.0.2.2\n{tag}")[1][0][2], bytes.fromhex(want)
        out.check(f"tunnel {kind}: protocol {protocol}, header", octets[23] == protocol and octets[34:34 + len(want)] == want,
                  octets[23:70].hex())
    octets = packets(f"tunnel gre 192.0.2.1 192.0.2.2 + ipip 192.0.2.3 192.0.2.4\n{tag}")[1][0][2]
    out.check("tunnels nest, the first outermost", octets[23] == 47 and octets[26:38].hex() == "c0000201c0000202" "00000800" and
              octets[47] == 4 and octets[50:58].hex() == "c0000203c0000204", octets[23:70].hex())

    # 20 octets of TCP and 30 of payload in pieces of 24: 24, 24, 2; the last two begin at 3 and 6 times 8 octets.
    split = "0 10.0.0.1:1 > 10.0.0.2:2 A len=30 opts=none split=24 id=7"
    found = [f[2][16:22].hex() for f in packets(split + "\n")[1]]
    out.check("IPv4 fragments: length, ID, more and offset", found == ["002c00072000", "002c00072003", "001600070006"], str(found))
    found = [f[2][16:22].hex() for f in packets(split + " order=2,0\n")[1]]
    out.check("fragments in the order asked for", found == ["001600070006", "002c00072000"], str(found))
    found = [f[2][18:20].hex() + f[2][20:21].hex() + f[2][54:62].hex() for f in
             packets("0 [2001:db8::1]:1 > [2001:db8::2]:2 A len=30 opts=none split=24 id=7\n")[1]]
    out.check("IPv6 fragments: payload length, next header 44, TCP, offset and more, ID",
              found == ["00202c0600000100000007", "00202c0600001900000007", "000a2c0600003000000007"], str(found))

    # Numbers follow: SYN takes one, 10 octets take ten, FIN takes one.
    _, found = packets("0 10.0.0.1:1 > 10.0.0.2:2 S isn=100 opts=none\n1 10.0.0.2:2 > 10.0.0.1:1 SA isn=200 opts=none\n"
                       "2 10.0.0.1:1 > 10.0.0.2:2 PA len=10\n3 10.0.0.1:1 > 10.0.0.2:2 FA\n4 10.0.0.2:2 > 10.0.0.1:1 A\n")
    numbers = [struct.unpack("!II", f[2][38:46]) for f in found]
    out.check("sequence and acknowledgment numbers", numbers == [(100, 0), (200, 101), (101, 201), (111, 201), (201, 112)], str(numbers))
    out.check("payload", found[2][2][54:] == b"x" * 10)
    _, found = packets("0 10.0.0.1:1 > 10.0.0.2:2 S isn=100\n1 10.0.0.1:1 > 10.0.0.2:2 S\n2 10.0.0.1:1 > 10.0.0.2:2 S isn=7\n")
    out.check("a SYN without isn is a repetition", [struct.unpack("!I", f[2][38:42])[0] for f in found] == [100, 100, 7])
    _, found = packets("snaplen 60\nhttp client=10.0.0.1:1 server=10.0.0.2:2 at=0\n")
    out.check("snaplen: 60 captured of 74", len(found[0][2]) == 60 and found[0][3] == 74)
    whole = pcapmake.make(tag)
    out.check("cut 3: the same file without its last 3 octets", pcapmake.make("cut 3\n" + tag) == whole[:-3])
    _, found = packets("repeat 3 every 5 step 2 http client=10.0.0.1:40000 server=10.0.0.2:80 at=1\n")
    syns = [(f[0] - 1700000000, struct.unpack("!H", f[2][34:36])[0]) for f in found if f[2][47] == 2]
    out.check("repeat: three SYNs, 5 s and 2 ports apart", syns == [(1, 40000), (6, 40002), (11, 40004)], str(syns))
    for bad in ("0 10.0.0.1:1 > 10.0.0.2:2 X\n", "link wax\n", "0 10.0.0.1:1 10.0.0.2:2 S\n", "http client=10.0.0.1:1\n",
                "tunnel wax 192.0.2.1 192.0.2.2\n0 10.0.0.1:1 > 10.0.0.2:2 S\n", "tunnel gre 192.0.2.1\n", "link ppp\nvlan 5\n" + tag):
        try:
            pcapmake.make(bad)
            out.check(f"refused: {bad.splitlines()[0]}", False)
        except pcapmake.ScriptError as e:
            line = len(bad.splitlines())
            out.check(f"refused with its line: {bad.splitlines()[0]}", f"script:{line}:" in str(e), str(e))


def files(out):
    """Formats of the whole file, by octets from draft-ietf-opsawg-pcapng, RFC 1952 and RFC 8878."""
    one = "0 frame aabbccdd\n"
    want = "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000" \
           "01000000 20000000 0100 0000 00000000 0900 0100 06 000000 00000000 20000000" \
           "06000000 24000000 00000000 240a0600 00401e18 04000000 04000000 aabbccdd 24000000"
    # 1,700,000,000,000,000 us are 60a24 * 2^32 + 181e4000 (hexadecimal).
    got = pcapmake.make("pcapng\n" + one)
    out.check("pcapng: section, interface, packet", got == bytes.fromhex(want), got.hex())
    got = pcapmake.make("pcapng bigendian\nstart 100\ninterface raw tsresol=2^4 tsoffset=98 snaplen=3\nblock 0x0bad 00007ed9 ff\n0.5 frame aabbccdd\n")
    want = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c" \
           "00000001 0000002c 0065 0000 00000003 0009 0001 84 000000 000e 0008 0000000000000062 00000000 0000002c" \
           "00000bad 00000014 00007ed9 ff000000 00000014" \
           "00000006 00000024 00000000 00000000 00000028 00000003 00000004 aabbcc00 00000024"
    out.check("pcapng: big-endian, 2^-4 s, offset 98 s: 2.5 s are 40 ticks; a block of another kind", got == bytes.fromhex(want), got.hex())
    got = pcapmake.make("pcapng\n" + one + "section\ninterface raw\ninterface null\non 0\n" + one)
    out.check("pcapng: a section has its own interfaces, and `on` goes back to one",
              len(got) == 28 + 32 + 36 + 28 + 2 * 32 + 36 and got[-28:-24] == bytes(4), got.hex())
    plain = pcapmake.make(one)
    packed = pcapmake.make("packed gzip members=3\n" + one)
    out.check("gzip: three members, the whole file", packed.count(b"\x1f\x8b\x08") == 3 and gzip.decompress(packed) == plain)
    packed = pcapmake.make("packed zstd\n" + one)
    # Magic; single segment with a 4-octet size; the size; last raw block of 44 octets: 44 << 3 | 1.
    out.check("zstd: a stored block", packed == bytes.fromhex("28b52ffd a0 2c000000 610100") + plain and len(plain) == 44, packed.hex())
    _, found = packets("only 1 3\n0 frame 00\n1 frame 01\n2.5 frame 02\n3 frame 03\n")
    out.check("only 1 3: from 1 on, before 3", [f[2] for f in found] == [b"\x01", b"\x02"], str(found))


EVENT = {"event_type": "connection", "src_ip": "10.0.0.1", "src_port": 5, "vlan": [5, 7], "complete": False,
         "flow": {"state": "SF", "start": "2023-11-14T22:13:20.000000Z", "pkts_toserver": 6, "pkts_toclient": 4},
         "close": {"kind": "client-first", "time_wait": [{"side": "client"}]}, "closes": {"client-first": 2}, "iat": {"cv": 0.25, "n": 10}}
HOLD = ["state=SF", "flow.state=SF", "pkts=6/4", "pkts=/4", "vlan=5,7", "vlan#=2", "vlan+=7", "vlan!+=6", "complete=false", "iat.cv=0.25",
        "iat.cv=0.2..0.3", "iat.cv>=0.25", "iat.n<=10", "iat.n=10", "state!=S1", "!tunnel", "vlan", "tunnel#=0", "close=client-first",
        "close.time_wait.0.side=client", "close.time_wait#=1", "closes.client-first=2"]
FAIL = ["state=S1", "pkts=6/5", "pkts=5/4", "pkts=6", "vlan=7,5", "vlan#=1", "vlan+=6", "vlan!+=7", "complete=true", "iat.cv=0.26",
        "iat.cv=0.26..0.3", "iat.cv>=0.26", "iat.n<=9", "state!=SF", "!vlan", "tunnel", "tunnel=gre", "tunnel!=gre", "tunnel>=1",
        "close.time_wait.0.side=server", "close.time_wait.1.side=client", "closes.client-first=1", "nonsense~1"]


def terms(out):
    for term in HOLD:
        found = expect.term_faults(EVENT, term)
        out.check(f"{term} holds", not found, "\n".join(found))
    for term in FAIL:
        out.check(f"{term} does not hold", expect.term_faults(EVENT, term))
    text = "expect connection 10.0.0.1:5 state=SF\nexpect connection 10.0.0.1:6 state=SF\nexpect connection 10.0.0.1:5 #2 state=SF\n" \
           "expect count connection=2\nexpect exit 3\nexpect nowhere word\n"
    lines, _ = expect.read(text)
    verdicts = [bool(e.faults([EVENT], 0, "a word")) for e in lines]
    out.check("what is missing, one too few, the status and the printed word are found", verdicts == [False, True, True, True, True, True],
              str(verdicts))
    audits = [expect.annotated({"event_type": "audit", "audit": {"pairs": [{"attempts": n}], "findings": [{"id": "a.b"}]}}, at)
              for n, at in ((9, None), (4, "2.5"))]
    lines, _ = expect.read("expect audit pairs.0.attempts=9 finding_ids+=a.b\nexpect audit @2.5 pairs.0.attempts=4\n"
                           "expect audit @2.5 pairs.0.attempts=9\nexpect audit @3 pairs\n")
    verdicts = [bool(e.faults(audits, 0)) for e in lines[:4]]
    out.check("audits are picked by their moment", verdicts == [False, False, True, True], str(verdicts))
    out.check("without an exit line status 0 is expected", expect.read("expect count stats=1\n")[0][-1].faults([], 1))


FAKE = """#!/bin/sh
# Stands for the program: prints what the test wants printed.
cat {output}
exit {status}
"""


def runner(out):
    """run.py must object to a program that prints something else, dies, or breaks the schema."""
    with tempfile.TemporaryDirectory() as folder:
        def result(output, status=0):
            with open(os.path.join(folder, "out"), "w", encoding="utf-8") as f:
                f.write(output)
            fake = os.path.join(folder, "fake")
            with open(fake, "w", encoding="utf-8") as f:
                f.write(FAKE.format(output=os.path.join(folder, "out"), status=status))
            os.chmod(fake, 0o755)
            p = subprocess.run([sys.executable, os.path.join(HERE, "run.py"), "--bin", fake, "cut"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, check=False)
            return p.returncode, p.stdout.decode()

        for what, output, status in (("prints nothing", "", 3), ("prints no JSON", "hello\n", 3), ("breaks the schema", '{"v":1}\n', 3),
                                     ("dies", "", 139), ("says that all is well", "", 0)):
            code, text = result(output, status)
            passed, failed, _, _ = tap.read(text)
            out.check(f"run.py objects to a program that {what}", code == 1 and failed > 0, text)
    counts = tap.read("1..4\nok 1 - a\nnot ok 2 - b\nok 3 # SKIP c\nnot ok 4 # SKIP d\n# ok - group\n")
    out.check("TAP is counted", counts == (1, 1, 2, 4), str(counts))


def main():
    out = tap.Tap()
    maker(out)
    files(out)
    terms(out)
    runner(out)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
