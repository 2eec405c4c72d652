"""tome put: the whole file afterwards, held against a byte array that was changed in Python."""
import os

import command_harness
from command_harness import UNIX_FILES, UNIX_RIGHTS, CommandTest, not_on_windows


class Put(CommandTest):
    def put(self, before, after, *arguments, stdin=b""):
        self.file("f", before)
        self.answer("", "put", *arguments, stdin=stdin)
        self.assertEqual(after, self.content("f"))

    def test_overwrites_in_place_and_nothing_else(self):
        self.put(b"0123456789", b"012HELLO89", "f", "3", "HELLO")

    def test_first_last_and_all_bytes(self):
        self.put(b"abc", b"Xbc", "f", "0", "X")
        self.put(b"abc", b"abX", "f", "2", "X")
        self.put(b"abc", b"XYZ", "f", "0", "XYZ")

    def test_negative_offset_counts_from_the_end(self):
        self.put(b"abcdef", b"abcdXY", "f", "-2", "XY")
        self.put(b"abcdef", b"XYcdef", "f", "-6", "XY")
        self.put(b"abcdef", b"abXdef", "f", "-0x4", "X")

    def test_before_the_start_is_an_error(self):
        self.file("f", b"abc")
        self.error("f: has only 3 bytes; -4 would be before its start", "put", "f", "-4", "X")
        self.error(
            "f: has only 3 bytes; -1048576 would be before its start", "put", "f", "-1M", "X"
        )
        self.assertEqual(b"abc", self.content("f"))

    def test_hex(self):
        self.put(b"abc", b"a\x00\xff", "--hex", "f", "1", "00FF")
        self.put(b"abc", b"a\x00\xff", "f", "1", "00 ff", "--hex")

    def test_odd_hex_changes_nothing(self):
        self.file("f", b"abc")
        self.misuse(
            "put",
            '"123" is not hexadecimal; write two digits for each byte, such as 00ff or "00 ff"',
            "--hex",
            "f",
            "0",
            "123",
        )
        self.assertEqual(b"abc", self.content("f"))

    def test_empty_data_changes_nothing(self):
        self.put(b"abc", b"abc", "f", "1", "")
        self.put(b"abc", b"abc", "f", "3", "")

    def test_unaligned_and_page_crossing(self):
        before = os.urandom(5 * 4096 + 17)
        for at in (1, 4095, 4096, 4097, 8190, len(before) - 3000):
            after = bytearray(before)
            after[at : at + 3000] = b"q" * 3000
            self.put(before, bytes(after), "f", str(at), "q" * 3000)

    def test_standard_input(self):
        self.put(b"0123456789", b"01ab\0c6789", "f", "2", stdin=b"ab\0c")
        self.put(b"0123456789", b"01ab\0c6789", "f", "2", "-", stdin=b"ab\0c")
        self.put(b"0123456789", b"0123456789", "f", "2", stdin=b"")

    def test_standard_input_longer_than_any_buffer(self):
        before = os.urandom(7 << 20)
        data = os.urandom((5 << 20) + 3)
        self.put(
            before, before[:12345] + data + before[12345 + len(data) :], "f", "12345", stdin=data
        )

    def test_a_dash_itself_is_put_by_its_hex_code(self):
        self.put(b"abc", b"-bc", "--hex", "f", "0", "2d")


