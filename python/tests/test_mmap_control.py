"""mmap and the file behind it: flush, madvise, move, size, resize, and lost bytes."""

import mmap as standard
import os
import subprocess
import sys
import textwrap

import pytest

import tome
from small_disk import small_disk

PAGE = tome.PAGESIZE
CONTENT = bytes(range(256)) * (3 * PAGE // 256)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def mapped(path, *arguments, **keywords):
    with open(path, "r+b") as file:
        return tome.mmap(file.fileno(), *(arguments or (0,)), **keywords)


# ---- flush ----


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (0,),
        (1,),
        (PAGE,),
        (PAGE - 3, 7),
        (0, 0),
        (3 * PAGE,),
        (3 * PAGE, 0),
        (5, -1),
        (3 * PAGE - 1, 1),
    ],
)
@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"durable": True},
        {"durable": False},
        {"flags": tome.MS_ASYNC},
        {"flags": tome.MS_SYNC | tome.MS_INVALIDATE},
    ],
)
def test_any_range_can_be_flushed(path, arguments, keywords):
    with mapped(path) as m:
        m[0:3] = b"new"
        assert m.flush(*arguments, **keywords) is None
    assert path.read_bytes() == b"new" + CONTENT[3:]


@pytest.mark.parametrize(
    "arguments",
    [
        (-1,),
        (3 * PAGE + 1,),
        (0, 3 * PAGE + 1),
        (1, 3 * PAGE),
        (0, -2),
        (sys.maxsize, 1),
        (1, sys.maxsize),
    ],
)
def test_a_range_outside_is_a_value_error(path, arguments):
    with mapped(path) as m:
        with pytest.raises(ValueError):
            m.flush(*arguments)


@pytest.mark.parametrize("flags", [tome.MS_SYNC | tome.MS_ASYNC, 64, -1])
def test_flags_that_make_no_sense_are_refused_by_the_system(path, flags):
    with mapped(path) as m:
        with pytest.raises(OSError, match="Invalid argument"):
            m.flush(flags=flags)


def test_maps_that_never_change_the_file_have_nothing_to_flush(path):
    for keywords in (
        {"access": tome.ACCESS_READ},
        {"access": tome.ACCESS_COPY},
        {"prot": tome.PROT_READ},
    ):
        with mapped(path, **keywords) as m:
            assert m.flush() is None and m.flush(10**12, 10**12) is None
            with pytest.raises(TypeError):
                m.flush("wrong")


def test_memory_is_flushed_as_the_standard_type_does():
    with tome.mmap(-1, 3 * PAGE) as m:
        assert m.flush() is None and m.flush(PAGE, 10) is None
        with pytest.raises(OSError, match="Invalid argument"):
            m.flush(1, 10)


# ---- madvise ----


def result(call):
    try:
        return call()
    except (ValueError, TypeError, OverflowError, OSError) as error:
        return type(error)


@pytest.mark.parametrize("kind", ["file", "memory", "private memory"])
@pytest.mark.parametrize(
    "advice",
    [
        "MADV_NORMAL",
        "MADV_RANDOM",
        "MADV_SEQUENTIAL",
        "MADV_WILLNEED",
        "MADV_FREE",
        "MADV_DONTFORK",
        "MADV_DODUMP",
    ],
)
@pytest.mark.parametrize(
    "range_",
    [
        (),
        (0,),
        (PAGE,),
        (PAGE, PAGE),
        (1,),
        (0, 10**9),
        (PAGE, sys.maxsize),
        (3 * PAGE,),
        (-1,),
        (0, -1),
        (0, 0),
        (0.5,),
        (0, None),
    ],
)
def test_advice_is_taken_and_refused_as_by_the_standard_type(kind, advice, range_, path):
    def make(module):
        if kind == "file":
            with open(path, "r+b") as file:
                return module.mmap(file.fileno(), 0)
        flags = module.MAP_PRIVATE if kind == "private memory" else module.MAP_SHARED
        return module.mmap(-1, 3 * PAGE, flags=flags)

    number = getattr(standard, advice)
    with make(standard) as model, make(tome) as m:
        assert result(lambda: m.madvise(number, *range_)) == result(
            lambda: model.madvise(number, *range_)
        )


def test_unknown_advice_is_refused(path):
    with mapped(path) as m:
        with pytest.raises(OSError, match="Invalid argument"):
            m.madvise(9999)
        with pytest.raises(OverflowError):
            m.madvise(1 << 40)
        with pytest.raises(TypeError):
            m.madvise()


