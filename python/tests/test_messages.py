"""What exceptions say: the place, the numbers, and what to do."""

import errno
import os
import pickle
import re
import sys

import pytest

import tome

DATA = bytes(range(120))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return str(path)


def raised(kind, call, *args, **keywords):
    """The text of the exception that a call raises."""
    with pytest.raises(kind) as info:
        call(*args, **keywords)
    return str(info.value)


@pytest.mark.parametrize(
    "length, words",
    [(1, "1 byte at offset 6000 is lost"), (10, "10 bytes at offset 6000 are lost")],
)
def test_lost_bytes_are_told_with_their_place(tmp_path, length, words):
    path = tmp_path / "cut"
    path.write_bytes(b"x" * 10_000)
    with tome.open(path) as f:
        os.truncate(path, 4096)
        with pytest.raises(tome.LostBytesError) as info:
            f[6000 : 6000 + length]
        text = str(info.value)
        assert words + ": the file was cut, or its disk failed" in text and str(path) in text
        again = pickle.loads(pickle.dumps(info.value))
        assert (again.offset, again.length, str(again)) == (6000, length, text)


def test_a_part_outside_names_the_file_and_the_numbers(path, tmp_path):
    text = raised(ValueError, tome.open, path, offset=1000)
    assert text == f"{path!r} has 120 bytes: offset 1000 is outside of it"
    text = raised(ValueError, tome.open, path, offset=100, length=50)
    assert text == f"{path!r} has 120 bytes: offset 100, length 50 is outside of it"
    text = raised(ValueError, tome.open, path, "r+", length=500)
    assert "length 500" in text and "resize() makes room" in text
    text = raised(ValueError, tome.open, str(tmp_path / "new"), "w+", length=100)
    assert "0 bytes" in text and "resize() makes room" in text
    with open(path, "rb") as file:
        assert "has 120 bytes" in raised(ValueError, tome.open, file.fileno(), offset=121)


def test_a_pickle_of_a_part_that_is_gone_says_which(path):
    with tome.open(path, offset=100, length=20) as f:
        data = pickle.dumps(f)
    os.truncate(path, 50)
    text = raised(ValueError, pickle.loads, data)
    assert text.startswith(repr(path)) and "50 bytes" in text and "100" in text


@pytest.mark.parametrize("name", ["flush", "warm", "lock", "unlock", "evict", "residency"])
def test_a_range_outside_is_told_in_numbers(path, name):
    with tome.open(path, "r+") as f:
        text = raised(ValueError, getattr(f, name), 118, 5)
        assert "(118, 5)" in text and "120 bytes" in text
        text = raised(ValueError, getattr(f, name), 500)
        assert "500" in text and "120 bytes" in text


def test_fill_and_move_outside_are_told_in_numbers(path):
    with tome.open(path, "r+") as f:
        assert "(118, 5) in 120 bytes" in raised(ValueError, f.fill, 0, 118, 5)
        text = raised(ValueError, f.move, 0, 100, 50)
        assert "50" in text and "120 bytes" in text


def test_a_closed_file_is_called_a_file_and_a_closed_map_a_map(path):
    f, m = tome.open(path), tome.mmap(-1, 10)
    lines, found = f.lines, f.findall(b"\x01")
    f.close()
    m.close()
    calls = [
        lambda: f[0],
        lambda: f[::2],
        lambda: f.find(b"x"),
        f.refresh,
        lambda: memoryview(f),
        lambda: lines[0],
        lambda: next(found),
        lambda: pickle.dumps(f),
        lambda: f.size,
        f.__enter__,
    ]
    for call in calls:
        assert raised(ValueError, call) == "the file is closed"
    for call in (lambda: m[0], lambda: m[::2], m.tell, lambda: memoryview(m)):
        assert raised(ValueError, call) == "mmap closed or invalid"