class Grow(CommandTest):
    def test_past_the_end_is_refused_unless_asked_for(self):
        self.file("f", b"abc")
        self.error(
            "f: outside the file: it has 3 bytes; --grow lets it grow (at byte 3)",
            "put",
            "f",
            "3",
            "X",
        )
        self.error(
            "f: outside the file: it has 3 bytes; --grow lets it grow (at byte 3)",
            "put",
            "f",
            "1",
            "XYZ",
        )
        self.error(
            "f: outside the file: it has 3 bytes; --grow lets it grow (at byte 100)",
            "put",
            "f",
            "100",
            "X",
        )
        self.assertEqual(b"abc", self.content("f"))

    def test_grow(self):
        self.file("f", b"abc")
        self.answer("", "put", "--grow", "f", "3", "X")
        self.assertEqual(b"abcX", self.content("f"))
        self.answer("", "put", "f", "2", "123456", "--grow")
        self.assertEqual(b"ab123456", self.content("f"))

    def test_where_no_file_can_reach(self):
        self.file("f", b"abc")
        for offset in ("9223372036854775807", "18446744073709551615"):
            self.error(
                f"f: outside the file: it has 3 bytes, and none can be so long (at byte {offset})",
                "put",
                "f",
                offset,
                "X",
            )
        status, _, message = self.tome("put", "--grow", "f", "18446744073709551615", "X")
        self.assertEqual(2, status)
        self.assertNotIn("map", message)
        self.assertNotIn("--grow", message)
        self.assertEqual(b"abc", self.content("f"))

    def test_a_gap_becomes_zeros(self):
        self.file("f", b"abc")
        self.answer("", "put", "--grow", "f", "10000", "X")
        self.assertEqual(b"abc" + bytes(9997) + b"X", self.content("f"))

    def test_streamed_input_grows_too(self):
        data = os.urandom((3 << 20) + 1)
        self.file("f", b"abc")
        self.answer("", "put", "--grow", "f", "1", stdin=data)
        self.assertEqual(b"a" + data, self.content("f"))

    def test_input_that_outruns_the_file_leaves_whole_pieces(self):
        self.file("f", bytes(3 << 19))
        self.error(
            f"f: outside the file: it has {3 << 19} bytes; --grow lets it grow (at byte {3 << 19})",
            "put",
            "f",
            "0",
            stdin=b"x" * (2 << 20),
        )
        self.assertEqual(b"x" * (1 << 20) + bytes(1 << 19), self.content("f"))


class Create(CommandTest):
    def test_a_missing_file_is_made_only_when_asked_for(self):
        self.error("f: no such file; --create makes one", "put", "f", "0", "X")
        self.assertFalse(os.path.exists("f"))
        self.answer("", "put", "--create", "f", "0", "X")
        self.assertEqual(b"X", self.content("f"))

    def test_create_with_a_gap(self):
        self.answer("", "put", "--create", "f", "3", "X")
        self.assertEqual(b"\0\0\0X", self.content("f"))

    @not_on_windows(UNIX_RIGHTS)
    def test_create_follows_the_umask(self):
        self.answer("", "put", "--create", "f", "0", "X", umask=0o027)
        self.assertEqual(0o640, os.stat("f").st_mode & 0o777)

    def test_create_keeps_a_file_that_exists(self):
        self.file("f", b"abc")
        self.answer("", "put", "--create", "f", "1", "X")
        self.assertEqual(b"aXc", self.content("f"))

    def test_a_missing_file_has_no_end_to_count_from(self):
        for options in ((), ("--create",)):
            self.error(
                "f: no such file; a negative offset needs an existing file",
                "put",
                *options,
                "f",
                "-1",
                "X",
            )
        self.assertFalse(os.path.exists("f"))

    def test_bad_data_does_not_leave_a_new_file(self):
        self.misuse(
            "put",
            "--hex wants the digits as DATA; standard input is taken as it is",
            "--create",
            "--hex",
            "f",
            "0",
        )
        self.assertFalse(os.path.exists("f"))

    def test_what_create_cannot_do(self):
        for options in ((), ("--create",)):
            for name in ("no/folder", "no/such/folder"):
                self.error(
                    f"{name}: no such file; its directory does not exist",
                    "put",
                    *options,
                    name,
                    "0",
                    "X",
                )

    @not_on_windows(UNIX_FILES)
    def test_create_does_not_make_what_a_link_leads_to_nowhere(self):
        os.symlink("no/folder", "link")
        self.error("link: no such file", "put", "--create", "link", "0", "X")


class Misuse(CommandTest):
    def test_operands_are_asked_for(self):
        self.misuse("put", "which FILE?")
        self.misuse("put", "at which OFFSET?", "f")
        self.misuse("put", "one DATA only; quote what has blanks", "f", "0", "a", "b")

    def test_standard_input_is_no_file_to_write_to(self):
        self.error(
            "-: standard input cannot be written; write ./- for a file of that name",
            "put",
            "-",
            "0",
            "X",
        )


if __name__ == "__main__":
    command_harness.main()
