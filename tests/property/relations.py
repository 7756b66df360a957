#!/usr/bin/python3
"""
What must stay the same when a capture is changed in a way that does not matter, and what must happen when it is
damaged. The captures are the golden tests' (tests/golden/captures). Prints TAP.

  tests/property/relations.py --bin build/syncopate [--few]

--few: a part of the damaged captures (a build with sanitizers is slow).
"""
import argparse
import gzip
import json
import math
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "golden")]
import pcapmake  # noqa: E402
import tap  # noqa: E402

VERDICTS = ["verdict-beacon", "verdict-poller", "verdict-scan", "verdict-flood", "verdict-pool", "verdict-retry", "verdict-few",
            "verdict-human", "verdict-mixed"]
SMALL = ["closes", "resets", "failed", "trouble", "vlan", "tunnel", "link-raw", "stacks", "malformed"]
# More than 8 MiB keep, fewer than they have half-open SYNs for: those of clients that are real must not give way.
FLOOD = 11300


def script(name):
    with open(os.path.join(os.path.dirname(HERE), "golden", "captures", name + ".txt"), encoding="utf-8") as f:
        return f.read()


def settled(output):
    """Without octets of memory: those follow the batches of a reader, nothing else does."""
    return re.sub(r'"mem\w+_bytes":\d+', '"mem"', output)


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = os.path.abspath(binary), folder

    def run(self, *words, data=None):
        p = subprocess.run([self.binary, *words], cwd=self.folder, input=data, timeout=120, check=False,
                           stdin=subprocess.DEVNULL if data is None else None, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")

    def write(self, name, octets):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(octets)
        return name

    def events(self, octets, kinds, name="x.pcap"):
        status, output, errors = self.run("--json", "--events", kinds, self.write(name, octets))
        if status != 0:
            raise ValueError(f"exit status {status}: {errors[-300:]}")
        return settled(output)


def records(octets):
    """The records of a little-endian capture file, as octets with their headers."""
    at, out = 24, []
    while at + 16 <= len(octets):
        size = struct.unpack("<I", octets[at + 8:at + 12])[0]
        out.append(octets[at:at + 16 + size])
        at += 16 + size
    return out


def judgement(output):
    """What verdict lines say, without when and without flow identifiers, which hold the start."""
    out = []
    for line in output.splitlines():
        v = json.loads(line)
        for e in v["verdict"]["evidence"]:
            e.pop("flow_ids", None)
            # A filter names times and addresses.
            e.pop("display_filter", None)
        v["verdict"].pop("window")
        v.pop("timestamp")
        out.append(v)
    return out


def pcapng(octets):
    """The same frames as a pcapng file with microseconds: one section, one interface."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    snaplen, link = struct.unpack("<II", octets[16:24])
    out = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)), block(1, struct.pack("<HHI", link, 0, snaplen))]
    for r in records(octets):
        second, fraction, kept, length = struct.unpack("<IIII", r[:16])
        stamp = second * 1_000_000 + fraction
        out.append(block(6, struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xffffffff, kept, length) + r[16:]))
    return b"".join(out)


def same(out, program, name):
    text = script(name)
    octets = pcapmake.make(text)
    kinds = "fingerprint,connection,source,verdict,stats"
    plain = program.events(octets, kinds)
    out.check(f"{name}: two runs print the same", program.events(octets, kinds) == plain)
    out.check(f"{name}: big-endian", program.events(pcapmake.make("bigendian\n" + text), kinds) == plain)
    out.check(f"{name}: nanoseconds", program.events(pcapmake.make("nanosecond\n" + text), kinds) == plain)
    out.check(f"{name}: pcapng", program.events(pcapng(octets), kinds) == plain)
    status, output, errors = program.run("--json", "--events", kinds, "-", data=octets)
    out.check(f"{name}: standard input", (status, settled(output)) == (0, plain), f"exit status {status} {errors}")
    frames, r = records(octets), random.Random(name)
    at = r.randrange(1, len(frames))
    program.write("a.pcap", octets[:24] + b"".join(frames[:at]))
    program.write("b.pcap", octets[:24] + b"".join(frames[at:]))
    want = program.events(octets, "connection,source,verdict")
    status, output, errors = program.run("--json", "--events", "connection,source,verdict", "a.pcap", "b.pcap")
    out.check(f"{name}: two files, cut after frame {at}, are one stream", (status, settled(output)) == (0, want), f"exit status {status} {errors}")


def moved(out, program, name):
    text = script(name)
    want = judgement(program.events(pcapmake.make(text), "verdict"))
    out.check(f"{name}: there are verdicts", want)
    got = judgement(program.events(pcapmake.make("start 1500000000\n" + text), "verdict"))
    out.check(f"{name}: six years earlier the same judgement", got == want)
    renamed = text.replace("10.2.0.", "172.16.9.").replace("10.0.0.", "192.0.2.")
    got = judgement(program.events(pcapmake.make(renamed), "verdict"))
    back = json.loads(json.dumps(got).replace("172.16.9.", "10.2.0.").replace("192.0.2.", "10.0.0."))
    # The TSval base of pcapmake's hosts and the initial sequence numbers come from the addresses: other bytes, same facts.
    out.check(f"{name}: under other addresses the same judgement", back == want)


def together(out, program):
    """A source is judged by what it did: who else is in the capture does not matter."""
    alone, all_frames = {}, []
    for name in VERDICTS:
        octets = pcapmake.make(script(name))
        for line in program.events(octets, "verdict").splitlines():
            v = json.loads(line)
            alone[v["src_ip"], v.get("dest_ip"), v.get("dest_port")] = line
        head, frames = octets[:24], records(octets)
        all_frames += frames
    all_frames.sort(key=lambda f: struct.unpack("<II", f[:8]))
    status, output, errors = program.run("--json", "--events", "verdict", program.write("all.pcap", head + b"".join(all_frames)))
    out.check("all sources in one capture are read", status == 0, errors)
    found = {}
    for line in output.splitlines():
        v = json.loads(line)
        found[v["src_ip"], v.get("dest_ip"), v.get("dest_port")] = line
    for key, line in sorted(alone.items(), key=str):
        # The line is stamped with the capture's last packet, which is another's.
        strip = lambda l: re.sub(r'"timestamp":"[^"]*",', "", l or "")  # noqa: E731
        out.check(f"{key[0]} among others: the same verdict", strip(found.get(key)) == strip(line), f"{line}\n{found.get(key)}"[:2000])


def flooded(out, program):
    """Who is real is judged as without the flood that comes beside, and the flood is its service's verdict."""
    frames, r = [], random.Random("flood")
    for name in VERDICTS:
        octets = pcapmake.make(script(name))
        head = octets[:24]
        frames += records(octets)
    syn = records(pcapmake.make("host 100.64.0.1 syn=mss:1460\n0 100.64.0.1:1024 > 192.0.2.99:80 S isn=1\n"))[0]
    first, last = (f(struct.unpack("<I", x[:4])[0] for x in frames) for f in (min, max))
    flood = []
    for i in range(FLOOD):
        octets = bytearray(syn)
        struct.pack_into("<II", octets, 0, r.randrange(first, last), r.randrange(1_000_000))
        struct.pack_into(">I", octets, 16 + 14 + 12, 0x64400000 + i)  # 100.64.0.0/10, each its own source
        flood.append(bytes(octets))
    write = lambda name, list: program.write(name, head + b"".join(sorted(list, key=lambda f: struct.unpack("<II", f[:8]))))  # noqa: E731
    alone, among = write("alone.pcap", frames), write("flood.pcap", frames + flood)
    for memory, evicted in [("256M", False), ("8M", True)]:
        run = ["--json", "--events", "verdict,stats", "--memory", memory]
        want, got = ([json.loads(line) for line in program.run(*run, path)[1].splitlines()] for path in (alone, among))
        once = got[-1]["stats"]["sources_once"]
        more = {json.dumps(v) for v in got[:-1]} - {json.dumps(v) for v in want[:-1]}
        service = [v for v in map(json.loads, more) if v.get("dest_ip") == "192.0.2.99"]
        out.check(f"{memory}: the flood's sources are counted", once["count"] == FLOOD and
                  abs(once["distinct"] - FLOOD) <= FLOOD * 4 * once["distinct_error_ratio"], once)
        out.check(f"{memory}: it is known whether some were forgotten", (once["evicted"] > 0) == evicted, once)
        out.check(f"{memory}: every real verdict stands, word for word",
                  [v for v in got[:-1] if v not in service] == want[:-1], [v for v in want[:-1] if v not in got][:1])
        out.check(f"{memory}: the flood is a verdict on its service, with all of it", len(service) == len(more) == 1 and
                  service[0]["verdict"]["label"] == "automation" and service[0]["verdict"]["conn_count"] == FLOOD and
                  service[0].get("complete") == (False if evicted else None), [len(more), service])


def redone(out, program, name):
    """The sum that a person does: prior plus the counted log-odds, through the logistic function; one a group."""
    wrong, count = [], 0
    for line in program.events(pcapmake.make(script(name)), "verdict").splitlines():
        v = json.loads(line)["verdict"]
        count += 1
        counted = [e for e in v["evidence"] if e.get("counted")]
        for e in v["evidence"]:
            if abs(e["log_odds"] - math.log(e["points"] / (100 - e["points"]))) > 0.01:
                wrong.append(f"{e['rule']}: {e['points']} points are not log-odds {e['log_odds']}")
        groups = [e["group"] for e in counted]
        if len(groups) != len(set(groups)):
            wrong.append(f"two of one group counted: {groups}")
        if v["label"] == "insufficient-evidence":
            continue
        total = v["prior"] + sum(e["log_odds"] for e in counted)
        if abs(total - v["log_odds"]) > 0.01:
            wrong.append(f"sum {total}, log_odds {v['log_odds']}")
        if abs(100 / (1 + math.exp(-total)) - v["score"]) > 1:
            wrong.append(f"score {v['score']} of sum {total}")
    out.check(f"{name}: {count} sums can be done again by hand", count and not wrong, "\n".join(wrong))


def holds_together(output):
    """What is wrong with the lines of a run on a damaged capture."""
    stats = None
    for line in output.splitlines():
        try:
            event = json.loads(line)
        except ValueError as e:
            return f"no JSON: {e}: {line[:200]}"
        if event.get("event_type") == "stats":
            stats = event["stats"]
    if stats is None:
        return "no stats"
    decoded = sum(stats["decode"].values())
    if stats["capture"]["packets"] != decoded:
        return f"{stats['capture']['packets']} packets, {decoded} accounted for"
    return None


def cut(out, program, name, few):
    octets = pcapmake.make(script(name))
    ends, at = {24: 0}, 24
    for n, r in enumerate(records(octets), 1):
        at += len(r)
        ends[at] = n
    wrong = []
    lengths = sorted(set(range(24, len(octets), 97 if few else 13)) | set(list(ends)[::9 if few else 2]))
    for length in lengths:
        status, output, errors = program.run("--json", "--events", "connection,stats", program.write("cut.pcap", octets[:length]))
        whole = max(n for end, n in ends.items() if end <= length)
        fault = holds_together(output)
        if status != (0 if length in ends else 3) or fault:
            wrong.append(f"{length} octets: exit status {status} {fault or ''} {errors[-200:]}")
        elif json.loads(output.splitlines()[-1])["stats"]["capture"]["packets"] != whole:
            wrong.append(f"{length} octets: not the {whole} frames that are whole")
    out.check(f"{name}: cut at {len(lengths)} places: status 3 inside a record, every whole frame counted", not wrong, "\n".join(wrong[:5]))


def damaged(out, program, name, rounds):
    """Random octets changed: any status of the contract, whole lines, nothing lost; never a crash."""
    octets, r, wrong = pcapmake.make(script(name)), random.Random(name), []
    for n in range(rounds):
        broken = bytearray(octets)
        for _ in range(r.randrange(1, 12)):
            broken[r.randrange(24 if n % 8 else 0, len(broken))] = r.choice((0, 1, 5, 0x45, 0x7f, 0x80, 0xff, r.randrange(256)))
        status, output, errors = program.run("--json", "--events", "fingerprint,connection,source,verdict,stats",
                                             program.write("broken.pcap", bytes(broken)))
        fault = None if status == 3 and not output else holds_together(output)
        if status not in (0, 3) or fault:
            wrong.append(f"round {n}: exit status {status} {fault or ''}\n{errors[-1500:]}")
    out.check(f"{name}: {rounds} damaged copies do no harm", not wrong, "\n".join(wrong[:3]))


def filtered(out, program, name):
    """A filter behind -- and behind -r FILE is one and the same; where it is taken for files that is said, once."""
    program.write("x.pcap", pcapmake.make(script(name)))
    after = program.run("--json", "--events", "connection", "x.pcap", "--", "tcp", "port", "80")
    behind = program.run("--json", "--events", "connection", "-r", "x.pcap", "tcp", "port", "80")
    out.check(f"{name}: a filter behind -- is the one behind -r", after == behind and after[0] == 0 and not after[2], after[2])
    status, _, errors = program.run("--json", "x.pcap", "tcp", "port", "80")
    said = errors.count("a filter stands behind")
    out.check(f"{name}: words of a filter among files are pointed at", (status, said) == (3, 1), errors)
    status, _, errors = program.run("--json", "x.pcap", "gone.pcap")
    out.check(f"{name}: a file that is gone is no filter", status == 3 and "a filter" not in errors, errors)


def leaves(value, path=""):
    """Every member that is no object, by its dotted path."""
    for name, member in value.items():
        if isinstance(member, dict):
            yield from leaves(member, f"{path}{name}.")
        else:
            yield path + name, member


def through_zeek(out, program, name):
    """conn.log holds less than our records: a fact made from it is the one from the packets, or it is not there."""
    def facts(output):
        return {(e["src_ip"], path): value for e in map(json.loads, output.splitlines())
                for path, value in leaves(e["source"]) if path != "flow_ids"}

    want = facts(program.events(pcapmake.make(script(name)), "source"))
    log = program.run("--format", "zeek", "x.pcap")[1]
    lines = [json.loads(line) for line in log.splitlines()]
    names = sorted({member for line in lines for member in line})
    # The same as TSV; Zeek's types are those of its documentation.
    kinds = {"ts": "time", "duration": "interval", "id.orig_h": "addr", "id.resp_h": "addr", "id.orig_p": "port", "id.resp_p": "port"}
    types = [kinds.get(n) or ("string" if n in ("uid", "proto", "service", "conn_state", "history", "community_id") else "count") for n in names]
    cell = lambda v: f"{v:.6f}" if isinstance(v, float) else str(v)  # noqa: E731
    rows = [[cell(line[n]) if n in line else "-" for n in names] for line in lines]
    table = "\n".join(["#separator \\x09", "#unset_field\t-", "#path\tconn", "\t".join(["#fields"] + names),
                       "\t".join(["#types"] + types)] + ["\t".join(r) for r in rows]) + "\n"
    for kind, text in (("JSON", log), ("TSV", table)):
        status, output, errors = program.run("judge", "--json", "--events", "source", "-", data=text.encode())
        got = facts(output)
        wrong = {k: (v, want.get(k)) for k, v in got.items() if want.get(k) != v}
        out.check(f"{name}: facts of conn.log as {kind} are the packets' own", status == 0 and got and not wrong, f"{status} {errors} {wrong}"[:2000])
    told = {path for _, path in got}
    out.check(f"{name}: conn.log tells starts, and no episodes of what was talked",
              "iat.n" in told and ("episode.n" not in told or not any(line.get("orig_bytes") for line in lines)), str(told))


EVERYTHING = "fingerprint,connection,source,verdict,stats,ruleset,error,audit"


def padded(octets, size):
    """The same frames with padding behind the packets, so that each has `size` octets: more of them than fit a block."""
    out = octets[:16] + struct.pack("<I", size) + octets[20:24]
    for r in records(octets):
        out += r[:8] + struct.pack("<II", size, size) + r[16:].ljust(size, b"\0")
    return out


def with_jobs(out, program):
    """Threads change nothing: not an octet of output (memory included), of messages, nor the status."""
    folder = os.path.join(os.path.dirname(HERE), "golden", "captures")
    names = sorted(f[:-4] for f in os.listdir(folder) if f.endswith(".txt"))
    texts = {name: script(name) for name in names}
    made = {name: pcapmake.make(text) for name, text in texts.items() if not any(line.startswith("file ") for line in text.splitlines())}
    files = [program.write(f"jobs-{name}.pcap", octets) for name, octets in made.items()]
    flood, human = made["verdict-flood"], records(made["verdict-human"])
    third = len(human) // 3
    parts = [program.write(f"part-{i}.pcap", made["verdict-human"][:24] + b"".join(human[i * third:(i + 1) * third if i < 2 else None]))
             for i in range(3)]
    cut = program.write("jobs-cut.pcap", flood[:len(flood) * 2 // 3 + 7])
    packed = program.write("jobs-packed.pcap.gz", gzip.compress(made["verdict-human"]))
    large = program.write("jobs-large.pcap", padded(made["closes"], 200_000))
    cases = [[f] for f in files] + [files, parts, parts[:2], [cut], [cut] + parts, [packed, cut], [large], [large] + parts,
                                    ["no-such-file", parts[0]], ["--checksums", *files], [parts[0], "--", "tcp", "port", "80"]]
    verbs = [["--json", "--events", EVERYTHING], ["audit", "--json"]]
    for case in cases:
        for verb in verbs if len(case) > 1 else verbs[:1]:
            one = program.run(*verb, "--jobs", "1", *case)
            wrong = [n for n in ("2", "4") if program.run(*verb, "--jobs", n, *case) != one]
            name = " ".join(case) if len(case) < 6 else f"{len(case)} words"
            out.check(f"{verb[0]} {name}: the same with 1, 2 and 4 jobs", not wrong and (one[1] or one[0]), f"not with {wrong}: {one}"[:500])
    short = [program.run("--json", "--memory", "1M", "--jobs", n, *files) for n in ("1", "2")]
    stats = json.loads(short[0][1].splitlines()[-1])["stats"]
    out.check("the same with jobs where memory is short", short[0] == short[1] and stats["connection_table"]["evicted"] > 0, str(stats))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    parser.add_argument("--few", action="store_true")
    args = parser.parse_args()
    out = tap.Tap()

    def guard(what, call, *arguments):
        try:
            call(out, *arguments)
        except (ValueError, KeyError, subprocess.TimeoutExpired) as e:
            out.check(what, False, f"{type(e).__name__}: {e}")

    with tempfile.TemporaryDirectory() as folder:
        program = Program(args.bin, folder)
        for name in ["closes", "trouble", "exchanges", "verdict-scan", "verdict-mixed"]:
            guard(name, same, program, name)
        for name in VERDICTS:
            guard(name, moved, program, name)
            guard(name, redone, program, name)
            guard(name, through_zeek, program, name)
        guard("all together", together, program)
        guard("flooded", flooded, program)
        guard("closes", filtered, program, "closes")
        guard("jobs", with_jobs, program)
        for name in ["closes", "link-raw"]:
            guard(name, cut, program, name, args.few)
        for name in SMALL:
            guard(name, damaged, program, name, 20 if args.few else 120)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
