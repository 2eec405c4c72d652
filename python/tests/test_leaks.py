"""Nothing is left behind by any call: no block of memory, no reference, no descriptor, no mapping.

Each call of every_call.py is made over and over: with arguments that work, with arguments that do
not, and on closed objects. What the interpreter has allocated afterwards is what it had before, but
for a few blocks that caches keep.
"""

import contextlib
import gc
import mmap as standard
import os
import sys
import tracemalloc
import weakref

import every_call
import pytest

import tome

KINDS = {"mmap": (tome.mmap, every_call.MMAP), "File": (tome.open, every_call.FILE)}
CALLS = [(kind, index) for kind, (_, calls) in KINDS.items() for index in range(len(calls))]
LONG = os.environ.get("TOME_TEST_LONG") == "1"
ROUNDS = 500 if LONG else 50
SPARE = 40  # blocks; a leak in each round is more
TRIES = 10  # caches fill up
WRONG = (None, "text", 1.5, -1, 2**70, b"", [], object(), slice(None))


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    """Losses that cannot be raised are not printed; the collector does not look through all that
    pytest has made.
    """
    monkeypatch.setattr(sys, "unraisablehook", lambda told: None)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def name_of(case):
    kind, index = case
    return f"{kind}: {KINDS[kind][1][index].name} {index}"


def blocks_left_by(function):
    """How many blocks more are allocated after many rounds; the least of some tries, since others
    allocate too.
    """
    left = []
    for _ in range(TRIES):
        function()
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(ROUNDS):
            function()
        gc.collect()
        left.append(sys.getallocatedblocks() - before)
        if left[-1] < SPARE:
            break
    return min(left)


def references_to(subject, arguments):
    """How often a subject, what it is made of, and arguments are referred to."""
    types = [kind for kind in type(subject).__mro__ if kind is not object]
    watched = [subject, sys.modules["tome._tome"], None, True, *types, *arguments]
    return [sys.getrefcount(each) for each in watched]


def may_fail(function, *arguments):
    with contextlib.suppress(Exception):
        function(*arguments)


def wrong_arguments(call):
    """The call's arguments, each in turn replaced by each of what it does not take."""
    for at in range(len(call.arguments)):
        for wrong in WRONG:
            yield call.arguments[:at] + (wrong,) + call.arguments[at + 1 :]


def test_a_leak_is_seen():
    kept = []
    assert blocks_left_by(lambda: kept.append(bytearray(10))) >= ROUNDS


@pytest.mark.parametrize("case", CALLS, ids=name_of)
def test_a_call_leaves_nothing(case, tmp_path):
    make, calls = KINDS[case[0]]
    call = calls[case[1]]
    subject = every_call.make(make, tmp_path / "file")
    before = references_to(subject, call.arguments)
    assert blocks_left_by(lambda: may_fail(call.function, subject, *call.arguments)) < SPARE
    after = references_to(subject, call.arguments)
    assert max(now - then for then, now in zip(before, after)) < SPARE
    subject.close()


@pytest.mark.parametrize("case", CALLS, ids=name_of)
def test_a_call_that_fails_leaves_nothing(case, tmp_path):
    make, calls = KINDS[case[0]]
    call = calls[case[1]]
    subject = every_call.make(make, tmp_path / "file")
    wrong = list(wrong_arguments(call))

    def fail():
        for arguments in wrong[: len(wrong) if LONG else 9]:
            may_fail(call.function, subject, *arguments)

    before = references_to(subject, WRONG)
    assert blocks_left_by(fail) < SPARE
    after = references_to(subject, WRONG)
    assert max(now - then for then, now in zip(before, after)) < SPARE
    subject.close()
    assert blocks_left_by(lambda: may_fail(call.function, subject, *call.arguments)) < SPARE


def test_calls_on_lost_bytes_leave_nothing(tmp_path):
    for make, calls in KINDS.values():
        subject = every_call.make(make, tmp_path / "file")
        os.truncate(tmp_path / "file", 0)
        calls = [call for call in calls if call.name not in ("resize", "append", "refresh", "fill")]

        def lose():
            for call in calls[::3]:
                may_fail(call.function, subject, *call.arguments)

        lose()
        assert blocks_left_by(lose) < SPARE
        may_fail(subject.close)


# ---- making and closing ----


def resources():
    """Open descriptors, and mappings of files."""
    with open("/proc/self/maps") as maps:
        mappings = sum("/" in line for line in maps)
    return len(os.listdir("/proc/self/fd")), mappings


def make_and_drop(make, path):
    every_call.make(make, path)


def make_and_close(make, path):
    with every_call.make(make, path) as subject:
        subject[3], subject[2:6], subject.find(b"line")
    subject.close()


def make_with_buffers(make, path):
    subject = every_call.make(make, path)
    view = memoryview(subject)
    part = view[3:10]
    with contextlib.suppress(BufferError):
        subject.close()
    del subject, view, part


def make_with_lost_bytes(make, path):
    subject = every_call.make(make, path)
    with memoryview(subject) as view:
        os.truncate(path, 0)
        view[0]
    with contextlib.suppress(OSError):
        subject.check()


