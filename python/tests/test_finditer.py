"""File.finditer: expressions of Tome's, against re where they mean the same, and re's own."""
import errno
import gc
import os
import pickle
import re
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


def is_built_in():
    import tempfile

    with tempfile.NamedTemporaryFile() as file, tome.open(file.name) as f:
        try:
            f.finditer(b"x")
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            return False
    return True


needs_expressions = pytest.mark.skipif(
    not is_built_in(), reason="this library was built without PCRE2"
)

texts = st.text(alphabet="abcAB\n", max_size=60).map(str.encode)
places = st.one_of(st.none(), st.integers(-70, 70))

# Expressions that mean the same in both syntaxes, and never match nothing: there the rules differ.
atoms = st.sampled_from(["a", "b", "c", "[ab]", "[^a]", ".", "\\n", "(?:ab|b)", "(a|bc)", "A"])
repeated = st.tuples(atoms, st.sampled_from(["", "", "+", "+?", "{2}"])).map("".join)
optional = st.tuples(atoms, st.sampled_from(["?", "*", "*?"])).map("".join)
looking = st.sampled_from(["^", "$", "(?=a)", "(?!b)", "(?<=a)", "(?<!b)", "\\b"])
expressions = st.tuples(
    st.lists(st.one_of(repeated, optional, looking), max_size=2).map("".join),
    repeated,
    st.lists(st.one_of(repeated, optional, looking), max_size=2).map("".join),
).map(lambda parts: "".join(parts).encode())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def told(matches):
    return [(m.span(), m.group()) for m in matches]


# ---- Tome's expressions ----


@needs_expressions
@MANY
@given(texts, expressions, st.booleans())
def test_matches_are_those_of_re_where_the_syntax_is_the_same(
    tmp_path_factory, data, expression, ignore_case
):
    data += b"c"  # behind a newline at the very end re has one more beginning of a line
    random = tmp_path_factory.getbasetemp() / "finditer-random"
    random.write_bytes(data)
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
    with tome.open(random) as f:
        got = list(f.finditer(expression, ignore_case=ignore_case))
        assert told(got) == told(re.finditer(expression, data, flags))
        for m in got:
            assert (m.start(), m.end()) == m.span()


@needs_expressions
@MANY
@given(texts, places, places)
def test_a_range_is_a_text_of_its_own(tmp_path_factory, data, start, end):
    random = tmp_path_factory.getbasetemp() / "finditer-range"
    random.write_bytes(data)
    begin = slice(start, None).indices(len(data))[0]
    with tome.open(random) as f:
        got = told(f.finditer(rb"^[ab]+|c$", start, end))
        part = data[start:end]
        want = told(re.finditer(rb"^[ab]+|c$", part, re.MULTILINE))
        assert got == [((a + begin, b + begin), group) for (a, b), group in want]


@needs_expressions
def test_matches_that_are_many_or_long_have_their_bytes(path):
    lines = [b"%d:" % i + b"x" * (i % 50) for i in range(20_000)]
    lines[700] += b"x" * 70_000
    lines[9000] += b"x" * 1_500_000
    lines[9001] += b"x" * 400_000
    data = b"\n".join(lines)
    path.write_bytes(data)
    with tome.open(path) as f:
        matches = list(f.finditer(rb"(?m)^[0-9]+:x*"))
        assert [m.group() for m in matches] == lines
        assert all(m.span() == (m.start(), m.start() + len(m.group())) for m in matches)
        assert data[matches[9000].start() : matches[9000].end()] == lines[9000]
        sparse = [m for m in f.finditer(rb"\n(5|19)999:")]
        assert [m.group() for m in sparse] == [b"\n5999:", b"\n19999:"]


@needs_expressions
def test_a_match_has_the_bytes_that_matched_whatever_happens_then(path):
    path.write_bytes(b"one two")
    f = tome.open(path, "r+")
    match = next(f.finditer(rb"t\w+"))
    f[:] = b"xxxxxxx"
    assert (match.group(), match.span()) == (b"two", (4, 7))
    assert repr(match) == "<tome.Match span=(4, 7), match=b'two'>"
    f.close()
    assert match.group() == b"two"


@needs_expressions
def test_a_very_long_match_is_read_when_it_is_asked_for(path):
    path.write_bytes(b"x" * 3_000_000 + b"y")
    f = tome.open(path)
    match = next(f.finditer(rb"x+"))
    assert match.span() == (0, 3_000_000)
    assert match.group() == b"x" * 3_000_000
    assert repr(match) == "<tome.Match span=(0, 3000000)>"
    f.close()
    with pytest.raises(ValueError, match="closed"):
        match.group()


