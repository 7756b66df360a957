#!/usr/bin/python3
"""
What verdicts on labeled runs are worth. Prints docs/verdicts.md, or, as a test, TAP.

  tests/lab/figures.py --bin BIN [RUN...]           markdown, over these runs (default: tests/lab/own_*)
  tests/lab/figures.py --bin BIN --check            the own runs, held to what is required; TAP

RUN is a folder with truth.tsv and either capture.pcap or records.jsonl.xz (connection events of such a capture), and,
for the table of methods, baselines.jsonl (what baseline.py said of the capture).

Measures: a source that is labeled neither automation nor human-like is an abstention; it counts against recall and
coverage, never against precision. AUC is over scores of all sources. Mixed sources (a person and a script behind one
address) are shown, not scored.
"""
import argparse
import csv
import glob
import json
import lzma
import math
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = [("syncopate", "syncopate"), ("rita", "RITA-like beacon score >= 70"), ("cv", "CV of activity gaps < 0.5"),
           ("acf", "periodicity (folding)"), ("pattern", "connection rules"), ("combined", "baseline.py, all of it")]
REQUIRED = {"f1": 0.95, "auc": 0.97, "coverage": 0.9}
CERTAIN = ("scan", "flood", "pool", "exhaust", "retry", "load")   # families whose recall is 1
FAMILIES = dict({f: 1.0 for f in CERTAIN}, **{"beacon": 0.9, "browser-bot": 0.7})


def truth_of(run):
    with open(os.path.join(run, "truth.tsv"), encoding="utf-8") as f:
        return {r["addr"]: r for r in csv.DictReader(f, delimiter="\t")}


