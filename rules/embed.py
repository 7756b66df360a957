#!/usr/bin/env python3
"""Turns the shipped rules and signatures into a C file, so that the program needs no data directory.

    embed.py OUT.c FILE...

FILE ending in .yml is a rule, .fp a signature file. Names are "<folder>/<file>", sorted by name; texts are the
files' octets, unchanged. Texts become arrays of numbers, not string literals: those end at 4095 characters in
standard C.
"""
import os
import sys

HEAD = """/* Made by rules/embed.py from rules/default and rules/signatures; do not edit. */

#include "rules/rules.h"
"""


def array(name, data):
    """One text as octets, 16 a line, with the zero that C readers may rely on."""
    rows = [", ".join(map(str, data[i:i + 16])) for i in range(0, len(data), 16)]
    return "static const char %s[] = {\n    %s\n};\n" % (name, ",\n    ".join(rows + ["0"]))


def table(kind, files):
    """The arrays of one kind of file, and the list that names them."""
    parts, entries = [], []
    for i, path in enumerate(sorted(files, key=name_of)):
        with open(path, "rb") as f:
            data = f.read()
        if any(octet > 126 or octet == 0 for octet in data):
            sys.exit("%s: shipped files are plain ASCII" % path)
        parts.append(array("%s_%d" % (kind, i), data))
        entries.append('    {"%s", %s_%d, %d},' % (name_of(path), kind, i, len(data)))
    entries.append("    {0, 0, 0},")
    parts.append("const struct syc_shipped syc_shipped_%ss[] = {\n%s\n};" % (kind, "\n".join(entries)))
    parts.append("const size_t syc_shipped_%s_count = %d;\n" % (kind, len(files)))
    return "\n".join(parts)


def name_of(path):
    return "/".join(os.path.normpath(path).split(os.sep)[-2:])


def main():
    out, files = sys.argv[1], sys.argv[2:]
    text = "\n".join([HEAD, table("rule", [f for f in files if f.endswith(".yml")]),
                      table("signature", [f for f in files if f.endswith(".fp")])])
    with open(out, "w", encoding="ascii") as f:
        f.write(text)


if __name__ == "__main__":
    main()
