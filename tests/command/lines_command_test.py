"""tome lines, against sed, wc and plain loops; its index, wherever it can be kept and where not."""
import json
import os
import random
import subprocess
import unittest

import command_harness
from command_harness import IN_WINE, ON_WINDOWS, UNIX_RIGHTS, CommandTest, how_many, not_on_windows, so_many

# Where the index of a user lies who does not say where.
HOME = "LOCALAPPDATA" if ON_WINDOWS else "HOME"
IN_HOME = "tome" if ON_WINDOWS else ".cache/tome"
# The library's words where the system has none.
IS_A_DIRECTORY = "is a directory" if ON_WINDOWS else "Is a directory"


class LinesTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.cache = os.path.join(self.folder, "cache")
        self.environment = {**os.environ, "XDG_CACHE_HOME": self.cache}

    def tome(self, *arguments, **options):
        options.setdefault("env", self.environment)
        return super().tome(*arguments, **options)

    def lines(self, data, end=b"\n"):
        parts = data.split(end)
        return [part + end for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])

    def sed(self, script, name):
        return subprocess.run(
            ["sed", "-n", script, name], stdout=subprocess.PIPE, check=True
        ).stdout

    def missing(self, message, *arguments, answer=b"", **options):
        """Exit status 1, with a message."""
        self.assertEqual((1, answer, f"tome: {message}\n"), self.tome(*arguments, **options))

    def indexes(self):
        folder = os.path.join(self.cache, "tome")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


class Lines(LinesTest):
    def both_ways(self, check):
        """Without an index and with one."""
        check()
        self.assertEqual(0, self.tome("lines", "--index", "f")[0])
        check()

    def test_every_line_and_range_of_a_small_file(self):
        contents = (b"a\n\nd", b"\n", b"\r\n\0\n") if IN_WINE else (b"one\n", b"a\nb\nc\n", b"a\n\n\nd", b"\n", b"x", b"\r\n\0\n")
        for data in contents:
            self.file("f", data)
            lines = self.lines(data)
            count = len(lines)

            def check():
                numbers = [*range(-count, 0), *range(1, count + 1)]
                for a in numbers:
                    begin = a - 1 if a > 0 else count + a
                    self.answer(lines[begin], "lines", "f", f"{a}")
                    self.answer(b"".join(lines[begin:]), "lines", "f", f"{a}:")
                    self.answer(b"".join(lines[: begin + 1]), "lines", "f", f":{a}")
                    for b in numbers:
                        end = b if b > 0 else count + b + 1
                        if begin < end:
                            self.answer(
                                b"".join(lines[begin:end]), "lines", "f", f"{a}:{b}"
                            )
                self.answer(data, "lines", "f", ":")
                self.answer(data, "lines", "f", f"-{count + 5}:{count + 5}")

            with self.subTest(data=data):
                self.both_ways(check)

    def test_random_files_as_sed_has_them(self):
        any_number = random.Random(1)
        for _ in range(so_many(how_many(6, 100))):
            size = any_number.choice((100, 5000, 300000))
            about = any_number.choice((2, 50, 3000))
            data = bytes(
                10 if any_number.randrange(about) == 0 else any_number.randrange(32, 127)
                for _ in range(size)
            )
            self.file("f", data)
            count = len(self.lines(data))

            def check():
                for _ in range(4):
                    a = any_number.randint(1, count)
                    b = any_number.randint(a, count)
                    self.answer(self.sed(f"{a}p", "f"), "lines", "f", f"{a}")
                    self.answer(self.sed(f"{a},{b}p", "f"), "lines", "f", f"{a}:{b}")
                    self.answer(
                        self.sed(f"{a},{b}p", "f"), "lines", "f", f"{a - count - 1}:{b - count - 1}"
                    )
                self.answer(f"{count}\n", "lines", "--count", "f")

            self.both_ways(check)

    def test_several_are_printed_in_the_order_given(self):
        self.file("f", b"".join(b"%d\n" % i for i in range(1, 100)))

        def check():
            self.answer("5\n1\n2\n98\n99\n5\n7\n", "lines", "f", "5", "1:2", "-2:", "5", "7:7")

        self.both_ways(check)

    def test_a_last_line_without_an_end_gets_one_if_another_follows(self):
        self.file("f", b"one\ntwo")
        self.answer("two", "lines", "f", "-1")
        self.answer("two\none\n", "lines", "f", "2", "1")
        self.answer("two\none\ntwo", "lines", "f", "2", ":")

    def test_lines_that_end_in_a_zero_byte(self):
        data = b"a\nb\0c\0\0d"
        self.file("f", data)

        def check():
            self.answer("a\nb\0", "lines", "-z", "f", "1")
            self.answer("d\0c\0", "lines", "--null-data", "f", "-1", "2")
            self.answer("4\n", "lines", "-cz", "f")
            self.answer("2\n", "lines", "-c", "f")

        check()
        self.assertEqual(0, self.tome("lines", "--index", "-z", "f")[0])
        check()
        self.assertEqual(0, self.tome("lines", "--index", "f")[0])
        check()
        self.assertEqual(2, len(self.indexes()))

    @unittest.skipIf(IN_WINE, "Wine tells of no holes, and asked whether a page is in memory looks at all behind it: 4 GiB take minutes")
    def test_a_line_behind_four_gib(self):
        with open("f", "wb") as file:
            file.write(b"first\n")
            file.seek((4 << 30) + 7)
            file.write(b"\nfar\nout")

        def check():
            self.answer("far\nout", "lines", "f", "-2:")
            self.answer("far\n", "lines", "f", "3")
            self.answer("4\n", "lines", "-c", "f")

        self.both_ways(check)

    def test_standard_input(self):
        self.file("f", b"a\nb\nc\n")
        with open("f", "rb") as file:
            file.seek(3)
            self.answer("b\n", "lines", "-", "2", stdin=file)
            self.answer("3\n", "lines", "-c", "-", stdin=file)
        self.assertEqual(0, self.tome("lines", "--index", "f")[0])
        with open("f", "rb") as file:
            self.answer("b\n", "lines", "-", "2", stdin=file)