def verdicts_of(binary, run):
    """All verdict events of a run."""
    capture, records = (os.path.join(run, name) for name in ("capture.pcap", "records.jsonl.xz"))
    if os.path.exists(capture):
        out = subprocess.run([binary, "--json", "--events", "verdict", capture], stdout=subprocess.PIPE, check=True).stdout
    else:
        unpacked = lzma.open(records).read()
        out = subprocess.run([binary, "judge", "--json", "--events", "verdict", "-"], input=unpacked, stdout=subprocess.PIPE,
                             check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def said_of(events):
    """Label and score of each source."""
    return {e["src_ip"]: (e["verdict"]["label"], e["verdict"]["score"]) for e in events if e["verdict"]["subject"] == "source"}


def baselines_of(run):
    said = {}
    path = os.path.join(run, "baselines.jsonl")
    for line in open(path, encoding="utf-8") if os.path.exists(path) else ():
        o = json.loads(line)
        said.setdefault(o["method"], {})[o["addr"]] = (o["label"], o["score"])
    return said


def ratio(a, b):
    return a / b if b else None


def measure(truth, said):
    """Precision, recall, F1, AUC, coverage, false positives of one method on one run."""
    count = {}
    scores = {"automation": [], "simulated-human": []}
    for addr, row in truth.items():
        label, score = said.get(addr, ("none", None))
        count[row["class"], label] = count.get((row["class"], label), 0) + 1
        if row["class"] in scores and score is not None:
            scores[row["class"]].append(score)
    got = lambda c, k: count.get((c, k), 0)   # noqa: E731
    bots = sum(r["class"] == "automation" for r in truth.values())
    people = sum(r["class"] == "simulated-human" for r in truth.values())
    hit, wrong = got("automation", "automation"), got("simulated-human", "automation")
    precision, recall = ratio(hit, hit + wrong), ratio(hit, bots)
    f1 = 2 * precision * recall / (precision + recall) if precision and recall else 0.0
    pairs = [(p > n) + 0.5 * (p == n) for p in scores["automation"] for n in scores["simulated-human"]]
    said_something = hit + wrong + got("automation", "human-like") + got("simulated-human", "human-like")
    return {"precision": precision, "recall": recall, "f1": f1, "auc": ratio(sum(pairs), len(pairs)),
            "coverage": ratio(said_something, bots + people), "false": wrong, "mixed": got("mixed", "mixed"),
            "mixed_all": sum(r["class"] == "mixed" for r in truth.values())}


def by_family(truth, said):
    """family -> [flagged, all]; of people those flagged."""
    out = {}
    for addr, row in truth.items():
        f = out.setdefault(row["family"], [0, 0])
        f[0] += said.get(addr, ("none", None))[0] == ("mixed" if row["family"] == "mixed" else "automation")
        f[1] += 1
    return out


def show(x):
    return "-" if x is None else f"{x:.2f}"


def wilson(k, n):
    """95 % interval of a share (Wilson 1927)."""
    z = 1.96
    mid, half = (k + z * z / 2) / (n + z * z), z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return max(0.0, mid - half), min(1.0, mid + half)


# ---- the page


def print_methods(runs):
    print("| method | " + " | ".join(name for name, *_ in runs) + " |\n|---|" + "---|" * len(runs))
    for key, title in METHODS:
        cells = []
        for _, truth, said, base in runs:
            m = measure(truth, said if key == "syncopate" else base.get(key, {}))
            figures = "/".join(show(m[k]) for k in ("precision", "recall", "f1", "auc", "coverage"))
            cells.append(figures + (f" ({m['false']} FP)" if m["false"] else ""))
        print(f"| {title} | " + " | ".join(cells) + " |")


def print_families(runs):
    families = sorted({r["family"] for _, truth, *_ in runs for r in truth.values()})
    print("| family | " + " | ".join(name for name, *_ in runs) + " |\n|---|" + "---|" * len(runs))
    for family in families:
        cells = []
        for _, truth, said, _ in runs:
            flagged, all_ = by_family(truth, said).get(family, (0, 0))
            cells.append(f"{flagged} of {all_}" if all_ else "")
        print(f"| {family} | " + " | ".join(cells) + " |")


def print_reliability(runs):
    bins, square, n = {}, 0.0, 0
    for _, truth, said, _ in runs:
        for addr, row in truth.items():
            label, score = said.get(addr, ("none", None))
            if row["class"] == "mixed" or score is None or label == "insufficient-evidence":
                continue
            bot = row["class"] == "automation"
            b = bins.setdefault(min(score // 10, 9), [0, 0, 0])
            b[0] += bot
            b[1] += 1
            b[2] += score
            square += (score / 100 - bot) ** 2
            n += 1
    print("| score | sources | mean score | automation | 95 % interval |\n|---|---|---|---|---|")
    for at in sorted(bins):
        k, all_, total = bins[at]
        low, high = wilson(k, all_)
        print(f"| {at * 10}-{at * 10 + 9 if at < 9 else 100} | {all_} | {total / all_:.0f} | {100 * k / all_:.0f} % | "
              f"{100 * low:.0f}-{100 * high:.0f} % |")
    print(f"\nBrier score {square / n:.4f} over {n} sources (0 is perfect; always 50 would be 0.25).")


def page(binary, runs):
    print(open(os.path.join(HERE, "page.md"), encoding="utf-8").read().rstrip() + "\n")
    sections = [("Methods side by side", print_methods,
                 "precision/recall/F1/AUC/coverage for automation; FP: people called automation. The other methods are "
                 "`tests/lab/baseline.py`."),
                ("By family", print_families, "Flagged as automation, of all (mixed: as mixed; human: none should be)."),
                ("Reliability", print_reliability,
                 "Of the sources with a score in a range, how many are automation. Sources with insufficient evidence and mixed "
                 "ones are left out.")]
    for title, function, text in sections:
        print(f"## {title}\n\n{text}\n")
        function(runs)
        print()


# ---- the test


def check(binary, folders):
    lines = []

    def ok(good, text):
        lines.append(("ok" if good else "not ok") + f" {len(lines) + 1} - {text}")

    for folder in folders:
        name, truth, events = os.path.basename(folder), truth_of(folder), verdicts_of(binary, folder)
        said = said_of(events)
        m = measure(truth, said)
        for key, least in REQUIRED.items():
            ok(m[key] is not None and m[key] >= least, f"{name}: {key} {show(m[key])}, at least {least}")
        ok(m["false"] == 0, f"{name}: {m['false']} simulated people are called automation")
        ok(m["mixed"] == m["mixed_all"], f"{name}: {m['mixed']} of {m['mixed_all']} mixed addresses are called so")
        for family, (flagged, all_) in sorted(by_family(truth, said).items()):
            if family in FAMILIES:
                ok(flagged >= FAMILIES[family] * all_, f"{name}: {family}: {flagged} of {all_}")
        kinds = {e["verdict"]["subject"] for e in events if e["verdict"]["label"] == "automation"}
        if any(r["name"] == "flood-spoofed" for r in truth.values()):
            ok("destination" in kinds, f"{name}: the flooded service is a subject")
        if any(r["name"] == "fleet-0" for r in truth.values()):
            ok("fleet" in kinds, f"{name}: the fleet is a subject")
    print("\n".join(lines) + f"\n1..{len(lines)}")
    return any(line.startswith("not ok") for line in lines)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bin", required=True)
    p.add_argument("--check", action="store_true")
    p.add_argument("runs", nargs="*")
    a = p.parse_args()
    own = sorted(glob.glob(os.path.join(HERE, "own_*")))
    if a.check:
        sys.exit(check(a.bin, own))
    runs = []
    for folder in a.runs or own:
        folder = folder.rstrip("/")
        runs.append((os.path.basename(folder), truth_of(folder), said_of(verdicts_of(a.bin, folder)), baselines_of(folder)))
    page(a.bin, runs)


if __name__ == "__main__":
    main()
