"""One thing that Python does with a file, in a process of its own: run by bench_python.py.

    python_alone.py lines WAY FILE      goes over each line
    python_alone.py ticker WAY FILE     searches in one thread while another one counts how long it stands still

Prints figures by name."""
import collections
import mmap
import os
import subprocess
import sys
import threading
import time
import zlib

ABSENT = b"zebra"  # not in the log, but its letters are
TICK = 0.0005
STILL = 0.005  # a thread that is let run again after this is not held up: it is CPython's own switching interval


def opened_by_mmap(path):
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def opened_by_tome_mmap(path):
    import tome  # the others do without it

    with open(path, "rb") as file:
        return tome.mmap(file.fileno(), 0, access=tome.ACCESS_READ)


def opened_by_tome(path):
    import tome  # likewise

    return tome.open(path)


# ---- lines ----

LINES = {
    "file": lambda path: open(path, "rb"),
    "mmap": lambda path: iter(opened_by_mmap(path).readline, b""),
    "tome-mmap": lambda path: iter(opened_by_tome_mmap(path).readline, b""),
    "tome-file": lambda path: opened_by_tome(path).lines,
}


def go_over_lines(way, path):
    line = b""
    begin = time.perf_counter()
    for line in LINES[way](path):
        pass
    print(f"seconds {time.perf_counter() - begin:.9f}\nsum {zlib.crc32(line)}")


# ---- the ticker ----


def sleep(_path):
    return lambda: time.sleep(2)


def read_elsewhere(path):
    """In another process: what is the machine's doing is seen here too."""
    return lambda: subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)


def find(opened):
    def prepare(path):
        mapped = opened(path)
        return lambda: mapped.find(ABSENT, 0, len(mapped) - 1)  # not to the end: python_cases.BEHIND

    return prepare


def call(name, *arguments):
    """A call of tome.File."""

    def prepare(path):
        return lambda: getattr(opened_by_tome(path), name)(*arguments)

    return prepare


BUSY = {
    "sleep": sleep,
    "elsewhere": read_elsewhere,
    "mmap-find": find(opened_by_mmap),
    "tome-mmap-find": find(opened_by_tome_mmap),
    "tome-file-find": find(opened_by_tome),
    "tome-file-rfind": call("rfind", ABSENT),
    "tome-file-count": call("count", ABSENT),
    "tome-file-findall": lambda path: lambda: collections.deque(opened_by_tome(path).findall(ABSENT), 0),
    "tome-file-finditer": lambda path: lambda: collections.deque(opened_by_tome(path).finditer(b"zebra|giraffe"), 0),
    "tome-file-lines": lambda path: lambda: len(opened_by_tome(path).lines),
}


class Clock:
    """The time, and how much of it this thread has waited for a processor: that is the machine's doing."""

    def __init__(self):
        self.waited = open("/proc/thread-self/schedstat", "rb", buffering=0)

    def read(self):
        now = time.perf_counter()
        return now, int(os.pread(self.waited.fileno(), 100, 0).split()[1]) * 1e-9


def tick(ticks, done):
    clock = Clock()
    while not done.is_set():
        ticks.append(clock.read())
        time.sleep(TICK)
    ticks.append(clock.read())


def standing(ticks, begin, end):
    """How long the thread stood still each time between begin and end, and how long of that for want of a processor."""
    for (before, waited), (after, waited_then) in zip(ticks, ticks[1:]):
        if after > begin and before < end:
            gap = min(after, end) - max(before, begin)
            yield gap, min(gap, waited_then - waited)


def stand_still(way, path):
    busy, ticks, done = BUSY[way](path), [], threading.Event()
    ticker = threading.Thread(target=tick, args=(ticks, done))
    ticker.start()
    time.sleep(0.1)
    begin = time.perf_counter()
    busy()
    end = time.perf_counter()
    time.sleep(0.01)
    done.set()
    ticker.join()
    gaps = list(standing(ticks, begin, end))
    print(f"seconds {end - begin:.9f}\nticks {len(gaps)}\nlongest {max(gap for gap, _ in gaps):.9f}")
    print(f"kept {max(gap - waited for gap, waited in gaps):.9f}\nstill {sum(gap for gap, _ in gaps if gap > STILL):.9f}")


if __name__ == "__main__":
    {"lines": go_over_lines, "ticker": stand_still}[sys.argv[1]](*sys.argv[2:])