def test_private_bytes_can_be_given_up(path):
    with mapped(path, access=tome.ACCESS_COPY) as m:
        m[:] = bytes(3 * PAGE)
        m.madvise(tome.MADV_DONTNEED, PAGE, PAGE)
        assert m[:] == bytes(PAGE) + CONTENT[PAGE : 2 * PAGE] + bytes(PAGE)


# ---- move ----


@pytest.mark.parametrize(
    "to, start, count",
    [
        (0, 0, 0),
        (0, 100, 50),
        (100, 0, 5000),
        (0, 100, 5000),
        (3 * PAGE, 0, 0),
        (5, 5, 5),
        (0, PAGE, 2 * PAGE),
    ],
)
def test_moving_is_copying_what_was_there(path, to, start, count):
    model = bytearray(CONTENT)
    model[to : to + count] = bytes(model[start : start + count])
    with mapped(path) as m:
        assert m.move(to, start, count) is None
        assert m[:] == model


@pytest.mark.parametrize(
    "arguments",
    [
        (-1, 0, 1),
        (0, -1, 1),
        (0, 0, -1),
        (0, 1, 3 * PAGE),
        (1, 0, 3 * PAGE),
        (sys.maxsize, 0, 1),
        (0, sys.maxsize, sys.maxsize),
    ],
)
def test_a_move_outside_is_a_value_error(path, arguments):
    with mapped(path) as m:
        with pytest.raises(ValueError):
            m.move(*arguments)
        assert m[:] == CONTENT


# ---- size ----


def test_size_is_the_files(path):
    with mapped(path, 100, offset=PAGE) as m:
        assert (len(m), m.size()) == (100, 3 * PAGE)
        os.truncate(path, 10 * PAGE)
        assert (len(m), m.size()) == (100, 10 * PAGE)


def test_the_length_is_fixed_while_the_file_grows(path):
    with mapped(path) as m:
        os.truncate(path, 10 * PAGE)
        assert (len(m), len(m[:]), m.seek(0, 2)) == (3 * PAGE, 3 * PAGE, 3 * PAGE)
        with pytest.raises(IndexError):
            m[3 * PAGE]


def test_memory_is_as_large_as_the_map():
    with tome.mmap(-1, 100) as m:
        m.resize(200)
        assert m.size() == len(m) == 200


def test_without_a_tracked_descriptor_size_is_an_error_for_old_and_new_programs(path):
    for fileno, length in ((-1, 10), (os.open(path, os.O_RDWR), 0)):
        with tome.mmap(fileno, length, trackfd=False) as m:
            with pytest.raises(OSError, match="Bad file descriptor") as caught:
                m.size()
            assert isinstance(caught.value, ValueError)
            with pytest.raises(ValueError):
                m.resize(20)
            m[0] = 7
            assert m[0] == 7 and len(m) in (10, 3 * PAGE)
    os.close(fileno)


# ---- resize ----


@pytest.mark.parametrize("size", [1, 10, PAGE, 3 * PAGE - 1, 3 * PAGE, 3 * PAGE + 1, 5 * PAGE + 7])
def test_the_file_follows_a_map_of_all_of_it(path, size):
    with mapped(path) as m:
        assert m.resize(size) is None
        assert (len(m), m.size()) == (size, size)
        assert m[:] == (CONTENT + bytes(3 * PAGE))[:size]
    assert path.read_bytes() == (CONTENT + bytes(3 * PAGE))[:size]


def test_a_part_at_the_end_takes_the_file_with_it(path):
    with mapped(path, 0, offset=PAGE) as m:
        m.resize(10)
        assert path.read_bytes() == CONTENT[: PAGE + 10]
        m.resize(3 * PAGE)
        assert path.stat().st_size == 4 * PAGE
        assert m[:] == CONTENT[PAGE : PAGE + 10] + bytes(3 * PAGE - 10)


def test_a_part_that_ends_before_the_file_leaves_the_rest_alone(path):
    with mapped(path, 16) as m:
        m.resize(8)
        assert (len(m), m[:], path.read_bytes()) == (8, CONTENT[:8], CONTENT)
        m.resize(PAGE + 5)
        assert (m[:], path.read_bytes()) == (CONTENT[: PAGE + 5], CONTENT)
        m.resize(4 * PAGE)
        assert (m[:], path.read_bytes()) == (CONTENT + bytes(PAGE), CONTENT + bytes(PAGE))


