"""CPython's own tests of mmap, unmodified: what passes with `mmap` passes with `tome`.

They are those that came with the interpreter that runs this.
"""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

import tome

RUN = """
import sys, unittest
if sys.argv.pop(1) == "tome":
    import tome
    sys.modules["mmap"] = tome
unittest.main(module="test.test_mmap", argv=["test_mmap", "-v"])
"""

LINE = re.compile(
    r"^(test_\w+ \([\w.]+\)).* \.\.\. (ok|FAIL|ERROR|skipped.*|expected failure)$", re.M
)


def has_suite():
    try:
        return importlib.util.find_spec("test.test_mmap") is not None
    except ImportError:
        return False


def run(module, folder):
    """{test: outcome} of the suite with a module, and what it printed."""
    folder.mkdir()
    package = pathlib.Path(tome.__file__).parent.parent
    environment = dict(os.environ, PYTHONPATH=str(package))
    command = [sys.executable, "-c", RUN, module]
    told = subprocess.run(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, universal_newlines=True
    ).stderr
    # The first line of a docstring stands between a test's name and its outcome.
    outcomes = dict(LINE.findall(re.sub(r"\)\n(?!test_)(.*) \.\.\. ", r") ... ", told)))
    return outcomes, told


@pytest.fixture(scope="module")
def suites(tmp_path_factory):
    if not has_suite():
        pytest.skip("this interpreter came without CPython's test.test_mmap")
    folder = tmp_path_factory.mktemp("suites")
    return {module: run(module, folder / module) for module in ("mmap", "tome")}


def test_what_passes_with_the_standard_module_passes_with_tome(suites):
    (standard, told_standard), (ours, told) = suites["mmap"], suites["tome"]
    passed = {name for name, outcome in standard.items() if outcome == "ok"}
    assert len(passed) > 25, told_standard
    assert {name for name in passed if ours.get(name) != "ok"} == set(), told


def test_no_test_is_skipped_that_the_standard_module_does(suites):
    skipped = {
        module: {name for name, outcome in outcomes.items() if outcome.startswith("skipped")}
        for module, (outcomes, _) in suites.items()
    }
    assert skipped["tome"] <= skipped["mmap"]
    assert suites["tome"][0].keys() == suites["mmap"][0].keys()


def test_the_suite_ran_on_tome(suites):
    """Not on the standard module in its place."""
    probe = "import sys, tome; sys.modules['mmap'] = tome; from test import test_mmap; "
    probe += "print(test_mmap.mmap.__name__)"
    environment = dict(os.environ, PYTHONPATH=str(pathlib.Path(tome.__file__).parent.parent))
    assert subprocess.check_output([sys.executable, "-c", probe], env=environment) == b"tome\n"
