"""mmap(...): what is taken, what is refused and how, what is fixed from then on."""

import ctypes
import gc
import inspect
import mmap as standard
import os
import pickle
import platform
import socket
import stat
import subprocess
import sys
import textwrap
import weakref

import pytest

import tome

PAGE = tome.PAGESIZE
CONTENT = bytes(range(256)) * (4 * PAGE // 256)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with open(path, "r+b") as opened:
        yield opened


def outcome(call):
    """What programs can depend on: the type of a call's exception, and its error number."""
    try:
        call()
    except Exception as error:
        kinds = (OverflowError, ValueError, TypeError, PermissionError, OSError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        return kind, getattr(error, "errno", None)
    return None


# ---- arguments ----

ARGUMENTS = {
    "whole": dict(length=0),
    "part": dict(length=100),
    "rest": dict(length=0, offset=PAGE),
    "negative length": dict(length=-1),
    "negative offset": dict(length=0, offset=-1),
    "both negative, access unknown": dict(length=-1, offset=-1, access=9),
    "unknown access": dict(length=0, access=4),
    "negative access": dict(length=0, access=-1),
    "unaligned": dict(length=10, offset=1),
    "at the end": dict(length=0, offset=4 * PAGE),
    "length at the end": dict(length=1, offset=4 * PAGE),
    "behind the end": dict(length=0, offset=8 * PAGE),
    "too long": dict(length=4 * PAGE + 1),
    "too long from there": dict(length=4 * PAGE, offset=PAGE),
    "huge offset": dict(length=1, offset=sys.maxsize),
    "offset beyond 64 bits": dict(length=1, offset=1 << 64),
    "huge length": dict(length=sys.maxsize),
    "length beyond 64 bits": dict(length=1 << 64),
    "access and the default flags": dict(length=0, access=1, flags=standard.MAP_SHARED),
    "access and flags": dict(length=0, access=1, flags=standard.MAP_PRIVATE),
    "access and prot": dict(length=0, access=2, prot=standard.PROT_READ),
    "no flags": dict(length=0, flags=0),
    "flags without a kind": dict(length=0, flags=standard.MAP_DENYWRITE),
    "strange prot": dict(length=0, prot=99),
    "str": dict(length="1"),
    "float": dict(length=1.0),
    "None": dict(length=0, offset=None),
    "unknown keyword": dict(length=0, tagname="x"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_arguments_do_what_they_do_with_the_standard_type(case, file):
    arguments = ARGUMENTS[case]
    expected = outcome(lambda: standard.mmap(file.fileno(), **arguments))
    assert outcome(lambda: tome.mmap(file.fileno(), **arguments)) == expected


@pytest.mark.parametrize("fileno", [-2, 1 << 20, 1 << 40, None, 1.5, "0"])
@pytest.mark.parametrize("length", [0, 10])
def test_what_is_no_descriptor_is_refused_alike(fileno, length):
    expected = outcome(lambda: standard.mmap(fileno, length))
    assert expected is not None
    assert outcome(lambda: tome.mmap(fileno, length)) == expected


@pytest.mark.parametrize(
    "arguments", [(0,), (10,), (-1,), (sys.maxsize,), (1 << 46,), (10, 0), (10, 2)]
)
@pytest.mark.parametrize("offset", [0, 1, PAGE])
def test_memory_is_had_and_refused_alike(arguments, offset):
    expected = outcome(lambda: standard.mmap(-1, *arguments, offset=offset))
    assert outcome(lambda: tome.mmap(-1, *arguments, offset=offset)) == expected


def opened(name, folder):
    """A descriptor of something, and what to close with it."""
    if name == "pipe":
        reading, writing = os.pipe()
        os.close(writing)
        return reading
    if name == "socket":
        here, there = socket.socketpair()
        there.close()
        return here.detach()
    if name == "FIFO":
        os.mkfifo(folder / "fifo")
        return os.open(folder / "fifo", os.O_RDWR)
    if name == "path only":
        return os.open(folder, os.O_PATH)
    flags = os.O_RDWR if name in ("/dev/zero", "/dev/null") else os.O_RDONLY
    return os.open(folder if name == "folder" else name, flags)


@pytest.mark.parametrize(
    "name", ["pipe", "socket", "FIFO", "folder", "path only", "/dev/null", "/proc/self/status"]
)
@pytest.mark.parametrize("keywords", [{}, {"access": 1}, {"access": 3}, {"offset": 1}])
@pytest.mark.parametrize("length", [0, 10])
def test_what_cannot_be_mapped_is_refused_alike(name, keywords, length, tmp_path):
    descriptor = opened(name, tmp_path)
    try:
        expected = outcome(lambda: standard.mmap(descriptor, length, **keywords))
        assert expected is not None
        assert outcome(lambda: tome.mmap(descriptor, length, **keywords)) == expected
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("mode", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR])
@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"access": 1},
        {"access": 2},
        {"access": 3},
        {"prot": 0},
        {"prot": 1},
        {"prot": 2},
        {"flags": 2},
        {"flags": 2, "prot": 1},
    ],
)
def test_the_descriptor_must_be_open_for_it(mode, keywords, file):
    descriptor = os.open(file.name, mode)
    try:
        expected = outcome(lambda: standard.mmap(descriptor, 0, **keywords))
        assert outcome(lambda: tome.mmap(descriptor, 0, **keywords)) == expected
    finally:
        os.close(descriptor)


