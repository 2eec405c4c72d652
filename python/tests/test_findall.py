"""File.findall: lazy, in batches, and never late."""
import gc
import os
import pickle
import signal
import sys
import threading
import weakref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tome

LONG = bool(os.environ.get("TOME_TEST_LONG"))
MANY = settings(
    max_examples=3000 if LONG else 100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

texts = st.text(alphabet="abAB\0", max_size=60).map(str.encode)
needles = st.text(alphabet="abAB\0", max_size=4).map(str.encode)
places = st.one_of(st.none(), st.integers(-70, 70))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def model(data, subs, start=None, end=None, overlapping=False, ignore_case=False, reverse=False):
    """By trying each place."""
    size = len(data)
    start = 0 if start is None else max(start + size, 0) if start < 0 else start
    end = size if end is None else max(end + size, 0) if end < 0 else min(end, size)
    if ignore_case:
        data, subs = data.lower(), [sub.lower() for sub in subs]
    subs = sorted(subs, key=len, reverse=True)
    found, free, barred = [], end if reverse else start, None
    for at in range(end, start - 1, -1) if reverse else range(start, end + 1):
        for sub in subs:
            behind = at + len(sub)
            if behind > end or data[at:behind] != sub:
                continue
            if not overlapping and (behind > free if reverse else at < free):
                continue
            if not sub and at == barred:
                continue
            found.append(at)
            free = at if reverse else behind
            barred = behind if sub and not overlapping and not reverse else None
            break
    return found


# ---- what is found ----


@MANY
@given(texts, needles, places, places, st.booleans(), st.booleans(), st.booleans())
def test_one_byte_string_is_found_as_by_trying_each_place(
    tmp_path_factory, data, sub, start, end, overlapping, ignore_case, reverse
):
    random = tmp_path_factory.getbasetemp() / "findall-random"
    random.write_bytes(data)
    how = {"overlapping": overlapping, "ignore_case": ignore_case, "reverse": reverse}
    with tome.open(random) as f:
        want = model(data, [sub], start, end, **how)
        assert list(f.findall(sub, start, end, **how)) == want
        if sub and not reverse and not ignore_case and not overlapping:
            assert len(want) == data.count(sub, start, end)


@MANY
@given(
    texts, st.lists(needles, max_size=5), places, places, st.booleans(), st.booleans()
)
def test_of_several_the_first_and_longest_is_found(
    tmp_path_factory, data, subs, start, end, overlapping, ignore_case
):
    random = tmp_path_factory.getbasetemp() / "findall-several"
    random.write_bytes(data)
    how = {"overlapping": overlapping, "ignore_case": ignore_case}
    with tome.open(random) as f:
        assert list(f.findall(subs, start, end, **how)) == model(data, subs, start, end, **how)


def test_matches_are_many_or_few_or_far_apart(path):
    data = bytearray(b"." * 3_000_000)
    data[0:9000] = b"ab" * 4500
    data[200_000:201_026] = b"ab" * 513
    for at in (65_535, 262_143, 1_048_575, 2_999_998):
        data[at : at + 2] = b"ab"
    data = bytes(data)
    path.write_bytes(data)
    want, at = [], data.find(b"ab")
    while at >= 0:
        want.append(at)
        at = data.find(b"ab", at + 1)
    with tome.open(path) as f:
        assert list(f.findall(b"ab")) == want
        assert list(f.findall(b"ab", reverse=True)) == want[::-1]
        assert list(f.findall([b"ab", b"x"])) == want
        assert list(f.findall(b".", 10_000, 50_000)) == list(range(10_000, 50_000))


def test_an_iterable_of_byte_strings_may_be_anything_iterable(path):
    path.write_bytes(b"one two three")
    with tome.open(path) as f:
        for subs in (
            [b"one", bytearray(b"three")],
            (b"three", memoryview(b"one")),
            {b"one", b"three"},
            iter([b"one", b"three"]),
            (sub for sub in (b"one", b"three")),
        ):
            assert list(f.findall(subs)) == [0, 8]
        assert list(f.findall([])) == []
        assert list(f.findall(f"{i:04}".encode() for i in range(3000))) == []


# ---- arguments ----


def test_what_cannot_be_is_refused_at_once(path):
    path.write_bytes(b"abc")
    with tome.open(path) as f:
        for sub in ("a", ["a"], [b"a", None], None, [5], [b"a", "b"], 1.5):
            with pytest.raises(TypeError):
                f.findall(sub)
        for subs in ([b"a", b"b"], []):
            with pytest.raises(ValueError, match="one byte string"):
                f.findall(subs, reverse=True)
        with pytest.raises(TypeError):
            f.findall(b"a", "0")
        with pytest.raises(TypeError):
            f.findall(b"a", 0, 1, True)
    with pytest.raises(ValueError, match="closed"):
        f.findall(b"a")


def test_what_iterating_over_byte_strings_raises_is_raised(path):
    def strings():
        yield b"a"
        raise KeyError("mine")

    path.write_bytes(b"abc")
    with tome.open(path) as f, pytest.raises(KeyError, match="mine"):
        f.findall(strings())


def test_a_byte_string_that_is_changed_afterwards_was_copied(path):
    path.write_bytes(b"abc" * 10)
    with tome.open(path) as f:
        sub = bytearray(b"abc")
        found = f.findall(sub)
        sub[:] = b"xyzxyz"
        assert list(found) == list(range(0, 30, 3))


# ---- an iterator ----


def test_it_is_an_iterator_of_its_own(path):
    path.write_bytes(b"aaa")
    with tome.open(path) as f:
        one, other = f.findall(b"a"), f.findall(b"a")
        assert iter(one) is one
        assert (next(one), next(one), next(other), next(one), next(other)) == (0, 1, 0, 2, 1)
        for _ in range(3):
            with pytest.raises(StopIteration):
                next(one)
        with pytest.raises(TypeError):
            type(one)()
        with pytest.raises(TypeError):
            pickle.dumps(other)


def test_it_keeps_the_file(path):
    path.write_bytes(b"a.a")
    found = tome.open(path).findall(b"a")
    gc.collect()
    assert list(found) == [0, 2]


def test_when_it_is_over_it_keeps_nothing(path):
    path.write_bytes(b"a.a")
    f = tome.open(path)
    gone = weakref.ref(f)
    found = f.findall(b"a")
    assert list(found) == [0, 2]
    del f
    gc.collect()
    assert gone() is None
    assert list(found) == []


def test_a_file_that_has_its_own_iterator_is_collected(path):
    class Mine(tome.File):
        pass

    path.write_bytes(b"aaa")
    f = Mine(path)
    f.found = f.findall(b"a")
    next(f.found)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


def test_references_are_as_many_as_before(path):
    path.write_bytes(b"ab" * 2000)
    with tome.open(path) as f:
        sub, subs = bytes(b"needle"), [bytes(b"ab"), bytes(b"ba")]

        def use():
            found = f.findall(subs)
            next(found)
            list(f.findall(sub))
            list(f.findall(sub, 5, 1))
            for wrong in (["a"], [b"a", b"b"], 500):
                with pytest.raises((TypeError, ValueError)):
                    f.findall(wrong, reverse=True)

        use()
        before = [sys.getrefcount(x) for x in (f, sub, subs, *subs, type(f.findall(b"a")))]
        for _ in range(20):
            use()
        gc.collect()
        assert [sys.getrefcount(x) for x in (f, sub, subs, *subs, type(f.findall(b"a")))] == before


def test_it_stops_when_the_file_is_closed(path):
    path.write_bytes(b"a" * 10)
    f = tome.open(path)
    found = f.findall(b"a")
    assert next(found) == 0
    f.close()
    with pytest.raises(ValueError, match="closed"):
        next(found)
    assert list(found) == []


def test_it_searches_what_was_there_when_it_began(path):
    path.write_bytes(b"a" * 5000)
    with tome.open(path, "r+") as f:
        found = f.findall(b"a")
        assert next(found) == 0
        f.append(b"a" * 100_000)
        assert list(found) == list(range(1, 5000))


@pytest.mark.parametrize("reverse", [False, True])
def test_shrinking_during_iteration_is_safe(path, reverse):
    path.write_bytes(b"a..." * 500_000)
    with tome.open(path, "r+") as f:
        found = f.findall(b"a", reverse=reverse)
        got = [next(found)]
        f.resize(1000)
        with pytest.raises(tome.LostBytesError):
            for offset in found:
                got.append(offset)
        assert list(found) == []
        places = range(0, 2_000_000, 4)
        assert got == list(places[::-1] if reverse else places)[: len(got)]


def test_a_found_match_is_told_before_the_next_is_looked_for(path):
    """What lies far behind it cannot be read: who is told of the match has not looked there yet."""
    with open(path, "wb") as file:
        file.write(b"needle" + b"." * 100_000)
        file.truncate(64 << 20)
    f = tome.open(path)
    os.truncate(path, 32 << 20)
    found = f.findall(b"needle")
    assert next(found) == 0
    with pytest.raises(tome.LostBytesError) as caught:
        next(found)
    assert caught.value.offset == 32 << 20
    assert caught.value.filename == str(path)
    assert list(found) == []
    f.close()


# ---- threads and signals ----


def test_threads_that_share_an_iterator_get_each_match_once(path):
    path.write_bytes(b"a..." * 50_000)
    got, busy = [], []
    with tome.open(path) as f:
        found = f.findall(b"a")

        def take():
            mine = []
            while True:
                try:
                    mine.append(next(found))
                except StopIteration:
                    break
                except ValueError as error:
                    assert str(error) == "iterator already executing"
                    busy.append(True)
            got.extend(mine)

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(got) == list(range(0, 200_000, 4))


def test_closing_in_another_thread_is_safe(path):
    path.write_bytes(b"." * 300_000 + b"a")
    for _ in range(30):
        f = tome.open(path)
        begun = threading.Event()

        def iterate():
            try:
                while True:
                    for _ in f.findall(b"a"):
                        begun.set()
            except ValueError:
                pass

        thread = threading.Thread(target=iterate)
        thread.start()
        begun.wait()
        f.close()
        thread.join()


def test_others_run_while_a_match_is_looked_for(path):
    """With a switch interval of an hour nobody gets the lock who is not given it."""
    path.write_bytes(b"." * 4_000_000)
    go, ran = threading.Lock(), []
    go.acquire()

    def other():
        with go:
            ran.append(True)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=other)
    thread.start()
    with tome.open(path) as f:
        try:
            sys.setswitchinterval(3600)
            go.release()
            for _ in range(10_000):
                assert list(f.findall(b"a")) == []
                if ran:
                    break
        finally:
            sys.setswitchinterval(interval)
    assert ran
    thread.join()


class Interrupted(Exception):
    pass


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
def test_a_signal_ends_a_search(path):
    """The file is so large, all of it zeros, that searching it would take minutes."""
    with open(path, "wb") as file:
        file.truncate(1 << 42)

    def interrupt(number, frame):
        raise Interrupted

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        with tome.open(path) as f:
            found = f.findall([b"\0\0x", b"y"])
            with pytest.raises(Interrupted):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                next(found)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
def test_a_handler_that_goes_on_with_the_same_iterator_is_told_so(path):
    """The handler runs again and again, so that it also runs while next() is looking."""
    with open(path, "wb") as file:
        file.truncate(1 << 42)

    def interrupt(number, frame):
        try:
            next(found)
        except ValueError as error:
            raise Interrupted(str(error)) from None
        except StopIteration:
            pass  # it is over already

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        with tome.open(path) as f:
            found = f.findall([b"\0\0x", b"y"])
            with pytest.raises(Interrupted, match="already executing"):
                signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
                try:
                    next(found)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