def test_resizing_to_nothing_is_refused_and_changes_nothing(path):
    for m in (mapped(path), tome.mmap(-1, 10), tome.mmap(-1, 10, flags=tome.MAP_PRIVATE)):
        with m:
            before = m[:]
            with pytest.raises(OSError, match="Invalid argument"):
                m.resize(0)
            assert m[:] == before
    assert path.read_bytes() == CONTENT


def test_the_reasons_to_refuse_come_in_order(path):
    with mapped(path, trackfd=False) as m, memoryview(m):
        with pytest.raises(BufferError):
            m.resize(-1)
    with mapped(path, trackfd=False, access=tome.ACCESS_READ) as m:
        with pytest.raises(ValueError):
            m.resize(-1)
    for keywords in (
        {"access": tome.ACCESS_READ},
        {"access": tome.ACCESS_COPY},
        {"flags": tome.MAP_PRIVATE},
    ):
        with mapped(path, **keywords) as m:
            with pytest.raises(TypeError):
                m.resize(-1)
            with pytest.raises(TypeError):
                m.resize(10)
    with mapped(path, PAGE, offset=PAGE) as m:
        for wrong in (-1, -sys.maxsize, sys.maxsize, sys.maxsize - PAGE + 1):
            with pytest.raises(ValueError):
                m.resize(wrong)
        for wrong, error in (
            ("1", TypeError),
            (None, TypeError),
            (1.0, TypeError),
            (1 << 70, OverflowError),
        ):
            with pytest.raises(error):
                m.resize(wrong)
        with pytest.raises(OSError, match="too large"):
            m.resize(sys.maxsize - 2 * PAGE)
        assert (len(m), m[:]) == (PAGE, CONTENT[PAGE : 2 * PAGE])
    assert path.read_bytes() == CONTENT


def test_it_grows_while_buffers_are_out_and_they_stay_good(path):
    with mapped(path) as m:
        view = memoryview(m)
        m.resize(1000 * PAGE)
        m[5] = 99
        view[6] = 98
        assert (view[5], m[6], len(view), len(memoryview(m))) == (99, 98, 3 * PAGE, 1000 * PAGE)
        with pytest.raises(BufferError):
            m.resize(10)
        assert len(m) == m.size() == 1000 * PAGE
        view.release()
        m.resize(10)
        assert m[:] == CONTENT[:5] + bytes([99, 98]) + CONTENT[7:10]


def test_private_memory_keeps_its_bytes_when_it_is_resized():
    with tome.mmap(-1, PAGE, flags=tome.MAP_PRIVATE) as m:
        m[:3], m[-3:] = b"abc", b"xyz"
        m.seek(5)
        m.resize(3 << 20)
        assert (m[:3], m[PAGE - 3 : PAGE + 3], m[-1], m.tell(), m.size()) == (
            b"abc",
            b"xyz\0\0\0",
            0,
            5,
            3 << 20,
        )
        m[-1] = 7
        m.resize(2)
        assert m[:] == b"ab"
        with memoryview(m):
            with pytest.raises(BufferError):
                m.resize(PAGE)
        assert m[:] == b"ab"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize(
    "flags, seen", [(tome.MAP_SHARED, b"child"), (tome.MAP_PRIVATE, b"\0" * 5)]
)
def test_a_child_shares_memory_unless_it_is_private(flags, seen):
    with tome.mmap(-1, PAGE, flags=flags) as m:
        child = os.fork()
        if child == 0:
            m[:5] = b"child"
            os._exit(0)
        os.waitpid(child, 0)
        assert m[:5] == seen


def test_a_full_disk_is_an_error_and_changes_nothing(tmp_path):
    with small_disk(tmp_path / "disk", 64 << 10) as folder:
        path = folder / "file"
        path.write_bytes(CONTENT)
        with mapped(path) as m:
            with pytest.raises(OSError, match="No space left"):
                m.resize(1 << 20)
            assert (len(m), m.size(), m[:]) == (3 * PAGE, 3 * PAGE, CONTENT)


def test_a_store_into_a_hole_that_finds_no_space_is_an_error(tmp_path):
    with small_disk(tmp_path / "disk", 64 << 10) as folder:
        path = folder / "file"
        path.touch()
        os.truncate(path, 1 << 20)
        with mapped(path) as m:
            with pytest.raises(OSError, match="No space left"):
                m[:] = b"x" * (1 << 20)
            with pytest.raises(OSError, match="No space left"):
                memoryview(m)
            m[0:3] = b"fit"
            assert m[:5] == b"fit\0\0"