def test_an_empty_file_is_refused_as_programs_expect(tmp_path):
    with open(tmp_path / "empty", "w+b") as empty:
        with pytest.raises(ValueError, match="cannot mmap an empty file"):
            tome.mmap(empty.fileno(), 0)


def test_dev_zero_is_memory():
    descriptor = os.open("/dev/zero", os.O_RDWR)
    try:
        with pytest.raises(OSError, match="Invalid argument"):
            tome.mmap(descriptor, 0)
        with tome.mmap(descriptor, 100) as m:
            m[50] = 7
            assert m[:] == bytes(50) + b"\7" + bytes(49)
            assert m.size() == os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def test_a_descriptor_with_map_anonymous_is_memory_and_the_file_is_safe(file):
    with tome.mmap(file.fileno(), 10, flags=tome.MAP_SHARED | tome.MAP_ANONYMOUS) as m:
        m[:] = b"0123456789"
        m.resize(5)
        assert m[:] == b"01234"
    assert file.read() == CONTENT


def test_a_map_outlives_the_descriptor_that_it_was_made_of(file):
    m = tome.mmap(file.fileno(), 0)
    file.close()
    m[0:3] = b"new"
    assert m.size() == 4 * PAGE
    m.resize(5 * PAGE)
    m.close()
    with open(file.name, "rb") as again:
        assert again.read() == b"new" + CONTENT[3:] + bytes(PAGE)


def test_descriptors_do_not_reach_programs_that_are_started(file):
    script = """
        import os
        def target(descriptor):
            try:
                return os.readlink("/proc/self/fd/" + descriptor)
            except OSError:
                return ""
        targets = [target(each) for each in os.listdir("/proc/self/fd")]
        print([each for each in targets if each.endswith("/file")])
    """
    with tome.mmap(file.fileno(), 0):
        command = [sys.executable, "-c", textwrap.dedent(script)]
        assert subprocess.check_output(command, close_fds=False) == b"[]\n"


# ---- access ----


