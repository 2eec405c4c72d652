"""File.lines as a sequence: what it gives is what a list of the file's lines gives."""
import collections.abc
import copy
import gc
import inspect
import os
import random
import weakref

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import tome

LONG = bool(os.environ.get("TOME_TEST_LONG"))
MANY = settings(
    max_examples=5000 if LONG else 150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

SMALL = [b"", b"\n", b"a", b"a\n", b"a\nb", b"\n\n\n", b"\r\n\r", b"\0\n\xff\n", b"a\n\nb\n\n"]
bounds = st.one_of(st.none(), st.integers(-8, 8), st.sampled_from([2**62, -(2**63), 2**63, 2**70]))
steps = st.one_of(st.none(), st.integers(-4, 4).filter(bool), st.sampled_from([2**62, -(2**63)]))
slices = st.builds(slice, bounds, bounds, steps)


def lines_of(data):
    """The lines of some bytes as Python's own file objects see them: only a newline ends one."""
    found = data.split(b"\n")
    last = found.pop()
    return [line + b"\n" for line in found] + ([last] if last else [])


def numbered(count, width=60):
    return b"".join(b"%d " % i + b"x" * (i % width) + b"\n" for i in range(count))


@pytest.fixture
def opened(tmp_path):
    """opened(data, mode='r'): a File with these contents."""
    files = []

    def make(data, mode="r", **options):
        path = tmp_path / f"file{len(files)}"
        path.write_bytes(data)
        files.append(tome.open(path, mode, **options))
        return files[-1]

    yield make
    for file in files:
        file.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file of some MiB, so that its middle is found by an index; and its lines."""
    path = tmp_path_factory.mktemp("lines") / "large"
    data = numbered(60_000, 120)
    path.write_bytes(data)
    with tome.open(path) as file:
        yield file, lines_of(data)


def same(lines, want):
    """Every way to look at them gives the same lines."""
    assert len(lines) == len(want)
    assert list(lines) == want
    assert list(iter(lines)) == want
    assert list(reversed(lines)) == want[::-1]
    assert [lines[i] for i in range(len(want))] == want
    assert [lines[i - len(want)] for i in range(len(want))] == want
    for wrong in (len(want), -len(want) - 1, 2**62, -(2**63), 2**80):
        with pytest.raises(IndexError):
            lines[wrong]


# ---- all lines ----


@pytest.mark.parametrize("data", SMALL)
def test_the_lines_of_a_small_file_are_those_of_a_file_object(opened, data):
    file = opened(data)
    with open(file.name, "rb") as reader:
        want = reader.readlines()
    same(file.lines, want)


@MANY
@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"\r", b"bc", b"\0"]), max_size=40).map(b"".join)
)
def test_only_a_newline_ends_a_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "newlines"
    path.write_bytes(data)
    with tome.open(path) as file:
        same(file.lines, lines_of(data))


def test_the_lines_of_a_large_file_are_those_of_a_file_object(large):
    file, want = large
    assert len(file.lines) == len(want)
    assert list(file.lines) == want
    assert list(reversed(file.lines)) == want[::-1]


def test_any_line_of_a_large_file_is_found_by_its_number(large):
    file, want = large
    chosen = random.Random(1)
    for number in [chosen.randrange(-len(want), len(want)) for _ in range(2000)]:
        assert file.lines[number] == want[number]


def test_a_line_longer_than_any_buffer_is_told_whole(opened):
    data = b"a\n" + b"x" * 3_000_000 + b"\n" + b"b\n" + b"y" * 1_000_000
    file = opened(data)
    same(file.lines, lines_of(data))
    same(file.lines[1:], lines_of(data)[1:])


@pytest.mark.parametrize("around", [64 << 10, 128 << 10, 256 << 10, 512 << 10])
def test_lines_that_end_around_a_power_of_two_are_whole(opened, around):
    for length in range(around - 3, around + 3):
        data = b"x" * length + b"\n" + b"y" * length + b"\n\nz"
        same(opened(data).lines, lines_of(data))


def test_a_part_of_a_file_is_a_text_of_its_own(opened):
    data = numbered(50_000)
    file = opened(data)
    with tome.open(file.name, offset=1001, length=1_500_000) as part:
        want = lines_of(data[1001 : 1001 + 1_500_000])
        assert list(part.lines) == want
        assert part.lines[20_000] == want[20_000]
        assert part.lines.offset(0) == 0
        assert len(part.lines) == len(want)


# ---- slices ----


@MANY
@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"bc\n"]), max_size=12).map(b"".join),
    chain=st.lists(slices, min_size=1, max_size=3),
)
@example(data=b"a", chain=[slice(None, None, 2**62), slice(None, 5)])
@example(data=b"a\nb", chain=[slice(1, None, 2**62), slice(None, 2)])
@example(data=b"a", chain=[slice(None, None, 2**40), slice(None, None, 2**22), slice(0, 3)])
def test_slices_of_slices_are_those_of_a_list(tmp_path_factory, data, chain):
    path = tmp_path_factory.getbasetemp() / "slices"
    path.write_bytes(data)
    want = lines_of(data)
    with tome.open(path) as file:
        lines = file.lines
        for each in chain:
            want, lines = want[each], lines[each]
        same(lines, want)


@pytest.mark.parametrize("known", [False, True])
def test_slices_of_a_large_file_are_those_of_a_list(large, known):
    file, want = large
    count, chosen = len(want), random.Random(2)
    places = [None, 0, 5, -5, -1, count // 2, -count // 2, count - 3, count + 7, -count - 7]
    with tome.open(file.name) as anew:
        for _ in range(150):
            if known:
                anew.lines[count // 2]
            one = slice(
                chosen.choice(places), chosen.choice(places), chosen.choice([None, 1, -1, 3])
            )
            two = slice(
                chosen.choice(places), chosen.choice(places), chosen.choice([1, -7, 4000, -4000])
            )
            lines, expected = anew.lines[one][two], want[one][two]
            assert len(lines) == len(expected)
            assert list(lines) == expected
            assert list(reversed(lines)) == expected[::-1]
            if expected:
                assert lines[-1] == expected[-1]
                assert lines[len(expected) // 2] == expected[len(expected) // 2]


def test_a_slice_reads_nothing_before_it_is_used(opened):
    file = opened(numbered(100_000))
    before = file.stats().calls
    for each in [slice(10, 20), slice(-10, None), slice(None, None, -1), slice(50_000, 60_000, 7)]:
        file.lines[each][1:][::2]
    assert file.stats().calls == before


@pytest.mark.parametrize(
    "look",
    [
        lambda lines: list(lines[:10]),
        lambda lines: list(lines[-10:]),
        lambda lines: list(lines[:-11:-1]),
        lambda lines: (lines[0], lines[100], lines[-1], lines[-100]),
        lambda lines: [next(reversed(lines)), next(iter(lines))],
        lambda lines: list(lines[-100:-90]),
        lambda lines: list(lines[5:][10:20:2]),
    ],
)
def test_near_the_ends_little_of_a_large_file_is_read(tmp_path, look):
    path = tmp_path / "large"
    path.write_bytes(numbered(400_000, 120))
    with tome.open(path) as file, open(path, "rb") as reader:
        got = look(file.lines)
        assert file.stats().called < 3 << 20 < file.size // 4
        assert got == look(reader.readlines())


def test_a_slice_is_a_view_and_follows_the_file(opened):
    file = opened(b"a\nb\nc\n", "r+")
    last, all_but_first = file.lines[-2:], file.lines[1:]
    assert list(last) == [b"b\n", b"c\n"]
    file.append(b"d\n")
    assert list(last) == [b"c\n", b"d\n"]
    assert list(all_but_first) == [b"b\n", b"c\n", b"d\n"]


# ---- numbers and offsets ----


def test_offset_is_where_a_line_begins_and_number_is_its_inverse(large):
    file, want = large
    starts, at = [], 0
    for line in want:
        starts.append(at)
        at += len(line)
    for number in list(range(0, len(want), 997)) + [len(want) - 1]:
        assert file.lines.offset(number) == starts[number]
        assert file.lines.number(starts[number]) == number
        assert file.lines.number(starts[number] + len(want[number]) - 1) == number
    assert file.lines.offset(-1) == starts[-1]
    assert file.lines.number(-1) == len(want) - 1


def test_number_in_a_slice_counts_the_lines_of_the_slice(opened):
    file = opened(b"0\n1\n2\n3\n4\n5\n6\n7\n")
    assert file.lines[2:7:2].number(8) == 1
    assert file.lines[::-1].number(0) == 7
    assert file.lines[-3:].number(12) == 1
    assert file.lines[-1:-4:-1].number(12) == 1
    for lines, offset in [(file.lines[2:7:2], 6), (file.lines[-3:], 8), (file.lines[:3], 6)]:
        with pytest.raises(ValueError):
            lines.number(offset)


@pytest.mark.parametrize("offset", [4, 100, -5, 2**63, 2**70, -(2**70)])
def test_number_of_a_byte_that_is_not_in_the_file_is_an_index_error(opened, offset):
    with pytest.raises(IndexError):
        opened(b"a\nb\n").lines.number(offset)


# ---- a citizen of collections.abc ----


def test_lines_are_a_sequence_with_all_its_methods(opened):
    lines = opened(b"a\nb\na\n").lines
    assert isinstance(lines, collections.abc.Sequence)
    for name in ("contains", "getitem", "iter", "len", "reversed"):
        assert hasattr(lines, f"__{name}__")
    assert lines.count(b"a\n") == 2 and lines.count(b"a") == 0
    assert lines.index(b"b\n") == 1 and lines.index(b"a\n", 1) == 2
    assert b"b\n" in lines and b"b" not in lines and 5 not in lines
    assert lines and not opened(b"").lines


@MANY
@given(data=st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n"]), max_size=6),
       value=st.sampled_from([b"a\n", b"b\n", b"x"]), start=st.integers(-8, 8),
       stop=st.one_of(st.none(), st.integers(-8, 8)))
def test_index_is_that_of_a_list(tmp_path_factory, data, value, start, stop):
    path = tmp_path_factory.getbasetemp() / "index"
    path.write_bytes(b"".join(data))
    with tome.open(path) as file:
        try:
            want = data.index(value, start, len(data) if stop is None else stop)
        except ValueError:
            with pytest.raises(ValueError):
                file.lines.index(value, start, stop)
        else:
            assert file.lines.index(value, start, stop) == want


@pytest.mark.parametrize("key", ["1", 1.0, None, b"a", (1,)])
def test_other_keys_are_a_type_error(opened, key):
    with pytest.raises(TypeError):
        opened(b"a\n").lines[key]


def test_a_step_of_zero_is_a_value_error(opened):
    with pytest.raises(ValueError):
        opened(b"a\n").lines[::0]


def test_lines_cannot_be_made_or_changed(opened):
    lines = opened(b"a\n").lines
    for kind in (type(lines), type(iter(lines))):
        with pytest.raises(TypeError):
            kind()
    with pytest.raises(TypeError):
        lines[0] = b"b\n"
    with pytest.raises(TypeError):
        del lines[0]
    with pytest.raises(TypeError):
        copy.copy(iter(lines))


def test_the_text_of_lines_tells_the_slice_and_the_file(opened):
    file = opened(b"a\n")
    assert repr(file.lines) == f"<tome.Lines of {file!r}>"
    assert repr(file.lines[1:-2][::-3]) == f"<tome.Lines[1:-2][::-3] of {file!r}>"
    assert repr(file.lines[-5:]) == f"<tome.Lines[-5:] of {file!r}>"


def test_methods_have_docstrings_and_signatures(opened):
    lines = opened(b"").lines
    for name in ("number", "offset", "count", "index", "__reversed__"):
        assert inspect.getdoc(getattr(type(lines), name))
        inspect.signature(getattr(type(lines), name))


# ---- life ----


def test_a_closed_file_has_no_lines(opened):
    file = opened(numbered(10_000))
    lines, some, iterator = file.lines, file.lines[5:], iter(file.lines)
    next(iterator)
    lines[5000]
    file.close()
    for use in (len, iter, reversed, list, lambda x: x[0], lambda x: x[-1], lambda x: x.offset(0),
                lambda x: x.number(0), lambda x: x.count(b""), lambda x: b"" in x):
        for each in (lines, some):
            with pytest.raises(ValueError):
                use(each)
    with pytest.raises(ValueError):
        next(iterator)
    with pytest.raises(ValueError):
        file.lines
    assert "closed" in repr(lines)


def test_lines_keep_their_file_open_and_let_go_of_it(opened, tmp_path):
    path = tmp_path / "kept"
    path.write_bytes(b"a\nb\n")
    file = tome.open(path)
    gone = weakref.ref(file)
    iterator = iter(file.lines[0:])
    lines = file.lines
    del file
    assert next(iterator) == b"a\n" and lines[1] == b"b\n"
    del iterator, lines
    assert gone() is None


def test_a_circle_of_file_and_lines_is_collected(tmp_path):
    path = tmp_path / "circle"
    path.write_bytes(b"a\nb\n")

    class Own(tome.File):
        pass

    file = Own(path)
    file.own = [file.lines, iter(file.lines)]
    gone = weakref.ref(file)
    del file
    gc.collect()
    assert gone() is None
