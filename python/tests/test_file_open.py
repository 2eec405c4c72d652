"""tome.open: modes, parts, descriptors, failures; and a File's life."""

import collections.abc
import errno
import gc
import inspect
import os
import pathlib
import stat
import sys
import weakref

import pytest

import tome

DATA = bytes(range(256)) * 4


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return str(path)


# ---- modes ----


def test_a_mode_is_for_reading_if_none_is_given(path):
    with tome.open(path) as f:
        assert f.mode == "r"
        assert f[:] == DATA
        with pytest.raises(TypeError):
            f[0] = 1
    assert pathlib.Path(path).read_bytes() == DATA


def test_r_plus_stores_in_the_file(path):
    with tome.open(path, "r+") as f:
        f[0:3] = b"abc"
        f[-1] = 0x7A
    assert pathlib.Path(path).read_bytes() == b"abc" + DATA[3:-1] + b"z"


def test_c_stores_in_memory_only(path):
    with tome.open(path, "c") as f:
        f[0:3] = b"abc"
        assert f[:4] == b"abc" + DATA[3:4]
        with pytest.raises(TypeError):
            f.resize(10)
        with pytest.raises(TypeError):
            f.append(b"x")
    assert pathlib.Path(path).read_bytes() == DATA


def test_c_needs_no_permission_to_write(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        with tome.open(fd, "c") as f:
            f[0] = 65
            assert f[0] == 65
    finally:
        os.close(fd)


def test_w_plus_empties_a_file_and_makes_a_missing_one(path, tmp_path):
    with tome.open(path, "w+") as f:
        assert len(f) == 0
        f.append(b"new")
    assert pathlib.Path(path).read_bytes() == b"new"
    with tome.open(tmp_path / "other", "w+") as f:
        assert len(f) == 0
    assert (tmp_path / "other").exists()


def test_x_plus_makes_a_file_and_leaves_one_alone_that_is_there(path, tmp_path):
    with tome.open(tmp_path / "other", "x+") as f:
        f.append(b"new")
    assert (tmp_path / "other").read_bytes() == b"new"
    with pytest.raises(FileExistsError) as caught:
        tome.open(path, "x+")
    assert caught.value.filename == path
    assert pathlib.Path(path).read_bytes() == DATA


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_a_missing_file_is_not_made_unless_asked_for(tmp_path, mode):
    with pytest.raises(FileNotFoundError) as caught:
        tome.open(tmp_path / "missing", mode)
    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == str(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def test_create_makes_a_missing_file_and_keeps_one_that_is_there(path, tmp_path):
    with tome.open(tmp_path / "made", "r+", create=True) as f:
        assert len(f) == 0
    with tome.open(path, "r+", create=True) as f:
        assert f[:] == DATA


def test_permissions_are_those_of_a_file_that_is_made(tmp_path):
    before = os.umask(0o022)
    try:
        tome.open(tmp_path / "a", "x+").close()
        tome.open(tmp_path / "b", "x+", permissions=0o600).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(tmp_path / "a").st_mode) == 0o644
    assert stat.S_IMODE(os.stat(tmp_path / "b").st_mode) == 0o600


@pytest.mark.parametrize("mode", ["br", "w", "a", "", "R", "wb", "r\0", "\udcff"])
def test_other_modes_are_refused(path, mode):
    with pytest.raises(ValueError, match="mode must be"):
        tome.open(path, mode)


@pytest.mark.parametrize("keyword", ["create", "grow", "sparse"])
@pytest.mark.parametrize("mode", ["r", "c"])
def test_keywords_for_writers_are_refused_to_readers(path, mode, keyword):
    with pytest.raises(ValueError, match=keyword):
        tome.open(path, mode, **{keyword: True})


def test_wrong_arguments_are_refused(path):
    wrong = [
        (TypeError, dict(mode=1)),
        (TypeError, dict(mode=None)),
        (TypeError, dict(offset="1")),
        (TypeError, dict(offset=1.0)),
        (ValueError, dict(offset=-1)),
        (ValueError, dict(offset=-(2**70))),
        (OverflowError, dict(offset=2**64)),
        (ValueError, dict(length=-1)),
        (OverflowError, dict(length=2**64)),
        (ValueError, dict(offset=len(DATA) + 1)),
        (ValueError, dict(length=len(DATA) + 1)),
        (ValueError, dict(offset=2**64 - 1, length=2)),
        (ValueError, dict(advice="fast")),
        (TypeError, dict(advice=1)),
        (ValueError, dict(reserve=-1)),
        (ValueError, dict(permissions=0o10000)),
        (ValueError, dict(permissions=-1)),
        (TypeError, dict(wrong=1)),
    ]
    for kind, keywords in wrong:
        with pytest.raises(kind):
            tome.open(path, **keywords)
        with pytest.raises(kind):
            tome.File(path, **keywords)
    with pytest.raises(TypeError):
        tome.File()
    with pytest.raises(TypeError):
        tome.File(path, "r", 0)


# ---- what is opened ----


@pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.Path])
def test_a_path_is_a_str_or_bytes_or_path_like(path, kind):
    with tome.open(kind(path)) as f:
        assert f.name == os.fspath(kind(path))
        assert f[:] == DATA


