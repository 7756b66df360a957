#!/usr/bin/python3
"""
The checks of check.py, checked: each must pass a small tree that is right and must object to each small tree in
which one thing is wrong. A check that cannot fail would be found here. Prints TAP.
"""
import contextlib
import io
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import check  # noqa: E402
import source  # noqa: E402
import tap  # noqa: E402

HEAD = "/*\n * Purpose  p\n * Input and output  i\n * Ownership  o\n * Limits  l\n * Not here  n\n */\n"
FACE = "#ifndef SYC_{0}_H\n#define SYC_{0}_H\n\n" + HEAD + "\n/* Why. */\nint syc_{1}_get(int n);\n\n#endif\n"
SOURCE = '#include "{0}/{0}.h"\n\n/* Why. */\nint\nsyc_{0}_get(int n)\n{{\n    return n;\n}}\n'
RULE = """title: Regular gaps
id: 6f9f4a3e-2f5e-4a1c-9a36-0e0f2f8b9c01
status: experimental
description: A source whose gaps hardly differ.
logsource:
  product: syncopate
  category: source
detection:
  sel:
    iat.cv|lt: 0.1
  condition: sel
level: medium
"""


def good():
    """A tree that every check accepts."""
    files = {}
    for folder in source.FLOORS[:-1]:
        files[f"{folder}/{folder}.h"] = FACE.format(folder.upper(), folder)
        files[f"{folder}/{folder}.c"] = SOURCE.format(folder)
    files["engine/feed.c"] = '#include "engine/engine.h"\n\n/* The picture. */\nint\nengine_feed(int n)\n{\n    return n;\n}\n'
    files["tools/main.c"] = '#include "engine/engine.h"\n\n/* Start. */\nint\nmain(void)\n{\n    return syc_engine_get(0);\n}\n'
    files["rules/default/gaps.yml"] = RULE
    files[".clang-format"] = "BasedOnStyle: LLVM\nIndentWidth: 4\nBreakBeforeBraces: Linux\n" \
                             "AlwaysBreakAfterReturnType: TopLevelDefinitions\n"
    # Enough code that the comments of the eight face headers are not most of the tree.
    body = "".join(f"\nint\nsyc_base_f{i}(int n)\n{{\n    int m = n;\n\n    m += n;\n    m *= n;\n    return m;\n}}\n" for i in range(28))
    files["base/more.c"] = '#include "base/base.h"\n' + body
    return files


def function(name, lines, inside=""):
    """A function of so many lines from its name to its brace."""
    rows = "".join(f"    n += {i};\n" for i in range(lines - 4 - bool(inside)))
    return f"int\n{name}(int n)\n{{\n{inside}{rows}    return n;\n}}\n"


def filler(lines):
    """The good tree and as many functions of one length that they decide the profile."""
    return {"base/filler.c": "\n".join(function(f"f{i}", lines) for i in range(120))}


# Check, what is wrong, files that replace or add to the good tree (None removes one).
BAD = [
    ("floors", "a higher floor", {"base/base.c": '#include "rules/rules.h"\n'}),
    ("floors", "an inner header of another folder", {"rules/rules.c": '#include "base/memory.h"\n'}),
    ("floors", "a header in angle brackets", {"base/base.c": "#include <rules/rules.h>\n"}),
    ("faces", "no face", {"rules/rules.h": None}),
    ("faces", "a long face", {"rules/rules.h": FACE.format("RULES", "rules") + "\n" * 200}),
    ("faces", "a heading is missing", {"rules/rules.h": FACE.format("RULES", "rules").replace("Ownership", "Owner")}),
    ("guards", "no guard", {"rules/more.h": "int syc_rules_x(void);\n"}),
    ("guards", "another prefix", {"rules/more.h": "#ifndef MORE_H\n#define MORE_H\n#endif\n"}),
    ("guards", "a guard that is not defined", {"rules/more.h": "#ifndef SYC_MORE_H\n#define SYC_MOER_H\n#endif\n"}),
    ("pcap_at_home", "in a decoder", {"capture/decode.c": "#include <pcap.h>\n"}),
    ("pcap_at_home", "the other spelling", {"engine/engine.c": "#include <pcap/pcap.h>\n"}),
    ("banned_calls", "printf", {"base/base.c": 'void f(void) { printf("x"); }\n'}),
    ("banned_calls", "exit", {"rules/rules.c": "void f(void) { exit(1); }\n"}),
    ("banned_calls", "malloc elsewhere", {"rules/rules.c": "void *f(void) { return malloc (1); }\n"}),
    ("banned_calls", "free elsewhere", {"rules/rules.c": "void f(void *p) { free(p); }\n"}),
    ("banned_calls", "strcpy", {"rules/rules.c": "void f(char *p, char *q) { strcpy(p, q); }\n"}),
    ("banned_calls", "after a string with a quote in it", {"rules/rules.c": 'char c = \'"\'; void f(void) { abort(); } /* " */\n'}),
    ("file_length", "901 lines", {"base/base.c": "int x(void);\n" * 901}),
    ("function_profile", "median of 16", filler(16)),
    ("function_profile", "one in five has 56 lines",
     {"base/filler.c": "\n".join(function(f"f{i}", 56 if i % 5 == 0 else 8) for i in range(200))}),
    ("long_functions", "81 lines", {"base/base.c": function("f", 81)}),
    ("short_heart", "engine_feed of 41 lines", {"engine/feed.c": function("engine_feed", 41)}),
    ("short_heart", "no engine_feed", {"engine/feed.c": "int x(void);\n"}),
    ("short_heart", "main of 61 lines", {"tools/main.c": function("main", 61)}),
    ("public_comments", "a bare declaration",
     {"rules/rules.h": FACE.format("RULES", "rules").replace("#endif", "int syc_rules_bare(void);\n\n#endif")}),
    ("public_comments", "a bare declaration of two lines",
     {"rules/rules.h": FACE.format("RULES", "rules").replace("#endif", "const char *\nsyc_rules_bare(int a,\n    int b);\n\n#endif")}),
    ("comment_share", "hardly any", {"base/filler.c": "int x(void);\n" * 800}),
    ("comment_share", "narration", {"base/filler.c": "/* x is x */\n" * 800}),
    ("tidy_text", "white space at the end", {"base/base.c": "int x(void); \n"}),
    ("tidy_text", "no newline at the end", {"base/base.c": "int x(void);"}),
    ("tidy_text", "a path of one machine", {"NOTES.md": "see /" + "home/me/notes\n"}),
    ("formatting", "two spaces", {"base/base.c": "int\nf(void)\n{\n  return 1;\n}\n"}),
    ("sigma_schemas", "no condition", {"rules/default/gaps.yml": RULE.replace("  condition: sel\n", "")}),
    ("sigma_schemas", "an unknown level", {"rules/default/gaps.yml": RULE.replace("medium", "grave")}),
    ("sigma_schemas", "no YAML", {"rules/default/gaps.yml": "title: [\n"}),
    ("sigma_schemas", "no rule", {"rules/default/gaps.yml": None}),
    ("rule_identity", "two rules of one id", {"rules/default/more.yml": RULE.replace("Regular", "Other")}),
    ("rule_identity", "no id", {"rules/default/gaps.yml": RULE.replace("id: ", "author: ")}),
]

