"""tome grep: what it prints, to the byte. That it prints what GNU grep does in thousands of cases is shown by
grep_differential_command_test.py."""
import base64
import json
import os
import select
import shlex
import subprocess

import command_harness
from command_harness import COMMAND, ON_WINDOWS, UNIX_FILES, CommandTest, not_emulated, not_on_windows

POEM = b"one two\nthree\n\ntwo_three Two\nfour"
PLAIN = {**os.environ, "GREP_COLORS": ""}


class GrepTest(CommandTest):
    def same(self, expected, *arguments, **options):
        """The answer is this, which is too long to be shown where it is not."""
        status, answer, message = self.tome("grep", *arguments, **options)
        self.assertEqual((0, ""), (status, message))
        self.assertTrue(answer == expected, f"{len(answer)} other bytes: {answer[:500]!r}")


class Lines(GrepTest):
    def setUp(self):
        super().setUp()
        self.file("f", POEM)

    def test_lines_that_match(self):
        self.answer("one two\ntwo_three Two\n", "grep", "two", "f")
        self.answer("one two\n", "grep", "^o", "f")
        self.answer("", "grep", "five", "f", status=1)

    def test_the_last_line_gets_an_end(self):
        self.answer("four\n", "grep", "ou", "f")

    def test_an_empty_pattern_matches_every_line(self):
        self.answer(POEM + b"\n", "grep", "", "f")
        self.answer("5\n", "grep", "-c", "", "f")

    def test_patterns_are_separated_by_newlines_and_added_up(self):
        self.answer("one two\nfour\n", "grep", "one\nfour", "f")
        self.answer("one two\nfour\n", "grep", "-e", "one", "-e", "four", "f")
        self.file("patterns", b"one\nfour\n")
        self.answer("one two\nfour\n", "grep", "-f", "patterns", "f")
        self.answer("one two\nfour\n", "grep", "-f", "-", "f", stdin=b"one\nfour")
        self.answer("one two\nthree\nfour\n", "grep", "-e", "e$", "-f", "patterns", "f", "-e", "n")

    def test_a_file_without_patterns_matches_nothing(self):
        self.file("patterns")
        self.answer("", "grep", "-f", "patterns", "f", status=1)
        self.answer(POEM + b"\n", "grep", "-v", "-f", "patterns", "f")

    def test_case_inversion_words_and_whole_lines(self):
        self.answer("two_three Two\n", "grep", "Two", "f")
        self.answer("one two\ntwo_three Two\n", "grep", "-i", "TWO", "f")
        self.answer("three\n\nfour\n", "grep", "-v", "two", "f")
        self.answer("one two\n", "grep", "-w", "two", "f")
        self.answer("three\n", "grep", "-x", "three", "f")
        self.answer("\n", "grep", "-x", "", "f")

    def test_plain_text_has_no_special_characters(self):
        self.file("g", b"a.c\nabc\na\\.c\n")
        self.answer("a.c\n", "grep", "-F", "a.c", "g")
        self.answer("a.c\nabc\n", "grep", "a.c", "g")
        self.answer("a.c\n", "grep", "a\\.c", "g")
        self.answer("a\\.c\n", "grep", "-F", "\\.", "g")

    def test_bytes_are_bytes(self):
        self.file("g", b"\xff\0\n\xc3\xa4\nB\0\xc3\x84b\n")
        if not ON_WINDOWS:  # where arguments are text, in UTF-16
            self.answer(b"\xff\0\n", "grep", b"\xff", "g")
        self.answer(b"\xc3\xa4\n", "grep", "-i", "\u00e4", "g")
        self.answer(b"B\0\xc3\x84b\n", "grep", "-i", "^b.*B$", "g")

    def test_carriage_returns_belong_to_the_line(self):
        self.file("g", b"a\r\nb\r\n")
        self.answer("", "grep", "a$", "g", status=1)
        self.answer("a\r\n", "grep", "a.$", "g")

    def test_numbers_offsets_and_names(self):
        self.answer("1:one two\n4:two_three Two\n", "grep", "-n", "two", "f")
        self.answer("0:one two\n15:two_three Two\n", "grep", "-b", "two", "f")
        self.answer("f:4:15:two_three Two\n", "grep", "-Hbn", "Two", "f")
        self.file("g", b"two\n")
        self.answer("f:four\n", "grep", "four", "f", "g")
        self.answer("four\n", "grep", "-h", "four", "f", "g")
        self.answer(b"f\0004:two_three Two\n", "grep", "-nHZ", "Two", "f")

    def test_parts(self):
        self.answer("two\ntwo\nTwo\n", "grep", "-oi", "two", "f")
        self.answer("1:4:two\n4:15:two\n4:25:Two\n", "grep", "-onbi", "two", "f")
        self.answer("one two\nthree\ntwo_three Two\nfour\n", "grep", "-o", ".*", "f")
        self.answer("", "grep", "-o", "x*", "f")
        self.answer("", "grep", "-ov", "two", "f")

    def test_parts_are_the_longest(self):
        self.file("g", b"abcabcd\n")
        self.answer("abcabcd\n", "grep", "-oE", "a|ab|(abc)*d?", "g")
        self.answer("ab\nabcd\n", "grep", "-oF", "-e", "ab", "-e", "abcd", "-e", "bc", "g")

    def test_counting(self):
        self.answer("2\n", "grep", "-c", "two", "f")
        self.answer("0\n", "grep", "-c", "five", "f", status=1)
        self.answer("1\n", "grep", "-c", "-m1", "two", "f")
        self.file("g")
        self.answer("f:2\ng:0\n", "grep", "-c", "two", "f", "g")
        self.answer(b"f\x002\n", "grep", "-cHZ", "two", "f")

    def test_names_of_files(self):
        self.file("g", b"five")
        self.answer("f\n", "grep", "-l", "two", "f", "g")
        self.answer("g\n", "grep", "-L", "two", "f", "g")
        self.answer(b"f\0", "grep", "-lZc", "two", "f", "g")
        self.answer("f\n", "grep", "-L", "five", "f", status=1)
        self.answer("", "grep", "-L", "five", "g")

    def test_quiet(self):
        self.answer("", "grep", "-q", "two", "f")
        self.answer("", "grep", "-q", "five", "f", status=1)

    def test_at_most_so_many(self):
        self.answer("one two\n", "grep", "-m1", "two", "f")
        self.answer("", "grep", "-m", "0", "two", "missing", status=1)
        self.answer("one two\ntwo_three Two\n", "grep", "-m", "-1", "two", "f")

    def test_a_number_of_any_length_is_as_many_as_there_are(self):
        for number in ("18446744073709551616", "9" * 23):
            self.answer("one two\ntwo_three Two\n", "grep", "-m", number, "two", "f")
            self.answer(POEM + b"\n", "grep", "-A", number, "one", "f")
            self.answer(POEM + b"\n", "grep", "-B", number, "four", "f")
            self.answer(POEM + b"\n", "grep", "-C", number, "^$", "f")
        self.answer("one two\nthree\n", "grep", "-A", "0" * 24 + "1", "one", "f")


