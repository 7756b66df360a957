"""What the checks need to know of the tree: its files, and C text with comments and strings told apart from code."""
import os
import re
import subprocess

FLOORS = ["base", "capture", "fingerprint", "connection", "behavior", "rules", "output", "engine", "tools"]

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text, kinds):
    """The text with comments ("c") or strings and characters ("s") overwritten by spaces; lines keep their numbers."""

    def cover(match):
        t = match.group(0)
        is_comment = t.startswith("/")
        if is_comment and "c" in kinds:
            return re.sub(r"[^\n]", " ", t)
        if not is_comment and "s" in kinds:
            return t[0] + re.sub(r"[^\n]", " ", t[1:-1]) + t[-1]
        return t

    return TOKEN.sub(cover, text)


class Function:
    def __init__(self, path, name, line, end):
        self.path, self.name, self.line, self.end = path, name, line, end
        self.lines = end - line + 1


class Tree:
    """The files of a checkout: tracked ones and new ones that git does not ignore; every file where there is no git."""

    def __init__(self, top):
        self.top = top
        self.files = sorted(f for f in self.listed() if os.path.isfile(os.path.join(top, f)))
        self.texts = {}

    def listed(self):
        p = subprocess.run(["git", "-C", self.top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if p.returncode == 0:
            return {f.decode() for f in p.stdout.split(b"\0") if f}
        found = set()
        for folder, names, files in os.walk(self.top):
            names[:] = [n for n in names if n != ".git" and not n.startswith("build")]
            found |= {os.path.relpath(os.path.join(folder, f), self.top) for f in files}
        return found

    def text(self, path):
        """The file as text, or None when it is not one."""
        if path not in self.texts:
            with open(os.path.join(self.top, path), "rb") as f:
                data = f.read()
            try:
                self.texts[path] = None if b"\0" in data else data.decode("utf-8")
            except UnicodeDecodeError:
                self.texts[path] = None
        return self.texts[path]

    def product(self, *endings):
        """Files of the floors; endings default to C and headers."""
        endings = endings or (".c", ".h")
        return [f for f in self.files if f.split("/")[0] in FLOORS and f.endswith(endings)]

    def libraries(self):
        return [f for f in self.product() if not f.startswith("tools/")]

    def c_files(self):
        """Product and tests."""
        return [f for f in self.files if f.endswith((".c", ".h"))]

    def includes(self, path):
        """(line, name, own) of each #include; own for the quoted form."""
        text = blank(self.text(path), "c")
        for number, line in enumerate(text.splitlines(), 1):
            m = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
            if m:
                yield number, m.group(2), m.group(1) == '"'

    def tags(self, paths, kinds):
        """Functions ("f") or prototypes ("p") as universal-ctags sees them."""
        if not paths:
            return []
        p = subprocess.run(["ctags", "--languages=C", "--langmap=C:.c.h", f"--kinds-C={kinds}", "--fields=+ne", "--sort=no",
                            "-f", "-"] + paths, cwd=self.top, stdout=subprocess.PIPE, check=True)
        out = []
        for row in p.stdout.decode("utf-8", "replace").splitlines():
            cells = row.split("\t")
            if row.startswith("!") or len(cells) < 3:
                continue
            fields = dict(c.split(":", 1) for c in cells[3:] if ":" in c)
            line = int(fields.get("line", 0))
            out.append(Function(cells[1], cells[0], line, int(fields.get("end", line))))
        return out
