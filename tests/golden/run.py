#!/usr/bin/python3
"""
Runs the program on captures made from the scripts in captures/ and holds it to two kinds of answer:
- the `expect` lines of each script, written by hand (expect.py says how);
- the rows of LIST: its output, octet for octet, as kept in expected/.
Every line of JSON must also satisfy schema/v1.json. Prints TAP.

A script with a line `file PATH` stands for that capture of the tree.

  tests/golden/run.py [--bin build/syncopate] [--update] [--keep DIR] [NAME ...]

--update writes the expected files anew: read every difference before you commit it. --keep leaves the captures in DIR.
"""
import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import expect  # noqa: E402
import pcapmake  # noqa: E402
import tap  # noqa: E402
import validate_events  # noqa: E402

EVENTS = "fingerprint,connection,source,verdict,stats"
DIFF_LINES = 40


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Validator:
    """schema/v1.json, asked once for each different line."""

    def __init__(self):
        self.by_type, self.seen = validate_events.validators(), {}

    def faults(self, text):
        """What is wrong with the lines of an output, at most three texts."""
        out = []
        for number, line in enumerate(text.splitlines(), 1):
            if line not in self.seen:
                self.seen[line] = self.fault(line)
            if self.seen[line]:
                out.append(f"line {number}: {self.seen[line]}")
        return out[:3]

    def fault(self, line):
        try:
            event = json.loads(line)
            errors = self.by_type[event["event_type"]].iter_errors(event)
        except (ValueError, KeyError, TypeError) as e:
            return f"no event: {type(e).__name__}: {e}"
        return "; ".join(f"{'.'.join(map(str, e.path))}: {e.message[:200]}" for e in errors)


class Row:
    """name | script | command | exit status | expected file"""

    def __init__(self, number, line):
        cells = [c.strip() for c in line.split("|")]
        if len(cells) != 5:
            raise ValueError(f"LIST:{number}: {len(cells)} cells, not 5")
        self.name, self.script, self.command, self.exit, self.expected = cells
        self.exit = int(self.exit)


def rows(path):
    out = [Row(n, l) for n, l in enumerate(read(path).splitlines(), 1) if l.strip() and not l.startswith("#")]
    names = [r.name for r in out] + [r.expected for r in out]
    double = {n for n in names if names.count(n) > 1}
    if double:
        raise ValueError(f"LIST: twice: {', '.join(sorted(double))}")
    return out


def capture_of(text, name):
    """The octets of a script's capture: made, or of the file that its `file` line names."""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["file"]:
            with open(os.path.join(TOP, words[1]), "rb") as f:
                return f.read()
    return pcapmake.make(text, name)


