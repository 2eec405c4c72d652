"""Arrays on files: what they are, what they cannot be, and how they end."""

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
import weakref

import pytest

import tome

np = pytest.importorskip("numpy", reason="NumPy is not installed")

from array_points import POINTS, same, write_points  # noqa: E402 (needs NumPy)


@pytest.fixture
def path(tmp_path):
    return write_points(tmp_path)


@pytest.fixture
def points(path):
    with tome.open(path, "r+") as f, f.array("<f4", (None, 3)) as array:
        yield array


# ---- what it is


def test_it_tells_what_it_is(points, path):
    assert (points.shape, points.ndim, points.size, len(points)) == ((2, 3), 2, 6, 2)
    assert (points.dtype, points.itemsize, points.nbytes) == (np.dtype("<f4"), 4, 24)
    assert points.offset == 0
    assert points.file.name == str(path)
    assert isinstance(points, tome.Array)
    assert repr(points) == f"<tome.Array {str(path)!r} dtype=float32 shape=(2, 3) offset=0>"


def test_values_is_the_ndarray_on_the_file(points, path):
    assert same(points.values, POINTS)
    points.values[1, 2] = 60
    assert np.fromfile(path, "<f4").tolist() == [1, 2, 3, 4, 5, 60]


def test_no_shape_is_one_dimension_that_follows(path):
    with tome.open(path) as f:
        for shape in [None, (None,)]:
            with f.array("<f4", shape) as array:
                assert same(array.values, POINTS.reshape(-1))
                assert array.shape == (6,)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 2, 3), (6,), 6, (5,), (2, 0), (0,), (), [6]])
def test_a_fixed_shape_is_that_of_numpy(path, shape):
    expected = np.frombuffer(path.read_bytes(), "<f4", int(np.prod(shape))).reshape(shape)
    with tome.open(path) as f, f.array("<f4", shape) as array:
        assert same(array.values, expected)
        assert (array.shape, array.ndim, array.size) == (
            expected.shape,
            expected.ndim,
            expected.size,
        )


def test_any_type_of_numpy_can_lie_in_a_file(tmp_path):
    types = "? i1 >i2 <u4 i8 >f2 f4 f8 c8 c16 S5 U3 V7 M8[s] m8[ns]".split()
    types += [[("x", "<i4"), ("y", ">f8", (2,))], ("<f4", (2, 2))]
    for number, dtype in enumerate(types):
        model = np.zeros(3, dtype)
        model.view("u1").reshape(-1)[:] = np.arange(model.nbytes) % 2
        path = tmp_path / str(number)
        path.write_bytes(model.tobytes())
        with tome.open(path, "r+") as f, f.array(dtype) as array:
            assert same(array.values, model)
            assert array.append(model) == 3
            assert array.values.tobytes() == model.tobytes() * 2
            array.append(model[0])
            assert len(array) == 7


def test_an_offset_is_where_it_begins(path):
    with tome.open(path) as f, f.array("<f4", (None, 2), 8) as array:
        assert array.values.tolist() == [[3, 4], [5, 6]]
    with tome.open(path, offset=4, length=16) as f, f.array("<f4", None, 4) as array:
        assert array.values.tolist() == [3, 4, 5]


def test_an_array_of_a_file_for_reading_is_for_reading(path):
    with tome.open(path) as f, f.array("<f4", (None, 3)) as array:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
        with pytest.raises(ValueError, match="read-only"):
            array += 1
        with pytest.raises(TypeError):
            array.append([1, 2, 3])
        with pytest.raises(TypeError):
            array.resize(3)
        assert not array.values.flags.writeable
        assert same(array.values, POINTS)
        with f.array("<f4", (0, 3)) as empty:
            assert not empty.values.flags.writeable


def test_an_array_of_a_private_copy_leaves_the_file_alone(path):
    with tome.open(path, "c") as f, f.array("<f4", (None, 3)) as array:
        array += 1
        assert same(array.values, POINTS + 1)
        with pytest.raises(TypeError):
            array.append([1, 2, 3])
    assert path.read_bytes() == POINTS.tobytes()


