"""Ways of reading pieces of a file that Python has: run by reads_commands.py and bench_python.py, once in each process, as
tome_bench_reads is.

    reads_python.py WAY FILE OFFSETS LENGTH

The list of places, and what is read into where a way has that, are made before the clock starts."""
import array
import mmap
import sys
import time
import zlib


class SeekRead:
    """A file object without a buffer: it reads what is asked for, and no more."""

    buffering = 0

    def __init__(self, offsets, length):
        self.offsets, self.length, self.file = offsets, length, None

    def open(self, path):
        self.file = open(path, "rb", buffering=self.buffering)

    def read(self):
        pieces, file, length = [], self.file, self.length
        for offset in self.offsets:
            file.seek(offset)
            pieces.append(file.read(length))
        return pieces


class SeekReadBuffered(SeekRead):
    """As open() makes it."""

    buffering = -1


class MmapSlices:
    """Slices of CPython's mmap: each is a copy, an object of its own."""

    def __init__(self, offsets, length):
        self.offsets, self.length, self.mapped = offsets, length, None

    def open(self, path):
        with open(path, "rb") as file:
            self.mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def read(self):
        return [self.mapped[offset:offset + self.length] for offset in self.offsets]


class NumpyMemmap:
    """Slices of numpy.memmap, copied into an array that was there."""

    def __init__(self, offsets, length):
        import numpy  # the other ways do without it

        self.numpy, self.offsets, self.length, self.mapped = numpy, offsets, length, None
        self.area = numpy.full((len(offsets), length), 0xEE, dtype=numpy.uint8)

    def open(self, path):
        self.mapped = self.numpy.memmap(path, dtype=self.numpy.uint8, mode="r")

    def read(self):
        for i, offset in enumerate(self.offsets):
            self.area[i] = self.mapped[offset:offset + self.length]
        return self.area


class TomeSlices(MmapSlices):
    """Slices of tome.mmap, or of a tome.File."""

    def __init__(self, offsets, length):
        import tome  # likewise

        super().__init__(offsets, length)
        self.tome = tome

    def open(self, path):
        with open(path, "rb") as file:
            self.mapped = self.tome.mmap(file.fileno(), 0, access=self.tome.ACCESS_READ)


class TomeFileSlices(TomeSlices):
    def open(self, path):
        self.mapped = self.tome.open(path)


class TomeGather(TomeFileSlices):
    """All at once: a list of bytes objects."""

    def __init__(self, offsets, length):
        super().__init__(offsets, length)
        self.ranges = [(offset, length) for offset in offsets]

    def read(self):
        return self.mapped.gather(self.ranges)


class TomeGatherInto(TomeFileSlices):
    """All at once, from ranges in an array, into memory that was there."""

    def __init__(self, offsets, length):
        super().__init__(offsets, length)
        pairs = array.array("q", (number for offset in offsets for number in (offset, length)))
        self.ranges = memoryview(pairs).cast("B").cast("q", (len(offsets), 2))
        self.area = bytearray(b"\xee" * (len(offsets) * length))

    def read(self):
        self.mapped.gather(self.ranges, self.area)
        return [self.area]


WAYS = {
    "seek-read": SeekRead,
    "seek-read-buffered": SeekReadBuffered,
    "mmap-slices": MmapSlices,
    "numpy-memmap": NumpyMemmap,
    "tome-slices": TomeSlices,
    "tome-file-slices": TomeFileSlices,
    "tome-gather": TomeGather,
    "tome-gather-into": TomeGatherInto,
}


def figure(path, field):
    with open(path, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


def main():
    name, path, offsets_path, length = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    offsets = array.array("Q")
    with open(offsets_path, "rb") as file:
        offsets.frombytes(file.read())
    way = WAYS[name](offsets, length)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    memory, disk = figure("/proc/self/status", "VmRSS"), figure("/proc/self/io", "read_bytes")

    begin = time.perf_counter()
    way.open(path)
    opened = time.perf_counter()
    pieces = way.read()
    end = time.perf_counter()

    peak = figure("/proc/self/status", "VmHWM")
    print(f"opening {opened - begin:.9f}\nseconds {end - begin:.9f}")
    print(f"memory {max(peak - memory, 0) * 1024}\ndisk {figure('/proc/self/io', 'read_bytes') - disk}")
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    print(f"sum {checksum}")


if __name__ == "__main__":
    main()
