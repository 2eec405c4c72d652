"""Arguments that act up while they are converted: they close, resize, cut or use the object that
the call is about.

Each deed is done from each place in each call (every_call.py), in a child process: it must live,
and each call must return or raise an ordinary exception. What a call may not do afterwards is
checked for the calls with one right answer.
"""

import gc
import os
import signal
import sys
import warnings

import every_call
import pytest

import tome

KINDS = {"mmap": (tome.mmap, every_call.MMAP), "File": (tome.open, every_call.FILE)}
ORDINARY = (ValueError, TypeError, IndexError, OverflowError, OSError, BufferError, EOFError)


# ---- what an argument may do ----


def close(subject, path):
    subject.close()


def shrink(subject, path):
    subject.resize(1)


def grow(subject, path):
    subject.resize(every_call.SIZE + 5 * every_call.PAGE)


def cut(subject, path):
    os.truncate(path, 0)


def cut_and_refresh(subject, path):
    os.truncate(path, 0)
    getattr(subject, "refresh", lambda: None)()


def hold(subject, path):
    held.append(memoryview(subject))


def close_with_buffer(subject, path):
    view = memoryview(subject)
    try:
        subject.close()
    except BufferError:
        view.release()
        subject.close()


def use(subject, path):
    for call in every_call.SEQUENCE:
        call.function(subject, *call.arguments)


def collect(subject, path):
    gc.collect()


def fail(subject, path):
    raise KeyError("from an argument")


DEEDS = [close, shrink, grow, cut, cut_and_refresh, hold, close_with_buffer, use, collect, fail]
held = []


# ---- the arguments ----


class Index:
    """An integer that does a deed when it is asked for its value."""

    def __init__(self, value, deed):
        self.value = value
        self.deed = deed

    def __index__(self):
        self.deed()
        return self.value

    __int__ = __index__

    def __bool__(self):
        return bool(self.__index__())

    def __eq__(self, other):
        return self.__index__() == other

    __hash__ = None


class Exporter:
    """A buffer that does a deed when it is asked for its bytes, and when it gets them back. From
    3.12 on.
    """

    def __init__(self, value, deed):
        self.value = value
        self.deed = deed

    def __buffer__(self, flags):
        self.deed()
        return memoryview(self.value)

    def __release_buffer__(self, view):
        self.deed()


class Several:
    """An iterable that does a deed in the middle."""

    def __init__(self, values, deed):
        self.values = values
        self.deed = deed

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        for at, value in enumerate(self.values):
            if at == 1:
                self.deed()
            yield value


def hostile(argument, deed):
    """The argument, but for what it does; None: it cannot do anything."""
    if isinstance(argument, every_call.Ranges):
        return Several(argument, deed)
    if isinstance(argument, bytes):
        return Exporter(bytes(argument), deed) if sys.version_info >= (3, 12) else None
    if isinstance(argument, int):
        return Index(int(argument), deed)
    return None


def hostile_calls(calls, deed):
    """Calls with one argument each that does the deed: name, function, arguments."""
    for call in calls:
        for at, argument in enumerate(call.arguments):
            replaced = hostile(argument, deed)
            if replaced is not None:
                arguments = call.arguments[:at] + (replaced,) + call.arguments[at + 1 :]
                yield f"{call.name}, argument {at}", call.function, arguments


# ---- children ----


