"""Arrays on files.

An ndarray in memory is the model, and the bytes of the file are read by plain file objects.
"""

import copy
import gc
import operator
import os
import pickle
import signal
import subprocess
import sys
import threading
import weakref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tome
from small_disk import small_disk

np = pytest.importorskip("numpy", reason="NumPy is not installed")

LONG = bool(os.environ.get("TOME_TEST_LONG"))
POINTS = np.array([[1, 2, 3], [4, 5, 6]], "<f4")


@pytest.fixture
def path(tmp_path):
    """A file of two rows of three 32-bit numbers."""
    path = tmp_path / "points"
    path.write_bytes(POINTS.tobytes())
    return path


@pytest.fixture
def points(path):
    with tome.open(path, "r+") as f, f.array("<f4", (None, 3)) as array:
        yield array


def same(ours, expected):
    """Equal, of the same kind, type and shape."""
    return (
        type(ours) is type(expected)
        and ours.dtype == expected.dtype
        and ours.shape == expected.shape
        and np.array_equal(ours, expected)
    )


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


# ---- growing


def test_append_adds_rows_and_tells_the_index_of_the_first(points, path):
    assert points.append([7, 8, 9]) == 2
    assert points.append([[10, 11, 12], [13, 14, 15]]) == 3
    assert points.append(np.zeros((0, 3))) == 5
    assert points.shape == (5, 3)
    assert np.fromfile(path, "<f4").tolist() == list(range(1, 16))


def test_rows_count_from_where_the_array_begins(path):
    with tome.open(path, "r+") as f, f.array("<f4", (None, 2), 8) as array:
        assert array.append([7, 8]) == 2
        array.resize(1)
        assert path.stat().st_size == 16
        with pytest.raises(ValueError):
            array.resize(-1)
        assert path.stat().st_size == 16


def test_append_takes_what_numpy_makes_rows_of(tmp_path):
    with tome.open(tmp_path / "new", "w+") as f, f.array("<i2") as array:
        assert array.append(5) == 0
        assert array.append([6, 7]) == 1
        assert array.append(range(8, 10)) == 3
        assert array.append(array) == 5
        assert array.append(np.arange(20)[::-7]) == 10
        assert array.values.tolist() == [5, 6, 7, 8, 9, 5, 6, 7, 8, 9, 19, 12, 5]


def test_append_takes_records(tmp_path):
    record = np.dtype([("id", "<u4"), ("name", "S4")])
    with tome.open(tmp_path / "new", "w+") as f, f.array(record) as array:
        assert array.append((1, b"one")) == 0
        assert array.append([(2, b"two"), (3, b"three")]) == 1
        assert array["name"].tolist() == [b"one", b"two", b"thre"]


@pytest.mark.parametrize("rows", [1, [1, 2], [[1, 2]], [[[1, 2, 3]]], [[1, 2, 3, 4]], []])
def test_rows_of_another_shape_are_a_valueerror(points, rows):
    with pytest.raises(ValueError, match="rows of shape"):
        points.append(rows)
    assert len(points) == 2


def test_rows_come_in_whole_even_where_others_left_a_part(points):
    with open(points.file.name, "ab") as file:
        file.write(b"half")
    with pytest.raises(ValueError, match="inside a row"):
        points.append([7, 8, 9])
    assert len(points) == 2
    points.file.resize(24)
    assert points.append([7, 8, 9]) == 2


def test_resize_makes_the_file_longer_and_shorter(points, path):
    points.resize(4)
    assert same(points.values, np.concatenate([POINTS, np.zeros((2, 3), "<f4")]))
    assert path.stat().st_size == 48
    points.resize(1)
    assert same(points.values, POINTS[:1])
    assert path.stat().st_size == 12
    points.resize(0)
    assert points.shape == (0, 3)
    assert path.stat().st_size == 0


@pytest.mark.parametrize("rows", [-1, 1 << 62, 1 << 70])
def test_a_size_that_cannot_be_is_a_valueerror(points, rows):
    with pytest.raises(ValueError):
        points.resize(rows)
    assert same(points.values, POINTS)


def test_resize_wants_an_integer(points):
    with pytest.raises(TypeError):
        points.resize(2.0)


def test_a_fixed_shape_is_a_fixed_size(path):
    with tome.open(path, "r+") as f, f.array("<f4", (2, 3)) as array:
        for change in (lambda: array.append([1, 2, 3]), lambda: array.resize(3)):
            with pytest.raises(ValueError, match="fixed"):
                change()
        f.append(bytes(12))
        assert array.shape == (2, 3)


def test_it_follows_whatever_makes_the_file_longer(points, path):
    points.file.append(np.float32([7, 8, 9]).tobytes())
    assert len(points) == 3
    points.file.append(b"half")
    assert len(points) == 3
    with open(path, "ab") as file:
        file.write(bytes(12 - 4))
    assert len(points) == 3
    points.file.refresh()
    assert len(points) == 4


