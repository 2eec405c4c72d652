"""mmap as a sequence: numbers, slices, iteration; what is stored, and what is refused.

The models are bytes and bytearray.
"""

import array
import ctypes
import itertools
import operator
import random
import sys

import pytest

import tome

PAGE = tome.PAGESIZE
CONTENT = (
    random.Random(6).randbytes(3 * PAGE + 100)
    if hasattr(random.Random, "randbytes")
    else bytes(random.Random(6).choices(range(256), k=3 * PAGE + 100))
)
SIZE = len(CONTENT)
PLACES = [
    None,
    0,
    1,
    5,
    PAGE - 1,
    PAGE,
    SIZE - 1,
    SIZE,
    SIZE + 1,
    -1,
    -PAGE,
    -SIZE,
    -SIZE - 1,
    sys.maxsize,
    -sys.maxsize - 1,
    1 << 70,
]
STEPS = [None, 1, 2, 7, PAGE, 5000, sys.maxsize, -1, -3, -PAGE, -sys.maxsize]


@pytest.fixture(params=["file", "copy", "memory", "private memory"])
def m(request, tmp_path):
    """Each kind of map, with the same content."""
    if request.param in ("memory", "private memory"):
        flags = tome.MAP_SHARED if request.param == "memory" else tome.MAP_PRIVATE
        subject = tome.mmap(-1, SIZE, flags=flags)
        subject[:] = CONTENT
    else:
        path = tmp_path / "file"
        path.write_bytes(CONTENT)
        access = tome.ACCESS_DEFAULT if request.param == "file" else tome.ACCESS_COPY
        with open(path, "r+b") as file:
            subject = tome.mmap(file.fileno(), 0, access=access)
    with subject:
        yield subject


