"""tome slice: Python's slice rules, held against Python's own slices; the hex dump, against
literals."""
import os

import command_harness
from command_harness import IN_WINE, CommandTest


def dump(data, start):
    """A hex dump of `data` that lies at `start`, written from the description of hexdump -C."""
    if not data:
        return ""
    lines, above, starred = [], None, False
    width = max(8, len(f"{start + len(data):x}"))
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if len(row) == 16 and row == above:
            if not starred:
                lines.append("*")
            starred = True
            continue
        starred, above = False, row
        cells = [f"{byte:02x}" for byte in row] + ["  "] * (16 - len(row))
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        halves = " ".join(cells[:8]) + "  " + " ".join(cells[8:])
        lines.append(f"{start + at:0{width}x}  {halves}  |{text}|")
    lines.append(f"{start + len(data):0{width}x}")
    return "\n".join(lines) + "\n"


class Slice(CommandTest):
    def test_follows_python_for_every_pair_of_ends(self):
        data = b"abcde"
        self.file("f", data)
        ends = [None, -7, -5, -4, -1, 0, 1, 5, 7] if IN_WINE else [None, *range(-7, 8)]
        for start in ends:
            for end in ends:
                text = f"{'' if start is None else start}:{'' if end is None else end}"
                with self.subTest(slice=text):
                    self.answer(data[start:end], "slice", "f", text)

    def test_large_and_hex_and_unit_offsets(self):
        data = os.urandom(3 << 20)
        self.file("f", data)
        self.answer(data[65536 : 1 << 20], "slice", "f", "64K:1MiB")
        self.answer(data[0x1000:0x2001], "slice", "f", "0x1000:0x2001")
        self.answer(data[-1000:], "slice", "f", "-1kB:")
        self.answer(data[-(1 << 20) : -0x10], "slice", "f", "-1M:-0x10")
        self.answer(data, "slice", "f", ":18446744073709551615")
        self.answer(b"", "slice", "f", "15E:")

    def test_minus_zero_is_zero_as_in_python(self):
        self.file("f", b"abcde")
        self.answer("abcde", "slice", "f", "-0:")
        self.answer("", "slice", "f", ":-0")

    def test_several_slices_are_written_in_the_order_asked_for(self):
        self.file("f", b"0123456789")
        self.answer("89" "01" "345" "01", "slice", "f", "-2:", ":2", "3:6", ":2")

    def test_options_may_follow_and_double_dash_ends_them(self):
        self.file("f", b"AB")
        self.answer(
            "00000000  41 42                                             |AB|\n00000002\n",
            "slice",
            "f",
            ":",
            "--hex",
        )
        self.file("--hex", b"xyz")
        self.answer("yz", "slice", "--", "--hex", "1:")
        self.answer("z", "slice", "--", "--hex", "-1:")

    def test_a_file_larger_than_any_buffer_comes_out_whole(self):
        data = os.urandom((9 << 20) + 4097)
        self.file("f", data)
        self.answer(data, "slice", "f", ":")
        self.answer(data[1:-1], "slice", "f", "1:-1")

    def test_a_file_larger_than_four_gib_has_right_offsets(self):
        with open("f", "wb") as file:
            file.truncate((5 << 30) + 3)
            file.seek((4 << 30) + 7)
            file.write(b"far out")
        self.answer("far out", "slice", "f", "4294967303:4294967310")
        self.answer("\0far", "slice", "f", "-1073741821:-1073741817")
        self.answer(
            "100000007  66 61 72                                          |far|\n10000000a\n",
            "slice",
            "--hex",
            "f",
            "4294967303:4294967306",
        )

    def test_standard_input_is_taken_whole_wherever_it_stands(self):
        self.file("f", b"abcde")
        with open("f", "rb") as file:
            file.seek(3)
            self.answer("bcd", "slice", "-", "1:4", stdin=file)

    def test_a_file_named_minus_can_be_reached(self):
        self.file("-", b"abc")
        self.answer("bc", "slice", "./-", "1:")


class HexDump(CommandTest):
    def test_layout(self):
        self.file("f", bytes(range(35)))
        self.answer(
            "00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|\n"
            "00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  |................|\n"
            '00000020  20 21 22                                          | !"|\n'
            "00000023\n",
            "slice",
            "--hex",
            "f",
            ":",
        )

    def test_characters(self):
        self.file("f", b"\x1f\x20\x7e\x7f\x80\xff\n\0")
        self.answer(
            "00000000  1f 20 7e 7f 80 ff 0a 00                           |. ~.....|\n00000008\n",
            "slice",
            "--hex",
            "f",
            ":",
        )

    def test_rows_begin_where_the_slice_does(self):
        data = bytes(range(200))
        self.file("f", data)
        for start, end in (
            (0, 16),
            (1, 17),
            (5, 200),
            (100, 101),
            (16, 32),
            (0, 200),
            (7, 15),
            (7, 16),
        ):
            self.answer(dump(data[start:end], start), "slice", "--hex", "f", f"{start}:{end}")

    def test_equal_rows_become_a_star(self):
        self.file("f", b"A" * 16 + bytes(64) + b"B" * 20)
        self.answer(
            "00000000  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|\n"
            "00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
            "*\n"
            "00000050  42 42 42 42 42 42 42 42  42 42 42 42 42 42 42 42  |BBBBBBBBBBBBBBBB|\n"
            "00000060  42 42 42 42                                       |BBBB|\n"
            "00000064\n",
            "slice",
            "--hex",
            "f",
            ":",
        )

    def test_rows_cross_the_pieces_it_reads(self):
        data = os.urandom(2 << 20)
        self.file("f", data)
        piece = (1 << 20) - 5
        self.answer(
            dump(data[piece : piece + 100], piece), "slice", "--hex", "f", f"{piece}:{piece + 100}"
        )
        self.answer(dump(data[3:], 3), "slice", "--hex", "f", "3:")

    def test_a_hole_is_three_lines(self):
        with open("f", "wb") as file:
            file.truncate(4 << 20)
        zeros = "00 " * 7 + "00  " + "00 " * 7 + "00"
        self.answer(
            f"00000000  {zeros}  |................|\n*\n00400000\n", "slice", "--hex", "f", ":"
        )

    def test_nothing_is_drawn_of_nothing(self):
        self.file("f", b"abc")
        self.answer("", "slice", "--hex", "f", "3:", "2:1")

    def test_several_slices_follow_each_other(self):
        self.file("f", b"abc")
        self.answer(dump(b"a", 0) + dump(b"c", 2), "slice", "--hex", "f", ":1", "2:")


class Misuse(CommandTest):
    def test_what_is_not_a_slice_is_refused_before_anything_is_written(self):
        self.file("f", b"abc")
        for text in ("10", "1:2:3", "", "abc"):
            self.misuse(
                "slice",
                f'"{text}" is not a slice; write START:END, START:, :END or :',
                "f",
                ":",
                text,
            )

    def test_operands_are_asked_for(self):
        self.misuse("slice", "which FILE?")
        self.misuse("slice", "which bytes? write START:END, or : for the whole file", "f")


if __name__ == "__main__":
    command_harness.main()
