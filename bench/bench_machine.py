"""What the benches know of the machine: what of a file is in the page cache, control groups, and how to name it all."""
import contextlib
import ctypes
import mmap
import os
import subprocess


class Failed(Exception):
    """Something that could not be measured; the text says why."""


# ---- the page cache ----

libc = ctypes.CDLL(None, use_errno=True)
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]


def warm(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def evict(path):
    """Put the file out of the page cache."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


class Range(ctypes.Structure):
    _fields_ = [("offset", ctypes.c_uint64), ("length", ctypes.c_uint64)]


CACHESTAT = 451
COUNTS = ctypes.c_uint64 * 5  # the first: pages in memory


def resident(path):
    """Bytes of the file in the page cache."""
    counts = COUNTS()
    with open(path, "rb", buffering=0) as file:
        if libc.syscall(CACHESTAT, file.fileno(), ctypes.byref(Range(0, 0)), counts, 0) == 0:
            return counts[0] * mmap.PAGESIZE
    try:
        return resident_by_mincore(path)
    except PermissionError as error:
        raise Failed("what of a file is in memory is told only to those who may write to it") from error


def resident_by_mincore(path):
    """The same on kernels before 6.5. Needs to be allowed to write to the file."""
    size = os.path.getsize(path)
    if size == 0:
        return 0
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), size) as mapped:
        pages = ctypes.create_string_buffer((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE)
        begin = ctypes.c_char.from_buffer(mapped)
        result = libc.mincore(ctypes.addressof(begin), size, pages)
        del begin
        if result != 0:
            raise OSError(ctypes.get_errno(), "mincore")
    return pages.raw.translate(bytes(byte & 1 for byte in range(256))).count(1) * mmap.PAGESIZE


# ---- little memory ----


def mounted(kind):
    with open("/proc/mounts", encoding="ascii") as mounts:
        for line in mounts:
            fields = line.split()
            if kind(fields[2], fields[3].split(",")):
                yield fields[1]


@contextlib.contextmanager
def memory_group(limit):
    """A control group that may have `limit` bytes, page cache included: its folder."""
    one = list(mounted(lambda system, options: system == "cgroup" and "memory" in options))
    two = list(mounted(lambda system, options: system == "cgroup2"))
    if one:
        folder, name = one[0], "memory.limit_in_bytes"
    elif two:
        folder, name = two[0], "memory.max"
    else:
        raise Failed("no control groups are mounted")
    group = f"{folder}/tome-bench-{os.getpid()}"
    try:
        os.mkdir(group)
        with open(f"{group}/{name}", "w", encoding="ascii") as file:
            file.write(str(limit))
    except OSError as error:
        with contextlib.suppress(OSError):
            os.rmdir(group)
        raise Failed(f"no control group could be made in {folder}: {error.strerror}") from error
    try:
        yield group
    finally:
        os.rmdir(group)


# ---- the machine ----


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


def available():
    """Bytes of memory that can be had."""
    with open("/proc/meminfo", encoding="ascii") as info:
        return next(int(line.split()[1]) * 1024 for line in info if line.startswith("MemAvailable:"))


def file_system(path):
    """The type of the file system that holds the file."""
    best = ("", "unknown")
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, folder, kind, *_ = line.split()
            if (os.path.realpath(path) + "/").startswith(folder.rstrip("/") + "/"):
                best = max(best, (folder, kind), key=lambda found: len(found[0]))
    return best[1]


def describe(path):
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    system = os.uname()
    return (
        f"{processor_name()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB of memory, "
        f"{system.sysname} {system.release}, {file_system(path)}"
    )


def version(command):
    """The first line of what `command --version` prints."""
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