def test_it_takes_advice(path):
    with tome.open(path) as f:
        for advice in ("random", "sequential", None):
            with f.array("<f4", advice=advice) as array:
                assert array.values.tolist() == [1, 2, 3, 4, 5, 6]
        with pytest.raises(ValueError):
            f.array("<f4", advice="often")


# ---- what cannot be

WRONG = [
    ("<f8", (None, 2), 0, "whole number of rows"),
    ("<f4", (None, 4), 0, "whole number of rows"),
    ("<f4", (None, 3), 4, "whole number of rows"),
    ("<f4", 3, 2, "aligned"),
    ("<f8", 1, 4, "aligned"),
    ("<f4", None, -4, "negative"),
    ("<f4", -1, 0, "negative"),
    ("<f4", (None, -1), 0, "negative"),
    ("<f4", (2, None), 0, "first dimension"),
    ("<f4", (None, None), 0, "first dimension"),
    ("<f4", (None, 0), 0, "no bytes"),
    ("<f4", 7, 0, r"f\.resize\(28\)"),
    ("<f4", None, 28, "28"),
    ("<f4", (1 << 40, 1 << 40), 0, "address space"),
    ("<f4", (1 << 62,), 0, "address space"),
    ("<f4", None, 1 << 64, "address space"),
    ("O", None, 0, "objects"),
    ([("x", "O")], None, 0, "objects"),
    ("S", None, 0, "size"),
    ("V", 3, 0, "size"),
]


@pytest.mark.parametrize("dtype, shape, offset, words", WRONG)
def test_what_cannot_be_is_a_valueerror_that_says_why(path, dtype, shape, offset, words):
    with tome.open(path, "r+") as f:
        with pytest.raises(ValueError, match=words):
            f.array(dtype, shape, offset)
        f.resize(0)  # and holds nothing


NO_ARGUMENTS = [("nonsense",), ("<f4", 1.5), ("<f4", "six"), ("<f4", 1, 0.0)]


@pytest.mark.parametrize("arguments", NO_ARGUMENTS)
def test_what_is_no_type_shape_or_offset_is_a_typeerror(path, arguments):
    with tome.open(path) as f, pytest.raises(TypeError):
        f.array(*arguments)


def test_the_alignment_is_that_of_the_file(path):
    with tome.open(path, offset=2) as f:
        with pytest.raises(ValueError, match="aligned"):
            f.array("<f4", 3, 0)
        with f.array("<f4", 5, 2) as array:
            assert array.values.tolist() == [2, 3, 4, 5, 6]
            assert array.values.flags.aligned


def test_a_type_of_one_field_lies_anywhere_as_the_error_says(path):
    expected = np.frombuffer(path.read_bytes()[2:22], "<f4")
    with tome.open(path) as f, f.array([("x", "<f4")], 5, 2) as array:
        assert array["x"].tolist() == expected.tolist()


# ---- life


def test_the_file_stays_open_as_long_as_an_array_is_out(path):
    f = tome.open(path)
    array = f.array("<f4")
    with pytest.raises(BufferError):
        f.close()
    assert array[0] == 1
    row = array[2:4]
    array.release()
    with pytest.raises(BufferError):
        f.close()
    assert row.tolist() == [3, 4]
    del row
    f.close()
    assert f.closed


def test_a_released_array_is_a_valueerror(path):
    with tome.open(path, "r+") as f:
        array = f.array("<f4", (None, 3))
        with array:
            pass
        array.release()
        uses = [
            lambda: array.values,
            lambda: array[0],
            lambda: array + 1,
            lambda: len(array),
            lambda: array.shape,
            lambda: array.append([1, 2, 3]),
            lambda: array.resize(1),
            lambda: array.flush(),
            lambda: array.sum(),
            lambda: np.asarray(array),
            lambda: array.__enter__(),
        ]
        for use in uses:
            with pytest.raises(ValueError, match="released"):
                use()
        assert repr(array) == f"<tome.Array {str(path)!r} released>"
        f.resize(0)


def test_a_released_array_of_a_closed_file_has_a_repr(path):
    with tome.open(path) as f:
        array = f.array("<f4")
        array.release()
    assert repr(array).endswith("released>")


