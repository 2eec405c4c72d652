"""What of a file is in memory, and steering it; and the figures: stats, info.

What the system itself says (mincore, /proc, stat) is the measure.
"""

import ctypes
import errno
import mmap
import os
import pickle
import signal
import subprocess
import sys
import threading

import pytest

import tome

PAGE = mmap.PAGESIZE
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def resident_by_mincore(path):
    """A 1 or 0 for each page of a file."""
    length = os.path.getsize(path)
    pages = ctypes.create_string_buffer(-(-length // PAGE))
    fd = os.open(path, os.O_RDWR)
    address = LIBC.mmap(None, length, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
    os.close(fd)
    assert LIBC.mincore(address, length, pages) == 0
    LIBC.munmap(address, length)
    return bytes(page & 1 for page in pages.raw)


def evict_by_the_system(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@pytest.fixture
def path(tmp_path):
    """A file of ten pages and one byte, in memory and on the disk."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * (10 * PAGE + 1))
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path


@pytest.fixture
def cold(path):
    """The same, but not in memory."""
    evict_by_the_system(path)
    if any(resident_by_mincore(path)):
        pytest.skip(f"the file system of {path.parent} keeps its files in memory")
    return path


# ---- asking


def test_residency_counts_whole_pages(path):
    with tome.open(path) as f:
        assert f.residency().pages == 11 * PAGE
        assert f.residency(PAGE - 1, 2).pages == 2 * PAGE
        assert f.residency(PAGE, PAGE).pages == PAGE
        assert f.residency(length=0).pages == 0
        assert f.residency(10 * PAGE + 1).pages == 0


def test_residency_tells_what_is_in_memory(cold):
    with tome.open(cold) as f:
        assert f.residency().resident == 0
        with open(cold, "rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
            os.pread(file.fileno(), 10, 3 * PAGE)
        assert f.residency().resident == sum(resident_by_mincore(cold)) * PAGE > 0
        assert f.residency(3 * PAGE, 1).resident == PAGE


def test_residency_tells_what_is_not_written_back_yet(path):
    with tome.open(path, "r+") as f:
        if f.residency().dirty is None:
            pytest.skip("this system does not tell what is dirty")
        f[5] = 1
        f[2 * PAGE] = 1
        assert f.residency().dirty + f.residency().writeback > 0
        f.flush(durable=True)
        assert (f.residency().dirty, f.residency().writeback) == (0, 0)


def test_residency_counts_holes(tmp_path):
    with open(tmp_path / "holes", "wb") as file:
        file.truncate(1 << 20)
        try:
            file.seek(0, os.SEEK_DATA)
            pytest.skip("this file system has no holes")
        except OSError as error:
            assert error.errno == errno.ENXIO
    with tome.open(tmp_path / "holes") as f:
        assert f.residency().holes == 1 << 20
        assert f.residency(100, 1000).holes == 1000
        assert f.info().hole_bytes == 1 << 20
        assert f.info().holes == 1


def test_resident_pages_are_those_of_mincore(cold):
    with open(cold, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        for page in (0, 4, 5, 10):
            os.pread(file.fileno(), 1, page * PAGE)
    expected = resident_by_mincore(cold)
    with tome.open(cold) as f:
        assert f.resident_pages() == expected
        assert f.resident_pages(PAGE + 7) == expected[1:]
        assert f.resident_pages(4 * PAGE - 1, 2) == expected[3:5]
        assert f.resident_pages(4 * PAGE, PAGE) == expected[4:5]
        assert f.resident_pages(5, 0) == b""
        assert f.resident_pages(len(f)) == b""


def test_resident_pages_of_a_part_begin_with_the_page_of_the_file(cold):
    with open(cold, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        os.pread(file.fileno(), 1, 3 * PAGE)
    expected = resident_by_mincore(cold)
    with tome.open(cold, offset=2 * PAGE - 1) as f:
        assert f.resident_pages() == expected[1:]
        assert f.resident_pages(1) == expected[2:]
        assert f.resident_pages(PAGE, 2) == expected[2:4]


# ---- steering


def test_evict_lets_pages_go_and_warm_brings_them_back(cold):
    with tome.open(cold) as f:
        f.warm()
        assert resident_by_mincore(cold) == b"\1" * 11
        f.evict()
        assert resident_by_mincore(cold) == b"\0" * 11


def test_evict_and_warm_keep_to_their_range(cold):
    with tome.open(cold) as f:
        f.warm(2 * PAGE, 3 * PAGE)
        assert resident_by_mincore(cold) == b"\0\0\1\1\1\0\0\0\0\0\0"
        f.evict(3 * PAGE, PAGE)
        assert resident_by_mincore(cold) == b"\0\0\1\0\1\0\0\0\0\0\0"


def test_evict_writes_back_what_is_dirty_first(cold):
    with tome.open(cold, "r+") as f:
        f[:5] = b"HELLO"
        f.evict()
        assert f[:6] == b"HELLOx"
    assert cold.read_bytes()[:6] == b"HELLOx"


def test_warm_takes_a_rate(cold):
    with tome.open(cold) as f:
        f.warm(rate=1 << 40)
        assert f.residency().resident == 11 * PAGE


def test_a_signal_ends_warming(cold):
    class Rung(Exception):
        pass

    def ring(number, frame):
        raise Rung

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with tome.open(cold) as f, pytest.raises(Rung):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            f.warm(rate=1)  # a day
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_file_may_be_closed_while_another_thread_warms_it(cold):
    f = tome.open(cold)
    ended = []

    def warm():
        f.warm(rate=44 * PAGE)  # a quarter of a second
        ended.append(True)

    thread = threading.Thread(target=warm)
    thread.start()
    while not any(resident_by_mincore(cold)):
        pass
    f.close()
    assert f.closed
    thread.join()
    assert ended == [True]


def locked_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmLck"))


def test_lock_keeps_whole_pages_in_memory_until_unlock(path):
    with tome.open(path) as f:
        before = locked_bytes()
        f.lock(PAGE - 1, 2)
        assert locked_bytes() == before + 2 * PAGE
        f.lock(PAGE, PAGE)
        assert locked_bytes() == before + 2 * PAGE
        f.unlock(0, 1)
        assert locked_bytes() == before + PAGE
        f.evict()
        assert f.resident_pages(PAGE, PAGE) == b"\1"
        f.unlock()
        assert locked_bytes() == before
        f.lock()
    assert locked_bytes() == before


LOCK_TOO_MUCH = """
import mmap, os, resource, sys
import tome
with tome.open(sys.argv[1]) as f:
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (mmap.PAGESIZE, mmap.PAGESIZE))
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        f.lock()
    except OSError as error:
        print(type(error).__name__, error.errno, f[:1])
"""


def test_more_than_a_process_may_lock_is_an_oserror(path):
    done = subprocess.run(
        [sys.executable, "-c", LOCK_TOO_MUCH, str(path)], stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.decode().split() == ["OSError", str(errno.ENOMEM), "b'x'"]


# ---- figures


def test_stats_count_what_was_read(cold):
    with tome.open(cold, advice="random") as f:
        assert f.stats().calls == 0
        assert f[5 * PAGE : 5 * PAGE + 10] == b"x" * 10
        stats = f.stats()
        assert (stats.calls, stats.waits, stats.lost_faults) == (1, 1, 0)
        assert stats.called >= 10
        assert stats.disk == PAGE


def test_stats_of_a_file_do_not_know_figures_of_the_process(path):
    with tome.open(path) as f:
        stats = f.stats()
        assert (stats.minor_faults, stats.major_faults, stats.process_disk) == (None, None, None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_stats_count_lost_pages(path):
    with tome.open(path, "r+") as f:
        view = memoryview(f)
        os.truncate(path, 0)
        assert view[5 * PAGE] == 0
        assert f.stats().lost_faults >= 1
        view.release()
        with pytest.raises(tome.LostBytesError):
            f.close()


def test_info_is_what_stat_says(path):
    about = path.stat()
    with tome.open(path, offset=PAGE, length=100) as f:
        info = f.info()
        assert (info.kind, info.page_size) == ("file", PAGE)
        assert (info.size, info.file_size) == (100, 10 * PAGE + 1)
        assert info.allocated == about.st_blocks * 512
        assert (info.holes, info.hole_bytes) == (0, 0)
        assert info.resident == sum(resident_by_mincore(path)) * PAGE
        assert info.reserved >= 100


def test_info_names_the_file_system():
    if not os.path.ismount("/dev/shm"):
        pytest.skip("/dev/shm is not mounted")
    path = f"/dev/shm/tome-test-{os.getpid()}"
    try:
        with tome.open(path, "w+") as f:
            assert f.info().file_system == "tmpfs"
    finally:
        os.unlink(path)


NAMES = {
    "Residency": ("pages", "resident", "dirty", "writeback", "holes"),
    "Stats": ("calls", "called", "waits", "disk", "lost_faults", "mapped")
    + ("minor_faults", "major_faults", "process_disk"),
    "Info": ("kind", "page_size", "size", "file_size", "allocated", "holes", "hole_bytes")
    + ("resident", "dirty", "readahead", "reserved", "file_system"),
}


@pytest.mark.parametrize("name", NAMES)
def test_results_are_named_tuples_that_pickle(path, name):
    with tome.open(path) as f:
        result = getattr(f, name.lower())()
    assert type(result) is getattr(tome, name)
    assert result._fields == NAMES[name]
    assert repr(result).startswith(f"{name}({NAMES[name][0]}=")
    again = pickle.loads(pickle.dumps(result))
    assert (again, type(again)) == (result, type(result))
    assert all(field in type(result).__doc__ for field in NAMES[name])


# ---- arguments

OF_RANGES = ("residency", "resident_pages", "warm", "evict", "lock", "unlock")


@pytest.mark.parametrize("method", OF_RANGES)
def test_ranges_are_checked(path, method):
    size = 10 * PAGE + 1
    with tome.open(path, "r+") as f:
        call = getattr(f, method)
        for wrong in [(-1,), (0, -1), (size + 1,), (0, size + 1), (size, 1), (1, (1 << 64) - 2)]:
            with pytest.raises(ValueError):
                call(*wrong)
        for wrong in [(1 << 64,), (0, 1 << 64)]:
            with pytest.raises(OverflowError):
                call(*wrong)
        for wrong in [(0.0,), ("0",), (0, 1.0), (0, 0, 0)]:
            with pytest.raises(TypeError):
                call(*wrong)
        call(size, 0)
        call(offset=1, length=None)


@pytest.mark.parametrize("method", OF_RANGES + ("stats", "info"))
def test_a_closed_file_is_a_valueerror(path, method):
    f = tome.open(path)
    f.close()
    with pytest.raises(ValueError):
        getattr(f, method)()


@pytest.mark.parametrize("method", OF_RANGES)
def test_an_index_that_closes_the_file_is_a_valueerror(path, method):
    f = tome.open(path)

    class Closing:
        def __index__(self):
            f.close()
            return 0

    with pytest.raises(ValueError):
        getattr(f, method)(Closing())


def test_a_rate_is_not_negative(path):
    with tome.open(path) as f:
        with pytest.raises(ValueError):
            f.warm(rate=-1)
        with pytest.raises(OverflowError):
            f.warm(rate=1 << 64)
        with pytest.raises(TypeError):
            f.warm(0, None, 1)


@pytest.mark.parametrize("method", OF_RANGES)
def test_an_empty_file_has_an_empty_range(tmp_path, method):
    with tome.open(tmp_path / "empty", "w+") as f:
        getattr(f, method)()
        with pytest.raises(ValueError):
            getattr(f, method)(1)


def test_lost_bytes_are_told_by_warm_and_lock(path):
    for method in ("warm", "lock"):
        path.write_bytes(b"x" * (10 * PAGE))
        with tome.open(path) as f:
            os.truncate(path, PAGE)
            with pytest.raises(tome.LostBytesError) as caught:
                getattr(f, method)()
            assert caught.value.filename == str(path)
            assert caught.value.offset >= PAGE
            assert caught.value.length > 0
