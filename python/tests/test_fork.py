"""Maps after a fork: the child uses, loses and closes them, whatever threads of the parent were
doing at that moment.
"""

import contextlib
import mmap as standard
import multiprocessing
import os
import signal
import sys
import threading
import warnings

import every_call
import pytest

import tome

LONG = os.environ.get("TOME_TEST_LONG") == "1"
FORKS = 300 if LONG else 40
KINDS = {"mmap": (tome.mmap, every_call.MMAP), "File": (tome.open, every_call.FILE)}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Threads and fork are warned of; here they are the point."""
    monkeypatch.setattr(sys, "unraisablehook", lambda told: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def in_child(function):
    """Runs a function in a child; raises unless it returns. A child that stands still is ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = b"stood still or died"
        try:
            signal.alarm(60)
            function()
            told = b""
        except BaseException as error:
            told = repr(error).encode()
        finally:
            os.write(writing, told)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    assert (told, status) == ("", 0)


def test_memory_is_shared_with_a_child():
    m = tome.mmap(-1, 10000)

    def write():
        m[5000:5005] = b"child"

    in_child(write)
    assert m[5000:5005] == b"child"


def test_a_map_of_a_file_is_shared_with_a_child(tmp_path):
    for make, _ in KINDS.values():
        subject = every_call.make(make, tmp_path / "file")

        def write():
            subject[:5] = b"child"
            with memoryview(subject) as view:
                view[9000:9005] = b"child"

        in_child(write)
        assert subject[:5] == subject[9000:9005] == b"child"
        subject.close()


@pytest.mark.parametrize("how", ["memory", "file"])
def test_what_is_private_is_not_shared_with_a_child(how, tmp_path):
    if how == "memory":
        m = tome.mmap(-1, 10000, flags=standard.MAP_PRIVATE)
    else:
        (tmp_path / "file").write_bytes(bytes(10000))
        m = tome.open(tmp_path / "file", "c")
    m[0] = 1

    def write():
        assert m[:2] == b"\1\0"
        m[0:2] = b"\2\2"
        assert m[:2] == b"\2\2"

    in_child(write)
    assert m[:2] == b"\1\0"


def make_calls(subject, calls):
    """Makes all of them; some cut what others expect (and what re then calls a TypeError)."""
    for call in calls:
        with contextlib.suppress(BufferError, OSError, ValueError, TypeError):
            call.function(subject, *call.arguments)


def test_a_child_s_close_closes_nothing_of_its_parent(tmp_path):
    for make, calls in KINDS.values():
        subject = every_call.make(make, tmp_path / "file")
        in_child(subject.close)
        make_calls(subject, calls)
        assert subject[:2] and subject.find(b"line") > 0
        subject.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_makes_all_calls(kind, tmp_path):
    make, calls = KINDS[kind]
    subject = every_call.make(make, tmp_path / "file")
    in_child(lambda: make_calls(subject, calls))
    subject.close()


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_are_lost_are_an_exception_in_a_child_too(kind, tmp_path):
    subject = every_call.make(KINDS[kind][0], tmp_path / "file")
    view = memoryview(subject)
    os.truncate(tmp_path / "file", 0)

    def lose():
        assert view[9000] == 0
        with pytest.raises(tome.LostBytesError):
            subject[:10000]
        with pytest.raises(tome.LostBytesError):
            subject.check()

    in_child(lose)
    lose()
    view.release()
    with contextlib.suppress(tome.LostBytesError):
        subject.close()


@contextlib.contextmanager
def busy_threads(work):
    """Does `work` over and over in two threads."""
    done = []

    def run():
        while not done:
            work()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.append(True)
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_closes_what_threads_of_its_parent_are_busy_with(kind, tmp_path):
    make, calls = KINDS[kind]
    subject = every_call.make(make, tmp_path / "file")

    def close():
        with contextlib.suppress(BufferError, OSError):  # or lost, as the parent resizes
            subject.close()

    with busy_threads(lambda: make_calls(subject, calls)):
        for _ in range(FORKS):
            in_child(close)
    subject.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_makes_all_calls_while_threads_of_its_parent_are_busy(kind, tmp_path):
    make, calls = KINDS[kind]
    subject = every_call.make(make, tmp_path / "file")
    with busy_threads(lambda: make_calls(subject, calls)):
        for _ in range(FORKS):
            in_child(lambda: make_calls(subject, calls))
    with contextlib.suppress(tome.LostBytesError):  # a child cut what a thread had just stored
        subject.close()


def test_a_child_of_a_process_that_loses_bytes_in_threads_lives(tmp_path):
    path = tmp_path / "file"
    subject, another = (every_call.make(tome.mmap, path) for _ in range(2))
    view = memoryview(another)

    def lose():
        os.truncate(path, 0)
        with contextlib.suppress(OSError):
            subject[:10000]
        os.truncate(path, every_call.SIZE)

    def use():
        for _ in range(20):
            view[9000], view[100]

    with busy_threads(lose):
        for _ in range(FORKS):
            in_child(use)
    view.release()


def count_lines(arguments):
    f, start, stop = arguments
    return sum(1 for line in f.lines[start:stop] if line.startswith(b"2026"))


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_file_goes_to_worker_processes(method, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(every_call.CONTENT)
    with tome.open(path) as f:
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            parts = [(f, start, start + 100) for start in range(0, every_call.LINES, 100)]
            assert sum(pool.map(count_lines, parts)) == every_call.LINES
