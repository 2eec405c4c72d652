"""The table of ./dev matrix.

    matrix_table.py FOLDER TARGET...

FOLDER holds for each target how far it came (TARGET.build: failed, built, tested), the seconds it took (TARGET.seconds) and
the JUnit file of its tests (TARGET.xml), as far as it has any. Prints a line for each target, the reasons of what was skipped
with the targets that gave them, and what failed. The status is 1 if anything failed.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree

from sum_up_tests import outcomes_of


def outcomes_in(path):
    """The outcomes of a JUnit file: [(test, outcome, reason)]."""
    cases = xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    return [outcome for case in cases for outcome in outcomes_of(case)]


def text_of(path, otherwise):
    return path.read_text().strip() if path.exists() else otherwise


class Target:
    def __init__(self, folder, name):
        self.name = name
        state = text_of(folder / f"{name}.build", "failed")
        self.built = state in ("built", "tested")
        self.seconds = int(text_of(folder / f"{name}.seconds", "0"))
        tests = folder / f"{name}.xml"
        self.outcomes = outcomes_in(tests) if tests.exists() else []
        self.has_no_answer = state == "tested" and not self.outcomes

    def count(self, outcome):
        return sum(1 for _, had, _ in self.outcomes if had == outcome)

    def has_failed(self):
        return not self.built or self.has_no_answer or self.count("failed") > 0

    def row(self):
        """Cells of the table: name, tests, passed, failed, skipped, time."""
        if not self.built:
            return (self.name, "the build failed", "", "", "", "")
        if self.has_no_answer:
            return (self.name, "no test told anything", "", "", "", f"{self.seconds} s")
        if not self.outcomes:
            return (self.name, "built only", "", "", "", f"{self.seconds} s")
        numbers = [self.count(outcome) for outcome in ("passed", "failed", "skipped")]
        return (self.name, sum(numbers), *numbers, f"{self.seconds} s")


def print_table(rows):
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    for row in rows:
        first = str(row[0]).ljust(widths[0])
        rest = (str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:]))
        print("  ".join((first, *rest)).rstrip())


def print_skipped(targets):
    """Each reason once, with how many tests gave it on which target."""
    reasons = collections.defaultdict(collections.Counter)
    for target in targets:
        for _, outcome, reason in target.outcomes:
            if outcome == "skipped":
                reasons[reason or "no reason given"][target.name] += 1
    if reasons:
        print("\nSkipped")
    for reason, numbers in sorted(reasons.items()):
        print(f"  {reason}: " + ", ".join(f"{name} {number}" for name, number in numbers.items()))


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
    targets = [Target(folder, name) for name in names]
    print_table([("target", "tests", "passed", "failed", "skipped", "time")] + [target.row() for target in targets])
    print_skipped(targets)
    for target in targets:
        for test, outcome, _ in target.outcomes:
            if outcome == "failed":
                print(f"failed   {target.name}: {test}")
    return 1 if any(target.has_failed() for target in targets) else 0


if __name__ == "__main__":
    sys.exit(main())
