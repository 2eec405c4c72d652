"""mmap as a file object, and its searches. The models are io.BytesIO and bytes."""

import io
import itertools
import random
import sys
import threading

import pytest

import tome

PAGE = tome.PAGESIZE


def mapped(content, tmp_path, **keywords):
    path = tmp_path / "file"
    path.write_bytes(content)
    with open(path, "r+b") as file:
        return tome.mmap(file.fileno(), 0, **keywords)


def lines_of(lengths):
    return b"".join(b"x" * length + b"\n" for length in lengths)


# ---- lines ----


@pytest.mark.parametrize("last", [b"", b"no newline", b"y" * 5000])
def test_lines_are_those_of_a_file_object(last, tmp_path):
    lengths = [0, 1, 100, 254, 255, 256, 257, 0, 0, 511, 512, 4095, 4096, 4097, 100_000]
    content = lines_of(lengths + random.Random(3).choices(range(600), k=200)) + last
    for _ in range(2):  # bytes that were not read before, and bytes that were
        with mapped(content, tmp_path) as m:
            for expected in io.BytesIO(content):
                assert m.readline() == expected
            assert (m.readline(), m.tell()) == (b"", len(content))
            m.seek(0)
            assert list(iter(m.readline, b"")) == io.BytesIO(content).readlines()


# ---- reading and writing ----


def test_reading_moves_on(tmp_path):
    content = bytes(range(256)) * 40
    with mapped(content, tmp_path) as m:
        model = io.BytesIO(content)
        for n in [0, 1, 5, 4096, 17, 3000]:
            assert (m.read(n), m.tell()) == (model.read(n), model.tell())
        assert m.read(10**9) == model.read()
        assert (m.read(), m.read(5), m.read(None), m.read(-1), m.tell()) == (
            b"",
            b"",
            b"",
            b"",
            len(content),
        )
        for everything in ((), (None,), (-1,), (-5,), (sys.maxsize,)):
            m.seek(100)
            assert (m.read(*everything), m.tell()) == (content[100:], len(content))
        m.seek(len(content) - 1)
        assert m.read_byte() == 255
        with pytest.raises(ValueError):
            m.read_byte()
        for wrong in ("1", 1.0, [1], b"1"):
            with pytest.raises(TypeError):
                m.read(wrong)
        with pytest.raises(OverflowError):
            m.read(1 << 70)


def test_writing_is_all_or_nothing(tmp_path):
    with mapped(bytes(100), tmp_path) as m:
        assert (m.write(b"abc"), m.write(bytearray(b"de")), m.write(b""), m.tell()) == (3, 2, 0, 5)
        m.write_byte(255)
        m.seek(98)
        with pytest.raises(ValueError):
            m.write(b"xyz")
        assert (m.tell(), m.write(b"xy"), m.tell()) == (98, 2, 100)
        with pytest.raises(ValueError):
            m.write_byte(1)
        assert m.write(b"") == 0
        assert m[:] == b"abcde\xff" + bytes(92) + b"xy"
    assert (tmp_path / "file").read_bytes() == b"abcde\xff" + bytes(92) + b"xy"


@pytest.mark.parametrize(
    "value, error",
    [
        (256, OverflowError),
        (-1, OverflowError),
        (1 << 70, OverflowError),
        (b"a", TypeError),
        (1.0, TypeError),
    ],
)
def test_write_byte_takes_bytes_only(value, error):
    with tome.mmap(-1, 10) as m:
        with pytest.raises(error):
            m.write_byte(value)
        assert (m.tell(), m[:]) == (0, bytes(10))


def test_write_takes_any_bytes_but_must_find_them_together():
    with tome.mmap(-1, 10) as m:
        with pytest.raises(BufferError):
            m.write(memoryview(b"abcdef")[::2])
        for wrong in ("a", 1, None):
            with pytest.raises(TypeError):
                m.write(wrong)
        m[:] = b"0123456789"
        m.seek(0)
        with memoryview(m) as view:
            assert m.write(view[3:8]) == 5
        assert m[:] == b"3456756789"


# ---- the position ----


def test_seek_returns_where_it_went_and_refuses_what_is_outside():
    with tome.mmap(-1, 100) as m:
        for distance, whence, expected in [
            (0, 0, 0),
            (42, 1, 42),
            (-2, 1, 40),
            (0, 2, 100),
            (-100, 2, 0),
            (100, 0, 100),
        ]:
            assert (m.seek(distance, whence), m.tell()) == (expected, expected)
        m.seek(7)
        for wrong in [
            (-1,),
            (101,),
            (1, 2),
            (-101, 2),
            (-8, 1),
            (94, 1),
            (sys.maxsize, 1),
            (-sys.maxsize - 1, 1),
            (0, 3),
            (0, -1),
        ]:
            with pytest.raises(ValueError):
                m.seek(*wrong)
        for wrong, error in [
            ((None,), TypeError),
            ((1.0,), TypeError),
            ((0, None), TypeError),
            ((), TypeError),
            ((0, 0, 0), TypeError),
        ]:
            with pytest.raises(error):
                m.seek(*wrong)
        for wrong in [(1 << 70,), (0, 1 << 40)]:
            with pytest.raises(OverflowError):
                m.seek(*wrong)
        assert m.tell() == 7 and m.seekable()


