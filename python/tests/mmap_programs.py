"""Random programs of calls on a map, and what comes of them.

A program is a way to make a map (Making) and some steps. run() does it with one type of map and
gives what each step returned or raised, where the position was afterwards, and what was in the
file. Two types that give the same are the same to who calls them.

Left out is what kills the interpreter with the standard type, and what is in the documentation's
table of differences: excuse() names each of those that can come up in a program, and says how it
may differ.
"""

import array
import errno
import mmap as standard
import operator
import os
import random
import re
import sys
from typing import Any, NamedTuple

from hypothesis import strategies as st

PAGE = standard.PAGESIZE
LETTERS = b"ab\n\0"
LARGEST_FILE = 1 << 20
# Some versions of Python look at the byte behind the map's last; it may be where nothing is mapped.
FIND_LOOKS_BEYOND = sys.version_info[:2] == (3, 11) and sys.version_info < (3, 11, 4)


# ---- making a map ----


class Making(NamedTuple):
    """Arguments of the type, and the file to call it with. An argument that is None is left out."""

    descriptor: str  # of "r+", "r", "w" (a file of `size` bytes), "folder", "closed", "none" (-1)
    size: int
    length: Any
    seed: int = 0
    offset: Any = None
    access: Any = None
    flags: Any = None
    prot: Any = None
    trackfd: Any = None

    def keywords(self):
        names = "offset access flags prot trackfd".split()
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def content(self):
        return bytes(random.Random(self.seed).choices(LETTERS, k=self.size))

    def has_file(self):
        return self.descriptor != "none"

    def is_private_or_read_only(self):
        reads = self.access == standard.ACCESS_READ or self.prot == standard.PROT_READ
        return reads or self.is_private()

    def is_private(self):
        return self.access == standard.ACCESS_COPY or self.flags == standard.MAP_PRIVATE


SIZES = st.sampled_from([1, 2, 30, 100, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 7])
SEEDS = st.integers(0, 50)
ACCESSES = st.sampled_from([None, 0, 1, 2, 3])


def making(descriptor, size, length, **others):
    """A strategy for Making, of strategies for its fields."""
    fields = dict(descriptor=descriptor, size=size, length=length, seed=SEEDS, **others)
    return st.fixed_dictionaries(fields).map(lambda chosen: Making(**chosen))


def one_of(*values):
    return st.sampled_from(values)


whole_files = making(one_of("r+"), SIZES, one_of(0), access=ACCESSES)
parts = making(
    one_of("r+"),
    one_of(3 * PAGE + 7),
    one_of(0, 1, 100, PAGE, 2 * PAGE + 7),
    offset=one_of(0, PAGE),
    access=ACCESSES,
)
by_flags = making(
    one_of("r+", "r", "none"),
    SIZES,
    one_of(1, 20),
    flags=one_of(None, standard.MAP_SHARED, standard.MAP_PRIVATE),
    prot=one_of(None, standard.PROT_READ, standard.PROT_READ | standard.PROT_WRITE),
)
anonymous = making(one_of("none"), one_of(0), one_of(1, 50, PAGE, PAGE + 3), access=ACCESSES)
refused = making(
    one_of("r+", "r", "w", "folder", "closed", "none"),
    one_of(0, 10, PAGE + 1),
    one_of(0, 1, 11, PAGE, 10 * PAGE, -1, 2**63, 1.5, "1", None),
    offset=one_of(None, 0, 1, PAGE, 4 * PAGE, -1, -PAGE, 2**63, "0"),
    access=one_of(None, 0, 1, 2, 3, 4, -1, "r"),
    flags=one_of(None, None, standard.MAP_SHARED, standard.MAP_PRIVATE, 0),
    prot=one_of(None, None, standard.PROT_READ),
    trackfd=one_of(None, True, False) if sys.version_info >= (3, 13) else st.none(),
)
makings = st.one_of(whole_files, whole_files, parts, by_flags, anonymous, refused)


