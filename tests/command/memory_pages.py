"""Which pages of a file are in memory, asked of the kernel without the command, and arranged: let go, or
brought there and held."""
import ctypes
import errno
import mmap
import os
import time
import unittest

from command_harness import EMULATOR, FOR_LINUX, ON_WINDOWS

# Of the command: an emulator may give it larger pages than the system's, of which each is several.
PAGE = int(os.environ.get("TOME_TEST_PAGE") or mmap.PAGESIZE)
LIBC = ctypes.CDLL(None, use_errno=True)


def with_pages_of_the_system(tests):
    """Decorates tests, or a class of them, of what is not so where an emulator makes pages of several of the system's."""
    reason = "in an emulator with larger pages: the system locks its own, in which files end, and lets go of its own"
    return unittest.skipIf(PAGE != mmap.PAGESIZE, reason)(tests)


LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
LIBC.munmap.argtypes = LIBC.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]


def are_counted():
    """Whether the command can ask how many pages of a file are in memory, and how many of them are dirty, without mapping it:
    by cachestat(2), which Linux has since 6.5, and emulators do not pass on."""
    cachestat = 451
    LIBC.syscall(cachestat, -1, None, None, 0)
    return FOR_LINUX and not EMULATOR and ctypes.get_errno() != errno.ENOSYS


def size_text(size):
    """How the command writes a size of so many bytes, which are from a KiB to less than a GiB."""
    kib = size / 1024
    return f"{kib:.1f} KiB" if kib < 1024 else f"{kib / 1024:.1f} MiB"


def offset_text(offset):
    """How the command writes an offset of whole KiB, less than a GiB, before a row."""
    kib = offset // 1024
    if kib == 0:
        return "0"
    return f"{kib}K" if kib % 1024 else f"{kib // 1024}M"


# What is told of files of which nothing is dirty.
NOTHING_DIRTY = 0 if are_counted() else None


def map_file(file, size):
    """The address of a shared mapping, in which nothing has been touched."""
    address = LIBC.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    return address


def resident(path):
    """A list with True for each page that is in memory, as mincore() has it; in part counts."""
    size = os.path.getsize(path)
    pages = (ctypes.c_ubyte * ((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE))()
    if size == 0:
        return []
    with open(path, "rb") as file:
        address = map_file(file, size)
    failed = LIBC.mincore(address, size, pages)
    LIBC.munmap(address, size)
    if failed:
        raise OSError(ctypes.get_errno(), "mincore")
    parts = PAGE // mmap.PAGESIZE
    return [any(part & 1 for part in pages[first : first + parts]) for first in range(0, len(pages), parts)]


UNTOLD = "programs are not told what of a file is in memory but not in their own"


def skip_on_windows(test):
    if ON_WINDOWS:
        test.skipTest(f"on Windows: {UNTOLD}")


def evict(test, path):
    """Nothing of the file is in memory after this. Skips the test where files live in memory."""
    skip_on_windows(test)
    with open(path, "rb+") as file:
        for _ in range(200):
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if not any(resident(path)):
                return
            time.sleep(0.01)
    test.skipTest(f"the files in {test.folder} stay in memory")


def hold(test, path, pages):
    """Bring these pages, and no others, into memory, and keep them there until the test ends."""
    skip_on_windows(test)
    size = os.path.getsize(path)
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for page in pages:
            os.pread(file.fileno(), PAGE, page * PAGE)
        address = map_file(file, size)
    test.addCleanup(LIBC.munmap, address, size)
    for page in pages:  # a locked page stays; where locking is not allowed, it most likely does
        LIBC.mlock(address + page * PAGE, min(PAGE, size - page * PAGE))
    there = [number for number, page in enumerate(resident(path)) if page]
    if there != sorted(pages):
        test.skipTest(f"the kernel has read other pages than {sorted(pages)}: {there}")


def while_unchanged(path, ask):
    """What `ask` returns, and which pages were in memory, before it as after it."""
    for _ in range(50):
        before = resident(path)
        answer = ask()
        if resident(path) == before:
            return answer, before
    raise AssertionError("what is in memory does not stay the same")