@needs_expressions
def test_empty_matches_are_found_but_not_right_behind_another(path):
    path.write_bytes(b"abba")
    with tome.open(path) as f:
        assert [m.span() for m in f.finditer(b"b*")] == [(0, 0), (1, 3), (4, 4)]
        assert [m.group() for m in f.finditer(b"")] == [b""] * 5
        assert list(f.finditer(b"b*", 3, 1)) == []
    path.write_bytes(b"")
    with tome.open(path) as f:
        assert told(f.finditer(b"^")) == [((0, 0), b"")]
        assert list(f.finditer(b"x")) == []


@needs_expressions
def test_a_match_cannot_be_made(path):
    path.write_bytes(b"a")
    with tome.open(path) as f:
        match = next(f.finditer(b"a"))
        assert type(match) is tome.Match
        with pytest.raises(TypeError):
            tome.Match()
        with pytest.raises(TypeError):
            pickle.dumps(f.finditer(b"a"))


@needs_expressions
@pytest.mark.parametrize(
    "expression, where", [(b"a(b", 3), (b"x[", 2), (b"a**", 2), (b"(?<=a+)b", 0)]
)
def test_a_wrong_expression_is_a_value_error_that_says_where(path, expression, where):
    path.write_bytes(b"a")
    with tome.open(path) as f, pytest.raises(ValueError, match=f"position {where} of"):
        f.finditer(expression)


def test_what_is_no_expression_is_a_type_error(path):
    path.write_bytes(b"a")
    with tome.open(path) as f:
        for wrong in ("a", None, 5, [b"a"], re.compile("a")):
            with pytest.raises(TypeError):
                f.finditer(wrong)
        with pytest.raises(TypeError):
            f.finditer(b"a", 0, 1, True)
        with pytest.raises(TypeError):
            f.finditer(b"a", 1.0)


@needs_expressions
def test_an_expression_that_needs_too_many_steps_ends_with_an_error(path):
    path.write_bytes(b"x" * 5000 + b"zy")
    with tome.open(path) as f, pytest.raises(OSError) as caught:
        list(f.finditer(rb"(x+x+)+\1y"))
    assert caught.value.errno == errno.EFBIG


# ---- its iterator ----


@needs_expressions
def test_it_stops_when_the_file_is_closed(path):
    path.write_bytes(b"a" * 10)
    f = tome.open(path)
    matches = f.finditer(b"a")
    assert next(matches).start() == 0
    f.close()
    with pytest.raises(ValueError, match="closed"):
        next(matches)
    assert list(matches) == []
    with pytest.raises(ValueError, match="closed"):
        f.finditer(b"a")
    with pytest.raises(ValueError, match="closed"):
        f.finditer(re.compile(b"a"))


@needs_expressions
def test_what_is_cut_away_meanwhile_is_lost(path):
    path.write_bytes(b"abc." * 100_000)
    f = tome.open(path)
    matches = f.finditer(b"[a]bc")
    assert next(matches).span() == (0, 3)
    os.truncate(path, 1000)
    got = [0]
    with pytest.raises(tome.LostBytesError) as caught:
        for match in matches:
            assert match.group() == b"abc"
            got.append(match.start())
    assert caught.value.filename == str(path)
    assert got == list(range(0, 400_000, 4))[: len(got)]
    assert list(matches) == []
    f.close()


@needs_expressions
def test_size_may_change_during_iteration(path):
    path.write_bytes(b"abc." * 10_000)
    with tome.open(path, "r+") as f:
        matches = f.finditer(rb"\w+")
        next(matches)
        f.append(b"abc" * 10_000)
        assert [m.start() for m in matches] == list(range(4, 40_000, 4))
    with tome.open(path, "r+") as f:
        matches = f.finditer(rb"\w+")
        next(matches)
        f.resize(100)
        with pytest.raises(tome.LostBytesError):
            list(matches)


@needs_expressions
def test_it_keeps_the_file_until_it_is_over(path):
    path.write_bytes(b"a.a")
    f = tome.open(path)
    gone = weakref.ref(f)
    matches = f.finditer(b"a")
    del f
    got = [m.group() for m in matches]
    assert got == [b"a", b"a"]
    gc.collect()
    assert gone() is None


@needs_expressions
def test_a_file_that_has_its_own_iterator_and_match_is_collected(path):
    class Mine(tome.File):
        pass

    path.write_bytes(b"a" * 100_000 + b"bb")
    f = Mine(path)
    f.matches = f.finditer(b"a+|b")
    f.match = next(f.matches)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


