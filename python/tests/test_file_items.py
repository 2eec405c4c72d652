"""Items and slices of a File: bytes and bytearray are the model."""

import array
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tome

LONG = os.environ.get("TOME_TEST_LONG") == "1"
SETTINGS = settings(
    max_examples=5000 if LONG else 200,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

DATA = bytes(range(256)) * 40  # 10,240 bytes: two and a half pages
PLACES = st.one_of(
    st.none(),
    st.integers(-40, 40),
    st.integers(-len(DATA) - 5, len(DATA) + 5),
    st.sampled_from([2**31, 2**62, 2**63 - 1, 2**63, 2**64, 2**200]).flatmap(
        lambda n: st.sampled_from([n, -n])
    ),
)
STEPS = st.one_of(
    st.none(),
    st.integers(-7, 7),
    st.integers(-3000, 3000),
    st.sampled_from([2**63, -(2**63), 2**70]),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("items") / "file"
    path.write_bytes(DATA)
    with tome.open(path, "r+") as f:
        yield f


def outcome(call):
    """What a call returns, or which exception it raises."""
    try:
        return call()
    except Exception as raised:
        return type(raised)


# ---- reading ----


@SETTINGS
@given(index=PLACES.filter(lambda i: i is not None))
def test_items_are_those_of_bytes(file, index):
    assert outcome(lambda: file[index]) == outcome(lambda: file[:][index])


@SETTINGS
@given(start=PLACES, stop=PLACES, step=STEPS)
def test_slices_are_those_of_bytes(file, start, stop, step):
    key = slice(start, stop, step)
    assert outcome(lambda: file[key]) == outcome(lambda: file[0 : len(DATA)][key])


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 16384, 16385, 100_000, 3_000_001])
def test_slices_of_all_sizes_are_whole(tmp_path, size):
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    with tome.open(tmp_path / "file") as f:
        assert f[:] == data and bytes(f) == data
        assert f[1:] == data[1:] and f[:-1] == data[:-1]
        assert f[::3] == data[::3] and f[::-1] == data[::-1]
        assert f[::5000] == data[::5000] and f[::-70001] == data[::-70001]


@pytest.mark.parametrize("key", ["a", 1.0, None, (1, 2), [1], b"a"])
def test_keys_that_are_none_are_type_errors(file, key):
    with pytest.raises(TypeError, match="indices must be integers or slices"):
        file[key]
    with pytest.raises(TypeError, match="indices must be integers or slices"):
        file[key] = 1


def test_bounds_of_slices_are_integers_or_none(file):
    for key in (slice("a"), slice(1.0, None), slice(None, None, "b"), slice(0, 5, 0)):
        assert outcome(lambda: file[key]) == outcome(lambda: DATA[key])


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def test_what_has_an_index_is_an_integer(file):
    assert file[Index(7)] == file[7]
    assert file[Index(3) : Index(9) : Index(2)] == file[3:9:2]
    assert file[True] == file[1]
    for key in (Index(KeyError()), slice(Index(KeyError()), None), slice(0, 9, Index(KeyError()))):
        with pytest.raises(KeyError):
            file[key]


def test_iteration_is_that_of_bytes(file):
    data = file[:]
    assert list(file) == list(data)
    assert list(reversed(file)) == list(reversed(data))
    assert [a for _, a in zip(range(3), file)] == list(data[:3])
    assert max(file) == max(data) and sum(file) == sum(data)
    assert sorted(file)[:3] == sorted(data)[:3]


@SETTINGS
@given(
    value=st.one_of(
        st.integers(-2, 258), st.binary(max_size=3), st.sampled_from([2**70, -(2**70)])
    )
)
def test_membership_is_that_of_bytes(file, value):
    assert outcome(lambda: value in file) == outcome(lambda: value in file[:])


def test_membership_takes_all_buffers_and_nothing_else(file):
    file[100:103] = b"xyz"
    for kind in (bytearray, memoryview, lambda data: array.array("B", data)):
        assert kind(b"xyz") in file
    assert b"xyzzy" not in file
    file[100:103] = DATA[100:103]
    for wrong in ("x", None, 1.0, [1]):
        with pytest.raises(TypeError):
            wrong in file


# ---- storing ----


def store(target, key, value):
    target[key] = value


