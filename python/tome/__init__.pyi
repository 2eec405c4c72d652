# The types of the package. This is its interface in full.
import datetime
import os
import re
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import Any, List, Literal, NamedTuple, NoReturn, Optional, SupportsFloat, SupportsIndex, Tuple, Union, final, overload

from _typeshed import ReadableBuffer, WriteableBuffer
from typing_extensions import Self, TypeAlias

from .aio import AsyncFile as AsyncFile, AsyncLines as AsyncLines
from .array import Array as Array

_Buffer: TypeAlias = Union[ReadableBuffer, mmap, File, View]
_WriteableBuffer: TypeAlias = Union[WriteableBuffer, mmap, File, View]

_Path: TypeAlias = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]", int]
_Place: TypeAlias = Optional[SupportsIndex]  # negative: from the end
_Key: TypeAlias = Union[str, bytes, SupportsIndex, SupportsFloat, datetime.date]  # a datetime is a date

__version__: str

class LostBytesError(OSError):
    offset: int
    length: int

class UntrackedError(OSError, ValueError): ...  # mmap.size() with trackfd=False

# ---- the drop-in: `mmap` and the constants of its module, typed as typeshed has them ----

error = OSError

PAGESIZE: int
ALLOCATIONGRANULARITY: int
ACCESS_DEFAULT: int
ACCESS_READ: int
ACCESS_WRITE: int
ACCESS_COPY: int
PROT_READ: int
PROT_WRITE: int
PROT_EXEC: int
MAP_SHARED: int
MAP_PRIVATE: int
MAP_ANON: int
MAP_ANONYMOUS: int
MAP_DENYWRITE: int
MAP_EXECUTABLE: int
MAP_POPULATE: int
MAP_STACK: int
MAP_NORESERVE: int
MAP_32BIT: int
MADV_NORMAL: int
MADV_RANDOM: int
MADV_SEQUENTIAL: int
MADV_WILLNEED: int
MADV_DONTNEED: int
MADV_REMOVE: int
MADV_DONTFORK: int
MADV_DOFORK: int
MADV_HWPOISON: int
MADV_MERGEABLE: int
MADV_UNMERGEABLE: int
MADV_HUGEPAGE: int
MADV_NOHUGEPAGE: int
MADV_DONTDUMP: int
MADV_DODUMP: int
MADV_FREE: int
MS_SYNC: int
MS_ASYNC: int
MS_INVALIDATE: int

class mmap:
    def __new__(
        cls,
        fileno: int,
        length: int,
        flags: int = ...,
        prot: int = ...,
        access: int = ...,
        offset: int = ...,
        *,
        trackfd: bool = ...,
    ) -> Self: ...
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...  # LostBytesError, OSError: what was lost and nobody told
    def check(self) -> None: ...  # LostBytesError if bytes were lost that nobody was told of
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

    def find(self, sub: _Buffer, start: Optional[int] = ..., end: Optional[int] = ..., /) -> int: ...
    def rfind(self, sub: _Buffer, start: Optional[int] = ..., end: Optional[int] = ..., /) -> int: ...
    def flush(self, offset: int = ..., size: int = ..., /, *, flags: int = ..., durable: Optional[bool] = ...) -> None: ...
    def madvise(self, option: int, start: int = ..., length: int = ..., /) -> None: ...
    def move(self, dest: int, src: int, count: int, /) -> None: ...
    def read(self, n: Optional[int] = ..., /) -> bytes: ...
    def read_byte(self) -> int: ...
    def readline(self) -> bytes: ...
    def resize(self, newsize: int, /) -> None: ...
    def seek(self, pos: int, whence: int = ..., /) -> int: ...
    def seekable(self) -> bool: ...
    def size(self) -> int: ...
    def tell(self) -> int: ...
    def write(self, bytes: _Buffer, /) -> int: ...
    def write_byte(self, byte: int, /) -> None: ...

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> bytes: ...
    @overload
    def __setitem__(self, key: SupportsIndex, value: SupportsIndex, /) -> None: ...
    @overload
    def __setitem__(self, key: slice, value: _Buffer, /) -> None: ...
    def __delitem__(self, key: Union[SupportsIndex, slice], /) -> NoReturn: ...
    def __contains__(self, value: object, /) -> bool: ...
    def __iter__(self) -> Iterator[bytes]: ...  # of length 1, as the standard type has it
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...

# ---- files ----

class Residency(NamedTuple):
    """All in bytes of whole pages; None where the system cannot tell."""

    pages: int
    resident: Optional[int]
    dirty: Optional[int]
    writeback: Optional[int]
    holes: Optional[int]

class Stats(NamedTuple):
    """The fields of tome_stats; None for what the system cannot tell."""

    calls: int
    called: int
    waits: int
    disk: Optional[int]
    lost_faults: int
    mapped: Optional[int]
    minor_faults: Optional[int]
    major_faults: Optional[int]
    process_disk: Optional[int]