class Missing(LinesTest):
    def test_a_line_that_is_not_there(self):
        self.file("f", b"a\nb\nc\n")
        for number in ("4", "-4", "18446744073709551615"):
            self.missing(f'f: no line "{number}": there are 3', "lines", "f", number)
        for numbers in ("4:", "4:9", ":-4", "3:-2", "-1:2"):
            self.missing(f'f: no lines "{numbers}": there are 3', "lines", "f", numbers)
        self.file("one", b"a")
        self.missing('one: no line "2": there is 1', "lines", "one", "2")
        self.file("empty")
        for numbers in ("1", "-1"):
            self.missing(f'empty: no line "{numbers}": there are 0', "lines", "empty", numbers)
        self.missing('empty: no lines ":": there are 0', "lines", "empty", ":")

    def test_the_others_are_printed_all_the_same(self):
        self.file("f", b"a\nb\nc\n")
        self.missing('f: no line "7": there are 3', "lines", "f", "3", "7", "1", answer=b"c\na\n")
        self.assertEqual(0, self.tome("lines", "--index", "f")[0])
        self.missing('f: no line "7": there are 3', "lines", "f", "3", "7", "1", answer=b"c\na\n")


class Count(LinesTest):
    def test_as_wc_and_the_last_line_without_an_end(self):
        data = os.urandom(1 << 20)
        self.file("f", data + b"\n")
        self.file("g", b"a\nb")
        self.file("empty")
        words = subprocess.run(["wc", "-l", "f"], stdout=subprocess.PIPE, check=True).stdout
        count = int(words.split()[0])
        self.answer(f"{count}\n", "lines", "--count", "f")
        self.answer(f"f:{count}\ng:2\nempty:0\n", "lines", "-c", "f", "g", "empty")

    def test_json(self):
        self.file("f", b"a\nb\n")
        status, answer, message = self.tome("lines", "-c", "--json", "f", "missing")
        self.assertEqual((2, "tome: missing: no such file\n"), (status, message))
        self.assertEqual([{"file": "f", "lines": 2}], json.loads(answer))

    def test_the_other_files_are_counted_all_the_same(self):
        self.file("f", b"a\nb\n")
        self.error("missing: no such file", "lines", "-c", "missing", "f", answer=b"f:2\n")