def test_an_array_that_is_gone_lets_go_of_the_file(path):
    f = tome.open(path)
    array = f.array("<f4")
    seen = weakref.ref(array)
    del array
    assert seen() is None
    f.close()


def test_an_array_keeps_its_file(path):
    array = tome.open(path).array("<f4")
    gc.collect()
    values = array.values
    del array
    gc.collect()
    assert values.tolist() == [1, 2, 3, 4, 5, 6]


def test_an_array_of_a_closed_file_is_a_valueerror(path):
    f = tome.open(path)
    f.close()
    with pytest.raises(ValueError):
        f.array("<f4")


def test_it_pickles_by_its_place(path):
    with tome.open(path, "r+") as f, f.array("<f4", (None, 3), advice="random") as array:
        again = pickle.loads(pickle.dumps(array))
        fixed = pickle.loads(pickle.dumps(f.array("<f4", (1, 2), 8)))
        array[0, 0] = 10
        array.append([7, 8, 9])
        again.file.refresh()
        assert same(again.values, array.values)
        assert fixed.values.tolist() == [[3, 4]]
        for other in (again, fixed):
            other.release()
            other.file.close()


def test_its_copy_is_another_array_on_the_file(points):
    other = copy.copy(points)
    other[0, 0] = 10
    assert points[0, 0] == 10
    other.release()
    assert points[0, 0] == 10


def test_flush_brings_stores_to_the_disk(path):
    with tome.open(path, "r+") as f:
        if f.residency().dirty is None:
            pytest.skip("this system does not tell what is dirty")
        for shape in (None, 6):
            with f.array("<f4", shape) as array:
                array += 1
                array.flush(durable=True)
                assert f.residency().dirty == 0
                array += 1
                array.flush()


# ---- faults

TRUNCATE_UNDER = """
import os, sys
import numpy as np
path = sys.argv[1]
with open(path, "wb") as file:
    file.write(b"x" * (1 << 20))
"""

TRUNCATE_UNDER_A_MEMMAP = (
    TRUNCATE_UNDER
    + """
array = np.memmap(path, "u1", "r+")
os.truncate(path, 0)
print(array.sum())
"""
)

TRUNCATE_UNDER_AN_ARRAY = (
    TRUNCATE_UNDER
    + """
import tome
f = tome.open(path, "r+")
array = f.array("u1")
os.truncate(path, 0)
print(array.sum())
array[5000] = 1
for end in (array.release, f.close):  # close: what was stored is not in the file
    try:
        end()
    except tome.LostBytesError as error:
        print(error.filename == path, error.length > 0)
print(f.closed)
"""
)


def run(script, path):
    return subprocess.run(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_file_that_is_cut_under_an_array_is_an_exception_and_no_death(tmp_path):
    assert run(TRUNCATE_UNDER_A_MEMMAP, tmp_path / "file").returncode == -signal.SIGBUS
    done = run(TRUNCATE_UNDER_AN_ARRAY, tmp_path / "file")
    assert (done.returncode, done.stdout.split()) == (0, [b"0"] + [b"True"] * 5)


def test_a_cut_is_told_by_the_end_of_the_block(path):
    with tome.open(path) as f:
        with pytest.raises(tome.LostBytesError):
            with f.array("<f4") as array:
                os.truncate(path, 0)
                assert array.sum() >= 0
        f.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cut_is_told_where_ndarrays_are_left(path):
    f = tome.open(path)
    array = f.array("<f4")
    row = array[1:3]
    os.truncate(path, 0)
    row.sum()
    with pytest.raises(tome.LostBytesError):
        array.release()
    assert row.shape == (2,)
    del row  # what it has lost until now is told again
    with pytest.raises(tome.LostBytesError):
        f.close()
    assert f.closed


def test_a_cut_that_the_file_adopted_is_followed(tmp_path):
    page = tome.PAGESIZE
    (tmp_path / "file").write_bytes(b"x" * 4 * page)
    with tome.open(tmp_path / "file") as f, f.array("u1") as array:
        os.truncate(tmp_path / "file", page)
        assert f.refresh() == page
        assert len(array) == page
        with pytest.raises(tome.LostBytesError):
            array.values
        assert array.sum() == page * ord("x")
