"""Arrays on files are indexed, assigned to and calculated with as ndarrays, which are the model."""

import operator

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
