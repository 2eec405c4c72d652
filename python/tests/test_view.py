"""Buffers of a File, and View."""

import gc
import os
import subprocess
import sys
import textwrap
import weakref

import pytest

import tome

DATA = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


# ---- the buffer protocol of File ----


def test_a_memoryview_is_the_file(path):
    with tome.open(path) as f, memoryview(f) as view:
        assert view.readonly and view.format == "B" and view.itemsize == 1
        assert view.ndim == 1 and view.contiguous and view.nbytes == len(DATA)
        assert view == DATA and view.obj is f
        assert bytes(view[5:9]) == DATA[5:9]
        with pytest.raises(TypeError):
            view[0] = 1


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_stores_through_a_memoryview_are_stores_in_the_file(path, mode):
    with tome.open(path, mode) as f:
        with memoryview(f) as view:
            assert not view.readonly
            view[0:3] = b"abc"
            assert f[0:3] == b"abc"
            f[3] = 0x64
            assert view[3] == 0x64
    assert path.read_bytes()[:4] == (b"abcd" if mode == "r+" else DATA[:4])


def test_others_read_and_write_through_the_buffer(path):
    with tome.open(path, "r+") as f:
        with open(path.parent / "other", "wb") as other:
            assert other.write(f) == len(DATA)
        assert (path.parent / "other").read_bytes() == DATA
        with open(path.parent / "other", "wb") as other:
            other.write(b"new")
        with open(path.parent / "other", "rb") as other:
            assert other.readinto(f) == 3
        assert f[:4] == b"new" + DATA[3:4]
        assert b"".join([f, b"!"])[-1:] == b"!"
        assert bytearray(f) == f[:]
    with tome.open(path) as f, open(path.parent / "other", "rb") as other:
        with pytest.raises((TypeError, BufferError)):
            other.readinto(f)


def test_close_is_refused_while_a_buffer_is_out(path):
    f = tome.open(path)
    view = memoryview(f)
    part = view[1:5]
    for _ in range(2):
        with pytest.raises(BufferError):
            f.close()
    assert not f.closed
    view.release()
    with pytest.raises(BufferError):
        f.close()
    part.release()
    f.close()
    assert f.closed


def test_a_buffer_keeps_its_file_open(path):
    view = memoryview(tome.open(path))
    gc.collect()
    assert view == DATA
    weak = weakref.ref(view.obj)
    view.release()
    gc.collect()
    assert weak() is None


def test_a_buffer_in_a_hole_has_its_blocks(tmp_path):
    with tome.open(tmp_path / "file", "w+") as f:
        os.truncate(tmp_path / "file", 1 << 20)
        f.refresh()
        with memoryview(f) as view:
            view[0] = 1
        assert os.stat(tmp_path / "file").st_blocks * 512 >= 1 << 20


# ---- View ----


def test_a_view_is_a_range(path):
    with tome.open(path) as f:
        with f.view(10, 20) as memory:
            assert isinstance(memory, memoryview) and memory.readonly
            assert memory == DATA[10:20]
        with f.view() as memory:
            assert memory == DATA
        with f.view(-5) as memory:
            assert memory == DATA[-5:]
        with f.view(20, 10) as memory:
            assert memory == b""
        for start, stop in [(-(10**9), 10**9), (0, 2**64), (-(2**70), None)]:
            with f.view(start, stop) as memory:
                assert memory == DATA
        with f.view(10**9, None) as memory:
            assert memory == b""


def test_a_view_tells_what_it_is(path):
    with tome.open(path, "r+") as f:
        view = f.view(10, 20)
        assert (view.offset, view.readonly, len(view)) == (10, True, 10)
        assert repr(view) == "<tome.View offset=10 length=10 readonly=True>"
        assert bytes(view) == DATA[10:20]
        view.release()
        view.release()
        assert (view.offset, view.readonly) == (10, True)
        assert repr(view) == "<tome.View released>"
        for call in (lambda: len(view), lambda: memoryview(view), lambda: view.__enter__()):
            with pytest.raises(ValueError, match="released"):
                call()


def test_a_view_stores_where_it_may(path):
    with tome.open(path, "r+") as f:
        with f.view(4, 8, write=True) as memory:
            memory[:] = b"abcd"
            assert f[3:9] == DATA[3:4] + b"abcd" + DATA[8:9]
        with f.view(4, 8) as memory, pytest.raises(TypeError):
            memory[0] = 1
    with tome.open(path) as f, pytest.raises(TypeError):
        f.view(4, 8, write=True)


def test_a_view_counts_as_a_buffer_of_its_file(path):
    f = tome.open(path, "r+")
    view = f.view(100, 200)
    with pytest.raises(BufferError):
        f.close()
    with pytest.raises(BufferError):
        f.resize(150)
    f.resize(200)
    f.append(b"x" * 100_000)
    assert bytes(view) == DATA[100:200]
    view.release()
    f.resize(150)
    f.close()


def test_a_view_in_use_is_not_released(path):
    with tome.open(path) as f:
        view = f.view(0, 10)
        memory = memoryview(view)
        with pytest.raises(BufferError):
            view.release()
        assert memory == DATA[:10]
        memory.release()
        view.release()


def test_what_was_taken_from_a_with_block_must_be_gone_by_its_end(path):
    with tome.open(path) as f:
        view = f.view(0, 10)
        with pytest.raises(BufferError):
            with view as memory:
                part = memory[2:4]
        assert part == DATA[2:4]
        part.release()
        view.release()
        with pytest.raises(ValueError):
            memory[0]