class Context(GrepTest):
    def setUp(self):
        super().setUp()
        self.file("f", b"".join(b"%d\n" % i for i in range(1, 21)))

    def test_groups(self):
        self.answer("4\n5\n6\n--\n14\n15\n16\n", "grep", "-C1", "5", "f")
        self.answer("4-4\n5:5\n--\n14-14\n15:15\n", "grep", "-nB", "1", "5", "f")
        self.answer("f:5\nf-6\n--\nf:15\nf-16\n", "grep", "-HA", "1", "5", "f")
        self.answer("5\n--\n15\n", "grep", "-A0", "5", "f")
        self.answer("3\n4\n5\n", "grep", "-2", "^3", "f", "-m1", "-A2", "-B0")

    def test_groups_that_touch_are_one(self):
        self.answer("3\n4\n5\n6\n7\n", "grep", "-C1", "[46]", "f", "-m2")
        self.answer("3\n4\n5\n6\n", "grep", "-A1", "[35]$", "f", "-m2")

    def test_what_follows_the_last_line_is_not_searched(self):
        self.answer("1:1\n2-2\n3-3\n", "grep", "-nm1", "-A2", "[123]", "f")

    def test_groups_of_several_files_are_separated(self):
        self.file("g", b"5\n")
        self.answer("f:5\nf-6\n--\nf:15\nf-16\n--\ng:5\n", "grep", "-A1", "5", "f", "g")

    def test_parts_have_no_context_but_separators(self):
        self.answer("5\n--\n5\n", "grep", "-oC1", "5", "f")

    def test_context_of_lines_that_do_not_match_may_have_parts(self):
        self.file("g", b"ab\nx\nbb\n")
        self.answer("1-b\n3-b\n3-b\n", "grep", "-novC1", "b", "g")

    def test_much_context_takes_linear_time(self):
        # Looked for again for each hit, this would be 10**12 lines, and the test would time out.
        line = b"0123456 hit\n0123456 miss\n"
        self.file("g", line * 300000)
        self.same(line * 300000, "-B1000000", "hit$", "g", "-A1")
        self.same(line * 300000, "-B1000000", "hit$", "-A1", stdin=line * 300000)

    def test_context_in_a_long_stream(self):
        lines = [b"%d" % i for i in range(400000)]
        expected = []
        for hit in range(99999, 400000, 100000):
            expected.append(b"\n".join(lines[hit - 2 : hit + 2]))
        data = b"\n".join(lines) + b"\n"
        self.same(b"\n--\n".join(expected) + b"\n", "-B2", "-A1", "99999$", stdin=data)

    def test_context_across_blocks_and_of_long_lines(self):
        parts = [b"a" * 5000, b"", b"b" * 300000, b"hit", b"c" * 70000, b"d" * 9000, b"e"] * 3
        data = b"\n".join(parts) + b"\n"
        self.file("g", data)
        self.same(data, "-C3", "hit", "g")
        self.same(data, "-C3", "hit", stdin=data)
        self.same(b"\n".join(parts[2:4]) + b"\n", "-B1", "-m1", "hit", "g")


