"""Sums up several runs of ctest.

    sum_up_tests.py FOLDER [FAILED_BUILD...]

FOLDER holds a JUnit file for each run. Prints the figures that tests told, the planted bugs that
they found, the numbers of each interpreter's tests of the Python module, every failed test, every
skipped test with its reason, and ends with one line: N passed, N failed, N skipped. A build that
failed counts as a failed test. The status is 1 if anything failed or nothing was run.

A program that runs several tests, with cmocka, pytest or Python's unittest, counts as that many
tests, so that one skipped inside it is seen.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

CMOCKA = re.compile(r"\[ +(OK|FAILED|ERROR|SKIPPED) +\] (\w+)")
UNITTEST = re.compile(r" *(\w+) \(.*\.\.\. (ok|FAIL|ERROR|skipped)(?: ['\"](.*)['\"])?")
PYTEST = re.compile(r"PYTEST (?:(passed|failed) (.*)|(skipped) (.*?): (.*))")
PYTHON = re.compile(r"(\w+): python\.(\d+\.\d+)\..*")
FIGURE = re.compile(r"FIGURE (.*): (\d+)")
PLANTED = re.compile(r"PLANTED (.*): (found .*)")
REASON = re.compile(r"SKIP(?:PED)?(?: [\w.+]+)?: (.*)")
MEANING = {
    "OK": "passed",
    "FAILED": "failed",
    "ERROR": "failed",
    "SKIPPED": "skipped",
    "ok": "passed",
    "FAIL": "failed",
    "skipped": "skipped",
}


def outcomes_inside(output):
    """What a program said of its tests, the first word of each: {test: (outcome, reason)}."""
    outcomes = {}
    reason = None
    for line in output.splitlines():
        if match := REASON.fullmatch(line):
            reason = match[1]
        elif match := CMOCKA.fullmatch(line):
            outcomes.setdefault(match[2], (MEANING[match[1]], reason))
            reason = None
        elif match := UNITTEST.fullmatch(line):
            outcomes.setdefault(match[1], (MEANING[match[2]], match[3]))
        elif match := PYTEST.fullmatch(line):
            outcomes.setdefault(match[2] or match[4], (match[1] or match[3], match[5]))
    return outcomes


def outcome_as_a_whole(case, output):
    """What ctest said of a program: (outcome, reason)."""
    if case.find("failure") is not None:
        return "failed", None
    if case.find("skipped") is not None:
        reasons = [match[1] for match in map(REASON.fullmatch, output.splitlines()) if match]
        return "skipped", reasons[-1] if reasons else None
    return "passed", None


def outcomes_of(case):
    """The outcomes of one test of ctest: [(test, outcome, reason)]."""
    name = case.get("name")
    output = case.findtext("system-out") or ""
    whole, reason = outcome_as_a_whole(case, output)
    outcomes = [(f"{name}: {test}", *rest) for test, rest in outcomes_inside(output).items()]
    # A program that crashed has said nothing about the test in which it did.
    crashed = whole == "failed" and not any(outcome == "failed" for _, outcome, _ in outcomes)
    if crashed or not outcomes:
        outcomes.append((name, whole, reason))
    return outcomes


def figures_and_planted_bugs(case, figures, planted):
    """Adds what a program told: {figure: sum} and {planted bug: how it was found}."""
    for line in (case.findtext("system-out") or "").splitlines():
        if match := FIGURE.fullmatch(line):
            figures[match[1]] = figures.get(match[1], 0) + int(match[2])
        elif match := PLANTED.fullmatch(line):
            planted.setdefault(f"{case.get('name')}: {match[1]}", match[2])


def count(outcomes):
    """How many came out how, in words."""
    numbers = collections.Counter(outcome for _, outcome, _ in outcomes)
    return ", ".join(f"{numbers[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))


def print_interpreters(outcomes):
    """The numbers of each interpreter of each build."""
    interpreters = {}
    for outcome in outcomes:
        if match := PYTHON.fullmatch(outcome[0]):
            interpreters.setdefault(match.groups(), []).append(outcome)
    for build, version in sorted(interpreters, key=lambda key: (key[0], int(key[1].split(".")[1]))):
        print(f"python   {version} ({build}): {count(interpreters[build, version])}")


def main():
    folder, *failed_builds = sys.argv[1:]
    outcomes = [(f"{build}: the build", "failed", None) for build in failed_builds]
    figures, planted = {}, {}
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            outcomes += [(f"{path.stem}: {test}", *rest) for test, *rest in outcomes_of(case)]
            figures_and_planted_bugs(case, figures, planted)

    for name, value in sorted(figures.items()):
        print(f"figure   {name}: {value:,}")
    for name, how in sorted(planted.items()):
        print(f"planted  {name}: {how}")
    print_interpreters(outcomes)
    for test, outcome, reason in outcomes:
        if outcome == "failed":
            print(f"failed   {test}")
        elif outcome == "skipped":
            print(f"skipped  {test}: {reason or 'no reason given'}")
    print(count(outcomes))
    ended = [outcome for _, outcome, _ in outcomes]
    return 1 if "failed" in ended or "passed" not in ended else 0


if __name__ == "__main__":
    sys.exit(main())