class Subject:
    """A map under test, its file, and the buffers that are out."""

    def __init__(self, kind, making, path):
        self.making = making
        self.path = path
        self.held = []
        self.ever_cut = False
        if os.path.exists(path):
            os.unlink(path)  # ext4 takes long over a file that is emptied and filled again
        with open(path, "wb") as file:
            file.write(making.content())
        descriptor = self.open_descriptor()
        try:
            arguments = [descriptor] if making.length is None else [descriptor, making.length]
            self.map = kind(*arguments, **making.keywords())
        finally:
            if descriptor not in (-1, 1 << 20):
                os.close(descriptor)

    def open_descriptor(self):
        kinds = {"r+": os.O_RDWR, "r": os.O_RDONLY, "w": os.O_WRONLY}
        name = self.making.descriptor
        if name == "none":
            return -1
        if name == "closed":
            return 1 << 20
        if name == "folder":
            return os.open(os.path.dirname(self.path), os.O_RDONLY)
        return os.open(self.path, kinds[name])

    def file_content(self):
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            return os.pread(descriptor, 2 * LARGEST_FILE, 0)
        finally:
            os.close(descriptor)

    def may_resize(self, size):
        """Not what cuts the file by surprise or dies with the standard type, nor what differs by
        intention.
        """
        if not isinstance(size, int) or size < 0 or self.map.closed:
            return True
        if self.making.access in (standard.ACCESS_READ, standard.ACCESS_COPY):
            return True
        if size == 0 or LARGEST_FILE < size < 2**62 or (self.making.prot or 3) != 3:
            return False
        if self.held:
            return size < len(self.map)
        if not self.making.has_file():
            return size <= len(self.map) or (self.making.is_private() and not self.ever_cut)
        end = (self.making.offset or 0) + len(self.map)
        return not self.making.is_private() and end == os.path.getsize(self.path)

    def release(self):
        for view in self.held:
            view.release()
        self.held.clear()


# ---- steps ----


class Step(NamedTuple):
    action: str
    arguments: tuple = ()

    def __repr__(self):
        return f"{self.action}{self.arguments!r}"


def set_item(subject, key, value):
    subject.map[key] = value


def delete_item(subject, key):
    del subject.map[key]


def hold(subject, writable=None):
    view = memoryview(subject.map)
    subject.held.append(view)
    return view.format, view.ndim, view.readonly, view.contiguous, bytes(view)


def store_in_view(subject, index, value):
    view = memoryview(subject.map)
    with view:
        view[index] = value


def copy_within(subject, key, source):
    """Assigns bytes of the map itself, by a copy."""
    subject.map[key] = bytes(subject.map)[source]


def resize(subject, size):
    if not subject.may_resize(size):
        return "left out"
    before = 0 if subject.map.closed else len(subject.map)
    result = subject.map.resize(size)
    subject.ever_cut |= size < before
    return result


def write_file(subject, offset, data):
    """Another process writes to the file: seen by a shared map at once."""
    if not subject.making.has_file() or subject.making.is_private():
        return "left out"
    if offset + len(data) > os.path.getsize(subject.path):
        return "left out"
    descriptor = os.open(subject.path, os.O_WRONLY)
    try:
        return os.pwrite(descriptor, data, offset)
    finally:
        os.close(descriptor)


def grow_file(subject, by):
    if subject.making.has_file():
        os.truncate(subject.path, os.path.getsize(subject.path) + by)


def enter(subject):
    with subject.map as entered:
        return entered is subject.map


def iterate(subject, function):
    return list(function(subject.map))


def search_expression(subject, pattern):
    return [match.span() for match in re.finditer(pattern, subject.map)]


def find(subject, name, *arguments):
    if FIND_LOOKS_BEYOND and not subject.map.closed and len(subject.map) % PAGE == 0:
        return "left out"
    return getattr(subject.map, name)(*arguments)


def attribute(subject, name):
    return getattr(subject.map, name)


ACTIONS = {
    "get": lambda subject, key: subject.map[key],
    "set": set_item,
    "delete": delete_item,
    "len": lambda subject: len(subject.map),
    "bool": lambda subject: bool(subject.map),
    "in": lambda subject, value: value in subject.map,
    "list": lambda subject: iterate(subject, iter),
    "reversed": lambda subject: iterate(subject, reversed),
    "bytes": lambda subject: bytes(subject.map),
    "bytearray": lambda subject: bytearray(subject.map),
    "find": lambda subject, *arguments: find(subject, "find", *arguments),
    "rfind": lambda subject, *arguments: find(subject, "rfind", *arguments),
    "repr": lambda subject: repr(subject.map),
    "less": lambda subject: operator.lt(subject.map, subject.map),
    "equal": lambda subject: (subject.map == subject.map, subject.map == b"a", subject.map != 1),
    "hash": lambda subject: hash(subject.map) == hash(subject.map),
    "add": lambda subject: subject.map + b"a",
    "times": lambda subject: subject.map * 2,
    "attribute": attribute,
    "enter": enter,
    "hold": hold,
    "release": lambda subject: subject.release(),
    "store in view": store_in_view,
    "copy within": copy_within,
    "resize": resize,
    "write file": write_file,
    "grow file": grow_file,
    "expression": search_expression,
}


