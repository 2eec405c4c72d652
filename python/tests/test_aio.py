"""The calls that wait, as coroutines: they give what the File gives, and the loop goes on."""

import asyncio
import inspect
import os
import re
import threading

import pytest

import tome

LOG = b"".join(b"%04d %s\n" % (i, b"ERROR" if i % 7 == 0 else b"fine") for i in range(3000))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(LOG)
    return path


@pytest.fixture
def f(path):
    with tome.open(path, "r+", grow=True) as f:
        yield f


def run(coroutine):
    return asyncio.run(coroutine)


# ---- each call gives what the File's gives

READING = [
    ("find", (b"ERROR",)),
    ("find", (b"ERROR", 100)),
    ("find", (b"absent",)),
    ("rfind", (b"ERROR", None, -20)),
    ("index", (b"ERROR", 100, 200)),
    ("rindex", (b"ERROR",)),
    ("count", (b"ERROR",)),
    ("count", (b"ERROR", 100, 2000)),
    ("gather", ([(0, 4), slice(10, 14)],)),
    ("residency", ()),
    ("resident_pages", (5, 10)),
    ("info", ()),
    ("check", ()),
    ("refresh", ()),
    ("prefetch", ([(0, 4)],)),
    ("warm", ()),
    ("lock", (0, 10)),
    ("unlock", ()),
]


@pytest.mark.parametrize("name, arguments", READING)
def test_a_call_gives_what_the_files_gives(f, name, arguments):
    assert run(getattr(f.aio, name)(*arguments)) == getattr(f, name)(*arguments)


@pytest.mark.parametrize("start, stop", [(None, None), (10, 20), (-5, None), (None, 3), (9, 5)])
def test_read_is_a_slice(f, start, stop):
    assert run(f.aio.read(start, stop)) == LOG[start:stop]


def test_gather_into_a_buffer(f):
    out = bytearray(8)
    assert run(f.aio.gather([(0, 4), (10, 4)], out)) == 8
    assert out == LOG[:4] + LOG[10:14]


def test_what_changes_the_file_changes_it(f, path):
    async def main():
        assert await f.aio.append(b"more\n") == len(LOG)
        await f.aio.write(0, b"HELLO")
        await f.aio.write(len(LOG) + 5, b"grown")
        await f.aio.fill(0, 10, 5)
        await f.aio.move(20, 0, 5)
        await f.aio.flush()
        await f.aio.flush(0, 5, durable=True)
        await f.aio.evict()

    model = bytearray(LOG + b"more\ngrown")
    model[:5] = b"HELLO"
    model[10:15] = bytes(5)
    model[20:25] = model[:5]
    run(main())
    assert path.read_bytes() == model
    run(f.aio.resize(100))
    assert path.read_bytes() == model[:100]


def test_write_begins_at_an_offset_from_the_start(f, path):
    with pytest.raises(ValueError):
        run(f.aio.write(-1, b"x"))
    with pytest.raises(TypeError):
        run(f.aio.write(0, "x"))
    run(f.aio.write(3, memoryview(b"abcd").cast("I")))
    assert path.read_bytes()[:8] == LOG[:3] + b"abcd" + LOG[7:8]


def test_past_the_end_it_writes_only_where_the_file_may_grow(path):
    with tome.open(path, "r+") as f, pytest.raises(IndexError):
        run(f.aio.write(len(LOG) - 1, b"xx"))
    assert path.read_bytes() == LOG


def test_exceptions_are_those_of_the_file(f):
    with pytest.raises(ValueError):
        run(f.aio.index(b"absent"))
    with pytest.raises(ValueError):
        run(f.aio.warm(-1))
    with pytest.raises(TypeError):
        run(f.aio.find(1.5))


def test_every_call_of_the_file_that_waits_is_there():
    """Those that do not wait, or whose results wait by themselves, are named here."""
    at_once = {"close", "array", "view", "lines"}
    methods = {
        name
        for name in dir(tome.File)
        if not name.startswith("_") and callable(getattr(tome.File, name))
    }
    assert methods - at_once <= set(dir(tome.AsyncFile))


@pytest.mark.parametrize("name", ["find", "flush", "warm", "residency", "resize", "append"])
def test_arguments_are_those_of_the_file(name):
    ours = list(inspect.signature(getattr(tome.AsyncFile, name)).parameters)
    assert ours == list(inspect.signature(getattr(tome.File, name)).parameters)