def test_a_with_block_ends_the_view_whatever_happens_in_it(path):
    with tome.open(path) as f:
        view = f.view(0, 10)
        with pytest.raises(ZeroDivisionError):
            with view as memory:
                1 / 0
        assert repr(view) == "<tome.View released>"
        with pytest.raises(ValueError):
            memory[0]


def test_entering_twice_gives_the_same_memoryview(path):
    with tome.open(path) as f:
        view = f.view(0, 10)
        with view as memory:
            assert view.__enter__() is memory


def test_a_forgotten_view_lets_go(path):
    f = tome.open(path)
    f.view(0, 10)
    f.close()
    f = tome.open(path)
    view = f.view(0, 10)
    view.__enter__()  # the view and its memoryview know each other now
    del view
    gc.collect()
    f.close()


def test_a_view_keeps_its_file(path):
    view = tome.open(path).view(0, 10)
    gc.collect()
    assert bytes(view) == DATA[:10]
    view.release()


def test_views_are_not_made_by_hand():
    with pytest.raises(TypeError):
        tome.View()


# ---- losses ----


def run(script, module, path):
    """Runs a script that uses `m`, made from the file by the module of this name."""
    opening = {
        "tome": "m = tome.open(path, 'r+')",
        "mmap": "file = open(path, 'r+b'); m = mmap.mmap(file.fileno(), 0)",
    }[module]
    head = f"import os, sys, {module}\npath = {str(path)!r}\n{opening}\n"
    program = head + textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60
    )


CUT_UNDER_A_BUFFER = """
    view = memoryview(m)
    os.truncate(path, 4096)
    print(sum(view[4096:]), bytes(view[:3]))
"""


def test_the_standard_module_dies_of_what_the_next_tests_do(path):
    assert run(CUT_UNDER_A_BUFFER, "mmap", path).returncode < 0


def test_bytes_lost_under_a_buffer_are_zeros_and_are_told(path):
    script = CUT_UNDER_A_BUFFER + """
    told = []
    sys.unraisablehook = lambda u: told.append(u)
    view.release()
    assert [type(u.exc_value) for u in told] == [tome.LostBytesError], told
    assert told[0].object is m and told[0].exc_value.filename == path
    for _ in range(2):
        try:
            m.check()
            print("nothing")
        except tome.LostBytesError as e:
            print(e.offset, e.offset + e.length, e.filename == path)
    m.close()
    print(m.closed)
    """
    done = run(script, "tome", path)
    assert done.stderr == b"" and done.returncode == 0
    zeros, told, nothing, closed = done.stdout.decode().splitlines()
    assert zeros == "0 b'\\x00\\x01\\x02'"
    begin, end, named = told.split()
    assert 4096 <= int(begin) < int(end) <= len(DATA) and named == "True"
    assert (nothing, closed) == ("nothing", "True")


def test_close_tells_what_was_lost_if_check_did_not(path):
    script = CUT_UNDER_A_BUFFER + """
    sys.unraisablehook = lambda u: None
    view.release()
    try:
        m.close()
    except tome.LostBytesError as e:
        print("told", m.closed)
    m.close()
    """
    done = run(script, "tome", path)
    assert done.stderr == b"" and done.returncode == 0
    assert done.stdout.decode().splitlines()[-1] == "told True"


def test_the_end_of_a_view_tells_what_was_lost_in_it(path):
    script = """
    def end(lost, leave):
        view = m.view(*lost)
        memory = view.__enter__()
        os.truncate(path, 4096)
        print(sum(memory), end=' ')
        try:
            leave(view)
            print("nothing")
        except tome.LostBytesError as e:
            print(e.offset, e.length, e.filename == path)
        os.truncate(path, 10240)
    end((8192, 8200), lambda view: view.__exit__(None, None, None))
    end((0, 0), lambda view: view.__exit__(None, None, None))
    try:
        with m.view(8192, 8200) as memory:
            os.truncate(path, 4096)
            sum(memory)
            raise KeyError
    except tome.LostBytesError as e:
        print(type(e.__context__).__name__)
    """
    done = run(script, "tome", path)
    assert done.stderr == b"" and done.returncode == 0
    first, second, third = done.stdout.decode().splitlines()
    zeros, offset, length, named = first.split()
    assert zeros == "0" and named == "True"
    assert 8192 <= int(offset) < int(offset) + int(length) <= 8200
    assert (second, third) == ("0 nothing", "KeyError")


def test_a_loss_in_a_forgotten_view_is_unraisable_and_kept(path):
    script = """
    told = []
    sys.unraisablehook = lambda u: told.append(type(u.exc_value))
    view = m.view(8192, 8200)
    os.truncate(path, 4096)
    sum(memoryview(view))
    del view
    assert told == [tome.LostBytesError], told
    try:
        m.check()
    except tome.LostBytesError:
        print("kept")
    """
    done = run(script, "tome", path)
    assert (done.stdout, done.stderr, done.returncode) == (b"kept\n", b"", 0)


def test_slices_and_items_of_lost_bytes_are_errors(path):
    script = """
    m[0], m[8192]
    os.truncate(path, 4096)
    for call in (lambda: m[8192], lambda: m[4096:], lambda: m[::2], lambda: b'absent' in m,
                 lambda: bytes(m[:]), lambda: m.__setitem__(slice(8192, 8200), b'x' * 8)):
        try:
            call()
            print("nothing")
        except tome.LostBytesError as e:
            print(e.errno, e.offset >= 4096, e.offset + e.length <= 10240, e.filename == path)
    print(m[0:3], m.refresh(), len(m))
    """
    done = run(script, "tome", path)
    assert done.stderr == b"" and done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert lines == ["5 True True True"] * 6 + ["b'\\x00\\x01\\x02' 4096 4096"]