def test_a_position_past_the_end_reads_nothing():
    with tome.mmap(-1, 2 * PAGE) as m:
        m.seek(2 * PAGE)
        m.resize(PAGE)
        assert (m.tell(), m.read(), m.read(5), m.readline(), m.find(b"")) == (
            2 * PAGE,
            b"",
            b"",
            b"",
            PAGE,
        )
        for refused in (
            m.read_byte,
            lambda: m.write_byte(1),
            lambda: m.write(b"a"),
            lambda: m.write(b""),
            lambda: m.seek(0, 1),
        ):
            with pytest.raises(ValueError):
                refused()


def test_threads_that_read_at_one_position_share_the_bytes_out(tmp_path):
    size, piece = 1 << 20, 64 << 10  # pieces for which the interpreter lock is given up
    content = bytes(itertools.chain.from_iterable([i % 251] * 4096 for i in range(size // 4096)))
    with mapped(content, tmp_path) as m:
        pieces = []

        def read():
            for data in iter(lambda: m.read(piece), b""):
                pieces.append(data)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(pieces) == sorted(content[i : i + piece] for i in range(0, size, piece))


# ---- find and rfind ----


def test_searches_are_those_of_bytes():
    chosen = random.Random(4)
    for _ in range(60):
        content = bytes(
            chosen.choices(b"ab\n", k=chosen.choice([1, 10, 255, 256, 257, 300, 1000, 5000]))
        )
        size = len(content)
        m = tome.mmap(-1, size)
        m[:] = content
        m.read(1)
        for _ in range(60):
            length = chosen.choice([1, 1, 2, 3, 7, 8, 63, 64, 65, 200])
            start = chosen.randrange(size)
            sub = chosen.choice(
                [content[start : start + length], bytes(chosen.choices(b"ab", k=length)), b"c"]
            )
            if not sub:
                continue
            bounds = chosen.choice(
                [
                    (),
                    (0,),
                    (chosen.randint(-size - 5, size + 5),),
                    (chosen.randint(-size, size), chosen.randint(-size, size + 5)),
                ]
            )
            assert m.find(sub, *bounds) == content.find(sub, *(bounds or (1,)))
            assert m.rfind(sub, *bounds) == content.rfind(sub, *(bounds or (1,)))
        assert m.tell() == 1
        m.close()


def test_what_begins_near_and_ends_far_is_found():
    for place in range(180, 330):
        with tome.mmap(-1, 2000) as m:
            m[place : place + 40] = b"needle" + bytes(28) + b"needle"
            assert m.find(b"needle" + bytes(28) + b"needle") == place
            assert m.find(b"needle", place + 1) == place + 34


def test_the_search_begins_at_the_position():
    with tome.mmap(-1, 100) as m:
        m[10:15] = m[50:55] = b"there"
        for position, first in [(0, 10), (10, 10), (11, 50), (51, -1)]:
            m.seek(position)
            assert m.find(b"there") == first and m.tell() == position
            assert m.rfind(b"there") == (50 if position <= 50 else -1)
            assert m.find(b"there", None, None) == first
            assert m.find(b"there", None, 20) == (10 if position <= 10 else -1)
        m.seek(99)
        assert m.find(b"there", 0) == 10 and m.rfind(b"there", 0, 50) == 10


def test_an_empty_string_is_found_as_in_bytes():
    content = bytes(100)
    with tome.mmap(-1, 100) as m:
        for bounds in [(0,), (5,), (100,), (5, 7), (7, 5), (-3,), (-300, -200)]:
            assert m.find(b"", *bounds) == content.find(b"", *bounds)
            assert m.rfind(b"", *bounds) == content.rfind(b"", *bounds)
        beyond = -1 if sys.version_info >= (3, 15) else 100
        assert m.find(b"", 101) == m.rfind(b"", 101) == beyond


def test_any_bytes_can_be_looked_for():
    with tome.mmap(-1, 100) as m:
        m[50:53] = b"abc"
        for sub in (b"abc", bytearray(b"abc"), memoryview(b"xabcx")[1:4]):
            assert m.find(sub) == m.rfind(sub) == 50
        with memoryview(m) as view:
            assert m.find(view[49:54]) == m.find(m[49:54]) == 49
        for wrong in (1, "abc", None, [97]):
            with pytest.raises(TypeError):
                m.find(wrong)
        for wrong in ((b"a", 1.0), (b"a", "0"), (), (b"a", 0, 1, 2)):
            with pytest.raises(TypeError):
                m.rfind(*wrong)
        with pytest.raises(OverflowError):
            m.find(b"a", 1 << 70)
        with pytest.raises(BufferError):
            m.find(memoryview(b"abcd")[::2])