def test_access_says_who_sees_a_store(file):
    path = file.name

    def content():
        with open(path, "rb") as again:
            return again.read(3)

    with tome.mmap(file.fileno(), 0, access=tome.ACCESS_COPY) as copy:
        copy[:3] = b"own"
        assert (copy[:3], content()) == (b"own", CONTENT[:3])
    with tome.mmap(file.fileno(), 0, flags=tome.MAP_PRIVATE) as private:
        private[:3] = b"own"
        assert (private[:3], content()) == (b"own", CONTENT[:3])
    with tome.mmap(file.fileno(), 0, access=tome.ACCESS_WRITE) as shared:
        shared[:3] = b"all"
        assert content() == b"all"
    with tome.mmap(file.fileno(), 0, access=tome.ACCESS_READ) as read:
        assert read[:3] == b"all"
        for store in (
            lambda: read.__setitem__(0, 1),
            lambda: read.__setitem__(slice(0, 1), b"a"),
            lambda: read.__setitem__(10**9, "wrong in every way"),
            lambda: read.write(b"a"),
            lambda: read.write_byte(1),
            lambda: read.move(0, 1, 1),
            lambda: read.resize(10),
        ):
            with pytest.raises(TypeError):
                store()
        assert memoryview(read).readonly


@pytest.mark.parametrize("protection", [0, 4])
def test_a_map_that_must_not_be_read_says_so(protection, file):
    with tome.mmap(file.fileno(), 0, prot=protection) as m:
        for read in (
            lambda: m[0],
            lambda: m[-1],
            lambda: m[:5],
            lambda: m[::2],
            lambda: next(iter(m)),
            lambda: m.read(1),
            m.read_byte,
            m.readline,
            lambda: m.find(b"a"),
            lambda: m.rfind(b"a"),
            lambda: memoryview(m),
        ):
            with pytest.raises(PermissionError):
                read()
        assert (len(m), m.tell(), m[0:0], m.size()) == (4 * PAGE, 0, b"", 4 * PAGE)


def test_pages_that_may_be_written_can_be_read(file):
    with tome.mmap(file.fileno(), 0, prot=tome.PROT_WRITE) as m:
        assert m[:] == CONTENT
        assert repr(m).startswith("<mmap.mmap closed=False, access=ACCESS_WRITE,")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is one for x86-64")
@pytest.mark.parametrize("flags", [tome.MAP_SHARED, tome.MAP_PRIVATE])
def test_memory_of_prot_exec_can_be_run(flags):
    protection = tome.PROT_READ | tome.PROT_WRITE | tome.PROT_EXEC
    with tome.mmap(-1, PAGE, flags=flags, prot=protection) as m:
        m.write(b"\xb8\x2a\0\0\0\xc3")  # mov eax, 42; ret
        held = ctypes.c_char.from_buffer(m)
        assert ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(held))() == 42
        del held
        gc.collect()


@pytest.mark.parametrize(
    "name", ["MAP_POPULATE", "MAP_STACK", "MAP_NORESERVE", "MAP_DENYWRITE", "MAP_EXECUTABLE"]
)
def test_flags_beside_the_kind_are_accepted(name, file):
    with tome.mmap(file.fileno(), 0, flags=tome.MAP_SHARED | getattr(tome, name)) as m:
        assert m[:] == CONTENT


# ---- what it looks like ----


def test_repr_tells_what_it_is(file):
    with tome.mmap(file.fileno(), 100, offset=PAGE, access=tome.ACCESS_READ) as m:
        m.seek(7)
        assert (
            repr(m)
            == f"<mmap.mmap closed=False, access=ACCESS_READ, length=100, pos=7, offset={PAGE}>"
        )
    assert repr(m) == "<mmap.mmap closed=True>"


class Own(tome.mmap):
    """A type of a program's own."""

    def __new__(cls, *arguments, tag=None, **keywords):
        self = super().__new__(cls, *arguments, **keywords)
        self.tag = tag
        return self

    def first(self):
        return self[0]


def test_it_can_be_subclassed(file):
    m = Own(file.fileno(), 0, tag="mine", access=tome.ACCESS_READ)
    assert (m.tag, m.first(), len(m), isinstance(m, tome.mmap)) == ("mine", 0, 4 * PAGE, True)
    assert repr(m).startswith("<Own closed=False, access=ACCESS_READ,")
    reference = weakref.ref(m)
    m.itself = m
    del m
    gc.collect()
    assert reference() is None