def test_who_assigns_past_the_end_is_told_of_growing(path):
    with tome.open(path, "r+") as f:
        with pytest.raises(IndexError, match="grow=True"):
            f[len(f) :] = b"x"
        with pytest.raises(IndexError, match=r"slice$"):
            f[0:2] = b"xyz"
        with pytest.raises(IndexError, match=r"slice$"):
            f[len(f) - 3 :] = b"xy"
    with tome.open(path, "c") as f, pytest.raises(IndexError, match=r"slice$"):
        f[len(f) :] = b"x"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_what_cannot_be_mapped_is_told_so_by_the_number_of_old(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/null"):
        with pytest.raises(OSError, match="not a file that can be mapped") as info:
            tome.open(path)
        assert info.value.errno == errno.ENODEV


def test_a_file_object_is_told_to_pass_its_descriptor(path):
    with open(path, "rb") as file:
        text = raised(TypeError, tome.open, file)
    assert "BufferedReader" in text and "fileno()" in text
    assert "fileno" not in raised(TypeError, tome.open, 2.5)


def test_times_and_shapes_of_a_wrong_type_are_named(path):
    numpy = pytest.importorskip("numpy", reason="arrays need NumPy")
    with tome.open(path) as f:
        assert "datetime64" in raised(TypeError, f.between, numpy.datetime64("2026-01-01"))
        assert "2.5" in raised(TypeError, f.array, "i4", 2.5)


@pytest.mark.parametrize("mode, name", [("rb", "r"), ("r+b", "r+"), ("rb+", "r+"), ("w+b", "w+")])
def test_a_b_in_the_mode_says_nothing(path, mode, name):
    with tome.open(path, mode) as f:
        assert f.mode == name


def test_a_b_in_the_other_modes(tmp_path, path):
    with tome.open(tmp_path / "new", "x+b") as f:
        assert f.mode == "x+"
    with tome.open(path, "cb") as f:
        assert f.mode == "c"
    for wrong in ("b", "br", "rbb", "r+bb", "", "b+", "wb", "rB", "r\0b"):
        with pytest.raises(ValueError, match="mode must be"):
            tome.open(path, wrong)


def test_findall_takes_a_byte_as_find_does(path):
    with tome.open(path) as f:
        assert list(f.findall(101)) == [101]
        with pytest.raises(ValueError, match=re.escape("range(0, 256)")):
            f.findall(256)
        with pytest.raises(TypeError):
            f.findall([101])


def test_an_empty_view_begins_where_its_range_does(path):
    with tome.open(path) as f:
        for start, stop, offset in [(5, 2, 5), (5, 5, 5), (200, 300, 120), (-3, 0, 117)]:
            view = f.view(start, stop)
            assert (view.offset, len(view)) == (offset, 0)
            view.release()


def test_all_that_is_public_is_listed():
    names = dir(tome)
    assert {"Array", "AsyncFile", "AsyncLines", "UntrackedError", "open", "File"} <= set(names)
    assert not {"Any", "Optional", "List"} & set(names)




def open_both(path):
    with open(path, "r+b") as file:
        return [tome.open(path, "r+"), tome.mmap(file.fileno(), 0)]


@pytest.mark.parametrize("which", [0, 1], ids=["File", "mmap"])
def test_an_exception_in_a_with_block_is_not_replaced_by_a_loss(tmp_path, which, monkeypatch):
    path, reports = tmp_path / "cut", []
    path.write_bytes(bytes(12_000))
    both = open_both(path)
    both.pop(1 - which).close()
    f = both[0]
    buffer = memoryview(f)
    monkeypatch.setattr(sys, "unraisablehook", reports.append)
    with pytest.raises(KeyError, match="mine"):
        with f:
            os.truncate(path, 5)
            assert buffer[9000] == 0
            buffer.release()
            del reports[:]
            raise KeyError("mine")
    assert f.closed
    assert [report.exc_type for report in reports] == [tome.LostBytesError]


@pytest.mark.parametrize("which", [0, 1], ids=["File", "mmap"])
def test_without_one_the_end_of_the_block_raises_it(tmp_path, which, monkeypatch):
    path = tmp_path / "cut"
    path.write_bytes(bytes(12_000))
    both = open_both(path)
    both.pop(1 - which).close()
    buffer = memoryview(both[0])
    monkeypatch.setattr(sys, "unraisablehook", lambda report: None)
    with pytest.raises(tome.LostBytesError):
        with both[0]:
            os.truncate(path, 5)
            assert buffer[9000] == 0
            buffer.release()