def test_a_fixed_shape_adopts_what_others_appended(path):
    with tome.open(path) as f:
        with open(path, "ab") as file:
            file.write(bytes(12))
        with f.array("<f4", (3, 3)) as array:
            assert array[2].tolist() == [0, 0, 0]


def test_ndarrays_stay_where_they_are_whatever_grows(points):
    before = points.values
    row, address = points[1], before.ctypes.data
    points.resize(1 << 20)
    assert points.values.ctypes.data == address
    assert same(before, POINTS)
    before[0, 0] = 10
    row[2] = 60
    assert points[0, 0] == 10
    assert points[1, 2] == 60


def test_rows_under_an_ndarray_are_not_cut(points, path):
    row = points[0]
    with pytest.raises(BufferError):
        points.resize(1)
    assert same(points.values, POINTS)
    assert path.stat().st_size == 24
    with pytest.raises(BufferError):
        points.file.resize(12)
    del row
    points.resize(1)
    assert len(points) == 1


def test_an_array_may_be_appended_to_itself(points):
    for _ in range(10):
        points.append(points)
    assert same(points.values, np.tile(POINTS, (1024, 1)))


def test_a_full_disk_is_an_oserror_and_nothing_has_changed(tmp_path):
    with small_disk(tmp_path / "disk", 1 << 20) as disk, tome.open(disk / "new", "w+") as f:
        with f.array("<f8", (None, 128)) as array:
            array.append(np.ones((4, 128)))
            row = array[1]
            for change in (lambda: array.resize(2000), lambda: array.append(np.ones((2000, 128)))):
                with pytest.raises(OSError) as caught:
                    change()
                assert caught.value.errno == 28
                assert array.shape == (4, 128)
                assert (disk / "new").stat().st_size == 4096
            row[:] = 2
            assert array.sum() == 5 * 128
            del row


def test_holes_of_a_sparse_file_get_their_blocks_before_a_store(tmp_path):
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        with open(disk / "sparse", "wb") as file:
            file.truncate(1 << 30)
        with tome.open(disk / "sparse", "r+") as f, pytest.raises(OSError) as caught:
            f.array("<f8")
        assert caught.value.errno == 28


# ---- as an ndarray


def test_it_is_indexed_as_an_ndarray(points):
    for key in [0, -1, (1, 2), slice(None), slice(1, None), (slice(None), 1), ..., None]:
        assert np.array_equal(points[key], POINTS[key])
    for key in [[1, 0], POINTS > 2, np.array([1]), (np.array([0, 1]), 2)]:
        assert same(points[key], POINTS[key])
    assert same(points[points > 2], POINTS[POINTS > 2])
    indices = points.file.array("<i4", (0,))
    assert points[indices].shape == (0, 3)
    for wrong in [2, (0, 3), "x"]:
        with pytest.raises(IndexError):
            points[wrong]


def test_it_is_assigned_as_an_ndarray(points, path):
    model = POINTS.copy()
    for array in (points, model):
        array[0] = 9
        array[:, 1] = [7, 8]
        array[array > 8] += 1
        array[1, ::2] = array[0, ::2]
    assert same(points.values, model)
    assert path.read_bytes() == model.tobytes()
    points[:] = points * 2
    assert path.read_bytes() == (model * 2).tobytes()
    points[1:] = points[:1]
    points[0] = points.file.array("<f4", 3, 12)
    assert np.array_equal(points.values, [model[0] * 2] * 2)
    with pytest.raises(ValueError):
        points[0] = [1, 2]


def test_it_is_iterated_as_an_ndarray(points):
    assert [row.tolist() for row in points] == POINTS.tolist()
    assert 5 in points
    assert 50 not in points
    with pytest.raises(ValueError):
        bool(points)
    with pytest.raises(TypeError):
        hash(points)


BINARY = "add sub mul truediv floordiv mod pow lt le eq ne gt ge".split()


@pytest.mark.parametrize("name", BINARY)
def test_operators_are_those_of_ndarrays(points, name):
    apply = getattr(operator, name)
    for other in (2, POINTS[::-1], [1, 2, 3], points):
        bare = POINTS if other is points else other
        assert same(apply(points, other), apply(POINTS, bare))
        assert same(apply(other, points), apply(bare, POINTS))


def test_matrices_and_signs(points):
    assert same(points @ [1, 2, 3], POINTS @ [1, 2, 3])
    assert same(POINTS.T.copy() @ points, POINTS.T @ POINTS)
    assert same(-points, -POINTS)
    assert same(abs(points), abs(POINTS))
    assert [same(a, b) for a, b in zip(divmod(points, 2), divmod(POINTS, 2))] == [True, True]


