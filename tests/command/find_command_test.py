"""tome find: offsets held against a plain search through the bytes in Python."""
import os
import random

import command_harness
from command_harness import LONG_WORD, CommandTest, so_many


def offsets(data, pattern):
    found, at = [], data.find(pattern)
    while at >= 0:
        found.append(at)
        at = data.find(pattern, at + 1)
    return found


def lines(numbers, prefix=""):
    return "".join(f"{prefix}{number}\n" for number in numbers)


class Find(CommandTest):
    def test_every_occurrence_is_printed(self):
        self.file("f", b"one two one three one")
        self.answer("0\n8\n18\n", "find", "one", "f")

    def test_overlapping_occurrences_are_all_printed(self):
        self.file("f", b"aaaaaxababa")
        self.answer("0\n1\n2\n3\n", "find", "aa", "f")
        self.answer("6\n8\n", "find", "aba", "f")

    def test_random_small_alphabets_agree_with_python(self):
        dice = random.Random(1)
        for _ in range(so_many(150)):
            data = bytes(dice.choice(b"ab") for _ in range(dice.randrange(1, 120)))
            pattern = bytes(dice.choice(b"ab") for _ in range(dice.randrange(1, 9)))
            start, end = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
            expected = [start + at for at in offsets(data[start:end], pattern)]
            self.file("f", data)
            with self.subTest(data=data, pattern=pattern, start=start, end=end):
                self.answer(
                    lines(expected),
                    "find",
                    "--from",
                    str(start),
                    "--to",
                    str(end),
                    pattern.decode(),
                    "f",
                    status=0 if expected else 1,
                )
                self.answer(
                    lines(expected[-1:]),
                    "find",
                    "--last",
                    f"--from={start}",
                    f"--to={end}",
                    pattern.decode(),
                    "f",
                    status=0 if expected else 1,
                )

    def test_every_kind_of_self_overlap_agrees_with_python(self):
        unit_patterns = [
            "a" * 50,
            "ab" * 30,
            "ab" * 30 + "a",
            "aab" * 20 + "aa",
            "abaab" * 9 + "ab",
            "abaababaabaab",
            "a" * 20 + "b" + "a" * 20,
        ]
        for pattern in unit_patterns:
            data = (pattern * 3 + "a" + pattern[: len(pattern) // 2] * 5 + pattern * 2).encode()
            self.file("f", data)
            with self.subTest(pattern=pattern):
                self.answer(lines(offsets(data, pattern.encode())), "find", pattern, "f")

    def test_a_long_periodic_pattern_in_a_long_run_takes_linear_time(self):
        # Compared byte by byte at each place this would be 10**12 steps, and the test would time
        # out.
        self.file("f", b"a" * (12 << 20))
        self.answer(f"{(12 << 20) - LONG_WORD + 1}\n", "find", "-c", "a" * LONG_WORD, "f")

    def test_matches_at_both_ends_and_across_pages(self):
        data = bytearray(3 * 65536)
        spots = [0, 4094, 8190, 65534, 131071, len(data) - 4]
        for spot in spots:
            data[spot : spot + 4] = b"PK\3\4"
        self.file("f", data)
        self.answer(lines(spots), "find", "--hex", "504b0304", "f")

    def test_matches_across_the_pieces_it_searches(self):
        piece = 64 << 20
        spots = [piece - 6, piece - 1, 2 * piece - 3, 2 * piece + 6]
        with open("f", "wb") as file:
            file.truncate(2 * piece + 100)
            for spot in spots:
                file.seek(spot)
                file.write(b"xyzzy")
        self.answer(lines(spots), "find", "xyzzy", "f")
        self.answer(f"{2 * piece + 6}\n", "find", "--last", "xyzzy", "f")
        self.answer(
            f"{2 * piece - 3}\n", "find", "--last", "--to", str(2 * piece + 10), "xyzzy", "f"
        )
        self.answer(f"{piece - 6}\n", "find", "--last", "--to", str(piece + 3), "xyzzy", "f")

    def test_offsets_beyond_four_gib(self):
        with open("f", "wb") as file:
            file.truncate((5 << 30) + 1)
            for spot in ((1 << 32) - 3, (1 << 32) + 5, (5 << 30) - 4):
                file.seek(spot)
                file.write(b"ERROR")
        self.answer(
            "4294967293\n4294967301\n5368709116\n", "find", "--from", "4294967000", "ERROR", "f"
        )
        self.answer("5368709116\n", "find", "--last", "ERROR", "f")

    def test_nothing_found_is_status_1(self):
        self.file("f", b"abc")
        self.answer("", "find", "x", "f", status=1)
        self.answer("", "find", "abcd", "f", status=1)
        self.answer("", "find", "--last", "x", "f", status=1)

    def test_pattern_is_plain_bytes(self):
        self.file("f", b"a.c abc [x]* \xc3\xa4")
        self.answer("0\n", "find", "a.c", "f")
        self.answer("8\n", "find", "[x]*", "f")
        self.answer("13\n", "find", "\u00e4", "f")

    def test_pattern_that_looks_like_an_option(self):
        self.file("f", b"x --help -5")
        self.answer("2\n", "find", "--", "--help", "f")
        self.answer("9\n", "find", "-5", "f")


class Count(CommandTest):
    def test_count(self):
        self.file("f", b"abababa")
        self.answer("3\n", "find", "-c", "aba", "f")
        self.answer("3\n", "find", "--count", "aba", "f")

    def test_count_of_nothing_is_printed_with_status_1(self):
        self.file("f", b"abc")
        self.answer("0\n", "find", "-c", "x", "f", status=1)

    def test_stop_after_so_many(self):
        self.file("f", b"aaaaa")
        self.answer("0\n1\n", "find", "-m", "2", "a", "f")
        self.answer("0\n1\n", "find", "-m2", "a", "f")
        self.answer("2\n", "find", "-cm2", "a", "f")
        self.answer("5\n", "find", "-c", "--max-count=1K", "a", "f")
        self.answer("", "find", "-m", "0", "a", "f", status=1)


class Range(CommandTest):
    def test_match_must_lie_wholly_inside(self):
        self.file("f", b"..abc..abc..")
        self.answer("2\n7\n", "find", "--from", "2", "--to", "10", "abc", "f")
        self.answer("7\n", "find", "--from", "3", "abc", "f")
        self.answer("2\n", "find", "--to", "9", "abc", "f")
        self.answer("", "find", "--from", "3", "--to", "9", "abc", "f", status=1)

    def test_negative_offsets_count_from_the_end(self):
        self.file("f", b"..abc..abc..")
        self.answer("7\n", "find", "--from", "-5", "abc", "f")
        self.answer("7\n", "find", "--from=-5", "--to=-2", "abc", "f")
        self.answer("2\n", "find", "--to", "-0x3", "abc", "f")

    def test_offsets_outside_mean_the_nearer_end(self):
        self.file("f", b"abc")
        self.answer("0\n", "find", "--from", "-1G", "--to", "1G", "abc", "f")
        self.answer("", "find", "--from", "1G", "c", "f", status=1)

    def test_from_behind_to_is_an_error(self):
        self.file("f", b"abcdefghij")
        for first, last in (("40", "3"), ("-3", "-4"), ("8", "-3"), ("-3", "6"), ("40", "39")):
            with self.subTest(first=first, last=last):
                self.error(
                    "f: --to lies before --from", "find", "--from", first, "--to", last, "c", "f"
                )
        self.file("g", b"c" * 100)
        self.error(
            "f: --to lies before --from",
            "find",
            "--from=50",
            "--to=-1",
            "c",
            "f",
            "g",
            answer=b"".join(b"g:%d\n" % at for at in range(50, 99)),
        )

    def test_an_empty_range_is_none(self):
        self.file("f", b"abcdefghij")
        for first, last in (("3", "3"), ("-3", "7"), ("40", "50"), ("-50", "-40")):
            with self.subTest(first=first, last=last):
                self.answer("", "find", "--from", first, "--to", last, "c", "f", status=1)

    def test_matches_end_before_to_also_in_a_run(self):
        self.file("f", b"a" * 100)
        self.answer("11\n", "find", "-c", "--to", "20", "a" * 10, "f")


class Files(CommandTest):
    def test_several_files_are_named(self):
        self.file("one", b"xax")
        self.file("two", b"nothing")
        self.file("three", b"a")
        self.answer("one:1\nthree:0\n", "find", "a", "one", "two", "three")
        self.answer("one:1\ntwo:0\nthree:1\n", "find", "-c", "a", "one", "two", "three")
        self.answer("one:1\nthree:0\n", "find", "--last", "a", "one", "two", "three")

    def test_an_error_in_one_file_does_not_spare_the_others(self):
        self.file("one", b"a")
        self.file("two", b"a")
        os.mkfifo("pipe")
        self.assertEqual(
            (
                2,
                b"one:0\ntwo:0\n",
                f"tome: missing: no such file\ntome: pipe: {command_harness.NOT_MAPPABLE}\n",
            ),
            self.tome("find", "a", "one", "missing", "pipe", "two"),
        )

    def test_standard_input(self):
        self.file("f", b"xay")
        self.file("other", b"a")
        with open("f", "rb") as file:
            self.answer("1\n", "find", "a", "-", stdin=file)
        with open("f", "rb") as file:
            self.answer("(standard input):1\nother:0\n", "find", "a", "-", "other", stdin=file)

    def test_an_empty_file_contains_nothing(self):
        self.file("f")
        self.answer("", "find", "a", "f", status=1)
        self.answer("0\n", "find", "-c", "a", "f", status=1)
        self.answer("", "find", "--last", "a", "f", status=1)


class Hex(CommandTest):
    def test_digits_of_either_case_with_and_without_blanks(self):
        self.file("f", b"..\x00\xff\xab..")
        for text in ("00ffab", "00FFAB", "00 ff ab", " 00\tffAb\n"):
            self.answer("2\n", "find", "--hex", text, "f")

    def test_what_is_not_hex_is_refused(self):
        self.file("f", b"abc")
        for text in ("0", "0g", "abc", "0 0", "0x00", "zz"):
            self.misuse(
                "find",
                f'"{text}" is not hexadecimal; write two digits for each byte, such as 00ff'
                ' or "00 ff"',
                "--hex",
                text,
                "f",
            )


class Misuse(CommandTest):
    def test_an_empty_pattern_is_refused(self):
        self.file("f", b"abc")
        self.misuse("find", "the PATTERN is empty", "", "f")
        self.misuse("find", "the PATTERN is empty", "--hex", " ", "f")

    def test_last_is_one_match(self):
        self.file("f", b"abc")
        self.misuse(
            "find", "--last is one match; it does not go with -c or -m", "--last", "-c", "a", "f"
        )
        self.misuse(
            "find",
            "--last is one match; it does not go with -c or -m",
            "-m",
            "1",
            "--last",
            "a",
            "f",
        )

    def test_operands_are_asked_for(self):
        self.misuse("find", "which PATTERN?")
        self.misuse("find", "in which FILE?", "a")


if __name__ == "__main__":
    command_harness.main()
