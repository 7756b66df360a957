#!/usr/bin/python3
"""
The verbs of rules, as a user calls them. Prints TAP.

  tests/golden/rules.py [--bin build/syncopate]
"""
import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import pcapmake  # noqa: E402
import tap  # noqa: E402

DEFAULT = os.path.join(TOP, "rules", "default")
CORRELATION = os.path.join(HERE, "captures", "correlation.yml")
# What a public tree holds beside ours: other products, other log sources, modifiers and correlations of all kinds.
FOREIGN = """title: Whoami
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: '\\whoami.exe', CommandLine|re: '.*'}, condition: s | count() > 3}
---
title: A shell from a web server
name: shell
logsource: {category: webserver}
detection: {keywords: [sh, bash], condition: keywords}
---
title: Bytes in an hour
correlation: {type: value_sum, rules: [shell], group-by: [c-ip], timespan: 1h, condition: {field: bytes, gte: 5}}
---
title: Not this host
logsource: {product: windows}
filter: {rules: [x], selection: {a: b}, condition: not selection}
"""
# The correlation of the manual page.
PORTS_REFUSED = """title: Twenty ports refuse within ten seconds
name: ports_refused
correlation:
    type: value_count
    rules: [refused]
    group-by: [src_ip, dest_ip]
    timespan: 10s
    condition: {field: dest_port, gte: 20}
syncopate: {group: target, points: 80, kind: scan}
---
title: A connection that was refused
name: refused
logsource: {product: syncopate, category: connection}
detection: {refused: {close.kind: refused}, condition: refused}
"""


class Check:
    def __init__(self, binary, out, folder):
        self.binary, self.out, self.folder = binary, out, folder

    def run(self, *words):
        p = subprocess.run([self.binary, "rules", *words], cwd=self.folder, timeout=120, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
        return p.returncode, p.stdout, p.stderr

    def expect(self, name, holds, got):
        self.out.check(name, holds, str(got)[:600])

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)
        return name


def cases(c):
    status, said, errors = c.run("test", DEFAULT)
    c.expect("cases of all shipped rules pass", status == 0 and "\nnot ok" not in said, errors + said)
    rules = {f[:-4] for f in os.listdir(DEFAULT) if f.endswith(".yml") and not f.endswith(".test.yml")}
    tested = {f[:-9] for f in os.listdir(DEFAULT) if f.endswith(".test.yml")}
    c.expect("every shipped rule has its cases, a match and none among them", rules == tested and all(
        {"match: true", "match: false"} <= {w for w in ("match: true", "match: false") if w in open(
            os.path.join(DEFAULT, r + ".test.yml"), encoding="utf-8").read()} for r in rules), rules ^ tested)
    wrong = c.write("wrong.test.yml", "rule: half_open\ncases:\n  - name: n\n    event: {conn: {count: 5, half_open_ratio: 0.4}}\n"
                    "    expect: {match: true}\n")
    status, said, errors = c.run("test", wrong)
    c.expect("a case that fails is told with its place, status 1", status == 1 and "wrong.test.yml:3: it does not match" in said, said)
    fact = c.write("fact.test.yml", "rule: half_open\ncases:\n  - name: n\n    event: {conn.cuont: 5}\n    expect: {match: true}\n")
    status, said, errors = c.run("test", fact)
    c.expect("a fact that there is not is an error, status 2", status == 2 and "fact.test.yml:4:13: there is no fact" in errors, errors)


