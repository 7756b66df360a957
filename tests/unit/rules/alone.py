#!/usr/bin/python3
"""
The Sigma engine of another product: alone.c on the example of Sigma's correlation specification, "many failed logins are
followed by a successful login". Prints TAP.

  tests/unit/rules/alone.py PROGRAM
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
import tap  # noqa: E402

RULES = """title: A failed login
name: failed
logsource: {product: auth, category: login}
detection: {f: {outcome: failure}, outside: {source.ip|cidr: 10.0.0.0/8}, condition: f and not outside}
---
title: Ten failed logins in five minutes
name: many_failed
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 5m, condition: {gte: 10}}
---
title: A login that worked
name: worked
logsource: {product: auth, category: login}
detection: {s: {outcome: success}, condition: s}
---
title: Guessed
name: guessed
correlation: {type: temporal_ordered, rules: [many_failed, worked], group-by: [user], timespan: 1h}
---
title: Somebody else's
logsource: {product: windows}
detection: {s: {x: y}, condition: s}
"""


def login(time, user, outcome, source="192.0.2.1"):
    return {"time": time, "user": user, "outcome": outcome, "source.ip": source}


def main():
    # root fails at 0, 20, ... 180 (the tenth) and gets in at 3600; ann fails nine times and gets in; bob fails from inside
    events = sorted([login(20 * i, "root", "failure") for i in range(10)] + [login(3600, "root", "success")] +
                    [login(20 * i + 1, "ann", "failure") for i in range(9)] + [login(400, "ann", "success")] +
                    [login(20 * i + 2, "bob", "failure", "10.1.1.1") for i in range(20)], key=lambda e: e["time"])
    want = [f"failed {e['time']}" for e in events if e["outcome"] == "failure" and e["user"] != "bob"]
    want += ["worked 400", "worked 3600", "many_failed 180 user=root", "guessed 3600 user=root"]
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "auth.yml")
        with open(rules, "w", encoding="utf-8") as f:
            f.write(RULES)
        p = subprocess.run([sys.argv[1], rules], input="".join(json.dumps(e) + "\n" for e in events), timeout=60, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    got = p.stdout.splitlines()
    out.check("exit status 0, nothing to complain of", p.returncode == 0 and p.stderr == "", p.stderr)
    out.check("matches and correlations of Sigma's own example", sorted(got) == sorted(want), p.stdout)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
