"""The calls of File that wait, as coroutines.

Each runs in a thread of the running loop's executor (as asyncio.to_thread() does), so that the loop
goes on meanwhile.

A task that is cancelled while it awaits such a call goes on at once. The call itself cannot be
stopped: it runs to its end in its thread, and its result is dropped. So a write, an append or a
resize that was cancelled happens all the same, or did already. Loops (`async for`) end within the
batch that is being fetched. Closing the file meanwhile is safe.
"""

import asyncio
import time
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    List,
    Optional,
    SupportsIndex,
    Tuple,
    TypeVar,
    Union,
)

if TYPE_CHECKING:
    from . import File, Info, Lines, Residency, Stats

__all__ = ["AsyncFile", "AsyncLines"]

_Item = TypeVar("_Item")
_Place = Optional[SupportsIndex]
_Buffer = Any  # whatever exports a buffer
_Ranges = Iterable[Union[Tuple[int, int], slice]]

# A batch ends with so many items, or after so many seconds if it has any.
_MOST_ITEMS = 1024
_MOST_SECONDS = 0.02


def _take(iterator: Iterator[_Item], most: int) -> Tuple[List[_Item], Optional[BaseException]]:
    """The next items, and what ended them: StopIteration, a failure, or None if more may come."""
    items: List[_Item] = []
    begun = time.monotonic()
    try:
        while len(items) < most and (not items or time.monotonic() - begun < _MOST_SECONDS):
            items.append(next(iterator))
    except BaseException as end:
        return items, end
    return items, None


async def _in_batches(begin: Callable[[], Iterable[_Item]]) -> AsyncIterator[_Item]:
    """The items of an iterator that is begun and moved on in threads.

    The first batch is one item, which is then at hand as soon as it is found; then they double.
    """
    iterator = await asyncio.to_thread(lambda: iter(begin()))
    most, end = 1, None
    while end is None:
        items, end = await asyncio.to_thread(_take, iterator, most)
        for item in items:
            yield item
        most = min(2 * most, _MOST_ITEMS)
    if not isinstance(end, StopIteration):
        raise end


