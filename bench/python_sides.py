"""What bench/bench_python.py compares: mmap, tome.mmap, tome.File, numpy.memmap and file objects, each with what the statements
of python_cases.py need of it beside itself."""
import contextlib
import mmap
import os
import random
import re
import struct

import tome

try:
    import numpy
except ImportError:  # the bench says so
    numpy = None

from python_cases import BEHIND, DATA, PLACES, STEPS
from python_measure import AGAIN, FILE, MMAP, NUMPY, OURS, PLAIN

PAGE = mmap.PAGESIZE


class Mapped:
    """mmap, or what has its interface."""

    def __init__(self, kind):
        self.kind = kind

    def open(self, path, writable=False):
        with open(path, "r+b" if writable else "rb") as file:
            return self.kind(file.fileno(), 0, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)

    @staticmethod
    def lines(mapped):
        mapped.seek(0)
        return iter(mapped.readline, b"")

    def grow(self, path, step, filled):
        with self.open(path, True) as mapped:
            for end in range(PAGE + step, PAGE + (STEPS + 1) * step, step):
                mapped.resize(end)
                if filled:
                    mapped[end - step:end] = bytes(step)

    def close(self, mapped):
        mapped.close()


class TomeFile(Mapped):
    """tome.open()."""

    def __init__(self):
        super().__init__(tome.File)

    def open(self, path, writable=False):
        return tome.open(path, "r+" if writable else "r")

    @staticmethod
    def lines(file):
        return file.lines


class Plain:
    """A file object: unbuffered where it seeks, as that reads no more than asked for; as open() makes it for lines."""

    def open(self, path, writable=False):
        return open(path, "r+b" if writable else "rb", buffering=0)

    @staticmethod
    def lines(file):
        return open(file.name, "rb")

    def grow(self, path, step, filled):
        with self.open(path, True) as file:
            for end in range(PAGE + step, PAGE + (STEPS + 1) * step, step):
                file.truncate(end)
                if filled:
                    file.seek(end - step)
                    file.write(bytes(step))

    def close(self, file):
        file.close()


class Memmap:
    """numpy.memmap, which is made anew to grow."""

    def open(self, path, writable=False):
        return numpy.memmap(path, numpy.uint8, "r+" if writable else "r")

    def grow(self, path, step, filled):
        for end in range(PAGE + step, PAGE + (STEPS + 1) * step, step):
            os.truncate(path, end)
            array = self.open(path, True)
            if filled:
                array[end - step:end] = 0

    def close(self, _array):
        """It has no such thing."""


SIDES = {MMAP: Mapped(mmap.mmap), OURS: Mapped(tome.mmap), AGAIN: Mapped(mmap.mmap), FILE: TomeFile(), PLAIN: Plain()}
if numpy:
    SIDES[NUMPY] = Memmap()


# ---- what is one for all sides ----


def how_often(mapped, needle, end):
    return sum(1 for _ in places_of(mapped, needle, end))


def places_of(mapped, needle, end):
    """As people write it where there is no findall."""
    at = mapped.find(needle, 0, end)
    while at >= 0:
        yield at
        at = mapped.find(needle, at + len(needle), end)


def fsync(file):
    os.fsync(file.fileno())


def common_names(path):
    """What the statements may use."""
    dice, end = random.Random(0), os.path.getsize(path) - BEHIND
    names = {
        "a": 12345, "i": 23456, "v": 118, "end": end, "half": end // 2, "path": path, "d1": b"v",
        "places": [dice.randrange(end - PAGE) for _ in range(PLACES)],
        "regex": re.compile(b"ERROR [^\\n]*timeout"), "how_often": how_often, "places_of": places_of, "fsync": fsync,
        "unpack": struct.Struct("<Q").unpack_from,
    }
    for length in DATA:
        names[f"d{length}"] = dice.randbytes(length)
        if numpy:
            names[f"n{length}"] = numpy.frombuffer(names[f"d{length}"], numpy.uint8)
    return names


def own_names(side, scratch):
    """What is another thing on each side. `scratch`: a file that may be written."""

    def grow(step, filled):
        with open(scratch, "wb") as file:
            file.write(bytes(PAGE))
        side.grow(scratch, step, filled)

    return {"new": side.open, "lines": getattr(side, "lines", None), "grow": grow}


@contextlib.contextmanager
def opened(path_of, writable=False):
    """All sides' maps of files: path_of(name) is the file of a side."""
    things = {}
    try:
        for name, side in SIDES.items():
            things[name] = side.open(path_of(name), writable)
        yield things
    finally:
        for name, thing in things.items():
            SIDES[name].close(thing)
