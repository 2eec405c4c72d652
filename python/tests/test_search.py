"""File.find, rfind, index, rindex and count, against bytes."""
import array
import inspect
import os
import signal
import sys
import threading

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

texts = st.text(alphabet="ab\0", max_size=60).map(str.encode)
needles = st.text(alphabet="ab\0", max_size=4).map(str.encode)
places = st.one_of(
    st.none(), st.integers(-70, 70), st.sampled_from([2**62, -(2**62), 2**63, 2**64, -(2**70)])
)
METHODS = ["find", "rfind", "index", "rindex", "count"]


@pytest.fixture
def opened(tmp_path):
    """opened(data, mode='r'): a File with these contents."""
    files = []

    def make(data, mode="r", **options):
        path = tmp_path / f"file{len(files)}"
        path.write_bytes(data)
        files.append(tome.open(path, mode, **options))
        return files[-1]

    yield make
    for file in files:
        try:
            file.close()
        except tome.LostBytesError:
            pass


def outcome(call, *args):
    """What a call gives, or the type of what it raises."""
    try:
        return call(*args)
    except Exception as error:
        return type(error)


class At:
    """An integer that does something when it is asked for its value."""

    def __init__(self, value, action):
        self.value, self.action = value, action

    def __index__(self):
        self.action()
        return self.value


# ---- the same as bytes ----


@MANY
@given(texts, st.one_of(needles, st.integers(-2, 300)), places, places)
def test_finds_what_bytes_find(tmp_path_factory, data, sub, start, end):
    path = tmp_path_factory.getbasetemp() / "search-random"
    path.write_bytes(data)
    with tome.open(path) as f:
        for name in METHODS:
            want = outcome(getattr(data, name), sub, start, end)
            assert outcome(getattr(f, name), sub, start, end) == want, name


def test_in_a_part_of_a_file_offsets_count_from_its_beginning(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 5000 + b"needle" + b"x" * 5000 + b"needle")
    with tome.open(path, offset=4096, length=5900) as f:
        assert f.find(b"needle") == f.rfind(b"needle") == 5000 - 4096
        assert f.count(b"needle") == 1
        assert f.rfind(b"x") == 5899


@pytest.mark.parametrize("name", METHODS)
def test_an_empty_byte_string_is_found_where_bytes_find_it(opened, name):
    data = b"abc"
    f = opened(data)
    for args in [(), (0,), (3,), (4,), (2, 1), (1, 2), (-1,), (None, -4), (3, 3), (4, 4)]:
        want = outcome(getattr(data, name), b"", *args)
        assert outcome(getattr(f, name), b"", *args) == want, args


@pytest.mark.parametrize("name", METHODS)
def test_an_empty_file_is_searched_as_empty_bytes(opened, name):
    f = opened(b"")
    for sub in (b"", b"a", 0):
        assert outcome(getattr(f, name), sub) == outcome(getattr(b"", name), sub)


def test_matches_on_the_borders_of_pages_and_pieces_are_found(opened):
    borders = [4096, 65536, 65536 * 2, 1 << 20, (1 << 20) + 65536]
    data = bytearray(b"." * ((1 << 20) + 100_000))
    for border in borders:
        data[border - 3 : border + 4] = b"needle!"
    data = bytes(data)
    f = opened(data)
    found = []
    at = f.find(b"needle!")
    while at >= 0:
        found.append(at)
        at = f.find(b"needle!", at + 1)
    assert found == [border - 3 for border in borders]
    assert f.count(b"needle!") == len(borders)
    for border in reversed(borders):
        assert f.rfind(b"needle!", 0, border + 4) == border - 3