class Index(LinesTest):
    def skip_where_home_is_set(self):
        if IN_WINE:
            self.skipTest("in an emulator: Wine sets LOCALAPPDATA itself")

    def test_it_lies_where_it_says(self):
        self.file("f", b"a\nb\n")
        status, answer, message = self.tome("lines", "--index", "f")
        self.assertEqual((0, ""), (status, message))
        path = answer.decode().rstrip("\n")
        self.assertEqual(os.path.join(self.cache, "tome"), os.path.dirname(path))
        self.assertEqual([os.path.basename(path)], self.indexes())
        self.answer(answer, "lines", "--index", "f")

    @not_on_windows(UNIX_RIGHTS)
    def test_it_is_for_the_user_alone(self):
        self.file("f", b"a\nb\n")
        path = self.tome("lines", "--index", "f")[1].decode().rstrip("\n")
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        self.assertEqual(0o700, os.stat(os.path.dirname(path)).st_mode & 0o777)
        self.assertEqual(0o700, os.stat(self.cache).st_mode & 0o777)

    def test_home_is_where_it_lies_otherwise(self):
        self.file("f", b"a\nb\n")
        self.skip_where_home_is_set()
        home = {**os.environ, HOME: self.folder}
        for other in (None, "", "relative/cache"):
            home.pop("XDG_CACHE_HOME", None)
            if other is not None:
                home["XDG_CACHE_HOME"] = other
            answer = self.tome("lines", "--index", "f", env=home)[1].decode()
            self.assertTrue(answer.startswith(f"{self.folder}/{IN_HOME}/"), answer)
            self.answer("b\n", "lines", "f", "2", env=home)

    def test_without_a_place_it_is_an_error_but_lines_are_found(self):
        self.file("f", b"a\nb\n")
        self.skip_where_home_is_set()
        nowhere = {k: v for k, v in os.environ.items() if k not in (HOME, "XDG_CACHE_HOME")}
        self.error(
            f"f: where should its index be kept? set XDG_CACHE_HOME or {HOME}",
            "lines",
            "--index",
            "f",
            env=nowhere,
        )
        self.answer("b\n", "lines", "f", "2", env=nowhere)

    def test_none_is_made_unasked(self):
        self.file("f", b"a\nb\n")
        self.answer("b\n", "lines", "f", "2")
        self.answer("2\n", "lines", "-c", "f")
        self.assertFalse(os.path.exists(self.cache))

    def test_it_is_used(self):
        """Seen by what it says: of a file that was changed behind its back, as no file system lets
        it be, the index still has the old number of lines."""
        self.file("f", b"a\nb\n")
        path = self.tome("lines", "--index", "f")[1].decode().rstrip("\n")
        with open(path, "rb") as file:
            image = bytearray(file.read())
        image[80:88] = (3).to_bytes(8, "little")
        image[12] = 1
        words = [int.from_bytes(image[i : i + 8], "little") for i in range(0, 4088, 8)]
        total = 1
        for word in words:
            total = (total ^ word) * 0x9E3779B97F4A7C15 % 2**64
            total ^= total >> 29
        image[4088:4096] = total.to_bytes(8, "little")
        self.file(path, bytes(image))
        self.answer("4\n", "lines", "-c", "f")

    def test_it_follows_the_file(self):
        self.file("f", b"a\nb\n")
        self.tome("lines", "--index", "f")
        with open("f", "ab") as file:
            file.write(b"c\nd\n")
        self.answer("d\n", "lines", "f", "-1")
        self.file("f", b"quite\nanother\nfile\nand\nlonger\n")
        self.answer("longer\n", "lines", "f", "5")
        self.file("f", b"x")
        self.answer("1\n", "lines", "-c", "f")
        os.rename("f", "f.1")
        self.file("f", b"new\nfile\n")
        self.answer("file\n", "lines", "f", "2")
        self.answer("x", "lines", "f.1", "1")

    def test_damage_is_not_believed(self):
        data = b"".join(b"line %d\n" % i for i in range(1, 50000))
        self.file("f", data)
        path = self.tome("lines", "--index", "f")[1].decode().rstrip("\n")
        image = self.content(path)
        any_number = random.Random(2)
        for _ in range(so_many(how_many(20, 500))):
            at = any_number.randrange(len(image))
            self.file(path, image[:at] + bytes([image[at] ^ 4]) + image[at + 1 :])
            number = any_number.randrange(1, 50000)
            self.answer(f"line {number}\n", "lines", "f", f"{number}")
            self.answer("49999\n", "lines", "-c", "f")

    def test_a_cache_that_cannot_be_is_told(self):
        self.file("f", b"a\nb\n")
        self.file("cache", b"in the way")
        self.error(
            f"{self.cache}/tome: Not a directory", "lines", "--index", "f"
        )
        self.answer("b\n", "lines", "f", "2")

    def test_a_place_that_is_taken_is_told(self):
        self.file("f", b"a\nb\n")
        path = self.tome("lines", "--index", "f")[1].decode().rstrip("\n")
        os.remove(path)
        os.mkdir(path)
        self.error(
            f"f: its index cannot be kept in {self.cache}/tome: {IS_A_DIRECTORY}; set XDG_CACHE_HOME "
            "to a directory that can be written",
            "lines",
            "--index",
            "f",
        )
        self.answer("b\n", "lines", "f", "2")

    def test_several_files(self):
        self.file("f", b"a\nb\n")
        self.file("g", b"c\n")
        status, answer, message = self.tome("lines", "--index", "f", "g", "missing")
        self.assertEqual((2, "tome: missing: no such file\n"), (status, message))
        self.assertEqual(["f", "g"], [line.split(":")[0] for line in answer.decode().split()])
        self.assertEqual(2, len(self.indexes()))


class Misuse(LinesTest):
    def test_what_is_no_line_is_refused_before_anything_is_printed(self):
        self.file("f", b"a\nb\n")
        for text in ("", "1:2:3", "::"):
            self.misuse("lines", f'"{text}" are no lines; write N, A:B, A:, :B or :', "f", "1", text)
        for text in ("0", "-0"):
            self.misuse("lines", f'"{text}" is no line; the first is 1, the last -1', "f", "1", text)
        self.misuse("lines", '"0:2": "0" is no line; the first is 1, the last -1', "f", "0:2")
        for text in ("3:2", "-2:-3"):
            self.misuse("lines", f'"{text}" ends before it begins', "f", "1", text)

    def test_operands_are_asked_for(self):
        self.misuse("lines", "which FILE?")
        self.misuse("lines", "which FILE?", "-c")
        self.misuse("lines", "which lines? write N, A:B, A: or :B, or give -c", "f")

    def test_options_that_do_not_go_together(self):
        self.misuse("lines", "-c and --index do not go together", "-c", "--index", "f")
        self.misuse("lines", "--json goes with -c", "--json", "f", "1")


if __name__ == "__main__":
    command_harness.main()
