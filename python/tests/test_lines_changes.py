"""Lines after the file was changed, when an index of them is there already."""
import os

import pytest

import tome

COUNT = 100_000  # lines, of 10 bytes: enough for an index
MIDDLE = COUNT // 2


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"%09d\n" % i for i in range(COUNT)))
    return path


@pytest.fixture
def file(path):
    """Its lines are known."""
    with tome.open(path, "r+", grow=True) as file:
        assert file.lines[MIDDLE] == b"%09d\n" % MIDDLE
        assert len(file.lines) == COUNT
        yield file


def same(file):
    want = file[:].splitlines(True)
    assert len(file.lines) == len(want)
    assert list(file.lines) == want
    for number in list(range(-50, 50)) + [MIDDLE, MIDDLE + 1, -MIDDLE, len(want) // 3]:
        assert file.lines[number] == want[number]
    at = file.lines.offset(MIDDLE)
    assert file[at : at + len(want[MIDDLE])] == want[MIDDLE]
    assert file.lines.number(at) == MIDDLE
    assert file.lines.number(len(file) - 1) == len(want) - 1


def test_what_was_appended_is_found(file):
    for text in (b"a\n", b"b", b"c\nd", b"\n", b"\n\n", b"e" * 100_000, b"f\n" * 100_000, b"g"):
        file.append(text)
        same(file)


def test_much_growth_is_found(file):
    for _ in range(3):
        file.append(b"".join(b"%d\n" % i for i in range(200_000)))
        same(file)


def test_growth_by_others_is_found_after_refresh(file, path):
    with open(path, "ab") as other:
        other.write(b"x\ny")
    file.refresh()
    same(file)


def test_a_newline_stored_as_an_item_makes_two_lines(file):
    file[5] = 10
    assert len(file.lines) == COUNT + 1
    same(file)


def test_a_newline_stored_over_makes_one_line_of_two(file):
    file[9] = ord("x")
    assert len(file.lines) == COUNT - 1
    same(file)


def test_stores_that_touch_no_newline_leave_the_lines_where_they_are(file):
    file[0:9] = b"abcdefghi"
    file[500_000] = ord("z")
    assert len(file.lines) == COUNT
    same(file)


@pytest.mark.parametrize("byte", [b"\n", b"y"])
@pytest.mark.parametrize("length", [10, 50_000])
def test_slices_that_were_stored_over_newlines_are_seen(file, byte, length):
    data = byte * length
    file[1000 : 1000 + len(data)] = data
    same(file)


def test_stores_with_a_step_are_seen(file):
    file[0:1000:7] = b"\n" * len(range(0, 1000, 7))
    same(file)


def test_assignment_behind_the_end_is_seen(file):
    file[len(file) :] = b"one\ntwo\nthree"
    same(file)
    file[len(file) + 10 :] = b"\nfour\n"
    same(file)


def test_filled_and_moved_bytes_are_seen(file):
    file.fill(10, 0, 100)
    same(file)
    file.move(0, 300_005, 5000)
    same(file)


def test_a_smaller_file_has_fewer_lines_also_when_it_grows_again(file):
    size = len(file)
    file.resize(700_005)
    same(file)
    file.resize(size)
    same(file)
    file.resize(700_000)
    file.append(b"\n" * (size - 700_000))
    same(file)


def test_a_file_cut_by_others_has_fewer_lines_after_refresh(file, path):
    os.truncate(path, 600_003)
    file.refresh()
    same(file)


def test_a_file_emptied_and_written_anew_by_others_is_seen_after_refresh(file, path):
    os.truncate(path, 0)
    file.refresh()
    assert list(file.lines) == [] and len(file.lines) == 0
    with open(path, "ab") as other:
        other.write(b"a\nb\n")
    file.refresh()
    assert list(file.lines) == [b"a\n", b"b\n"] and file.lines[1] == b"b\n"


def test_a_line_changed_by_others_is_never_told_as_another_one(file, path):
    """Where an index is wrong it is noticed where it looks."""
    with open(path, "r+b") as other:
        other.seek(MIDDLE * 10 + 3)
        other.write(b"\n")
    assert file.lines[MIDDLE] == (b"%09d" % MIDDLE)[:3] + b"\n"