def test_the_type_is_like_the_standard_one():
    with tome.mmap(-1, 10) as m, tome.mmap(-1, 10) as other:
        assert m != other and m == m and hash(m) == hash(m)
        assert weakref.ref(m)() is m
        for wrong in (
            lambda: m < other,
            lambda: m + other,
            lambda: m * 2,
            lambda: pickle.dumps(m),
            lambda: setattr(m, "x", 1),
        ):
            with pytest.raises((TypeError, AttributeError)):
                wrong()
    missing = set(dir(standard.mmap)) - set(dir(tome.mmap))
    assert missing == set()


def test_the_module_has_all_names_of_the_standard_one_with_their_values():
    for name in dir(standard):
        if name.isupper():
            assert getattr(tome, name) == getattr(standard, name), name
    assert tome.error is OSError
    assert (tome.MS_ASYNC, tome.MS_INVALIDATE, tome.MS_SYNC) == (1, 2, 4)


def test_signatures_can_be_looked_up():
    assert list(inspect.signature(tome.mmap.find).parameters) == ["self", "sub", "start", "end"]


@pytest.mark.skipif(sys.version_info < (3, 10), reason="types of extensions have none before 3.10")
def test_the_signature_of_the_type_can_be_looked_up():
    names = "fileno length flags prot access offset trackfd".split()
    assert list(inspect.signature(tome.mmap).parameters) == names


def test_making_a_map_is_audited(tmp_path):
    script = """
        import sys, tome
        told = []
        def hook(event, arguments):
            if event == "mmap.__new__":
                told.append(arguments)
        sys.addaudithook(hook)
        tome.mmap(-1, 10, access=tome.ACCESS_WRITE)
        print(told)
    """
    told = subprocess.check_output([sys.executable, "-c", textwrap.dedent(script)])
    assert told == b"[(-1, 10, 2, 0)]\n"


# ---- life ----


def test_a_closed_map_says_so(file):
    m = tome.mmap(file.fileno(), 0)
    with m as same:
        assert same is m and not m.closed
    assert m.closed and m.seekable() and m.close() is None and m.__exit__(None, None, None) is None
    closed = dict(match="mmap closed or invalid")
    for call in (
        lambda: m[0],
        lambda: m["wrong"],
        lambda: m.__setitem__(0, "wrong"),
        lambda: m.__delitem__(0),
        lambda: len(m),
        lambda: bool(m),
        lambda: memoryview(m),
        lambda: list(m),
        lambda: 5 in m,
        m.__enter__,
        m.check,
        m.find,
        m.rfind,
        m.flush,
        m.madvise,
        m.move,
        m.read,
        m.read_byte,
        m.readline,
        m.seek,
        m.size,
        m.tell,
        lambda: m.read("wrong"),
        lambda: m.write("wrong"),
        lambda: m.write_byte("wrong"),
        lambda: m.resize("wrong"),
    ):
        with pytest.raises(ValueError, **closed):
            call()


def test_close_waits_for_no_buffer_but_refuses(file):
    m = tome.mmap(file.fileno(), 0)
    with memoryview(m) as view:
        with pytest.raises(BufferError):
            m.close()
        assert view[:3] == CONTENT[:3]
    m.close()


def test_an_object_that_is_dropped_lets_go_of_all(file):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    for _ in range(20):
        tome.mmap(file.fileno(), 0)
        tome.mmap(-1, 10, flags=tome.MAP_PRIVATE)
        with pytest.raises(ValueError):
            tome.mmap(file.fileno(), 8 * PAGE)
    assert descriptors() == before


def test_the_file_is_left_as_it_was(file):
    before = os.stat(file.name)
    with tome.mmap(file.fileno(), 0) as m:
        m[:], m.find(b"absent"), m.flush()
    after = os.stat(file.name)
    assert (before.st_size, stat.S_IMODE(before.st_mode)) == (
        after.st_size,
        stat.S_IMODE(after.st_mode),
    )
    assert file.read() == CONTENT and os.lseek(file.fileno(), 0, os.SEEK_CUR) == len(CONTENT)
