"""The types in the stubs are those of the module, and checkers find mistakes by them."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

import tome

PACKAGES = pathlib.Path(tome.__file__).parents[1]

pytestmark = [
    pytest.mark.skipif(
        not importlib.util.find_spec("mypy"), reason=f"{sys.executable} has no mypy"
    ),
    pytest.mark.skipif(bool(os.environ.get("LD_PRELOAD")), reason="mypy is slow with a sanitizer"),
]

RIGHT = """
import re
from typing import Iterator, List, Optional, Tuple

import tome
import tome as mmap

def classic(descriptor: int) -> Tuple[bytes, int, int]:
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_WRITE) as m:
        m[0:5] = b"HELLO"
        m[5] = 33
        m.flush()
        return m[:100], m[0], m.find(b"ERROR", 10)

def modern(path: str) -> List[bytes]:
    with tome.open(path, "r+", grow=True) as f:
        at: int = f.append(b"more")
        size: int = len(f) + f.size + f[at]
        offsets: Iterator[int] = f.findall([b"a", bytearray(b"b")])
        mine: Iterator[tome.Match] = f.finditer(rb"x+")
        pythons: Iterator[re.Match[bytes]] = f.finditer(re.compile(rb"x+"))
        resident: Optional[int] = f.residency().resident
        with f.view(0, 10) as data:
            first: memoryview = data
        count: int = f.gather([(0, 5), slice(5, 9)], out=bytearray(9))
        lines: List[bytes] = list(f.lines[2:5])
        return f.gather([(0, 5), [0, 5], slice(5, 9)]) + lines

def of_readme(path: str, mode: str) -> None:
    with tome.open(path, "r+b", grow=True) as f:
        print(len(f), f[:100], b"ERROR" in f, 10 in f)
        for match in f.finditer(rb"took"):
            print(match.start(), match.group(0), match[0])
        numbers: Iterator[int] = iter(f)
        item: int = f[0]
        f.findall(10)
    tome.open(path, mode).close()

try:
    modern("x")
except tome.LostBytesError as lost:
    where: Tuple[int, int] = (lost.offset, lost.length)
"""

# Stubs say some things that are in a type in another way; files in Python are their own stubs.
NOT_COMPARED = r"""
tome\.(mmap|File|View)\.__(buffer|release_buffer)__
tome\.mmap\.__(contains|iter)__
tome\.(_tome|aio|array|file)\..*
"""

WRONG = """
import tome
f = tome.open("x", "r")
f.find("text")
f.gather([1, 2])
f.size = 5
f[0:5] = "HELLO"
n: str = f[0]
m = tome.mmap("x", 0)
m.nothing
tome.open("x", 5)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """What one run of mypy leaves to the next."""
    return tmp_path_factory.mktemp("cache")


def check(*command, cwd):
    """Runs one of mypy's tools on the build of this interpreter alone. Returns (status, output)."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        env={**os.environ, "MYPYPATH": str(PACKAGES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def mypy(cache, *arguments, cwd):
    options = ["--config-file=", "--cache-dir", cache, "--python-version", "3.9", "--strict"]
    return check("mypy", *options, *arguments, cwd=cwd)


def test_a_program_that_uses_it_well_has_no_error_in_strict_mode(tmp_path, cache):
    (tmp_path / "right.py").write_text(RIGHT)
    status, output = mypy(cache, "right.py", cwd=tmp_path)
    assert status == 0, output


def test_each_mistake_is_found(tmp_path, cache):
    (tmp_path / "wrong.py").write_text(WRONG)
    status, output = mypy(cache, "wrong.py", cwd=tmp_path)
    lines = {int(line.split(":")[1]) for line in output.splitlines() if ": error:" in line}
    assert status != 0 and lines == set(range(4, 12)), output


def test_the_stubs_say_what_the_module_has(tmp_path):
    (tmp_path / "not_compared").write_text(NOT_COMPARED)
    options = ["--concise", "--ignore-unused-allowlist", "--allowlist", "not_compared"]
    status, output = check("mypy.stubtest", *options, "tome", cwd=tmp_path)
    assert status == 0, output
