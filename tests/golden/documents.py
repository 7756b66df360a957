#!/usr/bin/python3
"""
docs/inputs.md and docs/stacks.md say what the program does today: the columns of their tables that are ours are made
anew and held against the pages. The columns of other tools stay out, as they are not installed everywhere. Prints TAP.

  tests/golden/documents.py [--bin build/syncopate]

docs/verdicts.md has a test of its own (tests/lab/figures.py --check).
"""
import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE)]
import tap  # noqa: E402

# Page, script, how many columns of a table are ours, in how many columns a row of that table stands, and where the
# script may find programs: without them the other tools' columns take no time, but one compiles its generator.
PAGES = [("inputs.md", "compare-inputs", 3, 8, ""), ("stacks.md", "compare-stacks", 2, 3, os.environ["PATH"])]


def rows(text, ours, columns):
    """The first cells of each row of the table with so many columns."""
    found = []
    for line in text.splitlines():
        cells = [c.strip() for c in line.split("|")[1:-1]]
        if len(cells) == columns:
            found.append(" | ".join(cells[:ours]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/syncopate")
    binary, out = os.path.abspath(parser.parse_args().bin), tap.Tap()
    for name, script, ours, columns, path in PAGES:
        with open(os.path.join(TOP, "docs", name), encoding="utf-8") as f:
            want = rows(f.read(), ours, columns)
        p = subprocess.run([sys.executable, os.path.join(TOP, "script", script), binary], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=300, text=True, check=False, env=dict(os.environ, PATH=path))
        got = rows(p.stdout, ours, columns)
        out.check(f"{name} has a table", len(want) > 10)
        for line in want:
            out.check(f"{name}: {line}", line in got, p.stderr or "script/" + script + " prints another row")
        out.check(f"{name} lacks no row", set(got) <= set(want), "\n".join(sorted(set(got) - set(want))))
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