def test_a_relative_path_is_told_as_it_was_given(path, monkeypatch):
    monkeypatch.chdir(os.path.dirname(path))
    with tome.open("file") as f:
        assert f.name == "file"
        assert f._path == path
    with tome.open(b"file") as f:
        assert f.name == b"file"
        assert f._path == os.fsencode(path)
    with pytest.raises(FileNotFoundError) as caught:
        tome.open("missing")
    assert caught.value.filename == "missing"


def test_a_name_that_is_no_text_is_opened_all_the_same(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\xfe"
    with open(name, "wb") as file:
        file.write(b"abc")
    with tome.open(os.fsdecode(name)) as f:
        assert f[:] == b"abc"
        assert "\\udcff" in repr(f)


def test_paths_that_are_none_are_refused():
    for wrong in (None, 1.5, object(), [], b"a\0b", "a\0b"):
        with pytest.raises((TypeError, ValueError)):
            tome.open(wrong)


def test_a_descriptor_stays_the_callers(path):
    with open(path, "r+b") as file:
        file.seek(10)
        with tome.open(file.fileno(), "r+") as f:
            assert f.name == file.fileno()
            assert f._path is None
            f[0] = 65
        assert file.tell() == 10
        file.seek(0)
        assert file.read() == b"A" + DATA[1:]


def test_a_file_outlives_its_descriptor(path):
    fd = os.open(path, os.O_RDONLY)
    f = tome.open(fd)
    os.close(fd)
    assert f[:] == DATA
    f.close()


def test_w_plus_empties_what_a_descriptor_is_of(path):
    with open(path, "r+b") as file, tome.open(file.fileno(), "w+") as f:
        assert len(f) == 0
    assert os.path.getsize(path) == 0


def test_wrong_descriptors_are_refused(path):
    for wrong in (-1, 10**6, 2**40, -(2**70)):
        with pytest.raises(OSError) as caught:
            tome.open(wrong)
        assert caught.value.errno == errno.EBADF
    with open(path, "rb") as file:
        with pytest.raises(PermissionError):
            tome.open(file.fileno(), "r+")
        with pytest.raises(ValueError, match="x\\+"):
            tome.open(file.fileno(), "x+")


def test_what_cannot_be_mapped_says_so(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, number in [(tmp_path, errno.EISDIR), (tmp_path / "pipe", errno.ENODEV)]:
        with pytest.raises(OSError) as caught:
            tome.open(name)
        assert caught.value.errno == number
        assert caught.value.filename == str(name)


def test_an_empty_file_is_an_empty_sequence(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    with tome.open(tmp_path / "empty") as f:
        assert len(f) == 0 and not f
        assert f[:] == b"" and list(f) == [] and b"" in f and 0 not in f
        assert bytes(memoryview(f)) == b""
        with pytest.raises(IndexError):
            f[0]


# ---- parts ----


@pytest.mark.parametrize(
    "offset, length", [(0, 0), (0, 10), (1, None), (300, 511), (1024, None), (1024, 0)]
)
def test_a_part_is_a_file_of_its_own(path, offset, length):
    expected = DATA[offset : None if length is None else offset + length]
    with tome.open(path, offset=offset, length=length) as f:
        assert f.offset == offset
        assert len(f) == f.size == len(expected)
        assert f[:] == expected


def test_stores_through_a_part_stay_inside_it(path):
    with tome.open(path, "r+", offset=5, length=3, grow=True) as f:
        f[:] = b"abc"
        with pytest.raises(ValueError):
            f[3] = 1
    assert pathlib.Path(path).read_bytes() == DATA[:5] + b"abc" + DATA[8:]


def test_advice_and_reserve_change_no_result(path):
    for advice in (None, "random", "sequential"):
        with tome.open(path, advice=advice, reserve=1 << 30) as f:
            assert f[:] == DATA


# ---- life ----


def test_closing_twice_is_no_failure(path):
    f = tome.open(path)
    assert not f.closed
    f.close()
    f.close()
    assert f.closed


def test_a_with_block_closes(path):
    with tome.open(path) as f:
        assert not f.closed
    assert f.closed
    with pytest.raises(ZeroDivisionError), tome.open(path) as f:
        1 / 0
    assert f.closed


def test_a_closed_file_refuses_all_but_what_it_is(path):
    f = tome.open(path, "r+")
    f.close()
    refused = [
        lambda: len(f),
        lambda: f.size,
        lambda: f[0],
        lambda: f[0:1],
        lambda: f[::2],
        lambda: f["x"],
        lambda: list(f),
        lambda: 1 in f,
        lambda: b"" in f,
        lambda: memoryview(f),
        lambda: bytes(f),
        lambda: f.append(b""),
        lambda: f.resize(0),
        lambda: f.refresh(),
        lambda: f.fill(0),
        lambda: f.move(0, 0, 0),
        lambda: f.flush(),
        lambda: f.check(),
        lambda: f.__enter__(),
        lambda: f.__reduce__(),
        lambda: f.__setitem__(0, 0),
        lambda: f.__setitem__(slice(0, 1), b"a"),
        lambda: f.__delitem__(0),
    ]
    for i, call in enumerate(refused):
        with pytest.raises(ValueError):
            call()
            pytest.fail(f"number {i} was not refused")
    assert f.closed and f.name == path and f.mode == "r+" and f.offset == 0
    assert repr(f) == f"<tome.File {path!r} closed>"


def test_repr_says_what_it_is(path):
    with tome.open(path) as f:
        assert repr(f) == f"<tome.File {path!r} mode='r' size=1024>"
    with tome.open(os.fsencode(path), "r+") as f:
        assert repr(f) == f"<tome.File {os.fsencode(path)!r} mode='r+' size=1024>"


def test_an_open_file_that_nobody_has_is_closed(path):
    before = len(os.listdir("/proc/self/fd"))
    f = tome.open(path)
    weak = weakref.ref(f)
    assert weak() is f
    del f
    gc.collect()
    assert weak() is None
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_lets_go_of_its_name(path):
    name = "".join([path])
    before = sys.getrefcount(name)
    for _ in range(10):
        tome.open(name).close()
        tome.open(name)
    gc.collect()
    assert sys.getrefcount(name) == before


def test_a_cycle_through_its_own_attributes_is_collected(path):
    class Owner(tome.File):
        pass

    f = Owner(path)
    f.itself = f
    weak = weakref.ref(f)
    del f
    gc.collect()
    assert weak() is None


def test_failed_openings_hold_nothing(path):
    before = len(os.listdir("/proc/self/fd"))
    name = os.path.dirname(path) + "/no such file"
    references = sys.getrefcount(name)
    for _ in range(100):
        with pytest.raises(FileNotFoundError):
            tome.open(name)
        with pytest.raises(ValueError):
            tome.open(path, offset=10**9)
    assert len(os.listdir("/proc/self/fd")) == before
    assert sys.getrefcount(name) <= references + 2


def test_it_is_told_to_auditors(path):
    # In another process, as an audit hook stays for ever.
    import subprocess

    script = (
        "import sys, tome\n"
        "told = []\n"
        "sys.addaudithook(lambda name, args: name == 'open' and told.append(args))\n"
        f"tome.open({path!r}, 'r+').close()\n"
        f"assert told == [({path!r}, 'r+', {os.O_RDWR})], told\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


# ---- what it is to others ----


def test_it_is_a_sequence_of_the_collections(path):
    with tome.open(path) as f:
        for kind in ("Sequence", "Reversible", "Collection", "Hashable", "Sized", "Iterable"):
            assert isinstance(f, getattr(collections.abc, kind)), kind
        assert not isinstance(f, collections.abc.MutableSequence)


def test_it_is_equal_to_itself_alone(path):
    with tome.open(path) as f, tome.open(path) as g:
        assert f == f and f != g and f != DATA
        assert hash(f) == hash(f) and len({f, g}) == 2
        with pytest.raises(TypeError):
            f < g
        with pytest.raises(TypeError):
            f + g


def test_it_can_be_derived_from(path):
    class Log(tome.File):
        def __new__(cls, path, *, shout=False):
            self = super().__new__(cls, path)
            self.shout = shout
            return self

        def __init__(self, path, *, shout=False):
            pass

        def first(self):
            return self[0:3].upper() if self.shout else self[0:3]

    with open(path, "wb") as file:
        file.write(b"abc")
    with Log(path, shout=True) as log:
        assert log.first() == b"ABC"
        assert type(log).__name__ in repr(log)


def test_its_types_tell_their_signatures():
    parameters = inspect.signature(tome.open).parameters
    assert list(parameters)[:2] == ["path", "mode"]
    if sys.version_info >= (3, 10):  # Python 3.9 drops those of types made as ours are
        assert list(inspect.signature(tome.File).parameters) == list(parameters)
    for name in ("close", "append", "resize", "refresh", "fill", "move", "flush", "check"):
        assert inspect.signature(getattr(tome.File, name)) is not None
        assert inspect.getdoc(getattr(tome.File, name))


def test_a_star_import_leaves_the_builtin_open_alone():
    names = {}
    exec("from tome import *", names)
    assert "open" not in names
    assert names["mmap"] is tome.mmap and names["File"] is not None
