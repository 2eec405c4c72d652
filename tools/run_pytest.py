"""Runs one file of the Python module's tests, for ctest.

    run_pytest.py MODULE_FOLDER PACKAGES_FOLDER TEST_FILE [PYTEST_OPTION...]

The tests import `tome` from MODULE_FOLDER, and so do the processes they start. An interpreter
without pytest or hypothesis takes them from PACKAGES_FOLDER (see pure_packages.py); if they are not
there either, the file is skipped: "SKIP: reason" and status 77.

After pytest's own report there is a line for each test, which sum_up_tests.py counts, and the
figures that tests printed.
"""

import importlib.util
import os
import sys

SKIPPED = 77
NEEDED = ("pytest", "hypothesis")
# What C says before an interpreter dies must be seen, so that only Python's output is captured.
OPTIONS = ["-q", "--tb=short", "--capture=sys", "-p", "no:cacheprovider"]
# Debian's pytest is older than some interpreters that borrow it.
OPTIONS += ["-W", "ignore::DeprecationWarning:_pytest.assertion.rewrite"]
if sys.version_info >= (3, 14):
    OPTIONS += ["--assert=plain"]


class TestLines:
    """A plugin of pytest: says of each test what came out."""

    def __init__(self):
        self.outcomes = {}
        self.reasons = []
        self.figures = []

    def pytest_collectreport(self, report):
        if report.skipped:
            self.reasons.append(reason_of(report))

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("::")[2] or report.nodeid
        if report.failed:
            self.outcomes[name] = "failed", ""
        elif report.skipped:
            self.outcomes[name] = "skipped", ": " + reason_of(report)
        elif report.when == "call":
            self.outcomes.setdefault(name, ("passed", ""))
            self.figures += [
                line
                for line in report.capstdout.splitlines()
                if line.startswith(("FIGURE ", "PLANTED "))
            ]

    def pytest_terminal_summary(self, terminalreporter):
        for line in self.figures:
            terminalreporter.write_line(line)
        for name, (outcome, rest) in self.outcomes.items():
            terminalreporter.write_line(f"PYTEST {outcome} {name}{rest}")


def reason_of(report):
    """Why a test was skipped, on one line."""
    if hasattr(report, "wasxfail"):
        reason = "expected to fail: " + report.wasxfail
    elif isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
    else:
        reason = str(report.longrepr)
    return " ".join(reason.split()).removeprefix("Skipped: ")


def skip(reason):
    print(f"SKIP: {reason}")
    return SKIPPED


def set_paths(module_folder, packages_folder):
    """Makes the module importable, and what tests need. Returns what is missing, or None."""
    folders = [module_folder]
    if not all(map(importlib.util.find_spec, NEEDED)):
        folders.append(packages_folder)
    sys.path[0:1] = folders[:1]  # the first is this script's own folder
    sys.path += folders[1:]
    os.environ["PYTHONPATH"] = os.pathsep.join(folders)
    return next((name for name in NEEDED if not importlib.util.find_spec(name)), None)


def main(module_folder, packages_folder, test_file, *options):
    if missing := set_paths(module_folder, packages_folder):
        return skip(f"{sys.executable} has no {missing}")
    import pytest

    lines = TestLines()
    status = pytest.main([*OPTIONS, *options, test_file], plugins=[lines])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED and lines.reasons:
        return skip("; ".join(lines.reasons))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
