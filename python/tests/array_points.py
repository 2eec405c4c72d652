"""What the tests of arrays on files share: a small file of rows, and what it is to be the same."""

import numpy as np

POINTS = np.array([[1, 2, 3], [4, 5, 6]], "<f4")


def write_points(folder):
    """A file of two rows of three 32-bit numbers."""
    path = folder / "points"
    path.write_bytes(POINTS.tobytes())
    return path


def same(ours, expected):
    """Equal, of the same kind, type and shape."""
    return (
        type(ours) is type(expected)
        and ours.dtype == expected.dtype
        and ours.shape == expected.shape
        and np.array_equal(ours, expected)
    )
