"""tome resize."""
import os

import command_harness
from command_harness import CommandTest


class Resize(CommandTest):
    def test_every_way_across_page_boundaries(self):
        for before in (0, 1, 4095, 4096, 4097, 12288):
            for after in (0, 1, 4095, 4096, 4097, 8191, 8192, 20000):
                data = os.urandom(before)
                self.file("f", data)
                with self.subTest(before=before, after=after):
                    self.answer("", "resize", "f", str(after))
                    self.assertEqual((data + bytes(20000))[:after], self.content("f"))

    def test_units(self):
        self.file("f")
        for text, size in (("64K", 65536), ("1MiB", 1 << 20), ("3kB", 3000), ("0x10", 16)):
            self.answer("", "resize", "f", text)
            self.assertEqual(size, os.path.getsize("f"))

    def test_cut_and_grown_again_it_has_no_old_bytes(self):
        self.file("f", b"secret" * 1000)
        self.answer("", "resize", "f", "3")
        self.answer("", "resize", "f", "6000")
        self.assertEqual(b"sec" + bytes(5997), self.content("f"))

    def test_what_is_added_has_space_on_the_disk(self):
        self.file("f")
        self.answer("", "resize", "f", "8M")
        self.assertGreaterEqual(os.stat("f").st_blocks * 512, 8 << 20)

    def test_too_large_leaves_the_file_as_it_was(self):
        self.file("f", b"abc")
        status, answer, message = self.tome("resize", "f", "7E")
        self.assertEqual((2, b""), (status, answer))
        self.assertRegex(
            message,
            r"^tome: f: (no space left on the file system, or quota exceeded|larger than "
            r"the file system or the process's limit allows)\n$",
        )
        self.assertEqual(b"abc", self.content("f"))

    def test_more_than_a_file_can_be_leaves_it_as_it_was(self):
        self.file("f", b"abc")
        for size in ("8E", "18446744073709551615"):
            status, _, message = self.tome("resize", "f", size)
            self.assertEqual(2, status)
            self.assertNotIn("at byte", message)
        self.assertEqual(b"abc", self.content("f"))

    def test_a_missing_file_is_not_made(self):
        self.error("f: no such file; --create makes one", "resize", "f", "1")
        self.assertFalse(os.path.exists("f"))

    def test_create(self):
        self.answer("", "resize", "--create", "f", "5")
        self.assertEqual(bytes(5), self.content("f"))
        self.file("f", b"abc")
        self.answer("", "resize", "f", "2", "--create")
        self.assertEqual(b"ab", self.content("f"))


class Misuse(CommandTest):
    def test_a_size_cannot_be_negative(self):
        self.file("f", b"abc")
        self.misuse("resize", '"-1" cannot be negative', "f", "-1")
        self.assertEqual(b"abc", self.content("f"))

    def test_operands_are_asked_for(self):
        self.misuse("resize", "which FILE?")
        self.misuse("resize", "to which SIZE?", "f")
        self.misuse("resize", "one FILE and one SIZE only", "f", "1", "2")

    def test_bad_size_does_not_leave_a_new_file(self):
        self.misuse("resize", '"-5K" cannot be negative', "--create", "f", "-5K")
        self.assertFalse(os.path.exists("f"))


if __name__ == "__main__":
    command_harness.main()