def captures(c):
    """Cases of captures. What the shipped one holds is what its clients noted (demo/README.md, captures/demo.txt)."""
    def case(words, rule="beacon_starts", name="run.test.yml", more=()):
        return c.run("test", *more, c.write(name, f"rule: {rule}\ncases:\n  - name: n\n" + "".join(
            f"    {w}\n" for w in words)))

    fleet = os.path.join(TOP, "demo", "fleet.pcap")
    os.makedirs(os.path.join(c.folder, "beside"))
    os.symlink(fleet, os.path.join(c.folder, "beside", "fleet.pcap"))
    curl = ["capture: fleet.pcap", "source: 10.99.2.125"]
    reader = ["capture: fleet.pcap", "source: 10.99.2.176"]
    name = "beside/run.test.yml"
    status, said, errors = case([*curl, "expect: {match: true, label: automation}"], name=name)
    c.expect("a capture stands in the folder of its cases", status == 0 and "ok 1 - beacon_starts: n" in said, errors + said)
    status, said, errors = case([*reader, "expect: {match: false, label: human-like, kinds: []}"], name=name)
    c.expect("a simulated reader is no beacon", status == 0, errors + said)
    status, said, errors = case(["capture: fleet.pcap", "expect: {match: true}"], "scan_ports", name)
    c.expect("without a source any will do", status == 0, errors + said)
    for words, told in ((reader + ["expect: {match: true}"], "it does not match"),
                        (curl + ["expect: {match: false}"], "it matches"),
                        (curl + ["expect: {label: human-like}"], "label is automation"),
                        (curl + ["expect: {kinds: [scan, beacon]}"], "kinds are [beacon"),
                        (curl + ["expect: {kinds: []}"], "kinds are [beacon")):
        status, said, errors = case(words, name=name)
        c.expect(f"a verdict that is another: {words[-1]}", status == 1 and "\nnot ok" in "\n" + said and
                 f"# beside/run.test.yml:3: {told}" in said, errors + said)
    c.write("text.pcap", "this is no capture\n")
    c.write("damaged.jsonl", '{"event_type": "connection"\n')
    with open(fleet, "rb") as whole, open(os.path.join(c.folder, "cut.pcap"), "wb") as cut:
        cut.write(whole.read()[:5000])
    for file in ("absent.pcap", "text.pcap", "damaged.jsonl", "cut.pcap"):
        status, said, errors = case([f"capture: {file}", "expect: {match: true}"])
        c.expect(f"a capture that cannot be read whole, status 3: {file}", status == 3 and
                 f"run.test.yml:4:14: {file}: " in errors and "ok" not in said, errors + said)
    for words, rule, told in (
            (["capture: fleet.pcap", "source: 192.0.2.1", "expect: {match: false}"], "scan_ports",
             "5:13: the capture has no source \"192.0.2.1\""),
            (["capture: fleet.pcap", "source: curl", "expect: {match: false}"], "scan_ports", "5:13: not an address: \"curl\""),
            (["capture: fleet.pcap", "expect: {label: automation}"], "scan_ports", "5:14: label and kinds are of"),
            (["event: {conn.count: 5}", "expect: {kinds: []}"], "scan_ports", "5:14: label and kinds are of"),
            ([*curl, "expect: {label: bot}"], "scan_ports", "6:21: there is no label \"bot\""),
            ([*curl, "expect: {kinds: scan}"], "scan_ports", "6:21: kinds are a list"),
            ([*curl, "expect: {labels: bot}"], "scan_ports", "6:14: expect takes match"),
            ([*curl, "expects: {match: true}"], "scan_ports", "6:5: a case has name, event or capture"),
            ([*curl, "event: {conn.count: 5}", "expect: {match: true}"], "scan_ports", "3:5: a case has: ")):
        status, said, errors = case(words, rule, name)
        c.expect(f"an error with its place, status 2: {told}", status == 2 and f"run.test.yml:{told}" in errors, errors + said)
    # The rules that are asked are those of --rules: 199 refused ports are one count of the correlation, if it is loaded.
    with open(os.path.join(HERE, "captures", "verdict-scan.txt"), encoding="utf-8") as f:
        octets = pcapmake.make(f.read(), "verdict-scan")
    with open(os.path.join(c.folder, "ports.pcap"), "wb") as f:
        f.write(octets)
    mine = c.write("ports.yml", PORTS_REFUSED)
    words = ["capture: ports.pcap", "source: 10.2.0.3", "expect: {match: true, points: 80, label: automation, kinds: [scan]}"]
    status, said, errors = case(words, "ports_refused", more=("--rules", mine))
    c.expect("a correlation, tested by a capture", status == 0, errors + said)
    status, said, errors = case(["event: {conn.count: 5}", words[-1]], "ports_refused", more=("--rules", mine))
    c.expect("and not by facts", status == 2 and "run.test.yml:4:12: only a capture tells" in errors, errors + said)
    status, said, errors = case([*words[:2], "expect: {match: true}"], "refused", more=("--rules", mine))
    c.expect("a rule that scores nothing is in no verdict", status == 2 and "run.test.yml:4:14: a rule that scores nothing" in
             errors, errors + said)
    events = subprocess.run([c.binary, "--json", "--events", "connection", "ports.pcap"], cwd=c.folder, stdout=subprocess.PIPE,
                            check=True).stdout
    with open(os.path.join(c.folder, "ports.jsonl.gz"), "wb") as f:
        f.write(gzip.compress(events))
    status, said, errors = case(["capture: ports.jsonl.gz", *words[1:]], "ports_refused", more=("--rules", mine))
    c.expect("records, packed, say what their capture says", status == 0, errors + said)


def dump(c):
    for name, paths in (("the shipped rules", []), ("correlations", [CORRELATION])):
        status, first, _ = c.run("dump", *paths)
        path = c.write("dumped.yml", first)
        again = c.run("dump", path)[1]
        c.expect(f"{name}: a dump loads and is dumped alike", status == 0 and first == again and first.count("\n---") + 1 ==
                 first.count("title:"), again)
        status, said, _ = c.run("check", path)
        c.expect(f"{name}: and its check finds no fault", status == 0 and " 0 refused" in said, said)


def empty(c):
    for text in ("", "# rule: none\n"):
        status, said, errors = c.run("test", c.write("empty.test.yml", text))
        c.expect(f"a file without cases tests nothing, and that is no pass: {text!r}", status == 2 and
                 "empty.test.yml: no case in it" in errors, errors + said)