class Info(NamedTuple):
    """The fields of tome_info; `kind` is "file", "block device" or "memory"."""

    kind: str
    page_size: int
    size: int
    file_size: int
    allocated: Optional[int]
    holes: Optional[int]
    hole_bytes: Optional[int]
    resident: Optional[int]
    dirty: Optional[int]
    readahead: Optional[int]
    reserved: int
    file_system: str

_Mode: TypeAlias = Literal["r", "r+", "w+", "x+", "c", "rb", "r+b", "rb+", "w+b", "wb+", "x+b", "xb+"]

@overload
def open(
    path: _Path,
    mode: _Mode = "r",
    *,
    offset: int = 0,
    length: Optional[int] = None,  # None: to the end of the file, following it
    create: bool = False,  # with "r+": create a missing file
    grow: bool = False,  # assignment past the end grows the file
    sparse: bool = False,  # growing leaves holes
    advice: Optional[Literal["random", "sequential"]] = None,
    reserve: int = 0,
    permissions: int = 0o666,
) -> File: ...
@overload
def open(  # a mode that is not known before
    path: _Path,
    mode: str,
    *,
    offset: int = 0,
    length: Optional[int] = None,
    create: bool = False,
    grow: bool = False,
    sparse: bool = False,
    advice: Optional[Literal["random", "sequential"]] = None,
    reserve: int = 0,
    permissions: int = 0o666,
) -> File: ...

class File(Sequence[Any]):  # of int; Any, or else mypy takes `b"x" in f` for a mistake
    """A file as a sequence of bytes: what `bytes` (writable: `bytearray`, at fixed size) can do, on a file of any size."""

    # -- life
    def __new__(
        cls,
        path: _Path,
        mode: str = "r",
        *,
        offset: int = 0,
        length: Optional[int] = None,
        create: bool = False,
        grow: bool = False,
        sparse: bool = False,
        advice: Optional[Literal["random", "sequential"]] = None,
        reserve: int = 0,
        permissions: int = 0o666,
    ) -> Self: ...  # as open()
    def close(self) -> None: ...  # LostBytesError, OSError: what was lost and nobody told
    @property
    def closed(self) -> bool: ...
    @property
    def name(self) -> Union[str, bytes, int]: ...  # as given to open()
    @property
    def mode(self) -> str: ...
    @property
    def offset(self) -> int: ...  # of the part in the file
    def __enter__(self) -> Self: ...
    def __exit__(self, kind: object, value: object, traceback: object, /) -> None: ...
    # Pickles as (absolute path, mode "r" or "r+", part and options); a File opened by descriptor or as "c" does not (TypeError).
    # == is identity; hashable; weak references; repr: <tome.File 'app.log' mode='r' size=123> or <tome.File 'app.log' closed>

    # -- a sequence of bytes; closed: ValueError; stores on "r": TypeError, as mmap and bytes have it
    def __len__(self) -> int: ...  # OverflowError beyond sys.maxsize
    @property
    def size(self) -> int: ...  # the same, of any size
    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> bytes: ...
    # Slices are of the same length as their value, as with mmap (IndexError). With grow=True a slice with step 1 whose value is longer
    # writes past the end: f[a:] = data and f[a:b] = data with b - a == len(data), where a and b may lie past the end (not clamped).
    @overload
    def __setitem__(self, index: SupportsIndex, value: SupportsIndex) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: _Buffer) -> None: ...
    def __contains__(self, value: object) -> bool: ...  # an int, or a byte string anywhere
    def __iter__(self) -> Iterator[int]: ...
    # memoryview(f), numpy.frombuffer(f); readonly for "r". close() and shrinking are then BufferError.
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...

    # -- size and changes (file_size.c)
    def append(self, data: _Buffer, /) -> int: ...  # where it begins; atomic among appenders
    def resize(self, size: int, /) -> None: ...  # BufferError: would cut what a buffer covers
    def refresh(self) -> int: ...  # adopts what others did to the size; the size
    def fill(self, value: int, offset: int = 0, length: Optional[int] = None) -> None: ...
    def move(self, dest: int, src: int, count: int) -> None: ...
    def flush(self, offset: int = 0, length: Optional[int] = None, *, durable: bool = False, wait: bool = True) -> None: ...
    def check(self) -> None: ...  # LostBytesError if bytes were lost that nobody was told of

    # -- searching (file_search.c); the interpreter lock is free meanwhile; Ctrl-C works
    def find(self, sub: Union[_Buffer, SupportsIndex], start: _Place = None, end: _Place = None) -> int: ...
    def rfind(self, sub: Union[_Buffer, SupportsIndex], start: _Place = None, end: _Place = None) -> int: ...
    def index(self, sub: Union[_Buffer, SupportsIndex], start: _Place = None, end: _Place = None) -> int: ...  # ValueError
    def rindex(self, sub: Union[_Buffer, SupportsIndex], start: _Place = None, end: _Place = None) -> int: ...
    def count(self, sub: Union[_Buffer, SupportsIndex], start: _Place = None, end: _Place = None) -> int: ...
    # Lazy offsets of one byte string, or of any of several (then the match that begins first, of those the longest).
    def findall(self, sub: Union[_Buffer, SupportsIndex, Iterable[_Buffer]], start: _Place = None, end: _Place = None, *,
                overlapping: bool = False, ignore_case: bool = False, reverse: bool = False) -> Iterator[int]: ...
    # bytes: an expression in PCRE2's syntax as Tome has it (^ and $ are ends of lines); an re.Pattern of bytes: Python's own rules and
    # match objects, on the file in place.
    @overload
    def finditer(self, pattern: _Buffer, start: _Place = None, end: _Place = None, *, ignore_case: bool = False) -> Iterator[Match]: ...
    @overload
    def finditer(self, pattern: re.Pattern[bytes], start: _Place = None, end: _Place = None) -> Iterator[re.Match[bytes]]: ...

    # -- reading (file_reading.c)
    # ranges: pairs (offset, length) as any sequence, slices with step None or 1, or an integer array (n, 2) that exports a buffer
    @overload
    def gather(self, ranges: Iterable[Union[Sequence[int], slice]], out: None = None) -> List[bytes]: ...
    @overload
    def gather(self, ranges: Iterable[Union[Sequence[int], slice]], out: _WriteableBuffer) -> int: ...  # bytes put there, one range behind the other
    def prefetch(self, ranges: Iterable[Union[Sequence[int], slice]]) -> None: ...
    def view(self, start: _Place = None, stop: _Place = None, *, write: bool = False,
             advice: Optional[Literal["random", "sequential"]] = None) -> View: ...

    # -- memory (file_residency.c)
    def residency(self, offset: int = 0, length: Optional[int] = None) -> Residency: ...
    def resident_pages(self, offset: int = 0, length: Optional[int] = None) -> bytes: ...  # 1 or 0 for each page
    def warm(self, offset: int = 0, length: Optional[int] = None, *, rate: int = 0) -> None: ...
    def evict(self, offset: int = 0, length: Optional[int] = None) -> None: ...
    def lock(self, offset: int = 0, length: Optional[int] = None) -> None: ...
    def unlock(self, offset: int = 0, length: Optional[int] = None) -> None: ...
    def stats(self) -> Stats: ...
    def info(self) -> Info: ...

    # -- lines (lines.c, file_lines.c, between.c)
    @property
    def lines(self) -> Lines: ...
    # The lines of the records from start to stop (both included), as `tome between`; None: from the first, to the last.
    def between(self, start: Optional[_Key] = None, stop: Optional[_Key] = None, *, kind: Literal["time", "number", "text"] = "time",
                column: int = 0, separator: Optional[str] = None, format: Optional[str] = None,
                slack: Union[float, str, datetime.timedelta] = 0, zone: Optional[datetime.timezone] = None) -> Lines: ...

    # -- in Python (array.py, aio.py)
    def array(self, dtype: Any, shape: Any = None, offset: int = 0, *, advice: Optional[Literal["random", "sequential"]] = None) -> Array: ...
    @property
    def aio(self) -> AsyncFile: ...  # the calls that wait, as coroutines