def last_words(function):
    """Runs function(say) in a child. Returns what it said last, and its status: 0, or less for a
    signal.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            gc.freeze()  # what pytest made is not looked through at each collection
            signal.alarm(100)
            function(lambda *words: os.write(writing, (" ".join(map(str, words)) + "\n").encode()))
            status = 0
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode().splitlines()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return said[-2:], -os.WTERMSIG(status)
    return said[-2:], os.WEXITSTATUS(status)


def do_once(function, subject, arguments):
    """The name of the exception, or "". Anything but an ordinary one is raised."""
    try:
        function(subject, *arguments)
    except ORDINARY as error:
        return type(error).__name__
    except KeyError as error:
        assert str(error) == "'from an argument'"
        return "KeyError"
    return ""


def leave(subject):
    while held:
        held.pop().release()
    try:
        subject.close()
    except OSError:
        pass  # what was lost


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_no_argument_ends_the_process(kind, deed, tmp_path):
    make, calls = KINDS[kind]
    path = tmp_path / "file"

    def child(say):
        warnings.simplefilter("ignore")
        subjects = []
        count = 0
        for name, function, arguments in hostile_calls(calls, lambda: deed(subjects[-1], path)):
            say(name)
            subjects.append(every_call.make(make, path))
            do_once(function, subjects[-1], arguments)
            leave(subjects.pop())
            count += 1
        say(count, "calls")

    said, status = last_words(child)
    assert status == 0, said
    assert int(said[-1].split()[0]) > 30


# ---- what must come of it ----

# `in` compares its value with each byte, and converts nothing.
ENDED = [name for name, _, _ in hostile_calls(every_call.MMAP, None) if not name.startswith("in,")]


@pytest.mark.parametrize("name", ENDED)
def test_an_mmap_closed_by_an_argument_is_closed_to_the_call(name, tmp_path):
    subjects = [every_call.make(tome.mmap, tmp_path / "file")]
    calls = {
        each: (function, arguments)
        for each, function, arguments in hostile_calls(every_call.MMAP, lambda: subjects[0].close())
    }
    function, arguments = calls[name]
    with pytest.raises(ValueError, match="closed"):
        function(subjects[0], *arguments)


def new_map(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with open(path, "r+b") as file:
        return tome.mmap(file.fileno(), 0)


def test_an_index_is_checked_against_the_size_after_its_conversion(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    with pytest.raises(IndexError):
        m[Index(9, lambda: m.resize(5))]
    assert m[Index(7, lambda: m.resize(8))] == 0


def test_a_value_that_shrinks_the_map_is_not_stored_behind_its_end(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    with pytest.raises(IndexError):
        m[9] = Index(65, lambda: m.resize(5))
    assert m[:] == b"01234"


def test_slices_are_clamped_to_the_size_after_their_conversion(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    assert m[2 : Index(9, lambda: m.resize(5))] == b"234"


def test_a_read_is_clamped_to_the_size_after_the_conversion_of_its_count(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    assert m.read(Index(9, lambda: m.resize(5))) == b"01234"


def test_a_move_out_of_what_is_left_is_refused(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    with pytest.raises(ValueError):
        m.move(0, 5, Index(5, lambda: m.resize(5)))
    assert m[:] == b"01234"


def test_a_search_ends_where_the_map_does_after_the_conversion_of_its_bounds(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    assert m.find(b"7", 0, Index(10, lambda: m.resize(5))) == -1
    assert m.rfind(b"4", 0, Index(10, lambda: m.resize(4))) == -1


def test_bytes_of_a_map_stored_in_itself_are_what_they_were(tmp_path):
    m = new_map(tmp_path, b"0123456789")
    with memoryview(m) as view:
        m[2:8] = view[:6]
        assert m[:] == b"0101234589"
        m[:6] = view[2:8]
        assert m[:] == b"0123454589"
        m.seek(4)
        m.write(view[:6])
    assert m[:] == b"0123012345"


def test_bytes_of_a_file_stored_in_itself_are_what_they_were(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    with tome.open(tmp_path / "file", "r+") as f:
        with memoryview(f) as view:
            f[2:8] = view[:6]
            assert f[:] == b"0101234589"
            f[:6] = view[2:8]
            assert f[:] == b"0123454589"
            f.append(view[8:])
        assert f[:] == b"012345458989"


@pytest.mark.parametrize("size", [every_call.SIZE, 1 << 20])
@pytest.mark.parametrize("distance", [1, 100, 5000])
@pytest.mark.parametrize("kind", KINDS)
def test_many_bytes_stored_over_themselves_are_what_they_were(kind, distance, size, tmp_path):
    content = bytes(i * i % 251 for i in range(size))
    for to, start in ((0, distance), (distance, 0)):
        subject = every_call.make(KINDS[kind][0], tmp_path / "file", content)
        count = len(content) - distance
        with memoryview(subject) as view:
            subject[to : to + count] = view[start : start + count]
        expected = bytearray(content)
        expected[to : to + count] = content[start : start + count]
        assert subject[:] == expected
        subject.close()


def test_a_growing_store_of_its_own_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    with tome.open(tmp_path / "file", "r+", grow=True) as f:
        with memoryview(f) as view:
            f[5:] = view
        assert f[:] == b"012340123456789"


# ---- signal handlers ----


def test_a_signal_handler_may_close_the_map_in_a_search(tmp_path):
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    with open(path, "r+b") as file:
        m = tome.mmap(file.fileno(), 0)
    before = signal.signal(signal.SIGALRM, lambda *_: m.close())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        with pytest.raises(ValueError, match="closed"):
            while True:
                m.find(b"not there")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_signal_handler_may_end_a_search(tmp_path):
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(1 << 30)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with tome.open(path) as f:
            for search in (f.find, f.rfind, f.count, lambda sub: list(f.findall(sub))):
                with pytest.raises(KeyboardInterrupt):
                    signal.setitimer(signal.ITIMER_REAL, 0.01)
                    while True:
                        search(b"not there")
            assert f.find(b"\0") == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ---- the end of objects ----


class Chatty(tome.mmap):
    """Uses itself while it goes, and comes back."""

    saved = []

    def __del__(self):
        self.saved.append((self[:4], self.find(b"line"), self))


def test_a_map_may_be_used_and_brought_back_by_its_finalizer(tmp_path):
    every_call.make(Chatty, tmp_path / "file")
    gc.collect()
    (start, found, back), = Chatty.saved
    Chatty.saved.clear()
    assert (start, found) == (b"2026", every_call.CONTENT.find(b"line"))
    assert back[:4] == b"2026"
    back.close()


def test_a_weak_reference_tells_of_the_end_and_sees_no_remains(tmp_path):
    import weakref

    for kind in (tome.mmap, tome.open):
        seen = []
        subject = every_call.make(kind, tmp_path / "file")
        reference = weakref.ref(subject, lambda gone: seen.append(gone()))
        del subject
        gc.collect()
        assert (seen, reference()) == ([None], None)


def test_what_a_lost_map_says_at_its_end_reaches_the_hook(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: said.append(told.exc_type))
    for kind in (tome.mmap, tome.open):
        subject = every_call.make(kind, tmp_path / "file")
        view = memoryview(subject)
        os.truncate(tmp_path / "file", 0)
        assert view[100] == 0
        view.release()
        assert said == [tome.LostBytesError]
        del subject, view
        gc.collect()
        assert set(said) == {tome.LostBytesError}
        said.clear()


def test_an_exception_on_its_way_survives_the_release_of_a_lost_buffer(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda told: None)
    with pytest.raises(ZeroDivisionError):
        with memoryview(every_call.make(tome.mmap, tmp_path / "file")) as view:
            os.truncate(tmp_path / "file", 0)
            view[0]
            1 / 0
