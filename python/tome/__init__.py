"""Memory-mapped files without the traps.

`import tome as mmap` is the one line to change in a program that uses the standard module `mmap`.
`tome.open` is the better way in: a file as a sequence of bytes that grows, searches, knows its
lines, and never crashes.

>>> with tome.open('app.log', 'w+') as f:
...     f.append(b'10:00 all is well\\n')
...     f.append(b'10:01 ERROR no paper\\n')
...     f.find(b'ERROR'), f.lines[1], f[:5]
0
18
(24, b'10:01 ERROR no paper\\n', b'10:00')
"""

from collections.abc import Sequence as _Sequence
from typing import Any as _Any, List as _List, Optional as _Optional

from . import _tome
from ._tome import *  # noqa: F401,F403
from .file import File

__version__ = _tome.__version__

# All but open(): `from tome import *`, in place of `from mmap import *`, leaves Python's own alone.
__all__ = [name for name in dir(_tome) if not name.startswith("_")]

_Sequence.register(File)
_Sequence.register(_tome.Lines)

# What needs NumPy or asyncio is imported when it is first asked for.
_LATER = {"Array": "array", "AsyncFile": "aio", "AsyncLines": "aio"}


def __getattr__(name: str) -> _Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("." + _LATER[name], __name__), name)


def __dir__() -> _List[str]:
    """All names, also of what is imported later."""
    return sorted({*globals(), *_LATER})


def open(
    path: _Any,
    mode: str = "r",
    *,
    offset: int = 0,
    length: _Optional[int] = None,
    create: bool = False,
    grow: bool = False,
    sparse: bool = False,
    advice: _Optional[str] = None,
    reserve: int = 0,
    permissions: int = 0o666,
) -> File:
    """Open a file of any size as a sequence of bytes.

    path: str, bytes, os.PathLike, or the number of an open descriptor, which stays the caller's.

    mode:
        'r'   read; the file must exist
        'r+'  read and store; with create=True a missing file is made
        'w+'  the same, on a file that is made, or emptied if there is one
        'x+'  the same, on a file that is made; FileExistsError if there is one
        'c'   stores are private to this File and never reach the file
        A 'b', as in 'r+b', changes nothing.

    offset, length: a part of the file, of any alignment. Without a length it goes to the file's
    end, and follows it: see File.refresh().

    grow: assignment past the end makes the file longer; what lies between becomes zeros.

    sparse: what it grows by has no blocks on the disk until it is stored to.

    advice: 'random' or 'sequential', how it will be read. Without, Tome notices by itself.

    reserve: so many bytes of address space in which the file can grow; chosen if 0.

    permissions: of a file that is made, less the umask.

    >>> with tome.open('notes', 'w+', grow=True) as f:
    ...     f[0:] = b'Hello, world'
    ...     f[0] = ord('J')
    ...     f[20:] = b'the end'
    ...     len(f), f[:5], b'world' in f, f[-1]
    (27, b'Jello', True, 100)
    """
    return File(
        path,
        mode,
        offset=offset,
        length=length,
        create=create,
        grow=grow,
        sparse=sparse,
        advice=advice,
        reserve=reserve,
        permissions=permissions,
    )