def test_it_says_whose_calls_it_has(f):
    assert f.aio.file is f
    assert repr(f.aio) == f"<tome.AsyncFile of {f!r}>"


class Recorder:
    """A file that keeps what it was asked."""

    def __getattr__(self, name):
        def call(*arguments, **keywords):
            self.asked = name, arguments, keywords

        return call


HANDED_ON = [
    ("find", (b"x", 1, 2), {}, (b"x", 1, 2), {}),
    ("rfind", (b"x", 1, 2), {}, (b"x", 1, 2), {}),
    ("index", (b"x", 1, 2), {}, (b"x", 1, 2), {}),
    ("rindex", (b"x", 1, 2), {}, (b"x", 1, 2), {}),
    ("count", (b"x", 1, 2), {}, (b"x", 1, 2), {}),
    ("fill", (9, 1, 2), {}, (9, 1, 2), {}),
    ("move", (1, 2, 3), {}, (1, 2, 3), {}),
    ("flush", (), {}, (0, None), {"durable": False, "wait": True}),
    ("flush", (1, 2), {"durable": True}, (1, 2), {"durable": True, "wait": True}),
    ("flush", (), {"wait": False}, (0, None), {"durable": False, "wait": False}),
    ("warm", (1, 2), {"rate": 3}, (1, 2), {"rate": 3}),
    ("warm", (), {}, (0, None), {"rate": 0}),
    ("evict", (1, 2), {}, (1, 2), {}),
    ("lock", (1, 2), {}, (1, 2), {}),
    ("unlock", (1, 2), {}, (1, 2), {}),
    ("residency", (1, 2), {}, (1, 2), {}),
    ("resident_pages", (1, 2), {}, (1, 2), {}),
    ("close", (), {}, (), {}),
]


@pytest.mark.parametrize("name, arguments, keywords, asked, asked_by_name", HANDED_ON)
def test_arguments_are_handed_on(name, arguments, keywords, asked, asked_by_name):
    recorder = Recorder()
    run(getattr(tome.AsyncFile(recorder), name)(*arguments, **keywords))
    assert recorder.asked == (name, asked, asked_by_name)


# ---- loops


async def collect(iterator):
    return [item async for item in iterator]


def test_loops_give_all_there_is(f):
    assert run(collect(f.aio.findall(b"ERROR"))) == [
        match.start() for match in re.finditer(b"ERROR", LOG)
    ]
    assert run(collect(f.aio.findall(b"ERROR", 1000, 2000, reverse=True))) == [
        match.start() for match in re.compile(b"ERROR").finditer(LOG, 1000, 2000)
    ][::-1]
    assert run(collect(f.aio.findall(b"absent"))) == []
    spans = [match.span() for match in re.finditer(rb"\d+ ERROR", LOG)]
    for pattern in (rb"\d+ ERROR", re.compile(rb"\d+ ERROR")):
        assert [m.span() for m in run(collect(f.aio.finditer(pattern)))] == spans


def test_a_loop_may_end_early(f):
    async def main():
        found = []
        async for place in f.aio.findall(b"ERROR"):
            found.append(place)
            if len(found) == 3:
                break
        return found

    assert run(main()) == [match.start() for match in re.finditer(b"ERROR", LOG)][:3]


def test_what_came_before_a_failure_is_given_first():
    def failing():
        yield from range(10)
        raise KeyError("here")

    async def main():
        items = []
        with pytest.raises(KeyError, match="here"):
            async for item in tome.aio._in_batches(failing):
                items.append(item)
        return items

    assert run(main()) == list(range(10))


def test_a_wrong_argument_is_told_by_the_loop(f):
    with pytest.raises(TypeError):
        run(collect(f.aio.findall(1.5)))


# ---- lines


def test_lines_are_counted_and_fetched(f):
    lines = LOG.splitlines(keepends=True)

    async def main():
        ours = f.aio.lines
        assert await ours.count() == 3000
        assert await ours.fetch(1234) == lines[1234]
        assert await ours.fetch(-1) == lines[-1]
        assert await ours[10:20].fetch_all() == lines[10:20]
        assert await ours[10:2000][5:-3].count() == len(lines[10:2000][5:-3])
        assert await ours.number(15) == LOG[:15].count(b"\n")
        assert await ours.offset(2) == LOG.index(lines[2])
        with pytest.raises(IndexError):
            await ours.fetch(3000)
        with pytest.raises(TypeError):
            ours[5]

    run(main())