@SETTINGS
@given(
    start=PLACES,
    stop=PLACES,
    step=STEPS,
    difference=st.sampled_from([0, 0, 0, 0, 1, -1]),
    kind=st.sampled_from([bytes, bytearray, memoryview]),
    seed=st.integers(0, 255),
)
def test_slices_are_stored_as_a_bytearray_of_fixed_size_does(
    file, start, stop, step, difference, kind, seed
):
    key = slice(start, stop, step)
    model = bytearray(file[:])
    try:
        length = len(model[key])
    except ValueError:
        with pytest.raises(ValueError):
            file[key] = b""
        return
    value = bytes((seed + i) % 256 for i in range(max(0, length + difference)))
    if len(value) != length:
        with pytest.raises(IndexError):
            file[key] = kind(value)
    else:
        model[key] = value
        file[key] = kind(value)
    assert file[:] == bytes(model)


@SETTINGS
@given(index=st.integers(-len(DATA) - 3, len(DATA) + 3), value=st.integers(-3, 260))
def test_items_are_stored_as_a_bytearray_does(file, index, value):
    model = bytearray(file[:])
    inside = -len(DATA) <= index < len(DATA)  # which is looked at before the value, as mmap has it
    expected = outcome(lambda: store(model, index, value)) if inside else IndexError
    assert outcome(lambda: store(file, index, value)) == expected
    assert file[:] == bytes(model)


def test_values_that_are_none_change_nothing(file):
    before = file[:]
    for value in ("a", None, 1.0, [1], 5):
        with pytest.raises(TypeError):
            file[0:1] = value
        with memoryview(file), pytest.raises(TypeError):
            file[0:1] = value
    for value in ("a", None, 1.0, b"a"):
        with pytest.raises(TypeError):
            file[0] = value
    for value in (256, -1, 2**70, -(2**70)):
        with pytest.raises(ValueError):
            file[0] = value
    with pytest.raises(TypeError):
        del file[0]
    with pytest.raises(TypeError):
        del file[0:5]
    assert file[:] == before