def make_with_iterators(make, path):
    subject = every_call.make(make, path)
    iterators = [iter(subject), reversed(subject)]
    if hasattr(subject, "lines"):
        iterators += [iter(subject.lines), reversed(subject.lines), subject.findall(b"line")]
        iterators += [subject.finditer(b"l.ne"), subject.view(3, 9)]
    for each in iterators[:-1]:
        next(each)


class Derived(tome.mmap):
    def __init__(self, *arguments, **keywords):
        self.itself = self


def make_a_cycle(make, path):
    subject = every_call.make(Derived if isinstance(make, type) else make, path)
    if hasattr(subject, "lines"):
        subject.lines[0], len(subject.lines)


USES = [
    make_and_drop,
    make_and_close,
    make_with_buffers,
    make_with_lost_bytes,
    make_with_iterators,
    make_a_cycle,
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_an_object_leaves_nothing(kind, use, tmp_path):
    def once():
        use(KINDS[kind][0], tmp_path / "file")
        gc.collect(0)

    types = [tome.mmap, Derived, tome.File, tome._tome.File, tome.Lines, tome.View]
    once()
    before, references = resources(), sum(map(sys.getrefcount, types))
    assert blocks_left_by(once) < SPARE
    assert resources() == before
    assert sum(map(sys.getrefcount, types)) - references < SPARE


def failing_constructors(folder):
    path = folder / "file"
    path.write_bytes(b"0123456789")
    descriptor = os.open(path, os.O_RDONLY)
    yield lambda: tome.mmap(descriptor, 0)
    yield lambda: tome.mmap(descriptor, 11, access=standard.ACCESS_READ)
    yield lambda: tome.mmap(descriptor, 0, offset=1, access=standard.ACCESS_READ)
    yield lambda: tome.mmap(1 << 20, 0)
    yield lambda: tome.mmap(-1, 0)
    yield lambda: tome.mmap("x", 0)
    yield lambda: tome.open(folder)
    yield lambda: tome.open(folder / "missing")
    yield lambda: tome.open(path, "x+")
    yield lambda: tome.open(path, "q")
    yield lambda: tome.open(path, offset=11)
    yield lambda: tome.open(path, length=-1)
    yield lambda: tome.open(path, advice="none")
    yield lambda: tome.open(1 << 20)
    yield lambda: tome.open(None)
    yield lambda: tome.open("a\0b")


def test_an_object_that_cannot_be_made_leaves_nothing(tmp_path):
    for make in failing_constructors(tmp_path):
        with pytest.raises((OSError, ValueError, TypeError, OverflowError)):
            make()
        before = resources()
        assert blocks_left_by(lambda: may_fail(make)) < SPARE
        assert resources() == before


def test_private_memory_that_changes_its_size_leaves_nothing():
    m = tome.mmap(-1, 10, flags=standard.MAP_PRIVATE)
    module = sys.modules["tome._tome"]
    m.resize(20)
    before, references = resources(), sys.getrefcount(module)
    for size in range(1, 100):
        m.resize(size)
    assert resources() == before
    assert sys.getrefcount(module) == references
    m.close()


# ---- the collector ----


def test_a_cycle_through_an_object_is_collected(tmp_path):
    class File(tome.File):
        pass

    subjects = [every_call.make(Derived, tmp_path / "mmap")]
    (tmp_path / "file").write_bytes(every_call.CONTENT)
    subjects.append(File(tmp_path / "file"))
    subjects[-1].itself = subjects[-1].lines, subjects[-1].findall(b"line"), subjects[-1]
    subjects.append(tome.open(tmp_path / "file"))
    subjects[-1].lines[3]
    references = [weakref.ref(subject) for subject in subjects]
    before = len(os.listdir("/proc/self/fd"))
    del subjects
    gc.collect()
    assert [reference() for reference in references] == [None] * 3
    assert len(os.listdir("/proc/self/fd")) < before


def test_a_cycle_through_an_iterator_is_collected(tmp_path):
    class Pattern(bytes):
        pass

    (tmp_path / "file").write_bytes(every_call.CONTENT)

    class File(tome.File):
        pass

    for iterate in (
        lambda f: f.finditer(b"l.ne"),
        lambda f: f.findall(b"line"),
        lambda f: iter(f.lines),
        lambda f: iter(f),
        lambda f: f.lines[3:9],
        lambda f: f.view(3, 9),
    ):
        f = File(tmp_path / "file")
        f.iterator = iterate(f)
        reference = weakref.ref(f)
        del f
        gc.collect()
        assert reference() is None, iterate


# ---- memory that is not in the interpreter's blocks ----


def test_large_results_are_given_back(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"a line of some bytes\n" * 100_000)
    calls = [
        lambda f: f[:],
        lambda f: f[::3],
        lambda f: f.gather([(0, 1 << 20)] * 3),
        lambda f: len(f.lines),
        lambda f: list(f.findall(b"line"))[:0],
        lambda f: f.count(b"line"),
        lambda f: list(f.lines)[:0],
        lambda f: bytes(f),
    ]
    tracemalloc.start()
    try:
        with tome.open(path) as f:
            for call in calls:
                call(f)
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
                for _ in range(3):
                    call(f)
                gc.collect()
                assert tracemalloc.get_traced_memory()[0] - before < 100_000
    finally:
        tracemalloc.stop()
