#!/usr/bin/python3
"""
The verbs of rules, as a user calls them. Prints TAP.

  tests/golden/rules.py [--bin build/syncopate]
"""
import argparse
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


def dump(c):
    for name, paths in (("the shipped rules", []), ("correlations", [CORRELATION])):
        status, first, _ = c.run("dump", *paths)
        path = c.write("dumped.yml", first)
        again = c.run("dump", path)[1]
        c.expect(f"{name}: a dump loads and is dumped alike", status == 0 and first == again and first.count("\n---") + 1 ==
                 first.count("title:"), again)
        status, said, _ = c.run("check", path)
        c.expect(f"{name}: and its check finds no fault", status == 0 and " 0 refused" in said, said)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    binary = os.path.join(TOP, parser.parse_args().bin)
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        c = Check(binary, out, folder)
        for check in (cases, dump, others):
            check(c)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
