"""Methods of File that change its size or its bytes at large, or bring them to the disk."""

import errno
import os
import random
import resource
import subprocess
import sys
import threading

import pytest

import tome

DATA = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


# ---- append ----


def test_append_adds_at_the_end_and_tells_where(path):
    with tome.open(path, "r+") as f:
        assert f.append(b"abc") == len(DATA)
        assert f.append(bytearray(b"de")) == len(DATA) + 3
        assert f.append(b"") == len(DATA) + 5
        assert f.append(memoryview(b"-f-")[1:2]) == len(DATA) + 5
        assert len(f) == len(DATA) + 6
        assert f[-6:] == b"abcdef"
    assert path.read_bytes() == DATA + b"abcdef"


def test_append_takes_bytes_of_the_file_itself(path):
    with tome.open(path, "r+") as f:
        with memoryview(f) as view:
            assert f.append(view) == len(DATA)
        assert f[:] == DATA * 2


def test_append_finds_what_others_appended(path):
    with tome.open(path, "r+") as f:
        with open(path, "ab") as other:
            other.write(b"other")
        assert f.append(b"mine") == len(DATA) + 5
        assert f[len(DATA) :] == b"othermine"


def test_appends_of_many_threads_and_files_are_all_there(path):
    places, each = [], 200
    files = [tome.open(path, "r+") for _ in range(2)]

    def appends(number):
        f = files[number % 2]
        for i in range(each):
            line = b"%d-%d\n" % (number, i)
            places.append((f.append(line), line))

    threads = [threading.Thread(target=appends, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for f in files:
        f.close()
    data = path.read_bytes()
    assert len(places) == 4 * each
    assert all(data[at : at + len(line)] == line for at, line in places)
    assert len(data) == len(DATA) + sum(len(line) for _, line in places)


def test_append_refuses_what_is_no_buffer(path):
    with tome.open(path, "r+") as f:
        for wrong in ("abc", 5, None, [1, 2]):
            with pytest.raises(TypeError):
                f.append(wrong)
        with pytest.raises(TypeError):
            f.append()
    assert path.read_bytes() == DATA


def test_append_to_a_part_that_ends_before_its_file_is_refused(path):
    with tome.open(path, "r+", length=10) as f:
        with pytest.raises(ValueError):
            f.append(b"abc")
    assert path.read_bytes() == DATA


# ---- resize and refresh ----


def test_resize_grows_by_zeros_and_shrinks(path):
    with tome.open(path, "r+") as f:
        f.resize(len(DATA) + 5)
        assert f[:] == DATA + bytes(5)
        f.resize(7)
        assert f[:] == DATA[:7] and len(f) == f.size == 7
        f.resize(0)
        assert f[:] == b"" and path.stat().st_size == 0
        f.resize(5000)
    assert path.read_bytes() == bytes(5000)


def test_resize_gives_the_disk_blocks_unless_sparse(path):
    with tome.open(path, "r+") as f:
        f.resize(1 << 20)
    assert path.stat().st_blocks * 512 >= 1 << 20
    with tome.open(path, "w+", sparse=True) as f:
        f.resize(1 << 20)
        assert f[:] == bytes(1 << 20)
    assert path.stat().st_blocks * 512 < 1 << 19


def test_resize_under_a_buffer_is_refused_where_it_would_cut_it(path):
    with tome.open(path, "r+") as f:
        with memoryview(f) as view:
            f.resize(len(DATA) * 2)
            assert bytes(view) == DATA
            f.resize(len(DATA))
            with pytest.raises(BufferError):
                f.resize(len(DATA) - 1)
            assert len(f) == len(DATA) and bytes(view) == DATA
        f.resize(5)
        assert f[:] == DATA[:5]


def test_resize_of_a_part_never_cuts_the_file(path):
    with tome.open(path, "r+", offset=100, length=50) as f:
        f.resize(10)
        assert f[:] == DATA[100:110]
        f.resize(60)
        assert f[:] == DATA[100:160]
    assert path.read_bytes() == DATA


def test_wrong_sizes_change_nothing(path):
    with tome.open(path, "r+") as f:
        for kind, size in [
            (ValueError, -1),
            (ValueError, -(2**70)),
            (OverflowError, 2**64),
            (TypeError, 1.0),
            (TypeError, None),
            (TypeError, "1"),
        ]:
            with pytest.raises(kind):
                f.resize(size)
        for size in (2**62, 2**63, 2**64 - 1):
            with pytest.raises((OSError, ValueError)):
                f.resize(size)
        assert f[:] == DATA
    assert path.read_bytes() == DATA


def test_refresh_adopts_what_others_did(path):
    with tome.open(path) as f:
        with open(path, "ab") as other:
            other.write(b"more")
        assert len(f) == len(DATA)
        assert f.refresh() == len(DATA) + 4 == len(f)
        assert f[-4:] == b"more"
        os.truncate(path, 3)
        assert f.refresh() == 3
        assert f[:] == DATA[:3]
        assert f.refresh() == 3


def test_a_part_with_a_length_keeps_to_it(path):
    with tome.open(path, length=10) as f:
        with open(path, "ab") as other:
            other.write(b"more")
        assert f.refresh() == 10


def test_a_full_disk_is_an_error_and_changes_nothing(path):
    # A limit on the file's size is what every user may set; SIGXFSZ is ignored by Python.
    script = (
        "import resource, sys, tome\n"
        f"f = tome.open({str(path)!r}, 'r+', grow=True)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "for call in (lambda: f.resize(30000), lambda: f.append(b'x' * 20000),\n"
        "             lambda: f.__setitem__(slice(25000, None), b'x'),\n"
        "             lambda: f.__setitem__(30000, 1)):\n"
        "    try:\n"
        "        call()\n"
        "    except OSError as e:\n"
        "        print(e.errno)\n"
        "f.append(b'fits')\n"
        "f.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE)
    assert done.stdout.split() == [str(errno.EFBIG).encode()] * 4
    assert path.read_bytes() == DATA + b"fits"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20000


# ---- fill and move ----


def test_fill_sets_a_range(path):
    with tome.open(path, "r+") as f:
        f.fill(65, 10, 5)
        f.fill(value=0, offset=len(DATA) - 3)
        f.fill(255, 20, length=1)
        f.fill(7, 30, 0)
    expected = bytearray(DATA)
    expected[10:15] = b"A" * 5
    expected[-3:] = bytes(3)
    expected[20] = 255
    assert path.read_bytes() == expected


def test_fill_of_everything(path):
    with tome.open(path, "r+") as f:
        f.fill(66)
    assert path.read_bytes() == b"B" * len(DATA)


def test_fill_refuses_what_is_outside(path):
    with tome.open(path, "r+") as f:
        for kind, args in [
            (ValueError, (256,)),
            (ValueError, (-1,)),
            (ValueError, (0, -1)),
            (ValueError, (0, 0, -1)),
            (ValueError, (0, len(DATA) + 1)),
            (ValueError, (0, 1, len(DATA))),
            (ValueError, (0, 2**64 - 1, 2**64 - 1)),
            (OverflowError, (0, 2**64)),
            (TypeError, (b"a",)),
            (TypeError, (1.0,)),
            (TypeError, ()),
        ]:
            with pytest.raises(kind):
                f.fill(*args)
    assert path.read_bytes() == DATA


def test_move_is_that_of_a_bytearray(path):
    chance = random.Random(6)
    model = bytearray(DATA)
    with tome.open(path, "r+") as f:
        for _ in range(100):
            count = chance.choice([0, 1, 5, 100, 5000])
            dest = chance.randrange(len(DATA) - count + 1)
            src = chance.randrange(len(DATA) - count + 1)
            f.move(dest, src, count)
            model[dest : dest + count] = model[src : src + count]
        assert f[:] == bytes(model)
        f.move(dest=0, src=10, count=5)
        assert f[:5] == bytes(model[10:15])


def test_move_refuses_what_is_outside(path):
    with tome.open(path, "r+") as f:
        size = len(DATA)
        outside = [(0, 1, size), (1, 0, size), (-1, 0, 1), (0, -1, 1), (0, 0, -1), (size + 1, 0, 0)]
        for args in outside:
            with pytest.raises(ValueError):
                f.move(*args)
        with pytest.raises(OverflowError):
            f.move(0, 0, 2**64)
        with pytest.raises(TypeError):
            f.move(0, 0)
    assert path.read_bytes() == DATA


def test_nothing_changes_a_file_that_is_read(path):
    with tome.open(path) as f:
        for call in (
            lambda: f.append(b"x"),
            lambda: f.append("wrong too"),
            lambda: f.resize(0),
            lambda: f.resize(-1),
            lambda: f.fill(0),
            lambda: f.fill("wrong too"),
            lambda: f.move(0, 1, 1),
        ):
            with pytest.raises(TypeError):
                call()
        f.flush()
        f.flush(durable=True)
        f.check()
    assert path.read_bytes() == DATA


# ---- flush and check ----


def test_flush_takes_any_range_and_level(path):
    with tome.open(path, "r+") as f:
        f[0] = 65
        assert f.flush() is None
        f.flush(1)
        f.flush(1, 2)
        f.flush(4097, None)
        f.flush(offset=len(DATA), length=0)
        f.flush(durable=True)
        f.flush(3, 5, durable=True)
        f.flush(wait=False)
        assert f.check() is None


def test_flush_refuses_what_is_outside(path):
    with tome.open(path, "r+") as f:
        for args in [(-1,), (0, -1), (len(DATA) + 1,), (1, len(DATA)), (2**64 - 1, 2)]:
            with pytest.raises(ValueError):
                f.flush(*args)
        with pytest.raises(OverflowError):
            f.flush(2**64)
        with pytest.raises(ValueError, match="durable"):
            f.flush(durable=True, wait=False)
        with pytest.raises(TypeError):
            f.flush(0, 1, True)


def test_stores_that_were_cut_away_are_told_by_check_and_flush(path):
    for tell in (lambda f: f.check(), lambda f: f.flush(), lambda f: f.close()):
        path.write_bytes(DATA)
        f = tome.open(path, "r+")
        f[5000:5010] = b"0123456789"
        os.truncate(path, 4500)
        with pytest.raises(tome.LostBytesError) as caught:
            tell(f)
        assert caught.value.errno == errno.EIO
        assert caught.value.filename == str(path)
        lost = range(caught.value.offset, caught.value.offset + caught.value.length)
        assert 5000 in lost and 5009 in lost
        f.close()
        assert f.closed


# ---- other threads ----


def test_calls_that_wait_let_other_threads_run(path):
    """A call of every kind in one thread, while another closes, resizes and appends."""
    f = tome.open(path, "r+", grow=True)
    failures = []
    done = threading.Event()

    def use(call):
        while not done.is_set():
            try:
                call()
            except (ValueError, IndexError):
                pass
            except BaseException as failure:
                failures.append(failure)
                return

    calls = [
        lambda: f.append(b"x" * 100),
        lambda: f.resize(len(DATA)),
        lambda: f.fill(1, 0, 1000),
        lambda: f.move(0, 100, 1000),
        lambda: f.flush(),
        lambda: f.check(),
        lambda: f[0:9000],
        lambda: f.refresh(),
    ]
    threads = [threading.Thread(target=use, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for _ in range(50):
        assert len(f[0:100]) == 100
    f.close()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
