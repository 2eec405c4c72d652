"""Arrays on files: NumPy's, but they grow with the file, and are never dangling."""

import math
import operator
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, Optional, Tuple, Type

try:
    import numpy as np
    from numpy.lib.mixins import NDArrayOperatorsMixin
except ImportError as error:
    raise ImportError(
        "arrays on files need NumPy: `pip install numpy`, or Debian's python3-numpy"
    ) from error

if TYPE_CHECKING:
    from . import File, View

__all__ = ["Array"]


def _checked_dtype(dtype: Any) -> "np.dtype[Any]":
    """A type whose items can lie in a file."""
    made: "np.dtype[Any]" = np.dtype(dtype)
    if made.hasobject:
        raise ValueError(f"{made} holds references to objects, which cannot lie in a file")
    if made.itemsize == 0:
        raise ValueError(f"{made} has no size; give one, as in 'S8'")
    return made


def _checked_shape(shape: Any) -> Tuple[Optional[int], ...]:
    """The shape as a tuple, of which only the first may be None."""
    if shape is None:
        return (None,)
    if hasattr(shape, "__index__"):
        shape = (shape,)
    if not hasattr(shape, "__len__"):
        raise TypeError(f"shape: integers, of which the first may be None, not {shape!r}")
    first, *others = shape if len(shape) > 0 else [None]
    if len(shape) == 0:
        return ()
    if any(length is None for length in others):
        raise ValueError(f"only the first dimension can follow the file's size: {shape}")
    lengths = [None if first is None else operator.index(first), *map(operator.index, others)]
    if any(length is not None and length < 0 for length in lengths):
        raise ValueError(f"dimensions must not be negative: {shape}")
    return tuple(lengths)


def _bare(value: Any) -> Any:
    """What NumPy works with: an Array's ndarray, or the value as it is."""
    return value.values if isinstance(value, Array) else value


