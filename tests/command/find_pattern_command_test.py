"""tome find with several patterns, in either case, by expressions, and what else it can print; held
against searches by Python."""
import json
import random
import re

import command_harness
from command_harness import ON_WINDOWS, CommandTest, how_many, so_many


def lines(numbers):
    return "".join(f"{number}\n" for number in numbers)


def overlapping(data, patterns):
    """(offset, length) of the longest pattern at each place where one begins."""
    found = []
    for at in range(len(data)):
        here = [len(pattern) for pattern in patterns if data.startswith(pattern, at)]
        if here:
            found.append((at, max(here)))
    return found


def slices(found):
    return "".join(f"{at}:{at + length}\n" for at, length in found)


class Several(CommandTest):
    def test_each_is_found_and_the_operands_are_files(self):
        self.file("f", b"one two three")
        self.answer("0\n8\n", "find", "-e", "one", "-e", "three", "f")
        self.answer("0\n8\n", "find", "f", "--pattern=one", "--pattern", "three")
        self.file("g", b"three")
        self.answer("f:8\ng:0\n", "find", "-e", "three", "f", "g")
        self.answer("4\n", "find", "-e-", "-e", "two", "f")

    def test_the_longest_of_those_that_begin_at_the_same_place(self):
        self.file("f", b"abcab")
        self.answer("0:3\n1:3\n3:5\n", "find", "--slice", "-e", "ab", "-e", "abc", "-e", "bc", "f")

    def test_random_ones_agree_with_python(self):
        dice = random.Random(1)
        for number in range(so_many(how_many(120, 3000))):
            alphabet = dice.choice((b"ab", b"abAB", b"\0\n"))
            data = bytes(dice.choices(alphabet, k=dice.randrange(200)))
            patterns = [
                bytes(dice.choices(alphabet, k=dice.choice((1, 2, 3, 7))))
                for _ in range(dice.choice((1, 1, 2, 5, 40)))
            ]
            start, end = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
            part = data[start:end]
            ignore_case = dice.random() < 0.4
            if ignore_case:
                part, searched = part.lower(), [pattern.lower() for pattern in patterns]
            else:
                searched = patterns
            expected = [(start + at, length) for at, length in overlapping(part, searched)]
            self.file("f", data)
            use = ["--hex", f"--from={start}", f"--to={end}", "f"] + ["-i"] * ignore_case
            use += [f"-e{pattern.hex()}" for pattern in patterns]
            status = 0 if expected else 1
            with self.subTest(number=number, data=data, use=use):
                self.answer(slices(expected), "find", "--slice", *use, status=status)
                self.answer(lines([len(expected)]), "find", "-c", *use, status=status)
                self.answer(slices(expected[-1:]), "find", "--last", "--slice", *use, status=status)
                most = dice.randrange(1, 5)
                self.answer(
                    slices(expected[:most]), "find", "--slice", f"-m{most}", *use, status=status
                )

    def test_far_apart_and_across_the_pieces(self):
        spots = [5, (1 << 20) - 3, (4 << 20) - 1, (16 << 20) - 4, (24 << 20) + 1]
        with open("f", "wb") as file:
            file.write(b"." * (25 << 20))
            for spot in spots:
                file.seek(spot)
                file.write(b"Needle")
        for words in (("-e", "Needle", "-e", "absent"), ("-i", "nEEDLE"), ("--regex", "N[^x]{4}e")):
            with self.subTest(words=words):
                self.answer(lines(spots), "find", *words, "f")
                self.answer(f"{len(spots)}\n", "find", "-c", *words, "f")
                self.answer(lines(spots[-1:]), "find", "--last", *words, "f")
                self.answer(lines(spots[3:4]), "find", "--last", *words, "--to=24M", "f")
                self.answer("", "find", "--last", *words, "--from=-500K", "f", status=1)


class IgnoreCase(CommandTest):
    def test_letters_of_ascii_only(self):
        self.file("f", "aAbB \u00e4\u00c4 @`[{".encode())
        self.answer("0\n1\n", "find", "-i", "A", "f")
        self.answer("2\n3\n", "find", "--ignore-case", "b", "f")
        self.answer("5\n", "find", "-i", "\u00e4", "f")
        self.answer("10\n", "find", "-i", "@", "f")
        self.answer("12\n", "find", "-i", "[", "f")

    def test_the_last_one(self):
        self.file("f", b"Error error ERROR errno")
        self.answer("12\n", "find", "-i", "--last", "error", "f")
        self.answer("6\n", "find", "-i", "--last", "--to", "16", "error", "f")
        self.answer("", "find", "-i", "--last", "errors", "f", status=1)


