"""tome append."""
import os
import subprocess

import command_harness
from command_harness import COMMAND, CommandTest


class Append(CommandTest):
    def append(self, before, after, *arguments, stdin=b""):
        self.file("f", before)
        self.answer("", "append", *arguments, stdin=stdin)
        self.assertEqual(after, self.content("f"))

    def test_data(self):
        self.append(b"abc", b"abcdef", "f", "def")
        self.append(b"abc", b"abc", "f", "")

    def test_to_an_empty_file(self):
        self.append(b"", b"x", "f", "x")

    def test_hex(self):
        self.append(b"abc", b"abc\x00\xff", "--hex", "f", "00ff")

    def test_data_that_looks_like_an_offset(self):
        self.append(b"abc", b"abc-10", "f", "-10")

    def test_data_that_looks_like_an_option(self):
        self.append(b"abc", b"abc--hex", "f", "--", "--hex")

    def test_standard_input(self):
        self.append(b"abc", b"abc1\0002", "f", stdin=b"1\0002")
        self.append(b"abc", b"abc1", "f", "-", stdin=b"1")
        self.append(b"abc", b"abc", "f", stdin=b"")

    def test_standard_input_longer_than_any_buffer(self):
        data = os.urandom((5 << 20) + 7)
        self.append(b"abc", b"abc" + data, "f", stdin=data)

    def test_across_a_page_boundary(self):
        before = os.urandom(4095)
        self.append(before, before + b"12", "f", "12")

    def test_several_at_once_do_not_write_into_each_other(self):
        self.file("f")
        lines = [f"line {number:04d} {'x' * 5000}\n".encode() for number in range(40)]
        running = [subprocess.Popen([*COMMAND, "append", "f", line]) for line in lines]
        self.assertEqual([0] * len(lines), [process.wait(100) for process in running])
        self.assertEqual(sorted(lines), sorted(self.content("f").splitlines(keepends=True)))

    def test_a_missing_file_is_not_made(self):
        self.error("f: no such file; --create makes one", "append", "f", "x")
        self.assertFalse(os.path.exists("f"))

    def test_create(self):
        self.answer("", "append", "--create", "f", "x")
        self.answer("", "append", "--create", "f", "--hex", "79")
        self.assertEqual(b"xy", self.content("f"))
        self.answer("", "append", "--create", "g", stdin=b"today")
        self.assertEqual(b"today", self.content("g"))


class Misuse(CommandTest):
    def test_operands_are_asked_for(self):
        self.misuse("append", "which FILE?")
        self.misuse("append", "one DATA only; quote what has blanks", "f", "a", "b")

    def test_hex_of_standard_input(self):
        self.file("f")
        self.misuse(
            "append",
            "--hex wants the digits as DATA; standard input is taken as it is",
            "--hex",
            "f",
        )


if __name__ == "__main__":
    command_harness.main()
