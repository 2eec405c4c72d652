"""Many threads on one object, and the interpreter lock given up by what can wait or be long."""

import contextlib
import itertools
import os
import random
import sys
import threading
import warnings

import every_call
import pytest

import tome

LONG = os.environ.get("TOME_TEST_LONG") == "1"
ROUNDS = 400 if LONG else 40
EXPECTED = (ValueError, IndexError, OSError, BufferError, TypeError)
LARGE = 64 << 20
MOST_TRIES = 2000
MADV_POPULATE_READ = 22


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda told: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def run_threads(functions):
    """Runs each function in a thread; raises the first thing that one of them raised."""
    raised = []

    def run(function):
        try:
            function()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


# ---- the interpreter lock ----


@pytest.fixture
def lock_is_kept():
    """From here on a thread gets the interpreter lock only if another gives it up of itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(before)


def gives_up_the_lock(function, tries):
    """Whether another thread gets its turn while the function is called over and over. It may need
    a few calls to wake up.
    """
    started, turn = threading.Event(), []
    gate = threading.Lock()
    gate.acquire()

    def other():
        started.set()
        gate.acquire()  # gives up the lock, and wants it again when the gate opens
        turn.append(True)

    thread = threading.Thread(target=other)
    thread.start()
    started.wait()
    gate.release()
    for _ in range(tries):
        function()
        if turn:
            break
    had_a_turn = bool(turn)
    thread.join()
    return had_a_turn


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    path = folder / "file"
    with open(path, "wb") as file:
        file.truncate(LARGE)
        file.seek(LARGE // 2)
        file.write(b"a line\n" * 1000)
    yield path
    path.unlink()


WAITING_CALLS_OF_MMAP = {
    "find": lambda m: m.find(b"not there"),
    "find of a byte": lambda m: m.find(b"z"),
    "rfind": lambda m: m.rfind(b"not there"),
    "a large slice": lambda m: m[:],
    "a slice with steps": lambda m: m[::3],
    "read": lambda m: (m.seek(0), m.read()),
    "readline": lambda m: (m.seek(0), m.readline()),
    "a large stored slice": lambda m: m.__setitem__(slice(0, 1 << 20), bytes(1 << 20)),
    "write": lambda m: (m.seek(0), m.write(bytes(1 << 20))),
    "move": lambda m: m.move(0, 1 << 20, 1 << 20),
    "flush": lambda m: (m.__setitem__(0, 0), m.flush()),
    "resize": lambda m: (m.resize(LARGE + 4096), m.resize(LARGE)),
    "madvise": lambda m: (m.madvise(MADV_POPULATE_READ), m.madvise(4)),  # MADV_DONTNEED
}
WAITING_CALLS_OF_FILE = {
    "find": lambda f: f.find(b"not there"),
    "rfind": lambda f: f.rfind(b"not there"),
    "count": lambda f: f.count(b"not there"),
    "findall": lambda f: list(f.findall(b"not there")),
    "finditer": lambda f: list(f.finditer(b"n.t there")),
    "a large slice": lambda f: f[:],
    "a large stored slice": lambda f: f.__setitem__(slice(0, 1 << 20), bytes(1 << 20)),
    "gather": lambda f: f.gather([(i << 16, 4096) for i in range(500)]),
    "prefetch": lambda f: f.prefetch([(i << 16, 4096) for i in range(500)]),
    "append": lambda f: (f.append(bytes(1 << 20)), f.resize(LARGE)),
    "resize": lambda f: (f.resize(LARGE + 4096), f.resize(LARGE)),
    "fill": lambda f: f.fill(0, 0, 1 << 20),
    "move": lambda f: f.move(0, 1 << 20, 1 << 20),
    "flush": lambda f: (f.__setitem__(0, 0), f.flush(durable=True)),
    "residency": lambda f: f.residency(),
    "warm": lambda f: f.warm(),
    "lines": lambda f: len(f.lines),
    "a line backwards": lambda f: next(reversed(f.lines)),
}


def skip_unless_the_system_populates(m):
    try:
        m.madvise(MADV_POPULATE_READ)
    except OSError:
        pytest.skip("no advice takes long on this system")


@pytest.mark.parametrize("call", WAITING_CALLS_OF_MMAP)
def test_other_threads_run_during_a_call_of_mmap(call, large_file, lock_is_kept):
    with open(large_file, "r+b") as file, tome.mmap(file.fileno(), 0) as m:
        if call == "madvise":
            skip_unless_the_system_populates(m)
        assert gives_up_the_lock(lambda: WAITING_CALLS_OF_MMAP[call](m), MOST_TRIES)


@pytest.mark.parametrize("call", WAITING_CALLS_OF_FILE)
def test_other_threads_run_during_a_call_of_File(call, large_file, lock_is_kept):
    with tome.open(large_file, "r+") as f:
        assert gives_up_the_lock(lambda: WAITING_CALLS_OF_FILE[call](f), MOST_TRIES)


def test_the_standard_type_keeps_the_lock_during_a_search(large_file, lock_is_kept):
    import mmap

    with open(large_file, "r+b") as file, mmap.mmap(file.fileno(), LARGE - 1) as m:
        assert not gives_up_the_lock(lambda: m.find(b"not there"), 5)


# ---- many threads ----


def hammer(subject, calls, seed, rounds):
    """Makes calls at random. Any ordinary exception will do: others close, cut and resize
    meanwhile.
    """
    chooser = random.Random(seed)

    def run():
        for _ in range(rounds):
            call = chooser.choice(calls)
            with contextlib.suppress(*EXPECTED):
                call.function(subject, *call.arguments)

    return run


KINDS = {"mmap": (tome.mmap, every_call.MMAP), "File": (tome.open, every_call.FILE)}


@pytest.fixture
def switching():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_make_all_calls_on_one_object(kind, tmp_path, switching):
    make, calls = KINDS[kind]
    subject = every_call.make(make, tmp_path / "file")
    run_threads([hammer(subject, calls, seed, 5 * ROUNDS) for seed in range(4)])
    with contextlib.suppress(OSError):
        subject.close()


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_closed_by_another_thread_is_closed_and_no_worse(kind, tmp_path, switching):
    make, calls = KINDS[kind]
    for seed in range(ROUNDS):
        subject = every_call.make(make, tmp_path / "file")

        def close():
            while not subject.closed:
                with contextlib.suppress(BufferError, OSError):
                    subject.close()

        run_threads([hammer(subject, calls, seed + n, 20) for n in range(2)] + [close])
        assert subject.closed


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_by_another_thread_is_an_exception_and_no_worse(kind, tmp_path, switching):
    make, calls = KINDS[kind]
    path = tmp_path / "file"
    for seed in range(ROUNDS):
        subject = every_call.make(make, path)

        def cut():
            for size in (5000, 100, 0, every_call.SIZE):
                os.truncate(path, size)

        run_threads([hammer(subject, calls, seed + n, 20) for n in range(2)] + [cut])
        with contextlib.suppress(OSError):
            subject.close()


def test_each_thread_reads_lines_of_its_own_from_one_mmap(tmp_path, switching):
    m = every_call.make(tome.mmap, tmp_path / "file")
    lines = []

    def read():
        for line in iter(m.readline, b""):
            lines.append(line)

    run_threads([read] * 4)
    assert sorted(lines) == every_call.CONTENT.splitlines(keepends=True)


def test_each_thread_reads_bytes_of_its_own_from_one_mmap(tmp_path, switching):
    m = every_call.make(tome.mmap, tmp_path / "file")
    pieces = []

    def read():
        for piece in iter(lambda: m.read(7), b""):
            pieces.append(piece)

    run_threads([read] * 4)
    content = every_call.CONTENT
    assert sorted(pieces) == sorted(content[at : at + 7] for at in range(0, len(content), 7))


def test_each_appended_record_is_whole_and_at_its_offset(tmp_path, switching):
    with tome.open(tmp_path / "file", "w+") as f:
        places = {}

        def append(name):
            for n in range(5 * ROUNDS):
                record = b"%d:%d " % (name, n) * (n % 50 + 1)
                places[f.append(record)] = record

        run_threads([lambda name=name: append(name) for name in range(4)])
        assert len(f) == sum(map(len, places.values()))
        for place, record in places.items():
            assert f[place : place + len(record)] == record


def test_readers_see_whole_bytes_while_the_file_grows(tmp_path, switching):
    with tome.open(tmp_path / "file", "w+") as f:
        done = []

        def grow():
            for n in range(20 * ROUNDS):
                f.append(b"0123456789")
            done.append(True)

        def read():
            while not done:
                size = len(f)
                assert f[:size] == b"0123456789" * (size // 10)

        run_threads([grow, read, read])


def test_an_array_of_threads_searches_one_file(tmp_path, switching):
    subject = every_call.make(tome.open, tmp_path / "file")
    content = every_call.CONTENT
    words = [b"14:%02d:%02d" % pair for pair in itertools.product(range(0, 10, 3), range(0, 60, 7))]

    def search():
        for word in words:
            assert subject.find(word) == content.find(word)
            assert subject.count(word) == content.count(word)

    run_threads([search] * 4)
    subject.close()


def test_an_iterator_shared_by_threads_gives_each_match_once(tmp_path, switching):
    subject = every_call.make(tome.open, tmp_path / "file")
    for iterator in (subject.findall(b"line"), map(lambda m: m.start(), subject.finditer(b"line"))):
        found = []

        def take():
            while True:
                try:
                    found.append(next(iterator))
                except StopIteration:
                    break
                except ValueError as error:  # as with generators, another thread is in it
                    assert "already executing" in str(error)

        run_threads([take] * 4)
        content = every_call.CONTENT
        assert sorted(found) == [i for i in range(len(content)) if content.startswith(b"line", i)]
    subject.close()