@needs_expressions
def test_references_are_as_many_as_before(path):
    path.write_bytes(b"ab" * 2000 + b"c" * 100_000)
    with tome.open(path) as f:
        expression, compiled = bytes(b"[a]b|c+"), re.compile(b"ab")

        def use():
            matches = f.finditer(expression)
            next(matches)
            [(repr(m), m.span(), m.group()) for m in f.finditer(expression)]
            list(f.finditer(compiled))
            list(f.finditer(compiled, 5, 1))
            for wrong in ("a", b"(", 5):
                with pytest.raises((TypeError, ValueError)):
                    f.finditer(wrong)

        def counts():
            gc.collect()
            kinds = [tome.Match, type(f.finditer(expression))]
            return [sys.getrefcount(x) for x in (f, expression, compiled, *kinds)]

        use()
        before = counts()
        for _ in range(10):
            use()
        assert counts() == before


class Interrupted(Exception):
    pass


@needs_expressions
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
            with pytest.raises(Interrupted):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                next(f.finditer(rb"\0[xy]"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@needs_expressions
def test_threads_that_share_an_iterator_get_each_match_once(path):
    path.write_bytes(b"a..." * 30_000)
    got = []
    with tome.open(path) as f:
        matches = f.finditer(b"[a]")

        def take():
            mine = []
            while True:
                try:
                    mine.append(next(matches).span())
                except StopIteration:
                    break
                except ValueError as error:
                    assert str(error) == "iterator already executing"
            got.extend(mine)

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(got) == [(at, at + 1) for at in range(0, 120_000, 4)]


# ---- re's expressions ----


@MANY
@given(texts, expressions, st.sampled_from([0, re.M, re.S, re.I]), places, places)
def test_a_compiled_pattern_matches_as_in_bytes(
    tmp_path_factory, data, expression, flags, start, end
):
    random = tmp_path_factory.getbasetemp() / "finditer-compiled"
    random.write_bytes(data)
    pattern = re.compile(expression, flags)
    first, last, _ = slice(start, end).indices(len(data))
    with tome.open(random) as f:
        got = told(f.finditer(pattern, start, end))
        assert got == (told(pattern.finditer(data, first, last)) if first <= last else [])


def test_its_matches_are_of_the_file_itself(path):
    path.write_bytes(b"key=value; other=thing")
    f = tome.open(path)
    match = next(f.finditer(re.compile(rb"(?P<name>\w+)=(\w+)")))
    assert isinstance(match, re.Match)
    assert match.string is f
    assert match.group("name", 2) == (b"key", b"value")
    assert match.expand(rb"\2=\1") == b"value=key"
    f.close()
    with pytest.raises((ValueError, TypeError)):  # re's own word for a buffer that cannot be had
        match.group()


def test_while_it_searches_the_file_can_grow_but_not_be_closed(path):
    path.write_bytes(b"a" * 10)
    f = tome.open(path, "r+")
    matches = f.finditer(re.compile(b"a"))
    next(matches)
    with pytest.raises(BufferError):
        f.close()
    f.append(b"a" * 10_000)
    assert len(list(matches)) == 9
    del matches
    f.close()


def test_a_compiled_pattern_has_its_own_flags(path):
    path.write_bytes(b"aA")
    with tome.open(path) as f:
        with pytest.raises(ValueError, match="own flags"):
            f.finditer(re.compile(b"a"), ignore_case=True)
        assert told(f.finditer(re.compile(b"a", re.I))) == [((0, 1), b"a"), ((1, 2), b"A")]


def test_a_signal_that_closes_the_file_while_a_batch_is_looked_for_ends_the_walk(tmp_path):
    path = tmp_path / "file"
    with open(path, "wb") as plain:
        plain.truncate(1 << 28)
        plain.seek((1 << 28) - 10000)
        plain.write(b"A" * 3000)
    f = tome.open(path)
    matches = f.finditer(b"A{2000,}")
    before = signal.signal(signal.SIGALRM, lambda *_: f.close())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        try:
            next(matches)
        except ValueError:
            assert f.closed
        signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
        f.close()
    with pytest.raises((ValueError, StopIteration)):
        next(matches)


def test_a_match_is_asked_for_group_0_as_re_has_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"it took 4711ms")
    with tome.open(path) as f:
        match = next(f.finditer(rb"took (\d+)ms"))
    assert match[0] == match.group(0) == match.group() == b"took 4711ms"
    assert (match.start(0), match.end(0), match.span(0)) == (3, 14, (3, 14))
    calls = [match.group, match.start, match.end, match.span, match.__getitem__]
    for call in calls:
        for wrong in (1, -1, "name", None):
            with pytest.raises(IndexError, match="no such group"):
                call(wrong)
    with pytest.raises(IndexError):
        match.group(0, 0)
