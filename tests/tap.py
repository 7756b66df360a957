"""TAP (Test Anything Protocol), said and read: the one form in which every kind of check here reports."""
import re
import sys


class Tap:
    """Prints "ok N - name" and "not ok N - name" lines, and at the end the plan."""

    def __init__(self, out=None):
        self.out = out or sys.stdout
        self.count = self.failed = 0

    def check(self, name, good, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", file=self.out)
        if not good and detail:
            for line in str(detail).splitlines():
                print(f"#   {line}", file=self.out)
        self.out.flush()
        return bool(good)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", file=self.out)

    def done(self):
        """Print the plan; the exit status: 1 when a check failed or none was made."""
        print(f"1..{self.count}", file=self.out)
        return 0 if self.count and not self.failed else 1


RESULT = re.compile(r"\s*(not )?ok\b(?:\s+\d+)?(.*)$")
PLAN = re.compile(r"\s*1\.\.(\d+)\s*$")


def read(text):
    """
    Count the results in TAP text: (passed, failed, skipped, planned), planned None without a plan.
    cmocka writes one plan for each group, and a skipped test as "not ok N # SKIP"; both are understood.
    """
    passed = failed = skipped = 0
    planned = None
    for line in text.splitlines():
        plan = PLAN.match(line)
        if plan:
            planned = (planned or 0) + int(plan.group(1))
            continue
        result = RESULT.match(line)
        if not result:
            continue
        if re.search(r"#\s*SKIP", result.group(2), re.I):
            skipped += 1
        elif result.group(1):
            failed += 1
        else:
            passed += 1
    return passed, failed, skipped, planned
