"""The Python of README.md and docs/python.md does what is said there, word for word."""

import doctest
import inspect
import io
import pathlib
import re
from contextlib import redirect_stdout

import pytest

import mmap_programs
import tome

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def blocks(text):
    """The programs in a text, in its order."""
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(program):
    """What a program prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), {"__name__": "example"})
    return printed.getvalue()


@pytest.fixture(scope="module")
def log_lines():
    """More than a million lines, one of them an ERROR, and two slow requests."""
    line = b"2026-01-01T00:00:00 request %07d took %dms\n"
    lines = [line % (number, number % 999) for number in range(1_000_100)]
    lines[12_345] = b"2026-01-01T00:00:45 ERROR the disk is full\n"
    lines[20_000] = b"2026-01-01T00:00:20 request 0020000 took 4711ms\n"
    lines[30_000] = b"2026-01-01T00:00:00 request 0030000 took 1000ms\n"
    return lines


@pytest.fixture
def log(log_lines, tmp_path, monkeypatch):
    """The bytes of app.log, in the current folder."""
    monkeypatch.chdir(tmp_path)
    content = b"".join(log_lines)
    pathlib.Path("app.log").write_bytes(content)
    return content


def test_the_classic_example_prints_what_the_file_holds_and_changes_five_bytes(log):
    (classic,) = [block for block in blocks(README) if "import tome as mmap" in block]
    at = log.index(b"ERROR")
    assert run(classic).splitlines() == [
        repr(log[:100]),
        repr(log[at : at + 100]),
        repr(log[1_000_000:1_000_100]),
    ]
    assert pathlib.Path("app.log").read_bytes() == b"HELLO" + log[5:]


def test_the_classic_example_prints_the_same_with_the_standard_module(log):
    (classic,) = [block for block in blocks(README) if "import tome as mmap" in block]
    with_tome = run(classic)
    pathlib.Path("app.log").write_bytes(log)
    assert run(classic.replace("import tome as mmap", "import mmap")) == with_tome


def test_the_example_of_open_prints_what_the_file_holds_and_appends(log, log_lines):
    (example,) = [block for block in blocks(README) if "tome.open" in block]
    at = log.index(b"ERROR")
    slow = [(log.index(found), found) for found in (b"took 4711ms", b"took 1000ms")]
    assert run(example).splitlines() == [
        f"{len(log)} {log[:100]} {log[-100:]} True",
        str(at),
        *(f"{place} {found}" for place, found in slow),
        *map(repr, log_lines[1_000_000:1_000_010]),
    ]
    assert pathlib.Path("app.log").read_bytes() == log + b"one more line\n"


def test_the_guides_sessions_go_as_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
    parser = doctest.DocTestParser()
    examples = parser.get_doctest(session, {"tome": tome}, "docs/python.md", None, None)
    assert examples.examples
    told = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(examples, out=told.append)
    assert runner.failures == 0, "".join(told)


def test_what_the_differential_test_excuses_is_in_the_table_of_differences():
    names = [name for name in vars(mmap_programs) if name.startswith("excuse_")]
    sources = [inspect.getsource(getattr(mmap_programs, name)) for name in [*names, "excuse"]]
    excuses = re.findall(r'return "(.*)"', "".join(sources))
    assert len(excuses) > 5
    table = GUIDE.partition("### Differences from the standard module")[2].partition("\n## ")[0]
    first_cells = [row.split("|")[1].strip() for row in table.splitlines() if row.startswith("|")]
    assert not [excuse for excuse in excuses if excuse not in first_cells]