def test_a_match_anywhere_in_a_large_file_is_found_and_counted_once(tmp_path):
    """Large ranges are searched a stretch at a time; no border between two may hide a match."""
    path = tmp_path / "large"
    size, needle = (600 << 20) + 12345, b"needle"
    places = [0, (64 << 20) - 3]
    for border in (1 << 28, 1 << 29):
        places += [border - 12, border - 6, border]
        places += [size - border - 6, size - border]
    places = sorted(places) + [size - 6]
    with open(path, "wb") as file:
        file.truncate(size)
        for place in places:
            file.seek(place)
            file.write(needle)
    with tome.open(path) as f:
        forward, backward, at, end = [], [], f.find(needle), size
        while at >= 0:
            forward.append(at)
            at = f.find(needle, at + 1)
        while (end := f.rfind(needle, None, end)) >= 0:
            backward.append(end)
            end += len(needle) - 1
        assert forward == places
        assert backward == places[::-1]
        assert f.count(needle) == len(places)
        border = 1 << 28
        assert f.find(needle, border - 9, border - 1) == -1
        assert f.rfind(needle, border - 5, border + 5) == -1


@pytest.mark.parametrize("mebi", [1, 4, 8, 32, 256])
def test_a_match_that_lies_so_far_behind_the_start_is_found(tmp_path, mebi):
    """Whatever is searched first, or by itself: no match may lie between it and the rest."""
    path, needle, far = tmp_path / "file", b"needle", mebi << 20
    size = 2 * far + (20 << 20)
    place = far + (5 << 20)
    with open(path, "wb") as file:
        for at in (place, size - 6):
            file.seek(at)
            file.write(needle)
    with tome.open(path) as f:
        for beside in range(-9, 10):
            assert f.find(needle, place - far + beside) == place
            assert f.count(needle, place - far + beside) == 2
            assert f.rfind(needle, None, place + far + beside) == place
        assert f.find(needle, place + 1) == size - 6
        assert f.find(needle, place + 1, -1) == -1


# ---- arguments ----


def test_any_buffer_is_a_byte_string(opened):
    f = opened(b"..\1\0\0\0..")
    for sub in (
        bytearray(b"\1\0\0\0"),
        memoryview(b"\1\0\0\0"),
        memoryview(b"\1.\0.\0.\0.")[::2],
        array.array("I", [1 if sys.byteorder == "little" else 1 << 24]),
    ):
        assert f.find(sub) == f.rfind(sub) == f.index(sub) == f.rindex(sub) == 2
        assert f.count(sub) == 1


def test_a_buffer_of_the_file_itself_is_one_too(opened):
    f = opened(b"abc--abc", "r+")
    with memoryview(f)[5:8] as sub:
        assert (f.find(sub), f.rfind(sub), f.count(sub)) == (0, 5, 2)


def test_arguments_have_names(opened):
    f = opened(b"abab")
    for name in METHODS:
        signature = inspect.signature(getattr(tome.File, name))
        assert list(signature.parameters) == ["self", "sub", "start", "end"]
    assert f.find(sub=b"a", start=1) == 2
    assert f.rfind(b"a", end=2) == 0
    assert f.count(sub=b"b", start=0, end=3) == 1


@pytest.mark.parametrize("name", METHODS)
def test_what_is_no_byte_string_is_a_type_error(opened, name):
    call = getattr(opened(b"abc"), name)
    for args in [("a",), (None,), (1.0,), ([97],), ({},), (b"a", "0"), (b"a", 0, 1.0), ()]:
        with pytest.raises(TypeError):
            call(*args)


@pytest.mark.parametrize("name", METHODS)
def test_a_number_that_is_no_byte_is_a_value_error(opened, name):
    for value in (-1, 256, 2**100):
        with pytest.raises(ValueError, match="byte must be in range"):
            getattr(opened(b"abc"), name)(value)


@pytest.mark.parametrize("name", METHODS)
def test_an_index_that_closes_the_file_is_a_value_error(opened, name):
    f = opened(b"abc")
    with pytest.raises(ValueError, match="closed"):
        getattr(f, name)(b"a", At(0, f.close))
    with pytest.raises(ValueError, match="closed"):
        getattr(f, name)(b"a")