class Regex(CommandTest):
    def test_matches_do_not_overlap(self):
        self.file("f", b"aaaaa")
        self.answer("0:2\n2:4\n", "find", "--regex", "--slice", "aa", "f")
        self.answer("2\n", "find", "--regex", "-c", "aa", "f")

    def test_matches_may_span_lines(self):
        self.file("f", b"x BEGIN\na\nb END y\nBEGIN END\n")
        self.answer("2:15\n18:27\n", "find", "--regex", "--slice", "(?s)BEGIN.*?END", "f")
        self.answer("18:27\n", "find", "--regex", "--slice", "BEGIN.*END", "f")
        self.answer("7:11\n", "find", "--regex", "--slice", r"\na\nb", "f")

    def test_a_match_longer_than_any_piece(self):
        self.file("f", b"." * 1000 + b"BEGIN" + b"\n" * (20 << 20) + b"END.END")
        self.answer(
            f"1000:{1008 + (20 << 20)}\n", "find", "--regex", "--slice", r"BEGIN\n*END", "f"
        )

    def test_ends_of_lines(self):
        self.file("f", b"one\ntwo one\n")
        self.answer("0\n", "find", "--regex", "^one", "f")
        self.answer("0\n8\n", "find", "--regex", "one$", "f")

    def test_bytes_are_bytes(self):
        self.file("f", b"a\0\xffb \xc3\xa4")
        self.answer("0:4\n", "find", "--regex", "--slice", r"a\x00[\x80-\xff]b", "f")
        self.answer("5\n6\n", "find", "--regex", r"[^\x00-\x7f]", "--from", "4", "f")
        self.answer("5:7\n", "find", "--regex", "--slice", "\u00e4", "f")

    def test_options_go_together(self):
        self.file("f", b"Foo bar FOO baz foo")
        self.answer("0:3\n8:11\n16:19\n", "find", "-i", "--regex", "--slice", "fo+", "f")
        self.answer("16\n", "find", "-i", "--regex", "--last", "fo+", "f")
        self.answer("8\n", "find", "-i", "--regex", "-m1", "--from=1", "fo+", "f")
        self.answer("4\n12\n16\n", "find", "--regex", "-e", "ba.", "-e", "fo*", "f")
        self.answer("2\n", "find", "--regex", "-c", "ba[rz]", "f")
        self.answer("", "find", "--regex", "q", "f", status=1)

    def test_random_ones_agree_with_python(self):
        dice = random.Random(2)
        atoms = [
            "a",
            "b",
            "[ab]",
            "[^a]",
            ".",
            "(?:ab|b)",
            "(?:a|ba)",
            r"\n",
            "^",
            "$",
            "(?:a{2,3})",
        ]
        for number in range(so_many(how_many(150, 5000))):
            # To Python another line begins behind a last newline, to Perl none does.
            data = bytes(dice.choices(b"ab\n", k=dice.randrange(80))) + b"a"
            pattern = "".join(
                dice.choice(atoms) + dice.choice(("", "", "", "?", "*", "+?"))
                for _ in range(dice.choice((1, 2, 3, 5)))
            )
            pattern = re.sub(r"([$^])[?*+]+", r"\1", pattern)
            expected = [
                (match.start(), match.end() - match.start())
                for match in re.finditer(pattern.encode(), data, re.M)
            ]
            if any(length == 0 for _, length in expected):
                continue  # after an empty match Perl and Python go on in different ways
            self.file("f", data)
            with self.subTest(number=number, pattern=pattern, data=data):
                self.answer(
                    slices(expected),
                    "find",
                    "--regex",
                    "--slice",
                    "--",
                    pattern,
                    "f",
                    status=0 if expected else 1,
                )

    def test_a_wrong_one_is_refused_with_the_place(self):
        status, answer, message = self.tome("find", "--regex", "-e", "fine", "-e", "a(b", "f")
        self.assertEqual((2, b""), (status, answer))
        self.assertRegex(
            message, r'^tome: find: "a\(b": .+ \(at byte 3\)\nTry "tome find --help".\n$'
        )


class Printed(CommandTest):
    def test_slices_are_what_tome_slice_takes(self):
        self.file("f", b"one two three")
        found = self.tome("find", "--regex", "--slice", "t[a-z]+", "f")[1].decode().split()
        self.assertEqual(["4:7", "8:13"], found)
        self.answer("twothree", "slice", "f", *found)
        self.file("g", b"t")
        self.answer("f:4:5\nf:8:9\ng:0:1\n", "find", "--slice", "t", "f", "g")

    def test_json(self):
        # Windows has neither such characters in names nor bytes that are no text.
        name, no_text = ("a'\u00e4", "\ufffd") if ON_WINDOWS else ('a"\\\n\u00e4', b"\xff")
        self.file(name, b"one two one")
        self.file(no_text, b"one")
        answer = self.tome("find", "--json", "one", name, no_text)[1].decode()
        self.assertEqual(
            [
                {"file": name, "offset": 0, "length": 3},
                {"file": name, "offset": 8, "length": 3},
                {"file": "\ufffd", "offset": 0, "length": 3},
            ],
            [json.loads(line) for line in answer.splitlines()],
        )
        self.file("f", b"one two one")
        self.answer('{"file":"f","count":2}\n', "find", "--json", "-c", "one", "f")
        self.answer('{"file":"f","offset":8,"length":3}\n', "find", "--json", "--last", "one", "f")
        self.answer("", "find", "--json", "x", "f", status=1)

    def test_what_does_not_go_together_is_refused(self):
        self.misuse(
            "find",
            "PATTERN is either --hex or --regex; \\x00 in an expression is a byte, too",
            "--hex",
            "--regex",
            "00",
            "f",
        )
        message = "--slice does not go with --json or -c"
        self.misuse("find", message, "--slice", "--json", "a", "f")
        self.misuse("find", message, "--slice", "-c", "a", "f")
        self.misuse("find", "in which FILE?", "-e", "a")
        self.misuse("find", "the PATTERN is empty", "-e", "a", "-e", "", "f")


if __name__ == "__main__":
    command_harness.main()