class Color(GrepTest):
    def test_what_is_marked(self):
        self.file("f", b"xay\n-\na\n")
        self.answer(
            b"\33[35m\33[Kf\33[m\33[K\33[36m\33[K:\33[m\33[K\33[32m\33[K1\33[m\33[K\33[36m\33[K:\33[m\33[K"
            b"x\33[01;31m\33[Ka\33[m\33[Ky\n",
            *("grep", "--color=always", "-Hn", "-m1", "a", "f"),
            env=PLAIN,
        )
        self.answer(
            b"x\33[01;31m\33[Ka\33[m\33[Ky\n\33[36m\33[K--\33[m\33[K\n\33[01;31m\33[Ka\33[m\33[K\n",
            *("grep", "--colour=always", "-A0", "a", "f"),
            env=PLAIN,
        )

    def test_not_where_nobody_sees_it(self):
        self.file("f", b"a\n")
        for option in ("--color", "--color=auto", "--color=never"):
            self.answer("a\n", "grep", option, "a", "f")

    def test_colours_can_be_chosen(self):
        self.file("f", b"xay\r\n")
        self.answer(
            b"\33[1m\33[Kx\33[4m\33[Ka\33[m\33[K\33[1m\33[Ky\33[m\33[K\r\n",
            *("grep", "--color=always", "a", "f"),
            env={**os.environ, "GREP_COLORS": "mt=4:sl=1:unknown=5"},
        )


