"""Arrays on files that grow.

An ndarray in memory is the model, and the bytes of the file are read by plain file objects.
"""

import os
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tome
from small_disk import small_disk

np = pytest.importorskip("numpy", reason="NumPy is not installed")

from array_points import POINTS, same, write_points  # noqa: E402 (needs NumPy)

LONG = bool(os.environ.get("TOME_TEST_LONG"))


@pytest.fixture
def path(tmp_path):
    return write_points(tmp_path)


@pytest.fixture
def points(path):
    with tome.open(path, "r+") as f, f.array("<f4", (None, 3)) as array:
        yield array


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