def terminal(c):
    """Files come from strangers, and a terminal obeys what it is shown."""
    rule = c.write("esc.yml", "title: T\nname: \"e\\e[31m\"\nlogsource: {product: syncopate, category: connection}\n"
                   "detection: {s: {dest_port: 80}, condition: s}\n")
    cases = c.write("esc.test.yml", "rule: \"e\\e[31m\"\ncases:\n  - {name: \"a\\nb\", event: {dest_port: 80}, expect: {match: true}}\n")
    status, said, _ = c.run("test", "--rules", rule, cases)
    c.expect("a name of a case is one line without control characters", status == 0 and "ok 1 - e?[31m: a?b\n" in said, repr(said))
    signatures = c.write("esc.fp", "classes = u\n[tcp:request]\nlabel = s:u:A:\x1b[31m\nsig = 4:64:0:*:1,*:mss::0\n")
    said = subprocess.run([c.binary, "signatures", "explain", "--signatures", signatures, "4:57+7:0:1460:1,0:mss::0"], cwd=c.folder,
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    c.expect("nor has the label of a signature any", "s:u:A:?[31m\n" in said, repr(said))
    status, _, errors = c.run("check", "absent\u009b31m\u202e.yml")
    c.expect("nor a message, of C1 or of the direction of writing", status == 2 and "absent?31m?.yml: cannot" in errors, repr(errors))


def others(c):
    mixed = c.write("mixed.yml", FOREIGN + "---\n" + open(CORRELATION, encoding="utf-8").read())
    status, said, _ = c.run("check", mixed)
    c.expect("a foreign tree is passed over, with a count", status == 0 and
             "8 rules: 4 loaded, 0 refused, 4 of other products passed over" in said, said)
    status, said, _ = c.run("fields", "--json", "connection")
    fields = {f["field"]: f for f in map(json.loads, said.splitlines())}
    c.expect("fields of connections, with type and meaning", status == 0 and fields["flow.state"]["type"] == "text" and
             fields["dest_port"]["type"] == "integer" and not fields["dest_port"]["optional"] and
             all(f["doc"] for f in fields.values()), said)
    with open(os.path.join(HERE, "captures", "verdict-scan.txt"), encoding="utf-8") as f:
        octets = pcapmake.make(f.read(), "verdict-scan")
    with open(os.path.join(c.folder, "scan.pcap"), "wb") as f:
        f.write(octets)
    for name, text, expected in (("rules of others alone", FOREIGN, "syncopate: --rules holds no rule for syncopate, 4 for other products"),
                                 ("an empty file", "# nothing\n", "none.yml:0:0: warning[R013]: the file holds no rule")):
        p = subprocess.run([c.binary, "--rules", c.write("none.yml", text), "scan.pcap"], cwd=c.folder, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, check=False)
        c.expect(f"a run by no rule says so: {name}", p.returncode == 0 and expected in p.stderr and p.stderr.count("\n") == 1, p.stderr)
    # 199 of 200 ports refuse: see the expectations of that page
    status, said, errors = c.run("explain", "scan_ports", "scan.pcap", "10.2.0.3")
    c.expect("explain: a rule that fired", status == 0 and "+ conn.refused_ratio|gte: 0.3, it is 0.995" in said and
             "fired: 95.0 points" in said, errors + said)
    events = subprocess.run([c.binary, "--json", "--events", "connection", "scan.pcap"], cwd=c.folder, stdout=subprocess.PIPE,
                            text=True, check=True).stdout
    again = c.run("explain", "scan_ports", c.write("scan.jsonl", events), "10.2.0.3")[1]
    c.expect("explain: the same of its records", again == said, again)
    said = c.run("explain", "scan_addresses", "scan.pcap")[1]
    c.expect("explain: a rule that did not", "- dest.addr_distinct|gt: 20, it is 1" in said and "did not fire" in said, said)
    status, _, errors = c.run("explain", "no_such", "scan.pcap")
    c.expect("explain: no such rule", status == 2 and "no rule no_such" in errors, errors)
    status, _, errors = c.run("explain", "scan_ports", "scan.pcap", "192.0.2.1")
    c.expect("explain: no such source", status == 3, errors)
    with open(os.path.join(c.folder, "scan-cut.pcap"), "wb") as f:
        f.write(octets[:-7])
    status, said, errors = c.run("explain", "scan_ports", "scan-cut.pcap", "10.2.0.3")
    c.expect("explain: what a cut capture holds, status 3", status == 3 and "fired: 95.0 points" in said and
             errors.count("cut inside record") == 1, errors + said)
    status, said, errors = c.run("explain", "scan_ports", c.write("scan-damaged.jsonl", events + '{"v":1,\n'), "10.2.0.3")
    c.expect("explain: what damaged records hold, status 3", status == 3 and "fired: 95.0 points" in said and
             "left out" in errors, errors + said)
    status, said, errors = c.run("explain", "refused", "scan.pcap", "--rules", c.write("counted.yml", PORTS_REFUSED))
    c.expect("explain: a rule about connections is not asked of sources", status == 2 and not said and
             "refused is about connections" in errors, errors + said)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    binary = os.path.join(TOP, parser.parse_args().bin)
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        c = Check(binary, out, folder)
        for check in (cases, captures, dump, empty, terminal, others):
            check(c)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