class Expressions(GrepTest):
    """What grep -E has and PCRE2 writes otherwise, and the other way round."""

    def lines(self, pattern, *words):
        text = "".join(word + "\n" for word in words)
        status, answer, message = self.tome("grep", pattern, stdin=text.encode())
        self.assertEqual((0 if answer else 1, ""), (status, message))
        return answer.decode().split("\n")[:-1]

    def test_ends_of_words_and_lines(self):
        self.assertEqual(["ab c", "x ab"], self.lines("\\<ab", "ab c", "x ab", "xab", "_ab"))
        self.assertEqual(["x ab", "ab-"], self.lines("ab\\>", "x ab", "ab-", "abc", "ab_"))
        self.assertEqual(["ab"], self.lines("\\`ab\\'", "ab", "xab", "abx"))
        self.assertEqual(["ab", "-ab-"], self.lines("[[:<:]]ab[[:>:]]", "ab", "abx", "-ab-"))

    def test_a_repetition_without_a_lower_bound(self):
        self.assertEqual(["b", "aab"], self.lines("^a{,2}b", "b", "aab", "aaab", "a{,2}b"))
        self.assertEqual(["b", "aaab"], self.lines("^a{,}b", "b", "aaab", "a{,}b"))
        self.assertEqual(["a{,x}"], self.lines("a{,x}", "a{,x}", "a"))
        self.assertEqual(["{,2}"], self.lines("[{,2}]{4}", "{,2}", "{,3}"))
        self.assertEqual(["{,2}"], self.lines("\\{,2}", "{,2}", "a"))
        self.assertEqual(["a{,2}"], self.lines("\\Qa{,2}\\E", "a{,2}", "a"))

    def test_brackets(self):
        self.assertEqual(["]", "a"], self.lines("[]a]", "]", "a", "b"))
        self.assertEqual(["b"], self.lines("[^]a]", "]", "a", "b"))
        self.assertEqual(["b", "^"], self.lines("[^-a]", "-", "a", "b", "^"))
        self.assertEqual(["a", "-"], self.lines("[[.a.][.-.]]", "a", "-", ".", "["))
        self.assertEqual(["a"], self.lines("[[=a=]]", "a", "=", "["))

    def test_what_pcre2_has_besides(self):
        self.assertEqual(["a1"], self.lines("\\d", "a1", "ad"))
        self.assertEqual(["ab"], self.lines("a(?=b)", "ab", "ac"))
        self.assertEqual(["abab"], self.lines("(ab)\\1", "abab", "abac"))
        self.assertEqual(["\\", "d"], self.lines("[\\\\d]", "\\", "d", "1"))

    def test_a_wrong_one_is_told_with_its_place(self):
        self.file("f")
        status, answer, message = self.tome("grep", "-e", "fine", "-e", "\\<a(b", "f")
        self.assertEqual((2, b""), (status, answer))
        self.assertRegex(message, r'^tome: grep: "\\<a\(b": .+ \(at byte 5\)\n$')


