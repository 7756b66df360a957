#!/usr/bin/python3
"""
What a user sees who asks for help or types what means nothing: help that fits a terminal, manual pages that name the
same options, and errors that name what was wrong. Prints TAP.

  tests/golden/usage.py [--bin build/syncopate]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import pcapmake  # noqa: E402
import tap  # noqa: E402

VERBS = ["", "audit", "judge", "rules", "signatures"]
COLUMNS = 80
# The pages that tell a verb's options.
PAGES = {"audit": ["syncopate-audit.1"], "": ["syncopate.1"]}
# Words, and what standard error must say. All are wrong usage: nothing is read or written.
WRONG = [
    (["--human", "--json", "a.pcap"], "--human and --json"),
    (["--human", "--events", "verdict", "a.pcap"], "--human and --events"),
    (["--human", "--format", "zeek", "a.pcap"], "--human and --format zeek"),
    (["judge", "--human", "--json", "a.jsonl"], "--human and --json"),
    (["audit", "--human", "--json", "a.pcap"], "--human and --json"),
    (["audit", "--csv", "-", "a.pcap"], "--csv -: a file is expected"),
    (["rules", "explain"], "usage: syncopate rules explain [--rules PATH] RULE FILE [SOURCE]"),
    (["rules", "check", "--rules", "a.yml"], "--rules is no option of syncopate rules check"),
    (["rules", "dump", "--rules", "a.yml"], "--rules is no option of syncopate rules dump"),
    (["rules", "dump", "--json"], "--json is no option of syncopate rules dump"),
    (["rules", "test", "--json", "a.test.yml"], "--json is no option of syncopate rules test"),
    (["rules", "explain", "--json", "beacon_starts", "a.pcap"], "--json is no option of syncopate rules explain"),
    (["rules", "chek"], "there are check, test, explain, fields and dump"),
    (["signatures", "check", "--signatures", "p0f.fp"], "--signatures is no option of syncopate signatures check"),
    (["signatures", "learn", "--syn-ack", "a.pcap"], "--syn-ack is no option of syncopate signatures learn"),
    (["signatures", "learn"], "usage: syncopate signatures learn"),
    (["signatures"], "there are check, explain and learn"),
    (["--i", "lo"], "there is no option --i; see"),  # three begin so
    (["judge", "--chekcsums", "a.jsonl"], "there is no option --chekcsums; see"),  # judge has none like it
    (["rules", "explain", "--rules", "a.pcap", "none", "a.pcap"], "a.pcap:1:2: error["),
]
# Names that are not there, what must be said and what not: the hint at filters is for who could have meant one.
ABSENT = [
    (["absent"], "a filter stands behind", ""),
    (["audit", "absent"], "a filter stands behind", "meant as a command"),
    ([""], ": cannot open: No such file", "meant as a"),
    (["-"], "-: empty", "filter"),
    (["x/" * 1000], "x/: cannot open: No such file", ""),
    (["judge", "absent"], "absent: cannot be opened", "filter"),
    (["-i", "absent0"], "absent0: cannot capture", "filter"),
]


def page(name):
    with open(os.path.join(TOP, "man", name + ".scd"), encoding="utf-8") as f:
        return f.read()


def plain(text):
    """scdoc's text without its markup."""
    return re.sub(r"[*\\]|(?<!\w)_|_(?!\w)|\+\+$", "", text, flags=re.M)


def manual_options(name):
    """The option names that head the paragraphs of a page's OPTIONS."""
    options = re.search(r"^# OPTIONS\n(.*?)^# ", page(name), re.S | re.M).group(1)
    return set(re.findall(r"\*(-[\w-]+)\*", "\n".join(l for l in options.splitlines() if l.startswith("*"))))


def help_options(text):
    """Each as the set of its names: {"-r", "--read"}."""
    found = []
    for line in text.splitlines():
        m = re.match(r"  (?:(-\w),|   ) (--[\w-]+)", line)
        if m:
            found.append({m.group(1), m.group(2)} - {None})
    return found


def check_manual(out, helps):
    for verb, pages in PAGES.items():
        named = set().union(*(manual_options(p) for p in pages))
        verbs = [verb] if verb else [v for v in VERBS if v not in PAGES or not v]
        known = [o for v in verbs for o in help_options(helps[v])]
        common = manual_options("syncopate.1") if verb else set()  # "as in syncopate(1)", such as --help
        for option in known:
            out.check(f"{' '.join(pages)} has {'/'.join(sorted(option))}", option & (named | common) != set())
        unknown = named - set().union(*known)
        out.check(f"{' '.join(pages)} has no option that --help lacks", not unknown, str(unknown))


def check_synopsis(out, helps):
    """How a verb is called, in its help and in a page."""
    synopses = [re.search(r"^# SYNOPSIS\n(.*?)^# ", page(name), re.S | re.M).group(1)
                for name in ("syncopate.1", "syncopate-audit.1", "syncopate-signatures.5")]
    lines = {l.strip() for l in plain("".join(synopses)).splitlines()}
    for verb in VERBS[1:]:
        usage = helps[verb].split("usage: ")[1].split("\n\n")[0]
        for line in usage.splitlines():
            out.check(f"a SYNOPSIS has: {line.strip()}", line.strip() in lines)


def check_errors(out, run, folder):
    for words, wanted in WRONG:
        p = run(words, folder)
        out.check("refused: " + " ".join(words), p.returncode == 2 and not p.stdout and wanted in p.stderr,
                  f"{p.returncode}: {p.stdout[:200]}{p.stderr}")
    for words, wanted, unwanted in ABSENT:
        p = run(words, folder)
        out.check("not read: " + " ".join(words),
                  p.returncode == 3 and wanted in p.stderr and not (unwanted and unwanted in p.stderr), f"{p.returncode}: {p.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    program, out = os.path.abspath(parser.parse_args().bin), tap.Tap()

    def run(words, folder="."):
        return subprocess.run([program] + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=folder, text=True, timeout=60, check=False)

    helps = {}
    for verb in VERBS:
        p = run(([verb] if verb else []) + ["--help"])
        helps[verb] = p.stdout
        wide = [l for l in p.stdout.splitlines() if len(l) > COLUMNS]
        out.check(f"the help of {verb or 'the main job'} fits {COLUMNS} columns", p.returncode == 0 and help_options(p.stdout) and not wide,
                  "\n".join(wide) or p.stderr)
    check_manual(out, helps)
    check_synopsis(out, helps)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.pcap"), "wb") as f:
            f.write(pcapmake.make("flood client=10.0.0.1:1000 server=10.0.0.2:80 n=2 gap=0.1 at=0\n"))
        check_errors(out, run, folder)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
