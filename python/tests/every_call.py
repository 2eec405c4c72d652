"""Every call that mmap, File and what they give can be asked for, with arguments that work.

For tests that do the same with all of them: with hostile arguments, on a closed object, ten
thousand times, in many threads. A call is a name, a function of the object and its arguments, and
arguments: integers, buffers (Buffer) and iterables (Ranges), each of which may be replaced by
something hostile of its kind.
"""

import collections
import mmap as standard
import re

PAGE = standard.PAGESIZE
LINES = 600
CONTENT = b"".join(b"2026-11-21 14:%02d:%02d line\n" % (i // 60, i % 60) for i in range(LINES))
SIZE = len(CONTENT)


class Buffer(bytes):
    """Marks an argument that may be any buffer."""


class Flag(int):
    """Marks an argument that may be anything with a truth value."""


class Ranges(tuple):
    """Marks an argument that may be any iterable."""


Call = collections.namedtuple("Call", "name function arguments")


def method(name, *arguments, **keywords):
    """A call of a method; keywords count as arguments too."""
    names = tuple(keywords)

    def function(subject, *values):
        count = len(values) - len(names)
        return getattr(subject, name)(*values[:count], **dict(zip(names, values[count:])))

    return Call(name, function, (*arguments, *keywords.values()))


def call(name, *arguments):
    """Makes a function of a subject and arguments a Call."""
    return lambda function: Call(name, function, arguments)


def set_item(subject, key, value):
    subject[key] = value


def set_slice(subject, start, stop, step, value):
    subject[start:stop:step] = value


def consume(iterator, most=50):
    """Some of what an iterator gives."""
    return [value for value, _ in zip(iterator, range(most))]


def read_view(subject):
    with memoryview(subject) as view:
        return bytes(view[:10])


def use_view(subject, start, stop):
    with subject.view(start, stop) as view:
        return bytes(view)


def store_in_view(subject, start, stop):
    with subject.view(start, stop, write=True) as view:
        view[:] = bytes(len(view))


def fill_array(subject):
    array = bytearray(10)
    return subject.gather([(0, 5), (20, 5)], array), bytes(array)


# What both types have.
SEQUENCE = [
    call("an item", 3)(lambda s, i: s[i]),
    call("a slice", 2, 50, 1)(lambda s, *bounds: s[slice(*bounds)]),
    call("a slice with steps", 2, 50, 3)(lambda s, *bounds: s[slice(*bounds)]),
    call("a slice with large steps", 0, SIZE, 3000)(lambda s, *bounds: s[slice(*bounds)]),
    call("a slice backwards", 50, 2, -1)(lambda s, *bounds: s[slice(*bounds)]),
    call("a large slice", 0, SIZE, 1)(lambda s, *bounds: s[slice(*bounds)]),
    call("a stored item", 3, 65)(set_item),
    call("a stored slice", 2, 6, 1, Buffer(b"abcd"))(set_slice),
    call("a stored slice with steps", 2, 10, 2, Buffer(b"abcd"))(set_slice),
    call("len")(len),
    call("bool")(bool),
    call("repr")(repr),
    call("hash")(hash),
    call("equality")(lambda s: s == s or s == 1),
    call("iteration")(lambda s: consume(iter(s))),
    call("iteration backwards")(lambda s: consume(reversed(s))),
    call("in", Buffer(b"a"))(lambda s, value: value in s),
    call("bytes")(bytes),
    call("a memoryview")(read_view),
    call("an expression")(lambda s: [m.span() for m in re.finditer(b"line", s)][:5]),
    call("with")(lambda s: s.__enter__() is s),
    method("find", Buffer(b"line"), 3, 500),
    method("find", Buffer(b"not there")),
    method("rfind", Buffer(b"line"), 3, 500),
    method("move", 0, 20, 10),
    method("check"),
]

MMAP = SEQUENCE + [
    method("flush", 0, PAGE, durable=Flag(0), flags=0),
    method("madvise", standard.MADV_NORMAL, 0, PAGE),
    method("read", 10),
    method("read"),
    method("read_byte"),
    method("readline"),
    method("write", Buffer(b"some bytes")),
    method("write_byte", 65),
    method("seek", 30, 0),
    method("seekable"),
    method("tell"),
    method("size"),
    method("resize", SIZE + 10),
    method("resize", SIZE - 10),
]

FILE = SEQUENCE + [
    call("in, a number", 65)(lambda s, value: value in s),
    call("size")(lambda s: (s.size, s.closed, s.name, s.mode, s.offset)),
    method("append", Buffer(b"appended")),
    method("resize", SIZE + 10),
    method("resize", SIZE - 10),
    method("refresh"),
    method("fill", 65, 10, 20),
    method("flush", 0, 100, durable=Flag(1), wait=Flag(1)),
    method("index", Buffer(b"line"), 0, 500),
    method("rindex", Buffer(b"line"), 0, 500),
    method("count", Buffer(b"line"), 0, 5000),
    method("count", 65),
    call("findall", Buffer(b"line"), 0, 5000)(lambda s, *a: consume(s.findall(*a))),
    call("findall of several", Ranges((b"line", b"14:")))(lambda s, subs: consume(s.findall(subs))),
    call("findall backwards", Flag(1), Flag(1))(
        lambda s, a, b: consume(s.findall(b"line", overlapping=a, reverse=b))
    ),
    call("finditer", Buffer(b"l.ne"), 0, 5000)(lambda s, *a: consume(s.finditer(*a))),
    call("finditer of re", 0, 5000)(
        lambda s, *a: [m.span() for m in consume(s.finditer(re.compile(b"l.ne"), *a))]
    ),
    call("a match", Flag(1))(
        lambda s, flag: [
            (m.start(), m.end(), m.span(), m.group(), repr(m))
            for m in consume(s.finditer(b"LINE", ignore_case=flag))
        ]
    ),
    method("gather", Ranges([(0, 5), (20, 5), slice(3, 9)])),
    method("gather", Ranges([(0, 5)] * 2000)),
    call("gather into an array")(fill_array),
    method("prefetch", Ranges([(0, 5), (20, 5), slice(3, 9)])),
    call("a view", 3, 90)(use_view),
    call("a view for writing", 3, 90)(store_in_view),
    method("residency", 0, PAGE),
    method("resident_pages", 0, PAGE),
    method("warm", 0, PAGE, rate=0),
    method("evict", 0, PAGE),
    method("lock", 0, PAGE),
    method("unlock", 0, PAGE),
    method("stats"),
    method("info"),
    call("how many lines")(lambda s: len(s.lines)),
    call("a line", 5)(lambda s, i: s.lines[i]),
    call("a slice of lines", 5, 50, 3)(lambda s, *bounds: list(s.lines[slice(*bounds)])),
    call("lines")(lambda s: consume(s.lines)),
    call("lines backwards")(lambda s: consume(reversed(s.lines))),
    call("the number of a line", 100)(lambda s, offset: s.lines.number(offset)),
    call("the offset of a line", 5)(lambda s, number: s.lines.offset(number)),
    call("a line is in lines", b"no line\n")(lambda s, line: line in s.lines),
    call("repr of lines")(lambda s: repr(s.lines)),
    call("between", 0)(
        lambda s, column: list(
            s.between("2026-11-21 14:03:00", "2026-11-21 14:03:10", column=column)
        )
    ),
]


def make(kind, path, content=CONTENT):
    """An mmap of a new file with some content; or a File, where `kind` is open()."""
    with open(path, "wb") as file:
        file.write(content)
    if isinstance(kind, type):
        with open(path, "r+b") as file:
            return kind(file.fileno(), 0)
    return kind(path, "r+", grow=True)