@final
class View:
    """A range as a buffer. Leaving the `with` block (or release()) raises LostBytesError if bytes of it were lost meanwhile."""

    @property
    def offset(self) -> int: ...
    @property
    def readonly(self) -> bool: ...
    def release(self) -> None: ...  # BufferError while its buffers are out
    def __enter__(self) -> memoryview: ...
    def __exit__(self, kind: object, value: object, traceback: object, /) -> None: ...
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...

@final
class Match:
    """A match of an expression: its place, and a copy of its bytes."""

    # The only group is 0, the whole match; any other is IndexError.
    def start(self, group: Literal[0] = 0, /) -> int: ...
    def end(self, group: Literal[0] = 0, /) -> int: ...
    def span(self, group: Literal[0] = 0, /) -> Tuple[int, int]: ...
    def group(self, group: Literal[0] = 0, /) -> bytes: ...
    def __getitem__(self, group: Literal[0], /) -> bytes: ...

@final
class Lines(Sequence[bytes]):
    """Lines with their ends, as a file object gives them. f.lines[10:20] is Lines again: nothing is read before it is asked for."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Lines: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __reversed__(self) -> Iterator[bytes]: ...
    def number(self, offset: int, /) -> int: ...  # of the line, from 0, that holds a byte
    def offset(self, number: int, /) -> int: ...  # of a line's first byte
    # Whole lines are compared.
    def count(self, value: object, /) -> int: ...
    def index(self, value: object, start: int = 0, stop: Optional[int] = None, /) -> int: ...