@pytest.mark.parametrize("name", METHODS)
def test_an_index_that_changes_the_size_counts_from_the_new_end(opened, name):
    f = opened(b"a" * 10000, "r+")
    call = getattr(f, name)
    want = getattr(b"a" * 100, name)
    assert outcome(call, b"a", At(-100, lambda: f.resize(100)), 10000) == outcome(want, b"a")
    f.resize(100)
    assert outcome(call, b"\0", 50, At(-1, lambda: f.resize(200))) == {
        "find": 100, "index": 100, "rfind": 198, "rindex": 198, "count": 99}[name]  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_references_are_as_many_as_before(opened, name):
    f = opened(b"abc" * 10)
    call, sub, copied, start = getattr(f, name), bytes(b"abc"), bytearray(b"x"), 5000

    def use():
        for args in [(sub,), (sub, start), (sub, 9, 3), (copied,), (sub, "x"), (sub, 0, 1.5)]:
            outcome(call, *args)

    use()
    before = [sys.getrefcount(x) for x in (f, sub, copied, start)]
    for _ in range(20):
        use()
    assert [sys.getrefcount(x) for x in (f, sub, copied, start)] == before
    copied.append(1)  # nobody holds its buffer


# ---- loss, threads, signals ----


@pytest.mark.parametrize("name", METHODS)
def test_bytes_that_were_cut_away_are_lost(tmp_path, name):
    path = tmp_path / "file"
    path.write_bytes(b"." * 100_000)
    f = tome.open(path)
    os.truncate(path, 50_000)
    with pytest.raises(tome.LostBytesError) as caught:
        getattr(f, name)(b"needle")
    assert isinstance(caught.value, OSError)
    assert caught.value.filename == str(path)
    assert 50_000 <= caught.value.offset < 100_000
    assert 0 < caught.value.length <= 100_000 - caught.value.offset
    assert f.count(b".", 0, 50_000) == 50_000
    f.close()


def test_a_large_file_that_was_cut_is_lost_to_count(tmp_path):
    path = tmp_path / "file"
    path.touch()
    os.truncate(path, 100 << 20)
    f = tome.open(path)
    os.truncate(path, 99 << 20)
    with pytest.raises(tome.LostBytesError) as caught:
        f.count(b"\0x")
    assert caught.value.offset == 99 << 20
    f.close()


@pytest.mark.parametrize("name", METHODS)
def test_others_run_during_a_search(opened, name):
    """With a switch interval of an hour nobody gets the lock who is not given it."""
    f = opened(b"." * 4_000_000)
    go, ran = threading.Lock(), []
    go.acquire()

    def other():
        with go:
            ran.append(True)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=other)
    thread.start()
    try:
        sys.setswitchinterval(3600)
        go.release()
        searches = 0
        while not ran and searches < 10_000:
            outcome(getattr(f, name), b"needle")
            searches += 1
    finally:
        sys.setswitchinterval(interval)
    assert ran
    thread.join()


def test_closing_during_searches_in_other_threads_is_safe(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"." * 1_000_000)
    for _ in range(20):
        f = tome.open(path)
        results = []

        def search():
            try:
                while True:
                    results.append(f.count(b".") + f.find(b"x") + f.rfind(b"y"))
            except ValueError:
                results.append("closed")

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        while not results:
            pass
        f.close()
        for thread in threads:
            thread.join()
        assert set(results) == {1_000_000 - 2, "closed"}


class Interrupted(Exception):
    pass


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
def test_a_signal_ends_a_count(tmp_path):
    """The file is so large, all of it zeros, that counting them would take minutes."""
    path = tmp_path / "huge"
    with open(path, "wb") as file:
        file.truncate(1 << 42)

    def interrupt(number, frame):
        raise Interrupted

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        with tome.open(path) as f:
            with pytest.raises(Interrupted):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                f.count(b"\0")
            assert f.find(b"\0") == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