class Array(NDArrayOperatorsMixin):
    """A NumPy array on a file, made by File.array().

    With a shape whose first dimension is None (or no shape at all) it follows the size of the file:
    it has as many whole rows as the file has. Rows are added by append(), or by whatever else makes
    the file longer.

    >>> import numpy as np
    >>> with tome.open('points', 'w+') as f, f.array('<f4', (None, 3)) as points:
    ...     points.append([[1, 2, 3], [4, 5, 6]])
    ...     points[0, 0] = 10
    ...     points.append([7, 8, 9])
    ...     len(points), float(points.values.sum()), points.sum(axis=0).tolist()
    0
    2
    (3, 54.0, [21.0, 15.0, 18.0])

    It is indexed, assigned to and calculated with as an ndarray; `values` is the ndarray over all
    that there is now. What `values` and slices give stays good whatever grows later: the bytes
    never move. Storing changes the file (a private copy of it in mode 'c'; not at all in mode 'r').

    The file stays open as long as arrays of it are out: f.close() raises BufferError until each
    Array was released, by release() or the end of its `with` block, and no ndarray taken from one
    is left. So nothing ever points to memory that is gone.

    If bytes are lost (the file was cut, its disk failed) they read as zeros, and release() or
    f.check() raises LostBytesError.
    """

    __module__ = "tome"

    def __init__(
        self,
        file: "File",
        dtype: Any,
        shape: Any = None,
        offset: int = 0,
        *,
        advice: Any = None,
    ) -> None:
        given = _checked_dtype(dtype)
        lengths = _checked_shape(shape) + given.shape
        self._file = file
        self._dtype: "np.dtype[Any]" = given.base
        self._follows = bool(lengths) and lengths[0] is None
        self._lengths: Tuple[int, ...] = tuple(length or 0 for length in lengths)
        self._offset = operator.index(offset)
        self._advice = advice
        # The file's size, and what there was when it had that; one value, as threads may share this.
        self._now: Optional[Tuple[int, "View", "np.ndarray[Any, Any]"]] = None
        self._released = False
        self._check_place()
        self._check_room()
        self._begin()

    # ---- where it lies

    def _row_bytes(self) -> int:
        return math.prod(self._lengths[1:]) * self._dtype.itemsize

    def _end(self, rows: Optional[int] = None) -> int:
        """Where so many rows end in the file; all of them, if the shape is fixed."""
        if rows is None:
            end = self._offset + math.prod(self._lengths) * self._dtype.itemsize
        else:
            end = self._offset + rows * self._row_bytes()
        if end > sys.maxsize:
            raise ValueError(f"an array that ends at byte {end} does not fit the address space")
        return end

    def _check_place(self) -> None:
        if self._offset < 0:
            raise ValueError(f"offset must not be negative: {self._offset}")
        place, alignment = self._file.offset + self._offset, self._dtype.alignment
        if place % alignment != 0:
            raise ValueError(
                f"byte {place} of the file is not aligned for {self._dtype}, which needs a multiple"
                f" of {alignment}; a type of one field, [('x', {self._dtype.str!r})], lies anywhere"
            )
        if self._follows and self._row_bytes() == 0:
            raise ValueError("rows of no bytes cannot follow the file's size")

    def _check_room(self) -> None:
        """It must lie in the file; an array that follows it must fit it too."""
        end = self._end(0) if self._follows else self._end()
        size = self._file.size
        if size < end:
            size = self._file.refresh()
        if size < end:
            raise ValueError(
                f"the array needs {end} bytes of the file, which has {size};"
                f" f.resize({end}) makes room"
            )
        if self._follows and (size - self._offset) % self._row_bytes() != 0:
            raise ValueError(
                f"the {size - self._offset} bytes from byte {self._offset} of the file are not a"
                f" whole number of rows of {self._row_bytes()} bytes"
            )

    def _shape_now(self) -> Tuple[int, ...]:
        if self._released:
            raise ValueError("the array has been released")
        if not self._follows:
            return self._lengths
        rows = max(0, self._file.size - self._offset) // self._row_bytes()
        return (rows, *self._lengths[1:])

    # ---- the bytes

    def _begin(self) -> "np.ndarray[Any, Any]":
        """Make the ndarray over what there is now. LostBytesError: the one before has lost some."""
        size, shape = self._file.size, self._shape_now()
        count, writable = math.prod(shape), self._file.mode != "r"
        end = self._offset + count * self._dtype.itemsize
        view: Any = self._file.view(self._offset, end, write=writable, advice=self._advice)
        if count > 0:
            flat = np.frombuffer(view, self._dtype, count)
        else:
            flat = np.empty(0, self._dtype)
            flat.flags.writeable = writable
        values: "np.ndarray[Any, Any]" = flat.reshape(shape)
        self._replace((size, view, values))
        return values

    def _replace(self, now: Optional[Tuple[int, "View", "np.ndarray[Any, Any]"]]) -> bool:
        """End what there was before. LostBytesError; False: ndarrays taken from it are left."""
        before, self._now = self._now, now
        view = None if before is None else before[1]
        del before  # or else its own ndarray is left
        try:
            if view is not None:
                view.release()
            return True
        except BufferError:
            return False

    @property
    def values(self) -> "np.ndarray[Any, Any]":
        """The ndarray over what there is now. It stays good, at its size, whatever grows later."""
        now = self._now
        if now is not None and (not self._follows or now[0] == self._file.size):
            return now[2]
        del now
        return self._begin()

    def release(self) -> None:
        """Let go of the file; releasing again does nothing.

        ndarrays that were taken out stay good, and hold the file open until they are gone.
        LostBytesError: bytes were lost meanwhile, and were read as zeros.
        """
        self._released = True
        if not self._replace(None):
            self._file.check()

    def __enter__(self) -> "Array":
        self._shape_now()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.release()

    # ---- growing

    def _check_follows(self) -> None:
        self._shape_now()
        if not self._follows:
            raise ValueError(
                "an array of a fixed shape has a fixed size; give None as its first dimension"
            )

    def _check_whole(self, size: int) -> None:
        if (size - self._offset) % self._row_bytes() != 0:
            raise ValueError(f"the file ends inside a row, at byte {size}: nothing can follow it")

    def _rows_of(self, values: Any) -> "np.ndarray[Any, Any]":
        """The values as rows of this array."""
        rows = np.asarray(_bare(values), dtype=self._dtype)
        one = self._lengths[1:]
        if rows.shape == one:
            rows = rows[np.newaxis]
        if rows.ndim != len(self._lengths) or rows.shape[1:] != one:
            raise ValueError(f"rows of shape {one} are needed, not an array of shape {rows.shape}")
        return np.ascontiguousarray(rows)

    def append(self, rows: Any) -> int:
        """Add a row or several at the end of the file; returns the index of the first.

        Appends never overwrite one another, from whichever thread or process. A full disk is
        OSError, and nothing has changed.
        """
        self._check_follows()
        added = self._rows_of(rows)
        self._check_whole(self._file.refresh())
        bytes_of: Any = added.reshape(-1).view(np.uint8)  # some types cannot be had as a buffer
        place = self._file.append(bytes_of)
        self._check_whole(place)
        return (place - self._offset) // self._row_bytes()

    def resize(self, rows: int) -> None:
        """Make it so many rows long, with the file; new ones are zeros.

        BufferError: an ndarray covers rows that would be cut. A full disk is OSError. Then nothing
        has changed.
        """
        self._check_follows()
        count = operator.index(rows)
        if count < 0:
            raise ValueError(f"the number of rows must not be negative: {count}")
        end = self._end(count)
        try:
            if end < self._file.size:
                self._replace(None)
            self._file.resize(end)
        finally:
            self._begin()

    def flush(self, *, durable: bool = False) -> None:
        """Bring what was stored to the disk; durable: so that it survives power loss."""
        self._shape_now()
        length = None if self._follows else self._end() - self._offset
        self._file.flush(self._offset, length, durable=durable)

    # ---- what it is

    @property
    def file(self) -> "File":
        """The file that it lies on."""
        return self._file

    @property
    def offset(self) -> int:
        """Where it begins in the file (or the part that was opened)."""
        return self._offset

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The type of its items."""
        return self._dtype

    @property
    def shape(self) -> Tuple[int, ...]:
        """How long it is in each dimension, now."""
        return self._shape_now()

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return len(self._lengths)

    @property
    def size(self) -> int:
        """How many items it has, now."""
        return math.prod(self._shape_now())

    @property
    def itemsize(self) -> int:
        """Bytes of an item."""
        return self._dtype.itemsize

    @property
    def nbytes(self) -> int:
        """How many bytes it has, now."""
        return self.size * self._dtype.itemsize

    def __len__(self) -> int:
        shape = self._shape_now()
        if not shape:
            raise TypeError("len() of an array without dimensions")
        return shape[0]

    def __repr__(self) -> str:
        name = f"<tome.Array {self._file.name!r}"
        if self._released or self._file.closed:
            return f"{name} released>"
        return f"{name} dtype={self._dtype} shape={self.shape} offset={self._offset}>"

    def __reduce__(self) -> Tuple[Any, ...]:
        lengths: Tuple[Optional[int], ...] = self._lengths
        if self._follows:
            lengths = (None, *lengths[1:])
        return _remake, (self._file, self._dtype, lengths, self._offset, self._advice)

    # ---- as an ndarray

    def __getitem__(self, key: Any) -> Any:
        return self.values[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.values[key] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __contains__(self, value: Any) -> bool:
        return value in self.values

    def __bool__(self) -> bool:
        return bool(self.values)

    def __getattr__(self, name: str) -> Any:
        """The other methods of ndarray, such as sum() and astype(), on all that there is now."""
        if name.startswith("_"):
            raise AttributeError(f"'Array' object has no attribute {name!r}")
        return getattr(self.values, name)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> "np.ndarray[Any, Any]":
        values = self.values
        if dtype is not None and np.dtype(dtype) != values.dtype:
            if copy is False:
                raise ValueError(f"{self._dtype} cannot be had as {np.dtype(dtype)} without a copy")
            return values.astype(dtype)
        return values.copy() if copy else values

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        out = keywords.get("out")
        if out is not None:
            keywords["out"] = tuple(map(_bare, out))
        result = getattr(ufunc, method)(*map(_bare, inputs), **keywords)
        if out is None:
            return result
        results = result if isinstance(result, tuple) else (result,)
        given = tuple(made if place is None else place for place, made in zip(out, results))
        return given[0] if len(given) == 1 else given


def _remake(file: "File", dtype: Any, shape: Any, offset: int, advice: Any) -> Array:
    """Make an Array again from what its pickle holds."""
    return Array(file, dtype, shape, offset, advice=advice)