def test_lines_are_iterated(f):
    lines = LOG.splitlines(keepends=True)
    assert run(collect(f.aio.lines)) == lines
    assert run(collect(f.aio.lines[100:200])) == lines[100:200]


def test_between_gives_lines(f):
    async def main():
        found = await f.aio.between(100, 103, kind="number")
        assert await found.count() == 4
        return [line async for line in found]

    assert run(main()) == LOG.splitlines(keepends=True)[100:104]


# ---- threads and loops


class Slow:
    """A file whose calls last until they are told to go on."""

    def __init__(self):
        self.begun, self.go_on, self.ended = (threading.Event() for _ in range(3))
        self.threads = []

    def wait(self, *arguments):
        self.threads.append(threading.current_thread())
        self.begun.set()
        self.go_on.wait()
        self.ended.set()
        return 5

    find = append = wait

    def findall(self, *arguments):
        for i in range(3):
            yield self.wait()


def test_the_loop_goes_on_while_a_call_waits():
    slow = Slow()

    async def main():
        waiting = asyncio.ensure_future(tome.AsyncFile(slow).find(b"x"))
        while not slow.begun.is_set():
            await asyncio.sleep(0)
        assert not waiting.done()
        slow.go_on.set()
        return await waiting

    assert run(main()) == 5
    assert slow.threads[0] is not threading.current_thread()


def test_the_loop_goes_on_while_the_next_item_is_waited_for():
    slow = Slow()

    async def main():
        waiting = asyncio.ensure_future(collect(tome.AsyncFile(slow).findall(b"x")))
        while not slow.begun.is_set():
            await asyncio.sleep(0)
        assert not waiting.done()
        slow.go_on.set()
        return await waiting

    assert run(main()) == [5, 5, 5]
    assert threading.current_thread() not in slow.threads


def test_calls_run_in_the_executor_of_the_loop(f):
    from concurrent.futures import ThreadPoolExecutor

    slow = Slow()
    slow.go_on.set()

    async def main():
        with ThreadPoolExecutor(1, thread_name_prefix="of the loop") as executor:
            asyncio.get_running_loop().set_default_executor(executor)
            await tome.AsyncFile(slow).find(b"x")

    run(main())
    assert slow.threads[0].name.startswith("of the loop")


def test_a_cancelled_call_goes_on_to_its_end_in_its_thread():
    slow = Slow()

    async def main():
        task = asyncio.ensure_future(tome.AsyncFile(slow).append(b"x"))
        while not slow.begun.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not slow.ended.is_set()
        slow.go_on.set()

    run(main())
    slow.ended.wait()


def test_many_calls_at_the_same_time(f):
    async def main():
        appended = await asyncio.gather(*(f.aio.append(b"%03d\n" % i) for i in range(200)))
        return dict(zip(appended, range(200)))

    places = run(main())
    assert sorted(places) == list(range(len(LOG), len(LOG) + 800, 4))
    assert all(f[place : place + 4] == b"%03d\n" % i for place, i in places.items())


def test_a_file_may_be_closed_while_others_search_it(path):
    async def main():
        f = tome.open(path)
        searches = [asyncio.ensure_future(f.aio.count(b"ERROR")) for _ in range(20)]
        await asyncio.sleep(0)
        await f.aio.close()
        assert f.closed
        return await asyncio.gather(*searches, return_exceptions=True)

    for result in run(main()):
        assert result == LOG.count(b"ERROR") or isinstance(result, ValueError)


def test_a_closed_file_is_a_valueerror(path):
    f = tome.open(path)
    run(f.aio.close())
    for call in (lambda: f.aio.read(), lambda: f.aio.find(b"x"), lambda: collect(f.aio.lines)):
        with pytest.raises(ValueError):
            run(call())


def test_lost_bytes_are_told(path):
    with tome.open(path) as f:
        os.truncate(path, 0)
        with pytest.raises(tome.LostBytesError):
            run(f.aio.read(0, 10))
