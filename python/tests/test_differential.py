"""Random programs of calls do the same with mmap.mmap and with tome.mmap, save for what the table
of differences lists.

Some thousand programs ordinarily; TOME_TEST_LONG=1: 50,000.
"""

import collections
import mmap as standard
import os
import warnings

import mmap_programs as programs
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import tome

LONG = os.environ.get("TOME_TEST_LONG") == "1"
PROGRAMS = 50_000 if LONG else 1_500
TO_FIND_A_MISTAKE = 2_000


def many(count, *phases):
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=phases or (Phase.generate, Phase.shrink),
    )


class Tally:
    """How much the programs did: a comparison of nothing but errors would prove little."""

    def __init__(self):
        self.programs = self.made = 0
        self.returned = collections.Counter()
        self.raised = collections.Counter()

    def add(self, program, results):
        self.programs += 1
        self.made += results[0].raised is None
        for step, outcome in zip(program, results[2::2]):
            (self.raised if outcome.raised else self.returned)[step.action] += 1


def compare(kind, other, program, folder, tally=None):
    """Runs a program with both types, each with a file of its own."""
    making, steps = program
    expected = programs.run(kind, making, steps, os.path.join(folder, "standard"))
    got = programs.run(other, making, steps, os.path.join(folder, "other"))
    if tally:
        tally.add(steps, expected)
    difference = programs.first_difference(making, steps, expected, got)
    assert difference is None, difference


@pytest.fixture(autouse=True)
def without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_programs_do_the_same_as_with_the_standard_type(tmp_path):
    tally = Tally()

    @many(PROGRAMS)
    @given(programs.programs)
    def check(program):
        compare(standard.mmap, tome.mmap, program, str(tmp_path), tally)

    check()
    steps = sum(tally.returned.values()) + sum(tally.raised.values())
    print(f"FIGURE programs compared with the standard mmap: {tally.programs}")
    print(f"FIGURE steps of those programs: {steps}")
    assert tally.programs >= PROGRAMS
    assert tally.made > PROGRAMS // 2
    assert sum(tally.returned.values()) > steps // 3


def test_the_standard_type_does_the_same_as_itself(tmp_path):
    @many(PROGRAMS // 10)
    @given(programs.programs)
    def check(program):
        compare(standard.mmap, standard.mmap, program, str(tmp_path))

    check()


# ---- the comparison finds mistakes ----


MISTAKES = {}


def mistake(method):
    """Notes a function as a method of mmap.mmap with a mistake, which its name says."""

    def note(function):
        MISTAKES[function.__name__] = method, function
        return function

    return note


@mistake("find")
def find_begins_at_the_start(self, sub, *bounds):
    return standard.mmap.find(self, sub, *(bounds or (0,)))


@mistake("rfind")
def rfind_ends_one_early(self, sub, *bounds):
    start, end = (*bounds, *(self.tell(), len(self) - 1)[len(bounds) :])
    return standard.mmap.rfind(self, sub, start, end)


@mistake("read")
def read_stays_where_it_is_at_the_end(self, *count):
    before = self.tell()
    data = standard.mmap.read(self, *count)
    if self.tell() == len(self):
        self.seek(before)
    return data


@mistake("write")
def write_does_as_much_as_fits(self, data):
    room = max(0, len(self) - self.tell())
    return standard.mmap.write(self, memoryview(data)[:room])


@mistake("write_byte")
def write_byte_wraps(self, value):
    return standard.mmap.write_byte(self, value & 255)


@mistake("seek")
def seek_clamps(self, place, whence=0):
    return standard.mmap.seek(self, min(place, len(self)) if whence == 0 else place, whence)


@mistake("move")
def move_takes_too_much(self, to, at, count):
    standard.mmap.move(self, to, at, 0 if count > len(self) else count)


@mistake("readline")
def readline_drops_the_end(self):
    return standard.mmap.readline(self).rstrip(b"\n")


@mistake("close")
def close_does_not_mind_buffers(self):
    try:
        standard.mmap.close(self)
    except BufferError:
        pass


@mistake("flush")
def flush_takes_anything(self, *arguments):
    try:
        return standard.mmap.flush(self, *arguments)
    except ValueError:
        return None


@mistake("resize")
def resize_moves_the_position(self, size):
    standard.mmap.resize(self, size)
    standard.mmap.seek(self, min(self.tell(), size - 1))


@mistake("__getitem__")
def steps_backwards_are_one_short(self, key):
    value = standard.mmap.__getitem__(self, key)
    return value[:-1] if isinstance(key, slice) and (key.step or 1) < -1 else value


@mistake("__setitem__")
def the_value_is_looked_at_before_the_access(self, key, value):
    if isinstance(key, int) and isinstance(value, int) and not 0 <= value <= 255:
        raise ValueError
    standard.mmap.__setitem__(self, key, value)


@mistake("__contains__")
def longer_strings_are_in_it(self, value):
    return standard.mmap.find(self, value, 0) >= 0 if isinstance(value, bytes) else False


@mistake("__len__")
def len_is_of_the_file(self):
    return self.size()


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_a_planted_mistake_is_found(name, tmp_path):
    # The name of the type is the same, since repr() tells it.
    mistaken = type("mmap.mmap", (standard.mmap,), dict([MISTAKES[name]]))

    @many(TO_FIND_A_MISTAKE, Phase.generate)
    @given(programs.programs)
    def check(program):
        compare(standard.mmap, mistaken, program, str(tmp_path))

    with pytest.raises(AssertionError):
        check()
    print(f"PLANTED {name}: found")