class Runner:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def run(self, words, stdin=None):
        """(status, standard output, standard error) of the program in the folder of captures."""
        env = dict(os.environ, LC_ALL="C")  # a report has letters beyond ASCII where the terminal does
        try:
            p = subprocess.run([self.binary] + words, cwd=self.folder, timeout=120, input=stdin, env=env,
                               stdin=subprocess.DEVNULL if stdin is None else None,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        except subprocess.TimeoutExpired:
            return 124, "", "no end after 120 s"
        except OSError as e:
            return 127, "", str(e)
        return p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")

    def command(self, text, capture):
        """Run a LIST command; @ is the capture, "A PIPE B" feeds what A prints to B, "A < FILE" a file to A."""
        data = None
        for part in text.split(" PIPE "):
            words = [capture if w == "@" else w for w in shlex.split(part)]
            if "<" in words:
                with open(os.path.join(self.folder, words[words.index("<") + 1]), "rb") as f:
                    data = f.read()
                words = words[:words.index("<")]
            status, output, errors = self.run(words, data)
            data = output.encode()
        return status, output, errors


def check_expectations(out, runner, name, text, validator):
    expectations, options = expect.read(text)
    status, output, errors = runner.run(["--json", "--events", EVENTS] + options + [f"{name}.pcap"])
    try:
        events = [json.loads(line) for line in output.splitlines()]
    except ValueError as e:
        out.check(f"{name}: JSON Lines", False, f"{e}\n{output[:300]}")
        return
    for at in sorted({e.who for e in expectations if e.kind == "audit"}, key=str):
        status_, audit, said = runner.run(["audit", "--json"] + (["--at", at] if at else []) + options + [f"{name}.pcap"])
        output, errors = output + audit, errors + said
        out.check(f"{name}: audit{' --at ' + at if at else ''} ends well", status_ == 0, f"{status_}\n{said[-500:]}")
        events += [expect.annotated(json.loads(line), at) for line in audit.splitlines()]
    faults = validator.faults(output)
    out.check(f"{name}: events satisfy the schema", not faults, "\n".join(faults))
    for e in expectations:
        found = e.faults(events, status, output + errors)
        if e.kind == "exit" and found:
            found.append(errors[-500:])
        out.check(f"{name}:{e.line}: {e.text[:70]}", not found, "\n".join(found))


def settled(output):
    """The output without what changes with no change of behavior: the digest of the rule texts, octets of memory."""
    output = re.sub(r'"ruleset":"sha256:[0-9a-f]{64}"', '"ruleset":"sha256:*"', output)
    return re.sub(r'"(mem\w+_bytes)":\d+', r'"\1":"*"', output)


def check_row(out, runner, row, validator, update):
    status, output, errors = runner.command(row.command, f"{row.script}.pcap")
    path = os.path.join(HERE, "expected", row.expected)
    if status != row.exit:
        out.check(f"LIST {row.name}: exit status", False, f"{status}, expected {row.exit}\n{errors[-1500:]}")
        return
    if row.expected.endswith(".jsonl"):
        faults = validator.faults(output)
        out.check(f"LIST {row.name}: schema", not faults, "\n".join(faults))
    output = settled(output)
    if update:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(output)
        print(f"# wrote {os.path.relpath(path, TOP)}")
        return
    if not os.path.exists(path):
        out.check(f"LIST {row.name}", False, f"no {os.path.relpath(path, TOP)}; make it with --update, then read it")
        return
    want = read(path)
    diff = list(difflib.unified_diff(want.splitlines(), output.splitlines(), "expected", "printed", lineterm="", n=1))
    out.check(f"LIST {row.name}: {row.command}", want == output, "\n".join(l[:400] for l in diff[:DIFF_LINES]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only scripts and rows whose name begins so")
    parser.add_argument("--bin", default="build/syncopate")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", metavar="DIR")
    args = parser.parse_args()
    out = tap.Tap()

    def wanted(*names):
        return not args.names or any(n.startswith(w) for w in args.names for n in names)

    pages = os.listdir(os.path.join(HERE, "captures"))
    scripts = sorted(f[:-4] for f in pages if f.endswith(".txt"))
    listed = rows(os.path.join(HERE, "LIST"))
    validator = Validator()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or scratch
        os.makedirs(folder, exist_ok=True)
        for f in pages:
            if f.endswith(".yml"):
                shutil.copy(os.path.join(HERE, "captures", f), folder)
        runner = Runner(os.path.join(TOP, args.bin), folder)
        for name in scripts:
            if not wanted(name, *[r.name for r in listed if r.script == name]):
                continue
            text = read(os.path.join(HERE, "captures", name + ".txt"))
            with open(os.path.join(folder, name + ".pcap"), "wb") as f:
                f.write(capture_of(text, name))
            if wanted(name):
                check_expectations(out, runner, name, text, validator)
        for row in listed:
            if wanted(row.name, row.script):
                check_row(out, runner, row, validator, args.update)
    if not args.names:
        kept = os.path.join(HERE, "expected")
        orphans = sorted(set(os.listdir(kept)) - {r.expected for r in listed}) if os.path.isdir(kept) else []
        out.check("every expected file has its row", not orphans, ", ".join(orphans))
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
