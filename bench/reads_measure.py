"""How bench/reads_commands.py measures: one way of reading, once, in a process of its own, on a file whose state in the page cache
was made and proved before."""
import array
import dataclasses
import os
import random
import statistics
import subprocess
import sys
import time
import zlib

import bench_machine as machine
import reads_disk
from bench_machine import Failed

PAGE = os.sysconf("SC_PAGE_SIZE")
ENOUGH = 6.0  # seconds, with start and end
COLD, HALF_WARM, WARM = "cold", "half warm", "warm"
LEAST_FOR_FIO = 10000  # pieces: fio counts milliseconds


def random_offsets(size, count, length):
    """The same on every run."""
    dice = random.Random(f"{size} {count} {length}")
    return array.array("Q", (dice.randrange(size // PAGE * PAGE - length + 1) for _ in range(count)))


class Case:
    """Pieces to read."""

    def __init__(self, path, folder, count, length):
        self.path, self.folder, self.count, self.length = path, folder, count, length
        self.offsets = random_offsets(os.path.getsize(path), count, length)
        self.offsets_file = os.path.join(folder, f"offsets-{count}-{length}")
        with open(self.offsets_file, "wb") as file:
            self.offsets.tofile(file)
        self.sum = None

    @property
    def name(self):
        return f"{self.count:,} read{'s' if self.count > 1 else ''} of {size_shown(self.length)}"

    def pages(self, offsets):
        return {page for at in offsets for page in range(at // PAGE, (at + self.length - 1) // PAGE + 1)}

    def read(self, offsets):
        """The CRC-32 of these pieces."""
        fd, checksum = os.open(self.path, os.O_RDONLY), 0
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
            for offset in offsets:
                checksum = zlib.crc32(os.pread(fd, self.length, offset), checksum)
        finally:
            os.close(fd)
        return checksum

    def checksum(self):
        if self.sum is None:
            self.sum = self.read(self.offsets)
        return self.sum

    def offsets_for_fio(self):
        """Enough of them for fio's clock, the pieces themselves first."""
        least = min(LEAST_FOR_FIO, (1 << 30) // self.length)
        return (self.offsets + random_offsets(os.path.getsize(self.path), max(least - self.count, 0), self.length))[:100000]


# ---- the state of the file ----


def make_cold(path):
    """Nothing of the file in the page cache. Others may be reading it: that passes."""
    for _ in range(40):
        machine.evict(path)
        left = machine.resident(path)
        if left == 0:
            return
        time.sleep(0.05)
    raise Failed(f"{left} bytes stay in memory: another process holds them")


def make_warm(path):
    """All of it, but for what the system takes back at once."""
    for _ in range(4):
        if machine.resident(path) >= os.path.getsize(path) * 0.995:
            return
        machine.warm(path)
    raise Failed(f"{path} does not stay in memory as a whole")


def make_half_warm(case):
    """Every second piece."""
    half = case.offsets[::2]
    make_cold(case.path)
    case.read(half)
    there, wanted = machine.resident(case.path), len(case.pages(half)) * PAGE
    if not wanted <= there <= wanted * 1.02 + 64 * PAGE:
        raise Failed(f"{there} bytes are in memory, and not {wanted}")


def make_state(state, case):
    """Returns how many bytes of the file are in memory then."""
    if state == HALF_WARM:
        make_half_warm(case)
    else:
        (make_cold if state == COLD else make_warm)(case.path)
    return machine.resident(case.path)


# ---- one run ----


def run(command, group=None):
    """The figures that a command prints, by name."""
    return dict(lines(command, group))


def lines(command, group=None):
    """What a command prints: names and figures."""
    command = [str(word) for word in command]
    if group:
        command = ["/bin/sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, *command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Failed(str(failed)) from failed
    if done.returncode != 0:
        raise Failed((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])
    return [(name, float(value)) for name, value in (line.split() for line in done.stdout.splitlines())]


def python_with(module):
    """An interpreter that has it, or None: the system's packages may be those of another one than ours."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
                return python
        except OSError:
            pass
    return None


READS = {
    "read all of it": "read-all",
    "seek and read": "seek-read",
    "pread": "pread",
    "pread, again": "pread",
    "mapping": "mapping",
    "mapping, MADV_RANDOM": "mapping-random",
    "CPython, slices of mmap": "mmap-slices",
    "numpy.memmap": "numpy-memmap",
    "tome_read": "tome-read",
    "tome_gather": "tome-gather",
}


class Ways:
    """All ways to read pieces, by the name in the tables: each is called with a case, and returns figures."""

    def __init__(self, program, report):
        self.program, self.all = program, {}
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reads_python.py")
        self.numpy = python_with("numpy")
        if self.numpy is None:
            report.skip("numpy.memmap", "NumPy is not installed (packaging/debian-packages.txt)")
        for name, way in READS.items():
            command = {"mmap-slices": [sys.executable, script, way], "numpy-memmap": [self.numpy, script, way]}.get(
                way, [program, "random", way])
            if command[0] is not None:
                self.all[name] = lambda case, command=command: self.checked(case, command)
        if not reads_disk.has_fio():
            report.skip("fio", "it is not installed (packaging/debian-packages.txt)")
        else:
            for name, engine in reads_disk.FIO_WAYS.items():
                self.all[name] = lambda case, engine=engine: self.by_fio(case, engine)

    def some(self, *names):
        return {name: self.all[name] for name in names if name in self.all}

    def without(self, *names):
        return {name: way for name, way in self.all.items() if not name.startswith(names)}

    @staticmethod
    def checked(case, command):
        figures = run([*command, case.path, case.offsets_file, case.length])
        if int(figures.pop("sum")) != case.checksum():
            raise WrongBytes("WRONG BYTES")
        return figures

    @staticmethod
    def by_fio(case, engine):
        rate = reads_disk.fio(case.path, case.folder, case.offsets_for_fio(), case.length, engine)
        return {"seconds": case.count / rate, "rate": rate}


class WrongBytes(Failed):
    """Not what is in the file."""


# ---- many runs ----


@dataclasses.dataclass
class Runs:
    """The runs of one way."""

    runs: list = dataclasses.field(default_factory=list)  # figures by their names, round by round
    failed: str = ""
    wrong: bool = False

    def all(self, figure):
        return [run[figure] for run in self.runs if figure in run]

    def median(self, figure="seconds"):
        return statistics.median(self.all(figure)) if self.all(figure) else None

    def best(self, figure="seconds"):
        return min(self.all(figure), default=None)


def alternate(ways, rounds, before, after, enough):
    """Run all ways in turn, every second round backwards: a dict of Runs. `before` is called before each run, `after` with what it
    returned and the run's figures after it. A way that took `enough` seconds in all is not run again."""
    results, took = {name: Runs() for name in ways}, dict.fromkeys(ways, 0)
    for turn in range(rounds):
        for name in list(ways)[::-1 if turn % 2 else 1]:
            result = results[name]
            if result.failed or took[name] > enough:
                continue
            try:
                state, begin = before(), time.perf_counter()
                figures = ways[name]()
                took[name] += time.perf_counter() - begin
                after(state, figures)
                result.runs.append(figures)
            except Failed as failed:
                result.failed = str(failed)
                result.wrong = isinstance(failed, WrongBytes)
    return results


def read_in_all_ways(ways, case, state, rounds, enough):
    """Runs of each way on a case, with what each left in the page cache."""

    def after(before, figures):
        if "rate" not in figures:
            figures["left"] = max(machine.resident(case.path) - before, 0)

    case.checksum()
    bound = {name: (lambda way=way: way(case)) for name, way in ways.items()}
    return alternate(bound, rounds, lambda: make_state(state, case), after, enough)


# ---- figures as text ----


def size_shown(count):
    if count is None:
        return ""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            value = count / unit
            return f"{value:.0f} {name}" if value >= 100 or value == int(value) else f"{value:.3g} {name}"
    return f"{count:.0f} B"


def time_shown(seconds):
    if seconds is None:
        return ""
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        if seconds >= unit:
            break
    value = seconds / unit
    return f"{value:.0f} {name}" if value >= 100 else f"{value:.3g} {name}"


def ratio_shown(ratio):
    if ratio is None:
        return ""
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}" if ratio >= 0.095 else f"1/{1 / ratio:.0f}"


def ratio(ours, theirs, figure="seconds"):
    """The median of what one way needs of the other's need in the same round: a disk whose speed drifts matters little."""
    if not ours or not theirs:
        return None
    pairs = [(mine, other) for mine, other in zip(ours.all(figure), theirs.all(figure)) if other]
    return statistics.median(mine / other for mine, other in pairs) if pairs else None


def best_ratio(ours, theirs):
    """Of the best times."""
    if not ours or not theirs or not ours.runs or not theirs.runs:
        return None
    return ours.best() / theirs.best()