def test_a_file_for_reading_refuses_before_it_looks_at_the_arguments(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    with tome.open(tmp_path / "file") as f:
        for key, value in [(0, 1), (99, "x"), (slice(0, 9), b""), (slice(0, 1), None), (0, 999)]:
            with pytest.raises(TypeError, match="reading only"):
                f[key] = value
    assert (tmp_path / "file").read_bytes() == b"abc"


def test_a_value_that_lies_in_the_file_itself_is_stored_as_it_was(file):
    before = file[:]
    with memoryview(file) as view:
        for source, target in [((0, 6000), (3, 6003)), ((3, 6003), (0, 6000)), ((0, 20), (10, 30))]:
            model = bytearray(file[:])
            model[slice(*target)] = bytes(model[slice(*source)])
            with view[slice(*source)] as value:
                file[slice(*target)] = value
            assert file[:] == bytes(model)
        model = bytearray(file[:])
        model[0:200:2] = bytes(model[0:100])
        with view[0:100] as value:
            file[0:200:2] = value
        assert file[:] == bytes(model)
    file[:] = before


def test_buffers_with_gaps_are_refused(file):
    with memoryview(b"abcdef") as view:
        with pytest.raises((BufferError, ValueError)):
            file[0:3] = view[::2]


# ---- growing ----


@pytest.fixture
def growing(tmp_path):
    path = tmp_path / "growing"
    path.write_bytes(b"0123456789")
    with tome.open(path, "r+", grow=True) as f:
        yield f
        now = f[:]
    assert path.read_bytes() == now


@pytest.mark.parametrize(
    "key, value, after",
    [
        (slice(10, None), b"abc", b"0123456789abc"),
        (slice(8, None), b"abc", b"01234567abc"),
        (slice(-2, None), b"abcd", b"01234567abcd"),
        (slice(0, None), b"x" * 12, b"x" * 12),
        (slice(None), b"x" * 12, b"x" * 12),
        (slice(12, None), b"abc", b"0123456789\0\0abc"),
        (slice(8, 12), b"abcd", b"01234567abcd"),
        (slice(12, 14), b"ab", b"0123456789\0\0ab"),
        (slice(-2, 11), b"abc", b"01234567abc"),
        (slice(2, 4), b"ab", b"01ab456789"),
        (slice(10, None), b"", b"0123456789"),
        (slice(20, None), b"", b"0123456789"),
        (slice(20, 30), b"", b"0123456789"),
        (slice(10, None, 1), b"z", b"0123456789z"),
        (10, 65, b"0123456789A"),
        (12, 65, b"0123456789\0\0A"),
        (-1, 65, b"012345678A"),
    ],
)
def test_assignment_past_the_end_grows_the_file(growing, key, value, after):
    growing[key] = value
    assert growing[:] == after and len(growing) == len(after)


@pytest.mark.parametrize(
    "key, value",
    [
        (slice(8, None), b"a"),  # shorter than what is there
        (slice(2, 4), b"abc"),  # longer than the slice
        (slice(8, 12), b"abc"),
        (slice(8, 12), b"abcde"),
        (slice(12, 14), b"abc"),
        (slice(4, 2), b"ab"),
        (slice(0, -1), b"x" * 12),
        (slice(None, None, 2), b"x" * 12),
        (slice(None, None, -1), b"x" * 12),
        (-11, 65),
    ],
)
def test_other_assignments_do_not(growing, key, value):
    with pytest.raises(IndexError):
        growing[key] = value
    assert growing[:] == b"0123456789"


def test_without_grow_the_size_is_fixed(tmp_path):
    path = tmp_path / "fixed"
    path.write_bytes(b"0123456789")
    with tome.open(path, "r+") as f:
        for key, value in [(slice(10, None), b"a"), (slice(8, 12), b"abcd"), (10, 65)]:
            with pytest.raises(IndexError):
                f[key] = value
    assert path.read_bytes() == b"0123456789"


def test_growth_leaves_buffers_good(growing):
    with memoryview(growing) as view:
        for i in range(200):
            growing[len(growing) :] = b"x" * 1000
        assert bytes(view) == b"0123456789"
        growing[0] = 0x41
        assert view[0] == 0x41
    assert len(growing) == 200_010


def test_too_large_growth_changes_nothing(growing):
    with pytest.raises((OSError, ValueError, OverflowError)):
        growing[2**63 - 1] = 1
    with pytest.raises((OSError, ValueError, OverflowError)):
        growing[2**62 :] = b"far"
    with pytest.raises((OSError, ValueError, OverflowError, IndexError)):
        growing[2**64 + 5 :] = b"far"
    assert growing[:] == b"0123456789"


# ---- Python code in the middle of it ----


class Doing:
    """An index that does something first."""

    def __init__(self, value, action):
        self.value, self.action = value, action

    def __index__(self):
        self.action()
        return self.value


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_bytes(b"x" * 100_000)
    with tome.open(path, "r+") as f:
        yield f


def test_an_index_that_closes_the_file_is_a_value_error(tmp_path):
    path = tmp_path / "closed"
    path.write_bytes(b"x" * 100)
    calls = [
        lambda f, i: f[i],
        lambda f, i: f[i:50],
        lambda f, i: f[0:i],
        lambda f, i: f[0:50:i],
        lambda f, i: store(f, i, 1),
        lambda f, i: store(f, 0, i),
        lambda f, i: store(f, slice(i, 1), b"a"),
        lambda f, i: store(f, slice(0, 100, i), b"a" * 50),
        lambda f, i: i in f,
        lambda f, i: f.fill(i),
        lambda f, i: f.fill(0, i),
        lambda f, i: f.move(0, i, 1),
        lambda f, i: f.resize(i),
        lambda f, i: f.flush(i),
    ]
    for call in calls:
        f = tome.open(path, "r+")
        with pytest.raises(ValueError):
            call(f, Doing(2, f.close))
        assert f.closed
        os.truncate(path, 0)
        path.write_bytes(b"x" * 100)


def test_an_index_that_shrinks_the_file_finds_it_shorter(victim):
    def shrink():
        victim.resize(10)

    with pytest.raises(IndexError):
        victim[Doing(50_000, shrink)]
    victim.resize(100_000)
    assert victim[Doing(0, shrink) :] == b"x" * 10
    victim.resize(100_000)
    assert victim[0 : Doing(100_000, shrink) : 3] == (b"x" * 10)[::3]
    victim.resize(100_000)
    with pytest.raises(IndexError):
        victim[50_000] = Doing(1, shrink)
    victim.resize(100_000)
    with pytest.raises(IndexError):
        victim[Doing(50_000, shrink) : 50_010] = b"0123456789"
    assert len(victim) == 10
