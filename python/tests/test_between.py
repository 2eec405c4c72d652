"""File.between: the records that looking at every line would give."""
import datetime
import decimal
import inspect
import os
import random
import time

import pytest

import tome

UTC = datetime.timezone.utc
BASE = datetime.datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
SECOND = datetime.timedelta(seconds=1)


class Log:
    """A file of records, and each with its key."""

    def __init__(self, path, records, before=b"", **options):
        self.records = records
        path.write_bytes(before + b"".join(text for _, text in records))
        self.file = tome.open(path, **options)

    def expect(self, start, stop):
        wanted = [
            text
            for key, text in self.records
            if (start is None or key >= start) and (stop is None or key <= stop)
        ]
        return b"".join(wanted).splitlines(True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def log(path):
    """Three records a second, in UTC; some with a trace below them."""
    records = []
    for i in range(6000):
        moment = BASE + i // 3 * SECOND
        text = f"{moment.strftime('%Y-%m-%dT%H:%M:%SZ')} request {i}\n"
        if i % 7 == 0:
            text += "  Traceback:\n    2026 is no key here\n"
        records.append((moment, text.encode()))
    log = Log(path, records, before=b"a line before the first key\n")
    yield log
    log.file.close()


def same(lines, want):
    assert list(lines) == want
    assert len(lines) == len(want)
    assert list(reversed(lines)) == want[::-1]
    for i in {0, 1, len(want) // 2, len(want) - 1} & set(range(len(want))):
        assert lines[i] == want[i] and lines[i - len(want)] == want[i]
        assert lines.number(lines.offset(i)) == i
    assert list(lines[3:-3:2]) == want[3:-3:2]
    with pytest.raises(IndexError):
        lines[len(want)]


# ---- records ----


@pytest.mark.parametrize("slack", [0, 0.5])
def test_a_span_of_time_has_the_records_of_that_time_with_both_ends(log, slack):
    chosen = random.Random(1)
    spans = [(None, None), (BASE, BASE), (BASE + 5 * SECOND, None), (None, BASE + 5 * SECOND)]
    spans += [(BASE - SECOND, BASE - SECOND), (BASE + 3000 * SECOND, None)]
    for _ in range(100):
        start = BASE + chosen.randrange(-10, 2010) * SECOND
        spans.append((start, start + chosen.randrange(300) * SECOND))
    for start, stop in spans:
        same(log.file.between(start, stop, slack=slack), log.expect(start, stop))


def test_a_long_span_is_found_by_number_too(path):
    records = [(i, b"%d " % i + b"x" * 90 + b"\n") for i in range(120_000)]
    log = Log(path, records)
    lines, want = log.file.between(10_000, 110_000, kind="number"), log.expect(10_000, 110_000)
    assert lines[50_000] == want[50_000] and lines[-50_000] == want[-50_000]
    assert len(lines) == len(want)
    assert lines.number(lines.offset(77_777)) == 77_777
    with pytest.raises(ValueError):
        lines.number(0)
    assert list(lines[40_000:40_010]) == want[40_000:40_010]
    with pytest.raises(IndexError):
        lines[100_001]
    log.file.close()


def test_little_of_a_file_is_read_for_a_span(path):
    log = Log(path, [(i, b"%09d " % i + b"x" * 90 + b"\n") for i in range(200_000)])
    assert list(log.file.between(150_000, 150_002, kind="number"))[0].startswith(b"000150000 ")
    assert log.file.stats().called < 2 << 20
    log.file.between(1000, None, kind="number")
    assert log.file.stats().called < 2 << 20
    log.file.close()


def test_with_slack_the_lines_are_those_that_looking_at_every_line_gives(path):
    chosen = random.Random(2)
    keys = [i + chosen.uniform(0, 5) for i in range(3000)]
    records = [(key, b"%.3f line\n" % key + b"  more\n" * (i % 3)) for i, key in enumerate(keys)]
    records = [(float(text.split()[0]), text) for _, text in records]
    records[-1] = (records[-1][0], records[-1][1].rstrip(b"\n"))
    log = Log(path, records)
    for start in (None, 0, 100.5, 1500, 2990):
        for stop in (None, 130, 2000.25, 3010):
            if start is not None and stop is not None and stop < start:
                continue
            same(log.file.between(start, stop, kind="number", slack=5), log.expect(start, stop))
    with pytest.raises(ValueError, match="not sorted"):
        log.file.between(100, 200, kind="number")
    log.file.close()


def test_an_empty_file_has_no_records(path):
    path.write_bytes(b"")
    with tome.open(path) as file:
        for slack in (0, 1):
            same(file.between("2026-11-21", slack=slack), [])


def test_the_end_is_that_of_the_file_when_it_was_asked_for(log):
    with tome.open(log.file.name, "r+") as file:
        lines = file.between(BASE + 1999 * SECOND)
        before = list(lines)
        file.append(b"2027-01-01T00:00:00Z later\n")
        assert list(lines) == before
        assert list(file.between("2026-12-01"))[0] == b"2027-01-01T00:00:00Z later\n"


# ---- how times may be given ----


@pytest.mark.parametrize(
    "start",
    [
        BASE + 90 * SECOND,
        (BASE + 90 * SECOND).astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
        (BASE + 90 * SECOND).timestamp(),
        int((BASE + 90 * SECOND).timestamp()),
        decimal.Decimal(int((BASE + 90 * SECOND).timestamp())),
        "2026-11-21T14:01:30Z",
        "2026/11/21 14:01:30Z",
        "2026-11-21T15:01:30+01:00",
        "21/Nov/2026:14:01:30 +0000",
        str(int((BASE + 90 * SECOND).timestamp())),
    ],
    ids=repr,
)
def test_a_time_may_be_given_in_many_ways(log, start):
    assert log.file.between(start)[0] == b"2026-11-21T14:01:30Z request 270\n"
    assert log.file.between(None, start)[-1] == b"2026-11-21T14:01:30Z request 272\n"


def test_a_date_is_its_beginning(log):
    assert len(log.file.between(datetime.date(2026, 11, 21))) == len(log.expect(None, None))
    assert len(log.file.between(None, datetime.date(2026, 11, 21))) == 0
    assert len(log.file.between(datetime.date(2026, 11, 22))) == 0


def test_a_stop_may_be_so_much_behind_the_start(log):
    same(
        log.file.between("2026-11-21T14:05:00Z", "+2s"),
        log.expect(BASE + 300 * SECOND, BASE + 302 * SECOND),
    )


def test_parts_of_a_second_count(path):
    records = [(i, b"2026-11-21T14:00:00.%06dZ x\n" % i) for i in range(0, 1_000_000, 1000)]
    log = Log(path, records)
    moment = BASE.replace(microsecond=500_000)
    assert log.file.between(moment)[0] == b"2026-11-21T14:00:00.500000Z x\n"
    assert log.file.between(moment + datetime.timedelta(microseconds=1))[0] == \
        b"2026-11-21T14:00:00.501000Z x\n"
    assert log.file.between(BASE.timestamp() + 0.25)[0] == b"2026-11-21T14:00:00.250000Z x\n"
    log.file.close()


@pytest.fixture
def berlin(monkeypatch):
    """The system's zone, with summer time until 2026-10-25 03:00."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_what_has_no_zone_is_in_the_system_s(berlin, path):
    path.write_bytes(b"2026-11-21 14:00:00 a\n2026-11-21 15:00:00 b\n")
    with tome.open(path) as file:
        for start in (datetime.datetime(2026, 11, 21, 15), "2026-11-21 15:00", BASE):
            assert list(file.between(start)) == [b"2026-11-21 15:00:00 b\n"]


def test_the_second_of_two_equal_hours_is_a_datetime_with_fold(berlin, path):
    path.write_bytes(b"2026-10-25T02:30:00+02:00 first\n2026-10-25T02:30:00+01:00 second\n")
    moment = datetime.datetime(2026, 10, 25, 2, 30)
    with tome.open(path) as file:
        assert len(file.between(moment)) == 2
        assert list(file.between(moment.replace(fold=1))) == [b"2026-10-25T02:30:00+01:00 second\n"]


def test_or_in_the_zone_that_is_given(berlin, path):
    path.write_bytes(b"2026-11-21 14:00:00 a\n2026-11-21 15:00:00 b\n")
    zone = datetime.timezone(-datetime.timedelta(hours=5))
    with tome.open(path) as file:
        for start in (
            datetime.datetime(2026, 11, 21, 15),
            "2026-11-21 15:00",
            datetime.datetime(2026, 11, 21, 20, tzinfo=UTC),
        ):
            assert list(file.between(start, zone=zone)) == [b"2026-11-21 15:00:00 b\n"]


def test_a_time_of_day_is_today_s_and_an_amount_counts_from_now(path):
    now = datetime.datetime.now(UTC)
    path.write_bytes(f"{(now - 3600 * SECOND).isoformat()} old\n{now.isoformat()} new\n".encode())
    with tome.open(path) as file:
        assert file.between("-30min")[0].endswith(b" new\n") and len(file.between("-30min")) == 1
        assert len(file.between("-2h", "now", zone=UTC)) == 2
        assert len(file.between("00:00", zone=UTC)) >= 1


# ---- how keys may be written ----


def test_numbers_of_any_length_are_compared_exactly(path):
    keys = [10**30 + i for i in range(0, 1000, 2)]
    log = Log(path, [(key, b"id %d\n" % key) for key in keys])
    for start in (10**30 + 500, str(10**30 + 500), decimal.Decimal(10**30 + 500)):
        same(
            log.file.between(start, 10**30 + 510, kind="number", column=2),
            log.expect(10**30 + 500, 10**30 + 510),
        )
    log.file.close()


def test_text_is_compared_by_its_bytes(path):
    names = sorted(["ant", "bee", "cat", "dör", "eel", "Zoo", "fox"], key=str.encode)
    log = Log(path, [(name.encode(), f"{name};1\n".encode()) for name in names])
    options = dict(kind="text", column=1, separator=";")
    same(log.file.between("bee", "dör", **options), log.expect(b"bee", "dör".encode()))
    same(log.file.between(b"c", **options), log.expect(b"c", None))
    log.file.close()


def test_a_format_says_how_times_are_written(path):
    path.write_bytes(b"a;21.11.2026 14:00\nb;22.11.2026 09:30\nc;01.12.2026 00:00\n")
    with tome.open(path) as file:
        lines = file.between(
            datetime.datetime(2026, 11, 22), column=2, separator=";", format="%d.%m.%Y %H:%M"
        )
        assert list(lines) == [b"b;22.11.2026 09:30\n", b"c;01.12.2026 00:00\n"]


@pytest.mark.parametrize("slack", [2, 2.0, "2s", datetime.timedelta(seconds=2)], ids=repr)
def test_slack_of_times_may_be_given_in_many_ways(path, slack):
    path.write_bytes(
        b"2026-11-21T14:00:02Z a\n2026-11-21T14:00:00Z b\n2026-11-21T14:00:03Z c\n"
    )
    with tome.open(path) as file:
        lines = file.between("2026-11-21T14:00:01Z", slack=slack)
        assert list(lines) == [b"2026-11-21T14:00:02Z a\n", b"2026-11-21T14:00:03Z c\n"]
        with pytest.raises(ValueError, match="byte 23 "):
            file.between("2026-11-21T14:00:01Z")


# ---- what is refused ----


@pytest.mark.parametrize(
    "error, args, options",
    [
        (TypeError, (object(),), {}),
        (TypeError, (b"2026",), {}),
        (TypeError, (None, []), {}),
        (TypeError, ("2026-11-21",), {"zone": 5}),
        (TypeError, ("2026-11-21",), {"slack": []}),
        (TypeError, (1,), {"kind": "number", "slack": []}),
        (TypeError, (5,), {"kind": "text"}),
        (TypeError, ([],), {"kind": "number"}),
        (TypeError, (1, 2, 3), {}),
        (TypeError, (), {"unknown": 1}),
        (ValueError, ("no time",), {}),
        (ValueError, ("2026\0",), {}),
        (ValueError, (float("nan"),), {}),
        (ValueError, (float("inf"),), {}),
        (ValueError, (10**30,), {}),
        (ValueError, (-(10**10),), {}),
        (ValueError, (datetime.datetime(1, 1, 1),), {}),
        (ValueError, (datetime.date(9999, 1, 1),), {}),
        (ValueError, ("2026-11-21", "2026-11-20"), {}),
        (ValueError, (5, 3), {"kind": "number"}),
        (ValueError, ("b", "a"), {"kind": "text"}),
        (ValueError, ("x",), {"kind": "number"}),
        (ValueError, (float("nan"),), {"kind": "number"}),
        (ValueError, ("2026-11-21",), {"kind": "day"}),
        (ValueError, ("2026-11-21",), {"column": -1}),
        (ValueError, ("2026-11-21",), {"column": 2**40}),
        (OverflowError, ("2026-11-21",), {"column": 2**64}),
        (ValueError, ("2026-11-21",), {"slack": -1}),
        (ValueError, ("2026-11-21",), {"slack": "x"}),
        (ValueError, ("2026-11-21",), {"slack": datetime.timedelta(days=999999999)}),
        (ValueError, (1,), {"kind": "number", "slack": -1}),
        (ValueError, (1,), {"kind": "number", "slack": "x"}),
        (ValueError, ("a",), {"kind": "text", "slack": 1}),
        (ValueError, ("2026-11-21",), {"separator": ","}),
        (ValueError, ("2026-11-21",), {"format": "%Q"}),
        (ValueError, ("2026-11-21",), {"format": "%Y", "kind": "text"}),
        (ValueError, ("2026-11-21",), {"zone": datetime.timezone(SECOND / 1000)}),
    ],
    ids=repr,
)
def test_what_makes_no_sense_is_refused(log, error, args, options):
    with pytest.raises(error):
        log.file.between(*args, **options)


class Seasons(datetime.tzinfo):
    """A zone whose offset depends on the time."""

    def utcoffset(self, moment):
        return None if moment is None else datetime.timedelta(hours=1)


def test_a_zone_without_one_offset_is_refused(log):
    with pytest.raises(ValueError):
        log.file.between("2026-11-21", zone=Seasons())


def test_a_file_without_keys_is_a_value_error(path):
    path.write_bytes(b"no time in here\n" * 100)
    with tome.open(path) as file:
        with pytest.raises(ValueError, match="no line with such a key"):
            file.between("2026-11-21")


def test_a_closed_file_has_no_records(log):
    lines = log.file.between(BASE)
    log.file.close()
    for use in (lambda: log.file.between(BASE), lambda: len(lines), lambda: list(lines)):
        with pytest.raises(ValueError):
            use()


class Closes:
    """A number that closes a file when it is looked at."""

    def __init__(self, file):
        self.file = file

    def __index__(self):
        self.file.close()
        return 5


@pytest.mark.parametrize("keyword", ["start", "stop", "column", "slack"])
def test_a_number_that_closes_the_file_is_a_value_error(log, keyword):
    with pytest.raises(ValueError):
        log.file.between(**{keyword: Closes(log.file)})


def test_a_cut_is_lost_bytes(log):
    os.truncate(log.file.name, 5000)
    for use in (lambda f: f.between(BASE + 1000 * SECOND), lambda f: f.between(BASE, slack=1)):
        with pytest.raises(tome.LostBytesError):
            use(log.file)
    log.file.refresh()
    assert log.file.between(BASE)[0] == b"2026-11-21T14:00:00Z request 0\n"


def test_the_docstring_has_the_signature():
    names = " ".join(inspect.signature(tome.File.between).parameters)
    assert names == "self start stop kind column separator format slack zone"