def test_operators_in_place_store_in_the_file(points, path):
    before = points
    points += 1
    points *= [1, 2, 3]
    assert points is before
    assert np.fromfile(path, "<f4").tolist() == [2, 6, 12, 5, 12, 21]


FUNCTIONS = [
    np.sum,
    np.mean,
    np.sort,
    np.cumsum,
    np.transpose,
    np.unique,
    np.argmax,
    np.isfinite,
    np.sqrt,
    np.shape,
    np.ndim,
    np.size,
    np.ravel,
    np.asarray,
    np.array,
    np.copy,
    np.linalg.norm,
    lambda a: np.add.reduce(a, axis=1),
    lambda a: np.multiply.outer(a, a),
    lambda a: np.concatenate([a, a]),
    lambda a: np.where(np.asarray(a) > 2, a, 0),
    lambda a: np.maximum(a, 3),
    lambda a: np.average(a, axis=0, weights=[1, 3]),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_of_numpy_take_it(points, function):
    ours, expected = function(points), function(POINTS)
    assert type(ours) is type(expected)
    assert np.array_equal(ours, expected)


def test_methods_of_ndarray_are_at_hand(points):
    assert points.sum() == 21
    assert same(points.astype("i2"), POINTS.astype("i2"))
    assert same(points.T, POINTS.T)
    assert same(points.reshape(-1), POINTS.reshape(-1))
    with pytest.raises(AttributeError):
        points.nonsense
    with pytest.raises(AttributeError):
        points._nonsense


def test_asarray_shares_the_bytes_and_array_copies_them(points):
    shared, copied = np.asarray(points), np.array(points)
    points[0, 0] = 99
    assert (shared[0, 0], copied[0, 0]) == (99, 1)
    assert same(np.asarray(points, "f8"), points.values.astype("f8"))
    assert points.__array__(copy=True) is not points.values
    with pytest.raises(ValueError, match="without a copy"):
        points.__array__("f8", copy=False)


def test_results_can_be_put_into_it(points, path):
    assert np.add(POINTS, 1, out=points) is points
    assert path.read_bytes() == (POINTS + 1).tobytes()
    quotient, rest = np.divmod(points, 2, out=(points, None))
    assert quotient is points
    assert same(rest, (POINTS + 1) % 2)
    np.add.at(points, ([0, 0], [1, 1]), 5)
    assert points[0, 1] == (2 + 1) // 2 + 10


def test_numpy_saves_it(points, tmp_path):
    np.save(tmp_path / "saved.npy", points)
    assert same(np.load(tmp_path / "saved.npy"), POINTS)


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


# ---- many threads


def test_threads_append_and_read_at_the_same_time(tmp_path):
    rows = 300
    failed = []

    def append(number, array):
        try:
            for i in range(rows):
                array.append([number, i])
                assert array[array.shape[0] - 1].shape == (2,)
        except BaseException as error:
            failed.append(error)

    with tome.open(tmp_path / "new", "w+") as f, f.array("<u4", (None, 2)) as array:
        threads = [threading.Thread(target=append, args=(n, array)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        pairs = array.values.tolist()
        for number in range(4):
            assert [i for n, i in pairs if n == number] == list(range(rows))


# ---- random programs

STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 5)),
    st.tuples(st.just("resize"), st.integers(0, 3000)),
    st.tuples(st.just("store"), st.integers(0, 3000)),
    st.tuples(st.just("add"), st.integers(0, 9)),
    st.tuples(st.just("hold"), st.just(0)),
    st.tuples(st.just("drop"), st.just(0)),
)


def shrinks_under(held, rows):
    return any(len(values) > rows for values in held)


@settings(
    max_examples=2000 if LONG else 150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=20))
def test_any_program_gives_what_it_gives_on_an_ndarray(tmp_path, steps):
    model = np.zeros((0, 2), "<i4")
    held = []
    with tome.open(tmp_path / "new", "w+") as f, f.array("<i4", (None, 2)) as array:
        for step, n in steps:
            if step == "append":
                rows = np.arange(2 * n, dtype="<i4").reshape(n, 2)
                assert array.append(rows) == len(model)
                model = np.concatenate([model, rows])
            elif step == "resize" and shrinks_under(held, n):
                with pytest.raises(BufferError):
                    array.resize(n)
            elif step == "resize":
                array.resize(n)
                model = np.concatenate([model, np.zeros((n, 2), "<i4")])[:n]
            elif step == "store" and n < len(model):
                array[n] = model[n] = n
            elif step == "add":
                array += n
                model += n
            elif step == "hold":
                held.append(array.values)
            elif step == "drop":
                held.clear()
            assert same(array.values, model)
            assert all(same(values, model[: len(values)]) for values in held)
        held.clear()
    assert (tmp_path / "new").read_bytes() == model.tobytes()
