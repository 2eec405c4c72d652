"""Two ways of reading pieces of a file that Python has: run by reads_commands.py, once in each process, as tome_bench_reads is.

    reads_python.py mmap-slices|numpy-memmap FILE OFFSETS LENGTH"""
import array
import mmap
import sys
import time
import zlib


class MmapSlices:
    """Slices of CPython's mmap: each is a copy, an object of its own."""

    def __init__(self, _count, _length):
        self.mapped = None

    def open(self, path):
        with open(path, "rb") as file:
            self.mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def read(self, offsets, length):
        return [self.mapped[offset:offset + length] for offset in offsets]


class NumpyMemmap:
    """Slices of numpy.memmap, copied into an array that was there."""

    def __init__(self, count, length):
        import numpy  # the other way does without it

        self.numpy = numpy
        self.area = numpy.full((count, length), 0xEE, dtype=numpy.uint8)
        self.mapped = None

    def open(self, path):
        self.mapped = self.numpy.memmap(path, dtype=self.numpy.uint8, mode="r")

    def read(self, offsets, length):
        for i, offset in enumerate(offsets):
            self.area[i] = self.mapped[offset:offset + length]
        return self.area


WAYS = {"mmap-slices": MmapSlices, "numpy-memmap": NumpyMemmap}


def figure(path, field):
    with open(path, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


def main():
    name, path, offsets_path, length = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    offsets = array.array("Q")
    with open(offsets_path, "rb") as file:
        offsets.frombytes(file.read())
    way = WAYS[name](len(offsets), length)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    memory, disk = figure("/proc/self/status", "VmRSS"), figure("/proc/self/io", "read_bytes")

    begin = time.perf_counter()
    way.open(path)
    opened = time.perf_counter()
    pieces = way.read(offsets, length)
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