class Index:
    """What is no int, but stands for one."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Number(int):
    """An int that is not exactly one."""


# ---- reading ----


def test_an_item_is_a_number(m):
    for index in [0, 1, PAGE, SIZE - 1, -1, -SIZE, True, Index(7), Number(8)]:
        assert m[index] == CONTENT[operator.index(index)]


@pytest.mark.parametrize(
    "index", [SIZE, -SIZE - 1, 1 << 30, 1 << 40, 1 << 70, -(1 << 70), Index(SIZE), Index(1 << 70)]
)
def test_an_index_outside_is_an_index_error(m, index):
    with pytest.raises(IndexError):
        m[index]
    with pytest.raises(IndexError):
        m[index] = 1
    with pytest.raises(IndexError):
        m[index] = "wrong too"
    assert m[:] == CONTENT


@pytest.mark.parametrize("index", [1.0, "1", b"1", None, (1,), [], ..., 1j])
def test_what_is_no_index_is_a_type_error(m, index):
    with pytest.raises(TypeError):
        m[index]
    with pytest.raises(TypeError):
        m[index] = 1
    with pytest.raises(TypeError):
        del m[index]


def test_slices_are_those_of_bytes(m):
    for start, stop in itertools.product(PLACES, PLACES):
        assert m[start:stop] == CONTENT[start:stop]


def test_slices_with_steps_are_those_of_bytes(m):
    chosen = random.Random(1)
    for _ in range(300):
        key = slice(chosen.choice(PLACES), chosen.choice(PLACES), chosen.choice(STEPS))
        assert m[key] == CONTENT[key], key
    with pytest.raises(ValueError):
        m[::0]
    assert m[Index(1) : Index(20) : Index(3)] == CONTENT[1:20:3]
    with pytest.raises(TypeError):
        m["a":]


def test_iterating_gives_bytes_of_length_one(m):
    assert list(itertools.islice(m, 300)) == [CONTENT[i : i + 1] for i in range(300)]
    assert b"".join(reversed(m)) == CONTENT[::-1]
    assert b"".join(m) == CONTENT


def test_membership_is_that_of_those(m):
    byte = CONTENT[SIZE - 1 :]
    assert byte in m and bytearray(byte) in m
    assert CONTENT[0] not in m and CONTENT[0:2] not in m and "a" not in m and b"" not in m


def test_it_is_true_and_has_a_length(m):
    assert m and len(m) == SIZE


# ---- storing ----


def test_a_stored_number_is_there(m):
    model = bytearray(CONTENT)
    for index, value in [
        (0, 0),
        (1, 255),
        (-1, 7),
        (PAGE, True),
        (Index(9), Index(10)),
        (Number(3), Number(4)),
    ]:
        m[index] = value
        model[operator.index(index)] = value
    assert m[:] == model


@pytest.mark.parametrize(
    "value, error",
    [
        (256, ValueError),
        (-1, ValueError),
        (1 << 40, ValueError),
        (Index(256), ValueError),
        (1 << 70, TypeError),
    ]
    + [(value, TypeError) for value in (b"a", "a", 1.0, None, [1])],
)
def test_what_is_no_byte_is_refused(m, value, error):
    with pytest.raises(error):
        m[3] = value
    assert m[:] == CONTENT


def test_slices_are_stored_as_in_bytearray(m):
    chosen, model = random.Random(2), bytearray(CONTENT)
    for turn in range(200):
        key = slice(chosen.choice(PLACES), chosen.choice(PLACES), chosen.choice(STEPS))
        count = len(model[key])
        value = bytes(chosen.choices(range(256), k=count))
        kind = [bytes, bytearray, memoryview, lambda data: array.array("B", data)][turn % 4]
        m[key] = kind(value)
        model[key] = value
    assert m[:] == model


@pytest.mark.parametrize("value", [b"", b"a", b"abc", bytearray(1), CONTENT])
def test_a_slice_of_another_size_is_an_index_error(m, value):
    for key in (slice(0, 2), slice(0, 8, 4), slice(-2, None)):
        with pytest.raises(IndexError):
            m[key] = value
    assert m[:] == CONTENT


@pytest.mark.parametrize("value", [1, "ab", None, [1, 2], 1.5])
def test_what_has_no_bytes_is_a_type_error(m, value):
    with pytest.raises(TypeError):
        m[0:2] = value


def test_bytes_that_do_not_lie_together_are_a_buffer_error(m):
    with pytest.raises(BufferError):
        m[0:2] = memoryview(b"abcd")[::2]


def test_nothing_can_be_deleted(m):
    for key in (0, slice(0, 2), slice(0, 8, 3)):
        with pytest.raises(TypeError):
            del m[key]
    with pytest.raises(IndexError):
        del m[SIZE]


def test_bytes_of_the_map_itself_are_stored_as_they_were(m):
    for view, to in [((0, 5000), 100), ((100, 5100), 0), ((0, 5000), 0)]:
        model = bytearray(m[:])
        model[to : to + 5000] = bytes(model[slice(*view)])
        with memoryview(m) as whole:
            m[to : to + 5000] = whole[slice(*view)]
        assert m[:] == model
    model = bytes(m[:])
    m[:] = m
    assert m[:] == model
    m[::-1] = m
    assert m[:] == model[::-1]


def test_sequences_in_c_see_bytes_of_length_one(m):
    api = ctypes.pythonapi
    api.PySequence_SetItem.argtypes = [ctypes.py_object, ctypes.c_ssize_t, ctypes.py_object]
    api.PySequence_SetItem(m, -1, b"x")
    assert m[-1:] == b"x"
    for index, value, error in [
        (0, 1, TypeError),
        (0, b"ab", IndexError),
        (SIZE, b"a", IndexError),
    ]:
        with pytest.raises(error):
            api.PySequence_SetItem(m, index, value)


# ---- the buffer ----


def test_the_buffer_is_the_map(m):
    with memoryview(m) as view:
        assert (view.format, view.itemsize, view.ndim, view.shape) == ("B", 1, 1, (SIZE,))
        assert view.contiguous and not view.readonly and view == CONTENT
        view[5] = 77
        m[6] = 78
        assert (m[5], view[6]) == (77, 78)
    assert bytes(m) == CONTENT[:5] + b"MN" + CONTENT[7:]
    assert bytearray(m)[5:7] == b"MN"
    assert int.from_bytes(m[0:8], "little") == array.array("Q", m[0:8])[0] or sys.byteorder == "big"


# ---- what arguments may do ----


class Trap:
    """An index that does something first."""

    def __init__(self, value, deed):
        self.value, self.deed = value, deed

    def __index__(self):
        self.deed()
        return self.value


def resizable(size=2 * PAGE):
    m = tome.mmap(-1, size)
    m[:] = b"x" * size
    return m


@pytest.mark.parametrize(
    "call",
    [
        lambda m, trap: m[trap],
        lambda m, trap: m[trap:],
        lambda m, trap: m[0:trap:2],
        lambda m, trap: m.__setitem__(trap, 1),
        lambda m, trap: m.__setitem__(0, trap),
        lambda m, trap: m.__setitem__(slice(0, trap), b"x" * 100),
        lambda m, trap: m.read(trap),
        lambda m, trap: m.write_byte(trap),
        lambda m, trap: m.seek(trap),
        lambda m, trap: m.find(b"y", trap),
        lambda m, trap: m.rfind(b"y", 0, trap),
        lambda m, trap: m.move(0, 1, trap),
        lambda m, trap: m.flush(trap),
        lambda m, trap: m.madvise(0, trap),
        lambda m, trap: m.resize(trap),
    ],
)
def test_an_argument_that_closes_the_map_is_a_value_error(call):
    m = resizable()
    with pytest.raises(ValueError, match="mmap closed or invalid"):
        call(m, Trap(100, m.close))


def test_bounds_are_those_after_the_arguments_were_converted():
    m = resizable()
    with pytest.raises(IndexError):
        m[Trap(PAGE + 1, lambda: m.resize(PAGE))]
    m = resizable()
    with pytest.raises(IndexError):
        m[PAGE + 1] = Trap(1, lambda: m.resize(PAGE))
    m = resizable()
    assert m[: Trap(2 * PAGE, lambda: m.resize(PAGE))] == b"x" * PAGE
    m = resizable()
    with pytest.raises(IndexError):
        m[: Trap(2 * PAGE, lambda: m.resize(PAGE))] = bytes(2 * PAGE)
    m = resizable()
    assert m.read(Trap(2 * PAGE, lambda: m.resize(10))) == b"x" * 10
    m = resizable()
    with pytest.raises(ValueError):
        m.move(0, PAGE, Trap(PAGE, lambda: m.resize(PAGE)))
    m = resizable()
    m[0] = Trap(1, lambda: m.resize(3 * PAGE))
    assert m[:] == b"\1" + b"x" * (2 * PAGE - 1) + bytes(PAGE)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="objects have no __buffer__ before 3.12")
def test_a_buffer_that_closes_or_cuts_the_map_is_survived():
    class Data:
        def __init__(self, deed):
            self.deed = deed

        def __buffer__(self, flags):
            self.deed()
            return memoryview(bytes(2 * PAGE))

    for store in (lambda m, data: m.__setitem__(slice(None), data), lambda m, data: m.write(data)):
        m = resizable()
        with pytest.raises(ValueError):
            store(m, Data(m.close))
        m = resizable()
        with pytest.raises((IndexError, ValueError)):
            store(m, Data(lambda: m.resize(PAGE)))
        assert m[:] == b"x" * PAGE