# ---- lost bytes ----


def lost(call, path):
    with pytest.raises(tome.LostBytesError) as caught:
        call()
    assert caught.value.filename == str(path)
    return caught.value.offset, caught.value.length


def test_what_was_cut_off_is_an_error_that_says_what(path):
    m = mapped(path)
    m[:]
    os.truncate(path, PAGE)
    assert m[:PAGE] == CONTENT[:PAGE]
    for call in (
        lambda: m[PAGE],
        lambda: m[:],
        lambda: m[-10:],
        lambda: m[::PAGE],
        lambda: m.find(b"absent"),
        lambda: m.rfind(b"absent"),
        lambda: list(m),
        lambda: m.__setitem__(2 * PAGE, 1),
        lambda: m.__setitem__(slice(None), CONTENT),
        lambda: m.move(0, PAGE, PAGE),
        lambda: m.move(PAGE, 0, PAGE),
    ):
        offset, length = lost(call, path)
        assert PAGE <= offset < 3 * PAGE and 0 < length <= 3 * PAGE - offset
    assert len(m) == 3 * PAGE
    for at, call in [
        (PAGE, m.read),
        (PAGE, m.readline),
        (PAGE - 1, m.read),
        (2 * PAGE, m.read_byte),
        (PAGE, lambda: m.write(b"abc")),
    ]:
        m.seek(at)
        lost(call, path)
        assert m.tell() == at


def test_a_cut_under_a_buffer_is_told_once(path, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(what.exc_value))
    m = mapped(path)
    view = memoryview(m)
    os.truncate(path, PAGE)
    assert bytes(view) == CONTENT[:PAGE] + bytes(2 * PAGE)
    view.release()
    assert [type(error) for error in told] == [tome.LostBytesError]
    offset, length = lost(m.check, path)
    assert (offset, offset + length) == (PAGE, 3 * PAGE)
    m.check()
    m.close()


def test_a_file_that_was_cut_can_be_resized(path):
    with mapped(path) as m:
        m[:]
        os.truncate(path, 10)
        m.resize(100)
        assert (len(m), m.size(), m[:]) == (100, 100, CONTENT[:10] + bytes(90))


def test_a_cut_file_kills_the_standard_module_and_not_this_one(path):
    script = """
        import os, resource, sys
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        mmap = __import__(sys.argv[1])
        with open(sys.argv[2], "r+b") as file:
            m = mmap.mmap(file.fileno(), 0)
        os.truncate(sys.argv[2], 10)
        try:
            m[-1]
        except OSError:
            print("lives")
    """
    for module, expected in (("mmap", -7), ("tome", 0)):
        path.write_bytes(CONTENT)
        command = [sys.executable, "-c", textwrap.dedent(script), module, str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE)
        assert (done.returncode, done.stdout) == (expected, b"lives\n" if expected == 0 else b"")


def test_a_file_that_was_cut_is_as_long_as_it_is_after_a_resize_that_failed(path):
    with mapped(path) as m:
        m[:]
        os.truncate(path, 10)
        with pytest.raises(OSError):
            m.resize(1 << 62)
        assert (len(m), m[:]) == (10, CONTENT[:10])


def test_lost_bytes_of_a_file_without_a_name_have_none(path):
    with open(path, "r+b") as file:
        os.unlink(path)
        m = tome.mmap(file.fileno(), 0)
        file.truncate(10)
        with pytest.raises(tome.LostBytesError) as caught:
            m[-1]
        assert caught.value.filename is None
        m.close()


def executable_bytes():
    """Bytes of this process's memory that may be read, written and executed."""
    with open("/proc/self/maps") as maps:
        ranges = [line.split()[0].split("-") for line in maps if " rwx" in line]
    return sum(int(end, 16) - int(start, 16) for start, end in ranges)


@pytest.mark.parametrize("flags", [standard.MAP_PRIVATE, standard.MAP_SHARED])
def test_memory_that_may_be_executed_stays_so_when_it_is_resized(flags):
    before = executable_bytes()
    m = tome.mmap(-1, 8 * 4096, flags=flags | standard.MAP_ANONYMOUS, prot=7)
    m.resize(16 * 4096)
    assert executable_bytes() - before == 16 * 4096
    m.close()


def test_memory_is_not_resized_to_more_than_there_can_be():
    m = tome.mmap(-1, 4096)
    with pytest.raises(OSError):
        m.resize(2**62)
    assert len(m) == 4096
    m.close()
