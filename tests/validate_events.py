#!/usr/bin/env python3
"""Holds JSON Lines against schema/v1.json.

  /usr/bin/python3 tests/validate_events.py [FILE ...]     (standard input without FILE)

Prints the first violations with their line; exit status 1 if there were any. Needs python3-jsonschema.
"""
import json
import os
import sys

import jsonschema

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schema", "v1.json")


def validators():
    with open(SCHEMA, encoding="utf-8") as f:
        defs = json.load(f)["definitions"]
    return {name: jsonschema.Draft7Validator(d) for name, d in defs.items()}


def check(lines, name, by_type, shown=5):
    bad = 0
    for number, line in enumerate(lines, 1):
        try:
            event = json.loads(line)
            errors = [f"{'/'.join(map(str, e.path))}: {e.message[:200]}" for e in by_type[event["event_type"]].iter_errors(event)]
        except (ValueError, KeyError, TypeError) as e:
            errors = [f"{type(e).__name__}: {e}"]
        if errors:
            bad += 1
            if bad <= shown:
                print(f"{name}:{number}: {errors[0]}")
    return bad


def main():
    by_type = validators()
    bad = 0
    for path in sys.argv[1:] or ["-"]:
        if path == "-":
            bad += check(sys.stdin, "-", by_type)
        else:
            with open(path, encoding="utf-8") as f:
                bad += check(f, path, by_type)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