def act(subject, step):
    function = ACTIONS.get(step.action)
    if function:
        return function(subject, *step.arguments)
    return getattr(subject.map, step.action)(*step.arguments)


# ---- strategies for steps ----

near = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([-1, 0, 1, 49, 99, 100, 101, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 7, -PAGE]),
)
far = st.sampled_from([2**31, 2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64])
strange = st.sampled_from([None, "1", 1.0, b"1", [], True])
places = st.one_of(near, near, near, near, far, strange)
steps_of_slices = st.sampled_from([None, None, None, 1, -1, 2, 3, -2, 7, 5000, -(2**63), 2**64, 0])
ends = st.one_of(st.none(), near, near, near, far)
slices = st.tuples(ends, ends, steps_of_slices).map(lambda bounds: slice(*bounds))
short = st.binary(max_size=12) | st.text("ab\n", max_size=3).map(str.encode)
buffers = st.one_of(
    short,
    short,
    short.map(bytearray),
    short.map(memoryview),
    short.map(lambda data: memoryview(data)[::2]),
    short.map(lambda data: memoryview(data)[::-1]),
    st.lists(st.integers(0, 65535), max_size=3).map(lambda values: array.array("H", values)),
    st.sampled_from(["ab", 97, None, [97], 1.5, PAGE * b"a"]),
)
no_bytes = st.sampled_from([-1, 256, 2**64, "a", b"a", 1.0, None])
bytes_as_numbers = st.one_of(st.integers(0, 255), st.integers(0, 255), no_bytes)
BOUNDS_MAY_BE_NONE = sys.version_info >= (3, 14)
bounds = places if BOUNDS_MAY_BE_NONE else places.filter(lambda value: value is not None)
advices = st.sampled_from(
    [standard.MADV_NORMAL, standard.MADV_RANDOM, standard.MADV_WILLNEED, 12345, "1"]
)


def step(action, *arguments):
    return st.tuples(*arguments).map(lambda chosen: Step(action, chosen))


def with_optional(action, first, *rest):
    """A call with the first arguments, and as many of the rest as it pleases."""
    return st.one_of([step(action, *first, *rest[:n]) for n in range(len(rest) + 1)])


NO_ARGUMENTS = """len bool list reversed bytes bytearray repr less equal hash add times enter hold
release read_byte readline tell size close flush seekable read""".split()

steps = st.one_of(
    step("get", places),
    step("get", slices),
    step("get", slices),
    step("set", places, bytes_as_numbers),
    step("set", slices, buffers),
    step("copy within", slices, slices),
    step("delete", places | slices),
    step("in", st.one_of(short, st.binary(min_size=1, max_size=1), strange)),
    with_optional("find", [buffers], bounds, bounds, bounds),
    with_optional("rfind", [buffers], bounds, bounds, bounds),
    with_optional("read", [], places, places),
    with_optional("seek", [places], st.sampled_from([0, 1, 2, 3, -1, "0"])),
    step("write", buffers),
    step("write_byte", bytes_as_numbers),
    step("move", places, places, places),
    with_optional("flush", [], places, places),
    with_optional("madvise", [advices], places, places),
    step("resize", places),
    step("resize", st.sampled_from([1, 10, PAGE, PAGE + 10, 4 * PAGE])),
    step("store in view", near, bytes_as_numbers),
    step("write file", st.integers(0, 40), short),
    step("grow file", st.sampled_from([1, PAGE])),
    step("expression", st.sampled_from([b"a+b", b"\n", b"(?<=b)a"])),
    step("attribute", st.sampled_from(["closed", "no_such_name", "__dict__"])),
    *[step(name) for name in NO_ARGUMENTS if name != "close"],
    # Rarer than they would be: nothing goes on after them, or little.
    st.one_of(step("close"), step("close", near), step("tell", near), step("readline", near)),
)
programs = st.tuples(makings, st.lists(steps, min_size=1, max_size=12))


# ---- running ----


class Outcome(NamedTuple):
    returned: Any  # if nothing was raised
    raised: Any  # the type
    number: Any = None  # an OSError's