# Right as well, though it resembles what is wrong.
FINE = [
    ("banned_calls", "in a comment, a string, a member", {
        "rules/rules.c": '/* printf(x), free(x) */\nconst char *s = "exit(1)"; void f(struct x *p) { p->free(p); syc_free(p); }\n'}),
    ("banned_calls", "malloc at home", {"base/memory.c": "void *f(void) { return malloc(1); }\n"}),
    ("banned_calls", "printf in a tool", {"tools/x.c": 'void f(void) { printf("x"); }\n'}),
    ("pcap_at_home", "in a reader", {"capture/reader_pcap.c": "#include <pcap.h>\n"}),
    ("long_functions", "81 lines that say why", {"base/base.c": function("f", 81, "    /* long: a table in code */\n")}),
    ("public_comments", "a pair under one comment",
     {"rules/rules.h": FACE.format("RULES", "rules").replace("#endif", "/* Why. */\nint syc_rules_a(void);\nint syc_rules_b(void);\n\n#endif")}),
    ("rule_identity", "two rules", {"rules/default/more.yml": RULE.replace("Regular", "Other").replace("9c01", "9c02")}),
]

GLOBALS = [
    ("a counter", "int syc_count = 1;\n", True),
    ("a static counter", "static int n;\nint\nf(void)\n{\n    return n++;\n}\n", True),
    ("a counter in a function", "int\nf(void)\n{\n    static long n = 7;\n    return (int)n++;\n}\n", True),
    ("a counter for each thread", "_Thread_local int n;\n", True),
    ("a table of constants", "const char *const words[] = {\"a\", \"b\", 0};\nconst int n = 3;\n", False),
]


def problems(name, files, build=None):
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            if text is None:
                continue
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as f:
                f.write(text)
        tree, function_ = source.Tree(top), getattr(check, name)
        with contextlib.redirect_stdout(io.StringIO()):
            return list(function_(tree, build) if build else function_(tree))


def library_of(text):
    """The problems that writable_globals sees in a library of one source file."""
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "build", "base")
        os.makedirs(folder)
        with open(os.path.join(folder, "a.c"), "w", encoding="utf-8") as f:
            f.write(text)
        subprocess.run(["gcc", "-fPIE", "-c", "a.c"], cwd=folder, check=True)
        subprocess.run(["ar", "rcT", "libbase.a", "a.o"], cwd=folder, check=True)
        return list(check.writable_globals(source.Tree(top), "build"))


def main():
    out = tap.Tap()
    names = [c.__name__ for c in check.CHECKS if c is not check.writable_globals]
    for name in names:
        found = problems(name, good())
        out.check(f"{name} accepts a tree that is right", not found, "\n".join(found))
    for name, what, changes in BAD:
        found = problems(name, dict(good(), **changes))
        if name in check.SKIPPED:
            out.skip(f"{name} objects to: {what}", check.SKIPPED[name])
            continue
        out.check(f"{name} objects to: {what}", found, "it found nothing")
    for name, what, changes in FINE:
        found = problems(name, dict(good(), **changes))
        out.check(f"{name} accepts: {what}", not found, "\n".join(found))
    for what, text, bad in GLOBALS:
        found = library_of(text)
        out.check(f"writable_globals {'objects to' if bad else 'accepts'}: {what}", bool(found) == bad, "\n".join(found))
    untested = set(names) - {name for name, _, _ in BAD}
    out.check("every check has a bad example", not untested, ", ".join(untested))
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
