#!/usr/bin/env python3
"""tome between, against a filter that reads every line, and against answers written out by hand."""
import datetime
import gzip
import json
import os
import random

import command_harness
from memory_pages import PAGE, are_counted

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
MICRO = datetime.timedelta(microseconds=1)


def micros(moment):
    return (moment - EPOCH) // MICRO


def moment_of(text):
    return micros(datetime.datetime.fromisoformat(text).replace(tzinfo=UTC))


def as_datetime(value):
    return EPOCH + value * MICRO


# Each: write a stamp and a line around it; in which steps, in microseconds, such stamps count.
def iso(value):
    return as_datetime(value).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z INFO it happened"


def iso_blank(value):
    return as_datetime(value).strftime("%Y-%m-%d %H:%M:%S,%f") + " - it happened"


def iso_zone(value):
    zone = datetime.timezone(datetime.timedelta(hours=(value // 1000000) % 5 - 2, minutes=30))
    return "[" + as_datetime(value).astimezone(zone).isoformat(sep=" ", timespec="seconds") + "] it happened"


def syslog(value):
    t = as_datetime(value)
    return f"{MONTHS[t.month - 1]} {t.day:2} {t:%H:%M:%S} host daemon[{value % 999}]: it happened"


def syslog_priority(value):
    return "<34>" + syslog(value)


def web(value):
    t = as_datetime(value).astimezone(datetime.timezone(datetime.timedelta(hours=-5)))
    ip = f"10.{value % 256}.{value // 7 % 256}.1"
    return f'{ip} - - [{t.day:02}/{MONTHS[t.month - 1]}/{t:%Y:%H:%M:%S} -0500] "GET / HTTP/1.1" 200 {value % 5000}'


def error_log(value):
    t = as_datetime(value)
    return f"[{t:%a} {MONTHS[t.month - 1]} {t.day:02} {t:%H:%M:%S.%f %Y}] [core:error] it happened"


def seconds(value):
    return f"{value // 1000000} it happened"


def seconds_fraction(value):
    return f'{{"time":{value // 1000000}.{value % 1000000:06},"message":"it happened"}}'


def milliseconds(value):
    return f"{value // 1000},x,it happened"


def microseconds(value):
    return f"{value}\tit happened"


FORMATS = [
    (iso, 1000),
    (iso_blank, 1),
    (iso_zone, 1000000),
    (syslog, 1000000),
    (syslog_priority, 1000000),
    (web, 1000000),
    (error_log, 1),
    (seconds, 1000000),
    (seconds_fraction, 1),
    (milliseconds, 1000),
    (microseconds, 1),
]

TRACE = ["java.lang.IllegalState: no", "\tat some.Class(Source.java:12)", "", "  caused by: since 2019-01-01 00:00:00", "}"]


class Log:
    """Records with their keys, and the file they make."""

    def __init__(self, records, head=b""):
        self.records = records
        self.head = head

    def content(self):
        return self.head + b"".join(text for _, text in self.records)

    def between(self, low, high):
        """What a filter prints that looks at every record."""
        return b"".join(
            text
            for key, text in self.records
            if (low is None or key >= low) and (high is None or key <= high)
        )


def make_log(dice, write, step, count, begin, gap, slack=0, traces=0.2):
    """`slack`: each record may be late by so much."""
    keys, now = [], begin
    for _ in range(count):
        now += dice.choice([0, 0, 1, dice.randrange(gap)])
        keys.append(now)
    late = [(key + dice.randrange(slack + 1), key) for key in keys] if slack else [(key, key) for key in keys]
    records = []
    for _, key in sorted(late, key=lambda pair: pair[0]):
        key -= key % step
        text = write(key) + "\n"
        if dice.random() < traces:
            text += "".join(dice.choice(TRACE) + "\n" for _ in range(dice.randrange(40)))
        records.append((key, text.encode()))
    return Log(records)


def shown(value):
    return as_datetime(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Between(command_harness.CommandTest):
    def write(self, name, content, written="2026-11-21T12:00:00"):
        self.file(name, content)
        stamp = moment_of(written) / 1e6
        os.utime(name, (stamp, stamp))
        return name

    def between(self, *arguments, **options):
        return self.tome("between", "--utc", *arguments, **options)

    def must_print(self, expected, *arguments):
        status, output, message = self.between(*arguments)
        self.assertEqual(("", 0 if expected else 1), (message, status))
        if output != expected:
            at = len(os.path.commonprefix([output, expected]))
            self.fail(f"{arguments}: {len(output)} bytes, not {len(expected)}; byte {at} is the first that differs")

    def must_agree(self, dice, log, times, *options):
        """Spans of all lengths, with ends on, before and behind keys."""
        keys = [key for key, _ in log.records]
        for _ in range(command_harness.so_many(times)):
            low, high = sorted(dice.choice(keys) + dice.choice([-1, 0, 0, 1]) for _ in range(2))
            if dice.random() < 0.3:
                high = low
            self.must_print(log.between(low, high), *options, "log", shown(low), shown(high))
        low = dice.choice(keys)
        self.must_print(log.between(low, None), *options, "log", shown(low))
        self.must_print(log.between(None, low), *options, "--to", shown(low), "log")

    # ---- against a filter ----

    def test_every_format_gives_what_a_filter_gives(self):
        dice = random.Random(1)
        for write, step in FORMATS:
            for count in (1, 2, 30, 3000):
                with self.subTest(format=write.__name__, count=count):
                    log = make_log(dice, write, step, count, moment_of("2026-10-01T10:00:00"), 60000000)
                    self.write("log", log.content())
                    self.must_agree(dice, log, 8)

    def test_records_out_of_order_by_less_than_the_slack_give_what_a_filter_gives(self):
        dice = random.Random(2)
        for write, step in FORMATS:
            with self.subTest(format=write.__name__):
                log = make_log(dice, write, step, 3000, moment_of("2026-10-01T10:00:00"), 2000000, slack=4000000)
                self.write("log", log.content())
                self.must_agree(dice, log, 8, "--slack", "5s")

    def test_long_records_and_long_lines_give_what_a_filter_gives(self):
        dice = random.Random(3)
        log = make_log(dice, iso, 1000, 400, moment_of("2026-10-01T10:00:00"), 5000000)
        for place in (0, 7, 200, 399):
            key, text = log.records[place]
            log.records[place] = (key, text + b"\tat some.Class(Source.java)\n" * dice.randrange(90000))
        for place in (3, 100, 301):
            key, text = log.records[place]
            log.records[place] = (key, text[:-1] + b"x" * dice.randrange(3000000) + b"\n")
        self.write("log", log.content())
        self.must_agree(dice, log, 12)

    def test_dates_in_the_text_of_a_trace_are_no_keys(self):
        dice = random.Random(11)
        for write, step in ((iso, 1000), (iso_blank, 1), (iso_zone, 1000000)):
            log = make_log(dice, write, step, 2000, moment_of("2026-10-01T10:00:00"), 5000000)
            for place in range(0, 2000, 3):
                key, text = log.records[place]
                log.records[place] = (key, text + b"Caused by: a request of 2019-01-01 00:00:00\n" * dice.randrange(6))
            self.write("log", log.content())
            self.must_agree(dice, log, 8)
        log = make_log(dice, web, 1000000, 2000, moment_of("2026-10-01T10:00:00"), 5000000)
        for place in range(0, 2000, 3):
            key, text = log.records[place]
            log.records[place] = (key, text + b"    since [01/Jan/2019:00:00:00 +0000]\n" * dice.randrange(6))
        self.write("log", log.content())
        self.must_agree(dice, log, 8)

    def test_lines_of_nearly_a_page_give_what_a_filter_gives(self):
        dice = random.Random(4)
        for length in (4000, 4095, 4096, 4097, 8192):
            log = make_log(dice, iso, 1000, 200, moment_of("2026-10-01T10:00:00"), 5000000, traces=0)
            log.records = [(key, text[:-1].ljust(length - 1, b".") + b"\n") for key, text in log.records]
            self.write("log", log.content())
            self.must_agree(dice, log, 6)

    def test_a_head_without_keys_and_a_last_line_without_an_end(self):
        dice = random.Random(5)
        log = make_log(dice, iso, 1000, 300, moment_of("2026-10-01T10:00:00"), 5000000)
        log.head = b"\0\1\2garbage\xff\n# a heading\n\n" + bytes(range(256)) * 50 + b"\n"
        key, text = log.records[-1]
        log.records[-1] = (key, text.rstrip(b"\n"))
        self.write("log", log.content())
        self.must_agree(dice, log, 12)

    def test_carriage_returns_are_no_part_of_a_key(self):
        self.write("log", b"a;1\r\nb;2\r\nc;10\r\n")
        self.must_print(b"b;2\r\n", "--key", "number", "--column", "2", "--separator", ";", "log", "2", "9")
        self.must_print(b"c;10\r\n", "--key", "text", "--column", "1", "--separator", ";", "log", "c")

    # ---- other keys ----

    def test_numbers_are_compared_exactly(self):
        dice = random.Random(6)
        numbers = sorted(
            {dice.randrange(-(10**6), 10**6) for _ in range(300)}
            | {dice.randrange(-(2**70), 2**70) for _ in range(100)}
            | {2**64 - 1, 2**64, 2**64 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 0, 10**40, 10**40 + 1}
        )
        lines = [(number, f"{number} text\n".encode()) for number in numbers]
        self.write("log", b"number text\n" + b"".join(line for _, line in lines))
        for _ in range(command_harness.so_many(60)):
            low, high = sorted(dice.choice(numbers) + dice.choice([-1, 0, 1]) for _ in range(2))
            expected = b"".join(line for number, line in lines if low <= number <= high)
            self.must_print(expected, "--key=number", "--from", str(low), "--to", str(high), "log")

    def test_decimals_are_compared_as_numbers(self):
        self.write("log", b"-10\n-2.50\n-2.5\n-0.001\n0\n00.0\n1e-3\n.5\n0.50\n1e0\n9\n1.0e1\n10.5\n")
        self.must_print(b"-2.50\n-2.5\n-0.001\n0\n00.0\n1e-3\n", "--key=number", "--from=-2.5", "--to=0.001", "log")
        self.must_print(b"9\n1.0e1\n", "--key=number", "log", "1.01", "10")

    def test_numbers_with_slack(self):
        dice = random.Random(7)
        base = sorted(dice.randrange(10**6) for _ in range(4000))
        numbers = sorted(base, key=lambda number: number + dice.randrange(2500))
        lines = [(number, f"id={number}\t{number / 4}\n".encode()) for number in numbers]
        self.write("log", b"".join(line for _, line in lines))
        for _ in range(command_harness.so_many(30)):
            low, high = sorted(dice.choice(numbers) for _ in range(2))
            expected = b"".join(line for number, line in lines if low <= number <= high)
            self.must_print(expected, "--key=number", "--column=2", "--slack=625", "log", str(low / 4), str(high / 4))

    def test_text_is_compared_by_bytes(self):
        dice = random.Random(8)
        letters = [b"a", b"b", b"B", b"-", b"\xc3\xa9"]
        if not command_harness.ON_WINDOWS:  # where arguments are text
            letters += [b"\xc3", b"\xa9"]
        words = sorted(b"".join(dice.choices(letters, k=dice.randrange(1, 6))) for _ in range(3000))
        self.write("log", b"".join(b"1 %s rest\n" % word for word in words))
        for _ in range(command_harness.so_many(40)):
            low, high = sorted((dice.choice(words), dice.choice(words)))
            expected = b"".join(b"1 %s rest\n" % word for word in words if low <= word <= high)
            self.must_print(expected, "--key=text", "--column=2", "--from", low, "--to", high, "log")

    def test_columns(self):
        self.write("log", b"a  2026-01-01 00:00:00 x\nb\t2026-01-02 00:00:00 y\nc 2026-01-03 00:00:00 z\n")
        self.must_print(b"b\t2026-01-02 00:00:00 y\n", "--column=2", "log", "2026-01-02", "2026-01-02")
        self.write("log", b'1,"2026-01-01 00:00:00"\n2,"2026-01-02 00:00:00"\n')
        self.must_print(b'2,"2026-01-02 00:00:00"\n', "--column=2", "--separator=,", "log", "2026-01-02")
        self.write("log", b"a b\t2026-01-01\nc\t2026-01-02\n")
        self.must_print(b"c\t2026-01-02\n", "--column=2", "--separator=\\t", "log", "2026-01-02")

    def test_formats_of_strptime(self):
        cases = [
            ("%d.%m.%Y %H:%M:%S", [b"01.02.2026 23:59:59 a\n", b"02.02.2026 00:00:00 b\n"]),
            ("%d.%m.%Y %H:%M:%S.%f", [b"01.02.2026 23:59:59.999 a\n", b"02.02.2026 00:00:00.0 b\n"]),
            ("%b %d, %Y %I:%M:%S %p", [b"Feb 01, 2026 11:59:59 PM a\n", b"Feb 02, 2026 12:00:00 AM b\n"]),
            ("%Y%m%d %H%M%S", [b"20260201 235959 a\n", b"20260202 000000 b\n"]),
            ("%Y%j", [b"2026032 a\n", b"2026033 b\n"]),
            ("%s.%f", [b"1769990399.5 a\n", b"1769990400.0 b\n"]),
            ("%A, %d-%b-%y %T GMT", [b"Sunday, 01-Feb-26 23:59:59 GMT a\n", b"Monday, 02-Feb-26 00:00:00 GMT b\n"]),
            ("%d/%m/%Y %T %z", [b"02/02/2026 01:29:59 +0130 a\n", b"01/02/2026 19:00:00 -05:00 b\n"]),
        ]
        for form, lines in cases:
            with self.subTest(format=form):
                self.write("log", b"".join(lines))
                self.must_print(lines[1], "--time-format", form, "log", "2026-02-02", "2026-02-02")
                self.must_print(lines[0], "--time-format", form, "--to", "2026-02-01T23:59:59.999999999", "log")

    # ---- years, zones ----

    def test_december_read_in_january_was_last_year(self):
        lines = [b"Dec 31 23:59:59 h a\n", b"Jan  1 00:00:00 h b\n", b"Jan  2 10:00:00 h c\n"]
        self.write("log", b"".join(lines), written="2026-01-02T10:00:01")
        self.must_print(lines[0], "log", "2025-12-31", "2025-12-31T23:59:59")
        self.must_print(lines[1], "log", "2026-01-01", "2026-01-01T23:59:59")
        self.must_print(lines[1] + lines[2], "--now", "2026-01-05", "log", "Jan  1 00:00:00")
        self.must_print(b"".join(lines), "--now", "2026-01-05", "log", "Dec 31 23:00:00")

    def test_february_29_lies_in_a_leap_year(self):
        self.write("log", b"Feb 28 10:00:00 a\nFeb 29 10:00:00 b\nMar  1 10:00:00 c\n", written="2024-03-01T11:00:00")
        self.must_print(b"Feb 29 10:00:00 b\n", "log", "2024-02-29", "2024-02-29T23:00")

    def test_dates_that_do_not_exist_are_no_keys(self):
        self.write("log", b"2026-02-28 00:00:00 a\n2026-02-29 00:00:00 b\n2026-03-01 24:00:00 c\n2026-03-02 25:00:00 d\n")
        self.must_print(b"2026-02-28 00:00:00 a\n2026-02-29 00:00:00 b\n", "--to", "2026-03-01", "log")
        self.must_print(b"2026-03-01 24:00:00 c\n2026-03-02 25:00:00 d\n", "log", "2026-03-02", "2026-03-02")

    def test_a_leap_second_is_the_last_moment_of_its_day(self):
        lines = [b"2016-12-31T23:59:59.9Z a\n", b"2016-12-31T23:59:60.5Z b\n", b"2017-01-01T00:00:00Z c\n"]
        self.write("log", b"".join(lines))
        self.must_print(lines[2], "log", "2017-01-01")
        self.must_print(lines[0] + lines[1], "--to", "2016-12-31T23:59:59.999999999", "log")

    def test_times_without_a_zone_are_in_the_zone_that_is_asked_for(self):
        self.write("log", b"2026-06-01 12:00:00 a\n2026-06-01 13:00:00 b\n")
        self.answer(b"2026-06-01 13:00:00 b\n", "between", "--zone", "+02:00", "log", "2026-06-01T11:00:00Z")
        self.answer(b"2026-06-01 13:00:00 b\n", "between", "--zone=-0530", "log", "2026-06-01T18:30:00Z")

    def test_the_system_s_zone_and_its_summer_time(self):
        berlin = dict(os.environ, TZ="CET-1CEST,M3.5.0,M10.5.0/3")
        lines = [
            b"2026-03-29 01:59:59 a\n",
            b"2026-03-29 03:00:00 b\n",
            b"2026-10-25 01:59:59 c\n",
            b"2026-10-25 02:30:00 d\n",
            b"2026-10-25 03:00:00 e\n",
        ]
        moments = ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-10-24T23:59:59Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"]
        self.write("log", b"".join(lines))
        for line, moment in zip(lines, moments):
            self.answer(line, "between", "log", moment, moment, env=berlin)
        self.answer(lines[3], "between", "log", "2026-10-25 02:00", "2026-10-25 02:59", env=berlin)

    # ---- FROM and TO ----

    def test_every_way_to_write_from(self):
        now = "2026-11-21T12:00:00"
        stamps = ["2026-11-14T12:00:00", "2026-11-20T23:00:00", "2026-11-21T00:00:00", "2026-11-21T10:30:00", "2026-11-21T11:45:00", "2026-11-21T12:00:00", "2026-11-22T00:00:00"]
        lines = [f"{stamp}.000Z line\n".encode() for stamp in stamps]
        self.write("log", b"".join(lines))
        ways = [
            ("2026-11-20T23:00:00Z", 1), ("2026-11-20 23:00", 1), ("2026/11/20 23:00:00,000", 1), ("2026-11-20T22:00:00-01:00", 1),
            ("2026-11-20", 1), ("2026-11-21", 2), ("yesterday 23:00", 1), ("yesterday", 1), ("yesterday 23:00:00.5", 2),
            ("today", 2), ("today 10:30", 3), ("10:30", 3), ("10:30:00", 3), ("10:30:00.001", 4), ("9:00", 3), ("now", 5), ("tomorrow", 6),
            ("-15min", 4), ("-15m", 4), ("-900s", 4), ("-90min", 3), ("-1h30min", 3), ("-1.5h", 3), ("-1h 30min", 3), ("2h ago", 3),
            ("-1d", 1), ("-1w", 0), ("-13h", 1), ("-900001ms", 4), ("Nov 20 23:00:00", 1), ("Nov 21 10:30:00", 3),
            ("20/Nov/2026:23:00:00 +0000", 1), ("1795215600", 1), ("1795215600000", 1), ("1795215600000000", 1), ("@1795215600", 1), ("1795215600.5", 2),
        ]  # fmt: skip
        for way, first in ways:
            with self.subTest(way=way):
                self.must_print(b"".join(lines[first:]), "--now", now, f"--from={way}", "log")
                self.must_print(b"".join(lines[first:]), "--now", now, "log", way) if way[0] != "-" or way[1].isdigit() else None

    def test_to_counts_from_from(self):
        self.write("log", b"2026-01-01 00:00:00 a\n2026-01-01 00:00:30 b\n2026-01-01 00:00:31 c\n")
        self.must_print(b"2026-01-01 00:00:00 a\n2026-01-01 00:00:30 b\n", "log", "2026-01-01", "+30s")

    def test_the_last_moment_belongs_to_the_span(self):
        self.write("log", b"2026-01-01 14:05:00 a\n2026-01-01 14:05:00.001 b\n")
        self.must_print(b"2026-01-01 14:05:00 a\n", "log", "2026-01-01 14:00", "2026-01-01 14:05")

    def test_a_span_that_ends_before_it_begins_is_refused(self):
        self.write("log", b"2026-01-01 14:05:00 a\n")
        message = 'tome: between: TO lies before FROM: "2026-01-01" before "2026-01-02"\n'
        self.assertEqual((2, b"", message), self.between("log", "2026-01-02", "2026-01-01"))

    # ---- several files ----

    def test_rotated_files_are_read_in_the_order_of_their_times(self):
        dice = random.Random(9)
        log = make_log(dice, iso, 1000, 3000, moment_of("2026-10-01T10:00:00"), 5000000)
        parts = [log.records[:1000], log.records[1000:1001], log.records[1001:2500], log.records[2500:]]
        for name, part in zip(("app.log.3", "app.log.2", "app.log.1", "app.log"), parts):
            self.write(name, Log(part).content())
        self.write("app.log.0", b"")
        names = ["app.log", "app.log.0", "app.log.1", "app.log.2", "app.log.3"]
        for _ in range(command_harness.so_many(20)):
            low, high = sorted(dice.choice(log.records)[0] for _ in range(2))
            dice.shuffle(names)
            self.must_print(log.between(low, high), *names, shown(low), shown(high))

    def test_files_without_a_last_line_end_do_not_run_into_each_other(self):
        self.write("b", b"2026-01-02 00:00:00 b")
        self.write("a", b"2026-01-01 00:00:00 a")
        self.must_print(b"2026-01-01 00:00:00 a\n2026-01-02 00:00:00 b", "b", "a", "2026-01-01")

    def test_counting_and_json(self):
        self.write("a", b"2026-01-01 00:00:00 a\n trace\n2026-01-02 00:00:00 b\n")
        self.write("b", b"2026-01-03 00:00:00 c\n2026-01-04 00:00:00 d\n")
        self.must_print(b"3\n", "-c", "b", "a", "2026-01-02", "2026-01-04")
        self.assertEqual((1, b"0\n", ""), self.between("-c", "a", "2027-01-01"))
        status, output, _ = self.between("--json", "a", "2026-01-01", "2026-01-01")
        expected = {"file": "a", "key": "ISO 8601", "offset": 0, "end": 29, "records": 1, "lines": 2, "bytes": 29}
        self.assertEqual((0, [expected]), (status, json.loads(output)))

    def test_standard_input(self):
        self.write("log", b"2026-01-01 00:00:00 a\n2026-01-02 00:00:00 b\n")
        with open("log", "rb") as log:
            self.must_print_from(log, b"2026-01-02 00:00:00 b\n")

    def must_print_from(self, stdin, expected):
        self.assertEqual((0, expected, ""), self.between("-", "2026-01-02", stdin=stdin))

    # ---- what cannot be answered ----

    def test_a_file_that_is_not_sorted_is_said_to_be_so(self):
        dice = random.Random(10)
        for case in range(command_harness.so_many(30)):
            log = make_log(dice, iso, 1000, 2000, moment_of("2026-10-01T10:00:00"), 5000000, traces=0)
            dice.shuffle(log.records)
            self.write("log", log.content())
            low, high = sorted(dice.choice(log.records)[0] for _ in range(2))
            with self.subTest(case=case):
                status, _, message = self.between("log", shown(low), shown(high))
                self.assertEqual(2, status)
                self.assertRegex(message, r"^tome: log: is not sorted: the line at byte \d+ should stand before one above it")

    def test_disorder_inside_the_span_is_told_after_what_lies_before_it(self):
        lines = [f"2026-01-01 00:00:{second:02} {'x' * 60}\n".encode() for second in range(60)]
        lines[30], lines[31] = lines[31], lines[30]
        self.write("log", b"".join(lines) * 1)
        status, output, message = self.between("log", "2026-01-01")
        self.assertEqual((2, b""), (status, output))
        self.assertIn(f"at byte {31 * len(lines[0])} ", message)

    def test_disorder_that_only_the_walk_meets_is_told(self):
        def line(second):
            return f"{as_datetime(moment_of('2026-01-01T00:00:00') + second * 1000000):%Y-%m-%d %H:%M:%S} {'x' * 50}\n".encode()

        lines = [line(second) for second in range(20000)]
        lines[11007], lines[11008] = lines[11008], lines[11007]
        self.write("log", b"".join(lines))
        status, output, message = self.between("log", "2026-01-01 03:00:00", "2026-01-01 03:10:00")
        first = 3 * 3600
        self.assertEqual((2, True), (status, output == b"".join(lines[first:11008])))
        self.assertIn(f"at byte {11008 * len(lines[0])} ", message)
        self.must_print(b"".join(lines[10800:11401]), "--slack=1s", "log", "2026-01-01 03:00:00", "2026-01-01 03:10:00")

    def test_what_has_no_key_is_an_error(self):
        message = "no line with such a key was found; see --column, --key and --time-format"
        self.write("log", b"nothing\nof the kind\n" * 50000)
        self.error(f"log: {message}", "between", "--utc", "log", "2026-01-01")
        self.write("log", b"\0" * 200000)
        self.error(f"log: {message}", "between", "--utc", "log", "2026-01-01")

    def test_an_empty_file_has_no_lines(self):
        self.write("log", b"")
        self.must_print(b"", "log", "2026-01-01")
        self.must_print(b"", "--key=number", "log", "1")

    def test_compressed_files_are_named_so(self):
        self.write("log.gz", gzip.compress(b"2026-01-01 00:00:00 a\n" * 1000))
        self.error("log.gz: is compressed; unpack it into a file first, with zcat", "between", "log.gz", "2026-01-01")
        self.write("log.zst", b"\x28\xb5\x2f\xfd" + os.urandom(500))
        self.error("log.zst: is compressed; unpack it into a file first, with zstdcat", "between", "log.zst", "2026-01-01")

    def test_other_files_are_read_when_one_cannot_be(self):
        self.write("log", b"2026-01-01 00:00:00 a\n")
        self.error("gone: no such file", "between", "--utc", "--from=2026-01-01", "gone", "log", answer=b"2026-01-01 00:00:00 a\n")

    def test_misuse(self):
        self.write("log", b"2026-01-01 00:00:00 a\n")
        times = ('is not a time; write 2026-11-21T14:05:06+01:00, "2026-11-21 14:05", 14:05, -15min, "yesterday 23:00", now, or as in the file')
        for message, arguments in [
            ("which FILE?", []),
            ("from when? write FROM behind FILE, or --from", ["log"]),
            (f'"nonsense" {times}', ["log", "nonsense"]),
            (f'"2026-02-30" {times}', ["log", "2026-02-30"]),
            (f'"25:00" {times}', ["log", "25:00"]),
            (f'"" {times}', ["log", ""]),
            (f'"-15" {times}', ["log", "-15"]),
            ('"x" is no file, and FROM and TO are all that stands behind', ["log", "x", "y", "z"]),
            ('"soon" is no kind of key; there are time, number and text', ["--key=soon", "log", "1"]),
            ('"x" is not a number', ["--key=number", "log", "x"]),
            ('"5" is not an amount of time; write 5s, 250ms, 15min, 2h, 1d or 1h30min', ["--slack=5", "log", "now"]),
            ("--slack is for times and numbers", ["--key=text", "--slack=5", "log", "a"]),
            ('"0" is no column; they count from 1', ["--column=0", "log", "now"]),
            ('"1:00" is not a zone; write +01:00, -0530 or Z', ["--zone=1:00", "log", "now"]),
            ("--separator wants --column, which says where the time is", ["--separator=,", "log", "now"]),
            ("--json tells the number of lines, too; it does not go with -c", ["--json", "-c", "log", "now"]),
            ("--time-format is for times", ["--key=text", "--time-format=%F", "log", "a"]),
        ]:  # fmt: skip
            with self.subTest(arguments=arguments):
                self.misuse("between", message, *arguments)

    def test_a_wrong_time_format_is_refused(self):
        self.write("log", b"2026-01-01 00:00:00 a\n")
        status, _, message = self.between("--time-format=%Y-%Q", "log", "now")
        self.assertEqual((2, True), (status, "a conversion that Tome does not know" in message))
        status, _, message = self.between("--time-format=%H:%M", "log", "now")
        self.assertEqual((2, True), (status, "the format has no date" in message))

    # ---- what it costs ----

    def test_few_pages_of_a_large_file_are_read(self):
        line = "%s request of some length, so that a page holds some thirty of them, not more ...\n"
        begin = moment_of("2026-01-01T00:00:00")
        with open("log", "w", encoding="ascii") as log:
            for first in range(0, 400000, 1000):
                log.write("".join(line % shown(begin + i * 1000000) for i in range(first, first + 1000)))
            log.flush()
            os.fsync(log.fileno())
        descriptor = os.open("log", os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
        if self.resident("log") > 100000:
            self.skipTest("this file system keeps its files in memory")
        low = begin + 123456 * 1000000
        self.must_print("".join(line % shown(low + i * 1000000) for i in range(11)).encode(), "log", shown(low), "+10s")
        self.assertLess(self.resident("log"), 128 * PAGE)
        status, output, _ = self.between("log", shown(low), "+200000s")
        self.assertEqual((0, 200001 * len(line % shown(low))), (status, len(output)))
        if are_counted():  # or else it is not known what was in memory before, so it has to stay there
            self.assertLess(self.resident("log"), 256 * PAGE)

    def resident(self, name):
        _, output, _ = self.tome("info", "--json", name)
        resident = json.loads(output)[0]["resident"]
        if resident is None:
            self.skipTest("this system does not tell what is in memory")
        return resident


if __name__ == "__main__":
    command_harness.main()