def outcome_of(function, *arguments):
    try:
        return Outcome(function(*arguments), None)
    except OSError as error:
        return Outcome(None, type(error), error.errno)
    except Exception as error:
        return Outcome(None, type(error))


def state_of(subject):
    """What can be seen of a map from outside, the file included."""
    m = subject.map
    if m.closed:
        return "closed", subject.file_content()
    return outcome_of(m.tell), outcome_of(len, m), m[:], subject.file_content()


def run(kind, making, program, path):
    """What comes of a program: an Outcome of making the map, then an Outcome and a state for each
    step.
    """
    made = outcome_of(Subject, kind, making, path)
    if made.raised:
        return [made]
    subject = made.returned
    results = [Outcome("made", None), state_of(subject)]
    try:
        for each in program:
            results.append(outcome_of(act, subject, each))
            results.append(state_of(subject))
    finally:
        subject.release()
        subject.map.close()
    return results


# ---- comparing ----

DONE = Outcome(None, None)


def flushes_inside(length, offset=0, size=-1):
    """Whether a flush is one of bytes that are in the map. A size of -1 is all the rest."""
    return 0 <= offset <= length and -1 <= size <= length - offset


def excuse_flush(making, length, arguments, got):
    if got == DONE and making.is_private_or_read_only():
        return "flush() does nothing where there is nothing to flush"
    inside = flushes_inside(length, *arguments)
    if inside and (got == DONE or (not making.has_file() and got.number == errno.EINVAL)):
        return "flush() takes any offset in a file, and -1 for the rest"
    return None


def excuse_find(making, before, step, got):
    """Where standard versions differ about an empty string, bytes.find() is what holds."""
    position, _, content, _ = before
    sub, *bounds = step.arguments
    start, end = (*bounds, *(position.returned, None)[len(bounds) :])[:2]
    if not isinstance(got.returned, int) or len(sub) > 0:
        return None
    if got.returned == getattr(content, step.action)(b"", start, end):
        return "find() of an empty string behind the end"
    return None


def excuse_size(expected, got):
    if expected.raised and isinstance(got.returned, int):
        return "size() of memory without a file is its length"
    if expected.raised in (OSError, ValueError) and got.raised:
        if issubclass(got.raised, OSError) and issubclass(got.raised, ValueError):
            return "size() without a descriptor is both an OSError and a ValueError"
    return None


def excuse_resize(making, expected, got):
    if making.is_private() and making.has_file() and got.raised is TypeError:
        return "resize() refuses a private map of a file"
    if expected.raised is BufferError and got.raised is TypeError:
        return "resize() minds buffers only where it would cut them"
    if not making.has_file() and (expected.number, got.number) == (errno.EINVAL, errno.ENOMEM):
        return "resize() to more than any memory is a lack of memory"
    return None


def excuse(making, before, step, expected, got):
    """The row of the documentation's table of differences that allows this one, or None."""
    if step.action == "seek" and expected == DONE and isinstance(got.returned, int):
        return "seek() returns the position"
    if step.action == "flush":
        return excuse_flush(making, length_in(before), step.arguments, got)
    if step.action in ("find", "rfind") and before[0] != "closed":
        return excuse_find(making, before, step, got)
    if step.action == "size":
        return excuse_size(expected, got)
    if step.action == "resize":
        return excuse_resize(making, expected, got)
    if step.action == "seekable" and expected.raised is AttributeError and got.returned is True:
        return "seekable() is there"
    return None


def length_in(state):
    """How long a map is that state_of() saw."""
    return 0 if state[0] == "closed" else state[1].returned


def first_difference(making, program, expected, got):
    """A description of where two results part, or None."""
    made, other_made = expected[0], got[0]
    if making.descriptor == "closed" and made.raised is other_made.raised is OSError:
        return None  # which of two reasons counts
    if made != other_made:
        return f"{making}: {made}, but {other_made}"
    if made.raised:
        return None
    if expected[1] != got[1]:
        return f"{making}: {expected[1]}, but {got[1]}"
    before = expected[1]
    for at, step in enumerate(program):
        outcome, other_outcome = expected[2 + 2 * at], got[2 + 2 * at]
        state, other_state = expected[3 + 2 * at], got[3 + 2 * at]
        story = f"{making}: after {program[: at + 1]}"
        if outcome != other_outcome and not excuse(making, before, step, outcome, other_outcome):
            return f"{story}: {outcome}, but {other_outcome}"
        if state != other_state:
            return f"{story}: {state}, but {other_state}"
        before = state
    return None
