"""File.gather, prefetch and view: many ranges at once."""
import array
import ctypes
import gc
import os
import struct
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tome

LONG = bool(os.environ.get("TOME_TEST_LONG"))
MANY = settings(
    max_examples=3000 if LONG else 100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

SIZE = 20_000
DATA = bytes((i * 7 + i // 251) % 256 for i in range(SIZE))

pairs = st.integers(0, SIZE).flatmap(
    lambda offset: st.tuples(st.just(offset), st.integers(0, min(SIZE - offset, 6000)))
)
ends = st.one_of(st.none(), st.integers(-SIZE - 10, SIZE + 10), st.just(2**80))
slices = st.builds(slice, ends, ends, st.sampled_from([None, 1]))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def model(ranges):
    return [DATA[r] if isinstance(r, slice) else DATA[r[0] : r[0] + r[1]] for r in ranges]


class At:
    """An integer that does something when it is asked for its value."""

    def __init__(self, value, action):
        self.value, self.action = value, action

    def __index__(self):
        self.action()
        return self.value


# ---- what is read ----


@MANY
@given(st.lists(st.one_of(pairs, slices), max_size=20))
def test_ranges_are_read_as_slices_of_bytes(tmp_path_factory, ranges):
    path = tmp_path_factory.getbasetemp() / "gather-random"
    if not path.exists():
        path.write_bytes(DATA)
    want = model(ranges)
    out = bytearray(sum(map(len, want)) + 3)
    with tome.open(path) as f:
        assert f.gather(ranges) == want
        assert f.gather(iter(ranges)) == want
        assert f.gather(ranges, out) == len(out) - 3
        assert out == b"".join(want) + b"\0\0\0"
        assert f.prefetch(ranges) is None


def test_it_is_a_list_of_bytes(path):
    with tome.open(path) as f:
        got = f.gather([(0, 5), (5, 0), (7, 1)])
        assert type(got) is list
        assert [type(x) for x in got] == [bytes] * 3
        assert gc.is_tracked(got)
        assert f.gather([]) == f.gather(()) == f.gather(iter("")) == []
        assert f.gather([], bytearray()) == 0


def test_bytes_of_length_one_and_none_are_like_any_other(path):
    with tome.open(path) as f:
        assert f.gather([(i, 1) for i in range(SIZE)]) == [DATA[i : i + 1] for i in range(SIZE)]
        assert f.gather([(i, 0) for i in range(300)]) == [b""] * 300
    assert [bytes([i])[0] for i in range(256)] == list(range(256))
    assert b"" == bytes()


def test_ranges_may_be_very_many(path):
    ranges = [(i * 31 % (SIZE - 2), 2) for i in range(150_000)]
    with tome.open(path) as f:
        assert f.gather(ranges) == model(ranges)


def test_ranges_may_be_long_overlap_and_repeat(tmp_path):
    path = tmp_path / "large"
    piece = bytes(range(256)) * 4096
    path.write_bytes(piece * 40)
    size = 40 << 20
    ranges = [(0, size)] * 8 + [(5, size - 5), (size, 0), (size - 1, 1)]
    with tome.open(path) as f:
        got = f.gather(ranges)
    assert [len(x) for x in got] == [length for _, length in ranges]
    assert all(x == got[0] for x in got[:8])
    assert got[0] == piece * 40
    assert got[8] == got[0][5:]
    assert got[10] == b"\xff"


def test_a_part_of_a_file_has_offsets_of_its_own(path):
    with tome.open(path, offset=4096, length=5000) as f:
        assert f.gather([(0, 10), slice(-3, None)]) == [DATA[4096:4106], DATA[9093:9096]]
        with pytest.raises(ValueError, match="outside"):
            f.gather([(4999, 2)])


# ---- ranges ----


def test_a_range_may_be_any_pair_of_integers(path):
    class Number:
        def __init__(self, value):
            self.value = value

        def __index__(self):
            return self.value

    want = [DATA[10:14]] * 5
    with tome.open(path) as f:
        kinds = [(10, 4), [10, 4], (Number(10), Number(4)), array.array("H", [10, 4])]
        kinds.append(range(10, -2, -6))
        assert f.gather(kinds) == want
        assert f.gather(slice(at, at + 4) for at in [10] * 5) == want


@pytest.mark.parametrize("kind", "bBhHiIlLqQ")
def test_an_array_of_integers_is_pairs(path, kind):
    flat = [0, 100, 100, 27, 5, 0, 127, 1]
    values = array.array(kind, flat)
    table = memoryview(values).cast("B").cast(kind, (4, 2))
    want = model([(0, 100), (100, 27), (5, 0), (127, 1)])
    with tome.open(path) as f:
        assert f.gather(table) == want
        assert f.gather(table[::2]) == want[::2]
        assert f.gather(table[::-1]) == want[::-1]
        out = bytearray(128)
        assert f.gather(table, out) == 128
        assert out == b"".join(want)
        assert f.gather(memoryview(bytes(16)).cast("q", (1, 2))) == [b""]


def test_an_array_of_anything_else_is_refused(path):
    class Pair(ctypes.Structure):
        _fields_ = [("offset", ctypes.c_uint64), ("length", ctypes.c_uint64)]

    little = sys.byteorder == "little"
    other = ctypes.c_uint32.__ctype_be__ if little else ctypes.c_uint32.__ctype_le__
    flat = memoryview(bytes(64))
    with tome.open(path) as f:
        for wrong in (
            b"",
            bytes(16),
            flat.cast("d", (4, 2)),
            flat.cast("c", (32, 2)),
            flat.cast("?", (32, 2)),
            flat.cast("q", (2, 4)),
            flat.cast("q", (2, 2, 2)),
            flat.cast("q", (8,)),
            array.array("q", [1, 2]),
            (Pair * 2)(),
            ((other * 2) * 2)(),
        ):
            for call in (f.gather, f.prefetch):
                with pytest.raises(TypeError, match="array of integers"):
                    call(wrong)


def test_numpy_arrays_are_pairs(path):
    np = pytest.importorskip("numpy")
    ranges = [(0, 100), (19_000, 1000), (5, 0)]
    want = model(ranges)
    with tome.open(path) as f:
        for kind in ("i2", "u2", "i4", "u4", "i8", "u8", "intp", "longlong", "ulonglong"):
            table = np.array(ranges, kind)
            assert f.gather(table) == want
            assert f.gather(np.asfortranarray(table)) == want
            assert f.gather(table[::-1]) == want[::-1]
        swapped = np.array(ranges).astype(np.dtype("i8").newbyteorder())
        for wrong in (np.array(ranges, "f8"), np.array(ranges).T, swapped, np.zeros((2, 2), "c16")):
            with pytest.raises(TypeError):
                f.gather(wrong)
        out = np.zeros(1100, "u1")
        assert f.gather(np.array(ranges), out) == 1100
        assert out.tobytes() == b"".join(want)
        assert f.gather(np.zeros((0, 2), int)) == []
        with pytest.raises(ValueError, match="outside|negative"):
            f.gather(np.array([[2**64 - 1, 1]], "u8"))
        with pytest.raises(ValueError, match="negative"):
            f.gather(np.array([[-1, 1]]))


@pytest.mark.parametrize(
    "wrong",
    [5, None, 1.5, "ab", [5], [None], ["ab"], [b"ab"], [("a", 1)], [(1, None)], [(1.0, 1)], [{1}]],
)
def test_what_is_no_range_is_a_type_error(path, wrong):
    with tome.open(path) as f:
        for call in (f.gather, f.prefetch, lambda ranges: f.gather(ranges, bytearray(10))):
            with pytest.raises(TypeError):
                call(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        (1,),
        (1, 2, 3),
        (),
        (-1, 1),
        (1, -1),
        (SIZE, 1),
        (SIZE + 1, 0),
        (0, SIZE + 1),
        (2**62, 1),
        (1, 2**62),
        (2**63 - 1, 2**63 - 1),
        (2**64, 2**64),
        (-(2**70), 1),
        slice(0, 10, 2),
        slice(10, 0, -1),
        slice(None, None, 0),
    ],
)
def test_what_lies_outside_is_a_value_error_and_nothing_is_read(path, wrong):
    out = bytearray(b"untouched!")
    with tome.open(path) as f:
        for call in (f.gather, f.prefetch, lambda ranges: f.gather(ranges, out)):
            with pytest.raises(ValueError):
                call([(0, 5), wrong, (5, 5)])
    assert out == b"untouched!"


def test_what_the_file_has_grown_by_is_inside(path):
    with tome.open(path) as f:
        with open(path, "ab") as other:
            other.write(b"more")
        assert f.gather([(0, 2), (SIZE, 4)]) == [DATA[:2], b"more"]
        with pytest.raises(ValueError, match="outside"):
            f.gather([(SIZE, 5)])


def test_what_the_iterable_raises_is_raised(path):
    def ranges():
        yield (0, 1)
        raise KeyError("mine")

    with tome.open(path) as f:
        for call in (f.gather, f.prefetch):
            with pytest.raises(KeyError, match="mine"):
                call(ranges())


# ---- out ----


def test_out_is_any_buffer_that_can_be_stored_into(path):
    with tome.open(path) as f:
        out = array.array("I", [0] * 25)
        assert f.gather([(0, 60), (100, 40)], out) == 100
        assert out.tobytes() == DATA[:60] + DATA[100:140]
        assert f.gather([(3, 2)], out=memoryview(out)[1:2]) == 2
        assert out.tobytes()[4:8] == DATA[3:5] + out.tobytes()[6:8]


def test_out_must_have_room_and_be_writable(path):
    with tome.open(path) as f:
        out = bytearray(9)
        with pytest.raises(ValueError, match="more bytes than out"):
            f.gather([(0, 5), (0, 5)], out)
        with pytest.raises(ValueError, match="more bytes than out"):
            f.gather([(0, SIZE)] * 1000, out)
        assert out == bytes(9)
        for wrong in (b"bytes bytes", memoryview(b"x"), memoryview(bytearray(20))[::2], 5, "x"):
            with pytest.raises((BufferError, TypeError, ValueError)):
                f.gather([(0, 5)], wrong)
        out.append(0)  # it is not held any more


def test_out_may_be_the_file_itself(path):
    with tome.open(path, "r+") as f:
        with memoryview(f) as view:
            assert f.gather([(0, 100), (200, 50)], view[10_000:]) == 150
        assert f[10_000:10_150] == DATA[:100] + DATA[200:250]


# ---- what may happen meanwhile ----


def test_an_index_that_closes_the_file_is_a_value_error(path):
    for method in ("gather", "prefetch"):
        f = tome.open(path)
        with pytest.raises(ValueError, match="closed"):
            getattr(f, method)([(At(0, f.close), 5)])
        with pytest.raises(ValueError, match="closed"):
            getattr(f, method)([(0, 5)])
        with pytest.raises(ValueError, match="closed"):
            f.view()


def test_an_index_that_changes_size_or_ranges_is_safe(path):
    with tome.open(path, "r+") as f:
        ranges = [(0, 5)] * 1000
        ranges[500] = (At(0, ranges.clear), 5)
        assert f.gather(ranges) == [DATA[:5]] * 1000
        with pytest.raises(ValueError, match="outside"):
            f.gather([(15_000, 100), (At(0, lambda: f.resize(10_000)), 5)])
        assert f.gather([slice(-5, None), (At(0, lambda: f.resize(5_000)), 5)]) == [
            DATA[4995:5000],
            DATA[:5],
        ]


def test_bytes_that_were_cut_away_are_lost(path):
    f = tome.open(path)
    os.truncate(path, 10_000)
    for args in ([[(0, 10), (15_000, 10)]], [[(0, 10), (15_000, 10)], bytearray(20)]):
        with pytest.raises(tome.LostBytesError) as caught:
            f.gather(*args)
        assert caught.value.filename == str(path)
        assert caught.value.offset == 15_000
    assert f.gather([(0, 10)]) == [DATA[:10]]
    f.close()


def test_references_are_as_many_as_before(path):
    with tome.open(path) as f:
        pair, piece, out = (10_000, 100), slice(1000, 2000), bytearray(3000)
        ranges = [pair, piece, [5000, 5]]
        table = memoryview(struct.pack("4q", 0, 5, 1000, 10)).cast("q", (2, 2))

        def use():
            f.gather(ranges)
            f.gather(ranges, out)
            f.gather(table, out)
            f.prefetch(table)
            for wrong in ([pair, None], [pair, (0, 2**40)], 5, table[0:1].cast("B")):
                for args in ([wrong], [wrong, out]):
                    with pytest.raises((TypeError, ValueError)):
                        f.gather(*args)

        use()
        seen = (f, pair, piece, out, ranges, table, pair[0], piece.start)
        before = [sys.getrefcount(x) for x in seen]
        for _ in range(20):
            use()
        assert [sys.getrefcount(x) for x in seen] == before


def test_others_run_meanwhile(path):
    """With a switch interval of an hour nobody gets the lock who is not given it."""
    go, ran = threading.Lock(), []
    go.acquire()

    def other():
        with go:
            ran.append(True)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=other)
    thread.start()
    with tome.open(path) as f:
        try:
            sys.setswitchinterval(3600)
            go.release()
            for _ in range(10_000):
                f.gather([(0, SIZE)] * 200)
                if ran:
                    break
        finally:
            sys.setswitchinterval(interval)
    assert ran
    thread.join()


def test_closing_in_another_thread_is_safe(path):
    for _ in range(20):
        f = tome.open(path)
        begun = threading.Event()

        def gather():
            try:
                while True:
                    assert f.gather([(100, 50)] * 100) == [DATA[100:150]] * 100
                    begun.set()
            except ValueError as error:
                assert "closed" in str(error)

        threads = [threading.Thread(target=gather) for _ in range(2)]
        for thread in threads:
            thread.start()
        begun.wait()
        f.close()
        for thread in threads:
            thread.join()


# ---- view ----


@MANY
@given(ends, ends)
def test_a_view_is_the_slice(tmp_path_factory, start, stop):
    path = tmp_path_factory.getbasetemp() / "view-random"
    if not path.exists():
        path.write_bytes(DATA)
    with tome.open(path) as f, f.view(start, stop) as data:
        assert data == DATA[start:stop]
        assert data.readonly


def test_a_view_that_may_be_written_to_is_the_file(path):
    with tome.open(path, "r+") as f:
        for advice in (None, "random", "sequential"):
            with f.view(10, -10, write=True, advice=advice) as data:
                assert not data.readonly
                data[0:3] = b"new"
            assert f[10:13] == path.read_bytes()[10:13] == b"new"
            f[10:13] = b"old"


def test_a_view_that_cannot_be_is_refused(path):
    with tome.open(path) as f:
        with pytest.raises(TypeError):
            f.view(write=True)
        with pytest.raises(TypeError):
            f.view("0")
        with pytest.raises(ValueError):
            f.view(advice="sometimes")
        with pytest.raises(TypeError):
            f.view(0, 1, True)
