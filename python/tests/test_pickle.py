"""Files are pickled by their path and range, and are sent to worker processes."""

import copy
import multiprocessing
import os
import pickle

import pytest

import tome

DATA = bytes(range(256)) * 40
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def again(f, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(f, protocol))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_opens_the_file_again(path, protocol):
    with tome.open(path) as f, again(f, protocol) as g:
        assert type(g) is tome.File and g is not f
        assert (g.mode, g.name, g.offset, g[:]) == ("r", str(path), 0, DATA)


def test_a_pickle_is_small_and_has_none_of_the_bytes(path):
    with tome.open(path) as f:
        assert len(pickle.dumps(f)) < 1000


def test_a_pickle_knows_the_part(path):
    with tome.open(path, offset=100, length=50) as f, again(f) as g:
        assert (g.offset, g[:]) == (100, DATA[100:150])
    with tome.open(path, "r+", offset=100, length=50) as f:
        f.resize(60)
        with again(f) as g:
            assert g[:] == DATA[100:160]
    with tome.open(path, offset=100) as f, again(f) as g:
        with open(path, "ab") as other:
            other.write(b"more")
        assert g.refresh() == len(DATA) - 100 + 4


@pytest.mark.parametrize("mode", ["r+", "w+", "x+"])
def test_a_pickle_neither_empties_nor_makes_a_file(path, mode):
    if mode == "x+":
        path.unlink()
    with tome.open(path, mode) as f:
        f.resize(len(DATA))
        f[:] = DATA
        with again(f) as g:
            assert (g.mode, g[:]) == ("r+", DATA)
            g[0] = 77
            assert f[0] == 77
        data = pickle.dumps(f)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(data)
    assert not path.exists()


def test_a_pickle_knows_how_it_grows(path):
    with tome.open(path, "r+", grow=True, sparse=True, advice="random", reserve=1 << 30) as f:
        with again(f) as g:
            assert g._keywords() == f._keywords()
            g[len(DATA) :] = b"more"
    assert path.read_bytes() == DATA + b"more"
    with tome.open(path, "r+") as f, again(f) as g:
        with pytest.raises(IndexError):
            g[len(g) :] = b"more"


def test_a_relative_path_is_found_from_elsewhere(path, monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("file", b"file"):
        with tome.open(name) as f:
            monkeypatch.chdir(tmp_path / "elsewhere")
            with again(f) as g:
                assert g[:] == DATA
            monkeypatch.chdir(tmp_path)


def test_what_cannot_be_opened_again_is_not_pickled(path):
    with open(path, "rb") as file, tome.open(file.fileno()) as f:
        with pytest.raises(TypeError, match="descriptor"):
            pickle.dumps(f)
    with tome.open(path, "c") as f, pytest.raises(TypeError, match="private"):
        pickle.dumps(f)
    f = tome.open(path)
    f.close()
    with pytest.raises(ValueError):
        pickle.dumps(f)


class Named(tome.File):
    def __new__(cls, path, mode="r", title="none", **keywords):
        self = super().__new__(cls, path, mode, **keywords)
        self.title = title
        return self

    def __init__(self, *args, **keywords):
        pass


def test_a_derived_class_keeps_its_kind_and_attributes(path):
    with Named(path, title="a log") as f, again(f) as g:
        assert type(g) is Named and g.title == "a log" and g[:] == DATA


def test_copies_are_files_of_their_own(path):
    with tome.open(path) as f:
        for make in (copy.copy, copy.deepcopy):
            with make(f) as g:
                assert g is not f and g[:] == DATA
            assert g.closed and not f.closed


def total(f):
    with f:
        return os.getpid(), sum(f[:])


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_worker_processes_take_files(path, method, monkeypatch):
    # Workers import this file by its name.
    here = os.path.dirname(os.path.abspath(__file__))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    with multiprocessing.get_context(method).Pool(1) as pool, tome.open(path, length=256) as f:
        process, sums = pool.apply(total, (f,))
    assert process != os.getpid() and sums == sum(range(256))


# ---- lines, matches, exceptions ----

LOG = b"".join(b"2026-01-01T10:00:%02d line %d\n" % (i, i) for i in range(60))


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(LOG)
    with tome.open(path) as f:
        yield f


SLICES = [
    lambda lines: lines,
    lambda lines: lines[10:20],
    lambda lines: lines[-5:],
    lambda lines: lines[::-1],
    lambda lines: lines[5:50:3][::-2],
    lambda lines: lines[100:],
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("cut", SLICES)
def test_lines_are_the_same_lines_again(log, cut, protocol):
    lines, expected = cut(log.lines), cut(LOG.splitlines(keepends=True))
    other = again(lines, protocol)
    assert type(other) is tome.Lines and list(lines) == list(other) == expected
    assert len(other) == len(expected) and list(reversed(other)) == expected[::-1]


def test_lines_of_a_range_are_those_of_the_range_again(log):
    expected = LOG.splitlines(keepends=True)[10:21]
    lines = log.between("2026-01-01T10:00:10", "2026-01-01T10:00:20")
    both = [(lines, expected), (lines[2:], expected[2:]), (lines[::-1], expected[::-1])]
    for some, those in both:
        assert list(some) == list(again(some)) == list(copy.copy(some)) == those
    assert list(again(log.between("2027-01-01"))) == []


def test_lines_of_a_file_that_was_cut_end_with_it(log):
    data = pickle.dumps(log.between("2026-01-01T10:00:10"))
    os.truncate(log.name, 100)
    assert list(pickle.loads(data)) == []


def test_what_puts_lines_together_refuses_nonsense(log):
    make = tome._tome._lines
    for parts in ([], [1], [(1, 2)], [("a", 0, 0)], [(2**63, 1, 0)], [(1, 2**63 - 1, 0)], 5):
        with pytest.raises((TypeError, ValueError)):
            make(log, parts, 0, ())
    for slices in ((1,), ((1, 2),), (("a", 1, 1),), ((0, 1, 0),)):
        with pytest.raises((TypeError, ValueError)):
            make(log, None, 0, slices)
    with pytest.raises(TypeError):
        make(b"", None, 0, ())
    with pytest.raises(TypeError):
        tome._tome._lines_apart([b"line\n"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_matches_keep_their_place_and_bytes(log, protocol):
    match = next(log.finditer(rb"line \d\d"))
    other = again(match, protocol)
    log.close()
    assert type(other) is tome.Match and repr(other) == repr(match)
    assert (other.span(), other.group()) == (match.span(), b"line 10")
    assert copy.copy(match).span() == match.span()


def test_a_long_match_takes_its_bytes_along(tmp_path):
    path = tmp_path / "long"
    path.write_bytes(b"-" + b"x" * 100_000 + b"-")
    with tome.open(path) as f:
        match = next(f.finditer(rb"x+"))
        other = again(match)
    assert other.span() == (1, 100_001) and other.group() == b"x" * 100_000


def test_the_exceptions_of_the_module_can_be_pickled(path):
    with open(path, "rb") as file:
        m = tome.mmap(file.fileno(), 0, access=tome.ACCESS_READ, trackfd=False)
    with m, pytest.raises(tome.UntrackedError) as info:
        m.size()
    other = again(info.value)
    assert type(other) is tome.UntrackedError and other.errno == info.value.errno
