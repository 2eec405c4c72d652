"""NumPy on tome.mmap: numpy.memmap imports `mmap`, and finds ours where that stands in sys.modules.

NumPy's own tests, unmodified, come out as they do with the standard module. What the standard
module dies of, or refuses, is tried beside it.
"""

import errno
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import xml.etree.ElementTree

import pytest

from small_disk import small_disk

np = pytest.importorskip("numpy", reason="NumPy is not installed")

CORE = "_core" if hasattr(np, "_core") and not hasattr(np, "core") else "core"
NUMPY = pathlib.Path(np.__file__).parent

# Stands in for `mmap`, or does not, and says at the end how many maps were made by which type.
PLUGIN = """
import sys
{replace}
import mmap

made = []

def pytest_sessionstart(session):
    import numpy
    original = numpy.memmap.__new__
    def new(*args, **keywords):
        self = original(*args, **keywords)
        made.append(type(self._mmap).__module__)
        return self
    numpy.memmap.__new__ = new

def pytest_sessionfinish(session):
    with open("made", "w") as file:
        print(*sorted(set(made)), len(made), file=file)
"""


def start_suite(folder, replace, suites):
    """Run tests of NumPy's own, those of its arrays on files, in a process."""
    folder.mkdir()
    (folder / "the_plugin.py").write_text(PLUGIN.format(replace=replace))
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), environment.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "the_plugin", "-p", "no:cacheprovider"]
    command += ["--junitxml=report.xml", "--rootdir=.", "-k", "mmap or memmap", *map(str, suites)]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE)


def end_suite(process, folder):
    """What came of it: ({test: outcome}, what the maps were and how many)."""
    told = process.communicate()[0].decode()
    assert process.returncode in (0, 1), told
    return outcomes_in(folder / "report.xml"), (folder / "made").read_text().split()


def outcomes_in(report):
    found = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        children = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[case.get("classname", "") + "." + case.get("name", "")] = children or ["passed"]
    return found


SUITES = [f"{CORE}/tests/test_memmap.py", "lib/tests/test_format.py", "lib/tests/test_io.py"]


def test_numpys_own_tests_come_out_as_with_the_standard_module(tmp_path):
    suites = [NUMPY / suite for suite in SUITES if (NUMPY / suite).exists()]
    if not suites:
        pytest.skip("NumPy is installed without its tests")
    with_standard = start_suite(tmp_path / "standard", "", suites)
    replace = "import tome; sys.modules['mmap'] = tome"
    with_ours = start_suite(tmp_path / "ours", replace, suites)
    expected, standard = end_suite(with_standard, tmp_path / "standard")
    ours, made = end_suite(with_ours, tmp_path / "ours")
    assert ours == expected
    passed = sum(outcome == ["passed"] for outcome in ours.values())
    assert passed > 0
    assert standard[0] == "mmap" and made == ["tome", standard[1]]
    print(f"FIGURE tests of NumPy's own that pass on tome.mmap: {passed}")


# ---- beside the standard module

PREAMBLE = """
import sys
if sys.argv[2] == "tome":
    import tome
    sys.modules["mmap"] = tome
import mmap, os
import numpy as np
path = sys.argv[1]
"""


def run(module, script, path):
    """Run a script with numpy.memmap on a module: its status and its words."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(script), str(path), module],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return done.returncode, done.stdout.decode().split(), done.stderr.decode()


CUT = """
    with open(path, "wb") as file:
        file.write(b"x" * (1 << 20))
    array = np.memmap(path, "u1", "r+")
    os.truncate(path, 0)
    print(array[:5000].sum(), array.sum())
    array[7000] = 1
    try:
        array._mmap.check()
    except OSError as error:
        print(type(error).__name__)
    try:
        array.flush()
    except OSError as error:
        print(type(error).__name__)
"""


def test_a_file_that_is_cut_under_a_memmap_is_an_exception_and_no_death(tmp_path):
    assert run("mmap", CUT, tmp_path / "file")[0] == -signal.SIGBUS
    status, words, errors = run("tome", CUT, tmp_path / "file")
    assert (status, words[:3]) == (0, ["0", "0", "LostBytesError"]), errors


FULL = """
    try:
        array = np.memmap(path, "u1", "w+", shape=1 << 22)
        array[:] = 1
    except OSError as error:
        print(error.errno)
"""


def test_a_disk_that_is_too_small_for_a_memmap_is_an_exception_and_no_death(tmp_path):
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        assert run("mmap", FULL, disk / "standard")[0] == -signal.SIGBUS
        os.unlink(disk / "standard")
        status, words, errors = run("tome", FULL, disk / "ours")
        assert (status, words) == (0, [str(errno.ENOSPC)]), errors


GROW = """
    with open(path, "wb") as file:
        file.write(bytes(range(16)))
    with open(path, "r+b") as file:
        map = mmap.mmap(file.fileno(), 0)
    array = np.frombuffer(map, "u1")
    address = array.ctypes.data
    try:
        map.resize(1 << 20)
    except BufferError:
        print("BufferError")
    else:
        print(array.ctypes.data == address, array.tolist() == list(range(16)), len(map))
        array[0] = 100
        print(map[0], np.frombuffer(map, "u1").ctypes.data == address)
        try:
            map.resize(8)
        except BufferError:
            print(len(map), os.path.getsize(path))
"""


def test_a_map_grows_under_arrays_and_is_not_cut_under_them(tmp_path):
    assert run("mmap", GROW, tmp_path / "file")[1] == ["BufferError"]
    status, words, errors = run("tome", GROW, tmp_path / "file")
    assert status == 0, errors
    assert words == ["True", "True", str(1 << 20), "100", "True", str(1 << 20), str(1 << 20)]


SAVED = """
    np.save(path, np.arange(12.0).reshape(3, 4))
    array = np.load(path, mmap_mode="r+")
    print(type(array._mmap).__module__, array.sum())
    array[1] = 0
    array.flush()
    del array
    print(np.load(path).sum())
    made = np.lib.format.open_memmap(path, "w+", "i4", (5,))
    made[:] = 3
    del made
    print(np.load(path).sum(), np.fromfile(path, "u1")[:6].tobytes()[1:])
"""


def test_saved_arrays_are_mapped(tmp_path):
    expected = run("mmap", SAVED, tmp_path / "standard.npy")
    ours = run("tome", SAVED, tmp_path / "ours.npy")
    assert (expected[0], expected[1][0]) == (0, "mmap")
    assert ours == (0, ["tome"] + expected[1][1:], "")


KINDS = """
    with open(path, "wb") as file:
        file.write(bytes(range(64)))
    for mode in ("r", "r+", "c", "w+"):
        for offset in (0, 3, 16):
            array = np.memmap(path, "u1", mode, offset, (4, 5))
            print(mode, offset, array.sum(), array.flags.writeable, array.offset)
            if mode != "r":
                array[1] = 9
            print(array[::2].sum(), (array + 1).sum(), type(array[0]).__name__)
            array.flush()
            del array
            print(open(path, "rb").read().hex())
"""


def test_each_mode_of_memmap_gives_what_the_standard_module_gives(tmp_path):
    expected = run("mmap", KINDS, tmp_path / "standard")
    assert expected[0] == 0
    assert run("tome", KINDS, tmp_path / "ours") == expected