class AsyncFile:
    """The calls of a File that wait, as coroutines; made by File.aio.

    >>> import asyncio
    >>> async def main():
    ...     with tome.open('log', 'w+') as f:
    ...         await f.aio.append(b'first line\\nsecond line\\n')
    ...         print(await f.aio.find(b'second'), await f.aio.read(0, 5))
    ...         async for line in f.aio.lines:
    ...             print(line)
    ...         await f.aio.flush(durable=True)
    >>> asyncio.run(main())
    11 b'first'
    b'first line\\n'
    b'second line\\n'

    Calls run in threads of the running loop's executor. Cancelling a task does not stop the call it
    awaits: that runs to its end in its thread, and what it wrote stays written. All calls may be
    made at the same time, from any number of tasks.
    """

    __module__ = "tome"
    __slots__ = ("_file",)

    def __init__(self, file: "File") -> None:
        self._file = file

    def __repr__(self) -> str:
        return f"<tome.AsyncFile of {self._file!r}>"

    @property
    def file(self) -> "File":
        """The File whose calls these are."""
        return self._file

    async def close(self) -> None:
        """As File.close()."""
        await asyncio.to_thread(self._file.close)

    # ---- reading and writing

    async def read(self, start: _Place = None, stop: _Place = None) -> bytes:
        """The bytes file[start:stop]."""
        return await asyncio.to_thread(lambda: self._file[slice(start, stop)])

    async def write(self, offset: SupportsIndex, data: _Buffer) -> None:
        """Store bytes at an offset, which is not negative.

        Past the end the file must be open with grow=True (else IndexError).
        """
        begin = offset.__index__()
        if begin < 0:
            raise ValueError("offset must not be negative")
        place = slice(begin, begin + memoryview(data).nbytes)
        await asyncio.to_thread(self._store, place, data)

    def _store(self, place: slice, data: _Buffer) -> None:
        self._file[place] = data

    async def gather(self, ranges: _Ranges, out: Optional[_Buffer] = None) -> Any:
        """As File.gather(): many ranges at once, as a list of bytes or into one buffer."""
        arguments = (ranges,) if out is None else (ranges, out)
        return await asyncio.to_thread(self._file.gather, *arguments)

    async def prefetch(self, ranges: _Ranges) -> None:
        """As File.prefetch()."""
        await asyncio.to_thread(self._file.prefetch, ranges)

    # ---- searching

    async def find(self, sub: Any, start: _Place = None, end: _Place = None) -> int:
        """As File.find()."""
        return await asyncio.to_thread(self._file.find, sub, start, end)

    async def rfind(self, sub: Any, start: _Place = None, end: _Place = None) -> int:
        """As File.rfind()."""
        return await asyncio.to_thread(self._file.rfind, sub, start, end)

    async def index(self, sub: Any, start: _Place = None, end: _Place = None) -> int:
        """As File.index()."""
        return await asyncio.to_thread(self._file.index, sub, start, end)

    async def rindex(self, sub: Any, start: _Place = None, end: _Place = None) -> int:
        """As File.rindex()."""
        return await asyncio.to_thread(self._file.rindex, sub, start, end)

    async def count(self, sub: Any, start: _Place = None, end: _Place = None) -> int:
        """As File.count()."""
        return await asyncio.to_thread(self._file.count, sub, start, end)

    def findall(
        self, sub: Any, start: _Place = None, end: _Place = None, **options: bool
    ) -> AsyncIterator[int]:
        """As File.findall(), for `async for`: offsets, found in batches."""
        return _in_batches(lambda: self._file.findall(sub, start, end, **options))

    def finditer(
        self, pattern: Any, start: _Place = None, end: _Place = None, **options: bool
    ) -> AsyncIterator[Any]:
        """As File.finditer(), for `async for`: matches, found in batches."""
        return _in_batches(lambda: self._file.finditer(pattern, start, end, **options))

    # ---- lines

    @property
    def lines(self) -> "AsyncLines":
        """The lines of the file."""
        return AsyncLines(lambda: self._file.lines)

    async def between(self, start: Any = None, stop: Any = None, **options: Any) -> "AsyncLines":
        """As File.between(): the lines of a sorted file from one key to another."""

        found = await asyncio.to_thread(self._file.between, start, stop, **options)
        return AsyncLines(lambda: found)

    # ---- size and changes

    async def append(self, data: _Buffer) -> int:
        """As File.append()."""
        return await asyncio.to_thread(self._file.append, data)

    async def resize(self, size: int) -> None:
        """As File.resize()."""
        await asyncio.to_thread(self._file.resize, size)

    async def refresh(self) -> int:
        """As File.refresh()."""
        return await asyncio.to_thread(self._file.refresh)

    async def fill(self, value: int, offset: int = 0, length: Optional[int] = None) -> None:
        """As File.fill()."""
        await asyncio.to_thread(self._file.fill, value, offset, length)

    async def move(self, dest: int, src: int, count: int) -> None:
        """As File.move()."""
        await asyncio.to_thread(self._file.move, dest, src, count)

    async def flush(
        self,
        offset: int = 0,
        length: Optional[int] = None,
        *,
        durable: bool = False,
        wait: bool = True,
    ) -> None:
        """As File.flush()."""
        await asyncio.to_thread(self._file.flush, offset, length, durable=durable, wait=wait)

    async def check(self) -> None:
        """As File.check()."""
        await asyncio.to_thread(self._file.check)

    # ---- memory

    async def residency(self, offset: int = 0, length: Optional[int] = None) -> "Residency":
        """As File.residency()."""
        return await asyncio.to_thread(self._file.residency, offset, length)

    async def resident_pages(self, offset: int = 0, length: Optional[int] = None) -> bytes:
        """As File.resident_pages()."""
        return await asyncio.to_thread(self._file.resident_pages, offset, length)

    async def warm(self, offset: int = 0, length: Optional[int] = None, *, rate: int = 0) -> None:
        """As File.warm()."""
        await asyncio.to_thread(self._file.warm, offset, length, rate=rate)

    async def evict(self, offset: int = 0, length: Optional[int] = None) -> None:
        """As File.evict()."""
        await asyncio.to_thread(self._file.evict, offset, length)

    async def lock(self, offset: int = 0, length: Optional[int] = None) -> None:
        """As File.lock()."""
        await asyncio.to_thread(self._file.lock, offset, length)

    async def unlock(self, offset: int = 0, length: Optional[int] = None) -> None:
        """As File.unlock()."""
        await asyncio.to_thread(self._file.unlock, offset, length)

    async def stats(self) -> "Stats":
        """As File.stats()."""
        return await asyncio.to_thread(self._file.stats)

    async def info(self) -> "Info":
        """As File.info()."""
        return await asyncio.to_thread(self._file.info)


class AsyncLines:
    """Lines that are fetched in threads; `async for` takes them one by one, and fetches batches.

    Made by File.aio.lines and File.aio.between(); lines[10:20] is AsyncLines again.

    >>> import asyncio
    >>> async def main():
    ...     with tome.open('log', 'w+') as f:
    ...         f.append(b'a\\nb\\nc\\n')
    ...         print(await f.aio.lines.count(), await f.aio.lines.fetch(1))
    ...         print([line async for line in f.aio.lines[1:]])
    >>> asyncio.run(main())
    3 b'b\\n'
    [b'b\\n', b'c\\n']
    """

    __module__ = "tome"
    __slots__ = ("_lines",)

    def __init__(self, lines: Callable[[], "Lines"]) -> None:
        self._lines = lines  # called in threads, as choosing some of the lines may wait

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _in_batches(self._lines)

    def __getitem__(self, key: slice) -> "AsyncLines":
        """Some of them: nothing is read before it is asked for."""
        if not isinstance(key, slice):
            raise TypeError("one line is fetched by `await lines.fetch(number)`")
        return AsyncLines(lambda: self._lines()[key])

    async def count(self) -> int:
        """How many lines there are: len(lines)."""
        return await asyncio.to_thread(lambda: len(self._lines()))

    async def fetch(self, number: SupportsIndex) -> bytes:
        """One line: lines[number]."""
        return await asyncio.to_thread(lambda: self._lines()[number])

    async def fetch_all(self) -> List[bytes]:
        """All of them, as a list: `await lines[10:20].fetch_all()` is ten."""
        return await asyncio.to_thread(lambda: list(self._lines()))

    async def number(self, offset: int) -> int:
        """Of the line, from 0, that holds a byte."""
        return await asyncio.to_thread(lambda: self._lines().number(offset))

    async def offset(self, number: int) -> int:
        """Of a line's first byte."""
        return await asyncio.to_thread(lambda: self._lines().offset(number))