class Input(GrepTest):
    def test_standard_input_is_a_pipe_or_a_file(self):
        self.answer("b\n", "grep", "b", stdin=b"a\nb\nc")
        self.answer("2:b\n3:b\n", "grep", "-n", "b", "-", stdin=b"a\nb\nb")
        self.file("f", b"a\nb\nc\n")
        with open("f", "rb") as file:
            self.answer("(standard input):b\nf:b\n", "grep", "b", "-", "f", stdin=file)

    def test_a_file_as_standard_input_begins_and_ends_where_it_is_positioned(self):
        self.file("f", b"a1\nb\na2\na3\n")
        with open("f", "rb") as file:
            os.lseek(file.fileno(), 3, os.SEEK_SET)
            self.answer("2:2:a2\n", "grep", "-nbm1", "a", stdin=file)
            self.assertEqual(8, os.lseek(file.fileno(), 0, os.SEEK_CUR))
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            self.answer("2\n", "grep", "-cm2", "a", stdin=file)
            self.assertEqual(8, os.lseek(file.fileno(), 0, os.SEEK_CUR))
            self.answer("a3\n", "grep", "a", stdin=file)
            self.assertEqual(11, os.lseek(file.fileno(), 0, os.SEEK_CUR))
            os.lseek(file.fileno(), 100, os.SEEK_SET)
            self.answer("", "grep", "a", stdin=file, status=1)

    def test_lines_are_printed_as_they_come(self):
        with subprocess.Popen(
            [*COMMAND, "grep", "-nA1", "a"], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            for sent, expected in ((b"a1\n", b"1:a1\n"), (b"x", b""), (b"\ny\na", b"2-x\n")):
                process.stdin.write(sent)
                while expected:
                    self.assertTrue(select.select([process.stdout], [], [], 60)[0])
                    part = process.stdout.read(len(expected))
                    self.assertTrue(part and expected.startswith(part))
                    expected = expected[len(part) :]
            process.stdin.close()
            self.assertEqual(b"--\n4:a\n", process.stdout.read())

    def test_it_ends_with_the_last_line_wanted(self):
        with subprocess.Popen(
            [*COMMAND, "grep", "-m1", "a"], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            process.stdin.write(b"a\n")
            self.assertEqual(b"a\n", process.stdout.read())
            self.assertEqual(0, process.wait(100))

    def test_a_line_longer_than_what_is_read_at_once(self):
        line = b"x" * 3000000 + b"hit" + b"y" * 1000000
        self.same(line + b"\n", "hit", stdin=b"a\n" + line)
        self.answer("3000002:hit\n", "grep", "-ob", "hit", stdin=b"a\n" + line)

    @not_on_windows(UNIX_FILES)
    def test_what_cannot_be_mapped_is_read(self):
        status, answer, message = self.tome("grep", "-c", "^Name:", "/proc/self/status")
        self.assertEqual((0, b"1\n", ""), (status, answer, message))
        os.mkfifo("pipe")
        with subprocess.Popen([*COMMAND, "grep", "b", "pipe"], stdout=subprocess.PIPE) as process:
            with open("pipe", "wb") as pipe:
                pipe.write(b"a\nb")
            self.assertEqual(b"b\n", process.stdout.read())

    def test_an_answer_to_nowhere_ends_at_the_first_line(self):
        self.file("f", b"a\n" * 1000)
        with open("/dev/null", "wb") as null:
            done = subprocess.run(
                [*COMMAND, "grep", "a", "f"], stdout=null, timeout=100, check=False
            )
            self.assertEqual(0, done.returncode)
            with subprocess.Popen(
                [*COMMAND, "grep", "a"], bufsize=0, stdin=subprocess.PIPE, stdout=null
            ) as process:
                process.stdin.write(b"a\n")
                self.assertEqual(0, process.wait(100))


class Errors(GrepTest):
    @not_emulated("what a closed stream becomes is decided by the emulator")
    def test_a_closed_standard_output_is_an_error(self):
        self.file("f", POEM)
        script = f"{shlex.join(COMMAND)} grep two f >&-"
        ended = subprocess.run(["sh", "-c", script], capture_output=True)
        self.assertEqual(2, ended.returncode)
        self.assertIn(b"standard output", ended.stderr)

    def test_a_file_that_cannot_be_read_does_not_spare_the_others(self):
        self.file("f", b"a\n")
        os.mkdir("folder")
        self.error("missing: no such file", "grep", "a", "missing", "f", answer=b"f:a\n")
        self.error(
            "folder: is a directory", "grep", "-c", "a", "folder", "f", answer=b"folder:0\nf:1\n"
        )
        self.assertEqual((2, b"f:a\n", ""), self.tome("grep", "-s", "a", "missing", "folder", "f"))

    def test_quiet_ends_well_in_spite_of_an_error(self):
        self.file("f", b"a\n")
        self.error("missing: no such file", "grep", "-q", "x", "missing", "f")
        self.assertEqual((0, b"", ""), self.tome("grep", "-sq", "a", "missing", "f"))

    def test_a_missing_file_of_patterns(self):
        self.error("missing: No such file or directory", "grep", "-f", "missing", "a")

    def test_misuse(self):
        self.misuse("grep", "which PATTERN?")
        self.misuse("grep", "which PATTERN?", "-c")
        self.misuse("grep", "either -E or -F", "-EF", "a")
        self.misuse("grep", '--color is always, never or auto, not "red"', "--color=red", "a")
        self.misuse(
            "grep",
            "--json prints lines; it does not go with -c, -l, -L, -o or -q",
            *("--json", "-c", "a"),
        )
        self.misuse("grep", "no -P: expressions are those of PCRE2 anyway", "-P", "a")
        self.misuse("grep", "-3n: write -C N and the other options apart", "-3n", "a")
        self.misuse("grep", "-A wants a value", "-A")
        for word in ("-r", "--recursive", "-R"):
            status, answer, message = self.tome("grep", word, "a", ".")
            self.assertEqual((2, b""), (status, answer))
            self.assertIn("folders are not searched", message)

    @not_on_windows("Wine shows /dev/full as a device like NUL, for which grep stops at the first line")
    def test_a_full_disk_is_told(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full here")
        self.file("f", b"a\n" * 1000000)
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*COMMAND, "grep", "a", "f"],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=100,
                check=False,
            )
        self.assertEqual(
            (2, b"tome: standard output: No space left on device\n"), (done.returncode, done.stderr)
        )

    def test_a_file_that_is_cut_meanwhile(self):
        line = b"0123456789abcdef0123456789abcde\n"
        size, kept = 64 << 20, (48 << 20) + 100
        self.file("f", line * (size // len(line)))
        with subprocess.Popen(
            [*COMMAND, "grep", "-n", "cde", "f"],
            bufsize=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            first = process.stdout.read(1)
            os.truncate("f", kept)
            answer, message = process.communicate(timeout=100)
        self.assertEqual(2, process.returncode)
        self.assertEqual(
            f"tome: f: bytes were lost: the file is shorter now (at byte {kept})\n",
            message.decode(),
        )
        expected = b"".join(b"%d:%s" % (i + 1, line) for i in range(kept // len(line)))
        self.assertTrue(first + answer == expected, "other lines than those before the cut")


class Json(GrepTest):
    def objects(self, *arguments):
        status, answer, message = self.tome("grep", "--json", *arguments)
        self.assertEqual((0, ""), (status, message))
        return [json.loads(line) for line in answer.split(b"\n")[:-1]]

    def test_a_line_is_an_object(self):
        self.file("f", b'one\n\tt"w\\o\xc3\xa4\nthree\n')
        self.assertEqual(
            [
                {
                    "file": "f",
                    "line": 2,
                    "offset": 4,
                    "text": '\tt"w\\o\u00e4',
                    "matches": [{"start": 3, "end": 6}],
                }
            ],
            self.objects("-n", "w.?o", "f"),
        )
        self.assertEqual(
            [
                {"file": "f", "offset": 0, "text": "one", "matches": [{"start": 1, "end": 2}]},
                {
                    "file": "f",
                    "offset": 4,
                    "context": True,
                    "text": '\tt"w\\o\u00e4',
                    "matches": [],
                },
            ],
            self.objects("-A1", "n", "f"),
        )

    def test_lines_that_are_not_utf8_come_in_base64_too(self):
        for bad in (
            b"\xff",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xe2\x82",
            b"\x80",
        ):
            self.file("f", b"a" + bad + b"b\0\n")
            (found,) = self.objects("a", "f")
            self.assertEqual("a" + "\ufffd" * len(bad) + "b\0", found["text"])
            self.assertEqual(b"a" + bad + b"b\0", base64.b64decode(found["bytes"]))
        self.file("f", "a\u00e4\u20ac\U0001f600\ud7ff\ue000\U0010ffff\n".encode())
        (found,) = self.objects("a", "f")
        self.assertEqual("a\u00e4\u20ac\U0001f600\ud7ff\ue000\U0010ffff", found["text"])
        self.assertNotIn("bytes", found)


if __name__ == "__main__":
    command_harness.main()
