"""Iterating over lines while the file changes, and from several threads."""
import mmap
import os
import subprocess
import sys
import textwrap
import threading
import tracemalloc

import pytest

import tome

LINE = b"x" * 99 + b"\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines"


def test_an_iterator_ends_where_the_file_ends_when_it_gets_there(path):
    path.write_bytes(LINE * 10)
    with tome.open(path, "r+") as file:
        iterator = iter(file.lines)
        for _ in range(10):
            next(iterator)
        file.append(LINE * 20_000)
        assert sum(1 for _ in iterator) == 20_000
        file.append(LINE)
        assert list(iterator) == []  # what has ended stays so


def test_growth_by_others_is_seen_after_refresh(path):
    path.write_bytes(LINE * 10)
    with tome.open(path) as file:
        iterator = iter(file.lines)
        next(iterator)
        with open(path, "ab") as other:
            other.write(LINE * 5)
        file.refresh()
        assert len(list(iterator)) == 14
        assert len(file.lines) == 15


def test_a_line_that_is_completed_while_it_is_next_is_told_whole(path):
    path.write_bytes(b"a\nhalf")
    with tome.open(path, "r+") as file:
        iterator = iter(file.lines)
        assert next(iterator) == b"a\n"
        file.append(b" and half\n")
        assert list(iterator) == [b"half and half\n"]


@pytest.mark.parametrize("kept", [0, 1000, 5_000_000])
def test_lines_behind_a_cut_are_lost_bytes_and_those_before_it_are_told(path, kept):
    path.write_bytes(LINE * 100_000)
    with tome.open(path) as file:
        iterator = iter(file.lines)
        os.truncate(path, kept)
        told = 0
        with pytest.raises(tome.LostBytesError) as error:
            for line in iterator:
                assert line == LINE
                told += 1
        assert told == kept // 100
        assert error.value.filename == str(path)
        assert kept <= error.value.offset + error.value.length
        with pytest.raises(tome.LostBytesError):
            next(iterator)


def test_lines_behind_a_cut_are_lost_bytes_for_all_other_uses(path):
    path.write_bytes(LINE * 100_000)
    with tome.open(path) as file:
        os.truncate(path, 1000)
        for use in (lambda x: x[50_000], lambda x: x[-1], len, list, lambda x: next(reversed(x)),
                    lambda x: x[-5:][0], lambda x: x.number(5_000_000), lambda x: x.offset(-1)):
            with pytest.raises(tome.LostBytesError):
                use(file.lines)
            assert file.size == 10_000_000
        file.refresh()
        assert list(file.lines) == [LINE] * 10


def test_the_standard_module_dies_of_the_same_cut(path):
    path.write_bytes(LINE * 100_000)
    script = f"""
        import mmap, os
        with open({str(path)!r}, "r+b") as file:
            memory = mmap.mmap(file.fileno(), 0)
            memory.readline()
            os.truncate({str(path)!r}, 1000)
            while memory.readline():
                pass
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True)
    assert done.returncode < 0


def test_closing_in_between_is_a_value_error(path):
    path.write_bytes(LINE * 100_000)
    for lines in (iter, reversed, lambda x: iter(x[::3]), lambda x: iter(x[::2000])):
        file = tome.open(path)
        iterator = lines(file.lines)
        next(iterator)
        file.close()
        with pytest.raises(ValueError):
            next(iterator)


def test_an_iterator_holds_no_more_than_its_buffer(path):
    path.write_bytes(LINE * 200_000)
    tracemalloc.start()
    try:
        with tome.open(path) as file:
            for lines in (file.lines, reversed(file.lines), file.lines[::7], file.lines[100:]):
                for _ in lines:
                    pass
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_iterator_at_its_end_keeps_neither_buffer_nor_file(path):
    path.write_bytes(LINE * 10_000)
    tracemalloc.start()
    try:
        file = tome.open(path)
        before = tracemalloc.get_traced_memory()[0]
        iterators = [iter(file.lines) for _ in range(20)]
        for iterator in iterators:
            for _ in iterator:
                pass
        assert tracemalloc.get_traced_memory()[0] - before < 20_000
        references = sys.getrefcount(file)
        del iterators, iterator
        assert sys.getrefcount(file) == references
        file.close()
    finally:
        tracemalloc.stop()


def test_threads_share_an_iterator_and_each_line_is_told_once(path):
    count = 100_000
    path.write_bytes(b"".join(b"%d\n" % i for i in range(count)))
    with tome.open(path) as file:
        for iterator in (iter(file.lines), reversed(file.lines)):
            told = [[] for _ in range(4)]
            threads = [threading.Thread(target=mine.extend, args=(iterator,)) for mine in told]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(int(line) for mine in told for line in mine) == list(range(count))


def test_threads_ask_for_lines_at_once_while_the_file_grows(path):
    path.write_bytes(b"".join(b"%06d\n" % i for i in range(200_000)))
    wrong = []
    with tome.open(path, "r+") as file:

        def ask(seed):
            for i in range(300):
                number = (seed * 7919 + i * 104729) % 200_000
                if file.lines[number] != b"%06d\n" % number or len(file.lines) < 200_000:
                    wrong.append(number)

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for i in range(200):
            file.append(b"%06d\n" % (200_000 + i))
        for thread in threads:
            thread.join()
        assert not wrong
        assert file.lines[-1] == b"200199\n" and len(file.lines) == 200_200


def test_a_thread_may_close_the_file_under_others(path):
    path.write_bytes(LINE * 100_000)
    for _ in range(10):
        file = tome.open(path)
        begun = threading.Barrier(4)
        ended = []

        def use(how):
            begun.wait()
            try:
                while True:
                    how(file.lines)
            except ValueError:
                ended.append(how)

        uses = [len, lambda x: x[50_000], lambda x: sum(1 for _ in x)]
        threads = [threading.Thread(target=use, args=(how,)) for how in uses]
        for thread in threads:
            thread.start()
        begun.wait()
        file.close()
        for thread in threads:
            thread.join()
        assert len(ended) == 3


def test_the_lines_of_mapped_memory_that_others_change_stay_bytes(path):
    """What was told is a copy: it does not change any more."""
    path.write_bytes(b"old\nold\n")
    with tome.open(path) as file, open(path, "r+b") as other:
        memory = mmap.mmap(other.fileno(), 0)
        first = next(iter(file.lines))
        memory[:3] = b"new"
        assert first == b"old\n" and file.lines[0] == b"new\n"
        memory.close()
