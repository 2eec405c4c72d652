"""File: the class that users see.

What waits or must be fast is in C; here is what is better said in Python.
"""

import copyreg
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple, Type

from . import _tome

if TYPE_CHECKING:
    from .aio import AsyncFile
    from .array import Array


def _reopen(kind: "Type[File]", path: Any, mode: str, keywords: Dict[str, Any]) -> "File":
    """Make a File again from what its pickle holds."""
    return kind(path, mode, **keywords)


def _reduce_lines(lines: _tome.Lines) -> Tuple[Callable[..., _tome.Lines], Tuple[Any, ...]]:
    """A pickle of Lines has their File's, their parts of it, and how they were sliced."""
    return _tome._lines, _tome._lines_apart(lines)


copyreg.pickle(_tome.Lines, _reduce_lines)


class File(_tome.File):
    """A file as a sequence of bytes, made by tome.open().

    It does what bytes do, and bytearray at a fixed size: items, slices with steps, assignment,
    `in`, iteration, find() and its kin, memoryview() and NumPy. It ends with close() or a `with`
    block, may be used by many threads at once, and is pickled by its path.

    >>> with tome.open('numbers', 'w+') as f:
    ...     f.append(bytes(range(10)))
    ...     f[3], f[2:5], f[::-3], 7 in f, list(f)[-2:], sum(memoryview(f))
    0
    (3, b'\\x02\\x03\\x04', b'\\t\\x06\\x03\\x00', True, [8, 9], 45)
    """

    __module__ = "tome"
    __slots__ = ()

    def array(
        self, dtype: Any, shape: Any = None, offset: int = 0, *, advice: Optional[str] = None
    ) -> "Array":
        """A NumPy array on the file from byte `offset`: see tome.Array.

        Without a shape, or where its first dimension is None, it grows with the file.
        """
        from .array import Array  # NumPy is needed only here

        return Array(self, dtype, shape, offset, advice=advice)

    @property
    def aio(self) -> "AsyncFile":
        """The calls that wait, as coroutines: see tome.AsyncFile."""
        from .aio import AsyncFile  # asyncio takes longer to import than all else

        return AsyncFile(self)

    def __reduce__(self) -> Tuple[Callable[..., "File"], Tuple[Any, ...], Any]:
        """A pickle says where the bytes are, not which: the file is opened again, by its path."""
        keywords = self._keywords()
        if self._path is None:
            raise TypeError("a File that was opened by a descriptor cannot be pickled")
        if self.mode == "c":
            raise TypeError("a File with private changes (mode 'c') cannot be pickled")
        mode = "r" if self.mode == "r" else "r+"
        return _reopen, (type(self), self._path, mode, keywords), getattr(self, "__dict__", None)
