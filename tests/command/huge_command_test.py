"""The largest files there can be, almost all of them hole. On tmpfs, which allows them."""
import json
import os

import command_harness
from command_harness import BITS, ON_WINDOWS, CommandTest
from memory_pages import PAGE

# The last page of a file of 2**63 - 1 bytes is one that Linux does not map; Windows maps in steps of 64 KiB.
SIZE = 2**63 - (65536 if ON_WINDOWS else PAGE)
LARGEST = 2**63 - 1


class HugeFile(CommandTest):
    folder_parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

    def make_file(self, size):
        with open("f", "wb") as file:
            try:
                file.truncate(size)
                for at in (5, 2**40 - 3, size - 6):
                    os.pwrite(file.fileno(), b"needle", at)
            except OSError as problem:
                self.skipTest(f"the file system of {self.folder} does not allow 8 EiB: {problem}")


class Huge(HugeFile):
    def setUp(self):
        super().setUp()
        self.make_file(SIZE)

    def test_info(self):
        status, answer, message = self.tome("info", "--json", "f")
        self.assertEqual((0, ""), (status, message))
        self.assertEqual(SIZE, json.loads(answer)[0]["size"])

    def test_slice(self):
        self.answer("needle", "slice", "f", "-6:")
        self.answer("\0need", "slice", "f", f"{SIZE - 7}:{SIZE - 2}")
        self.answer("needle\0", "slice", "f", "1099511627773:1099511627780")
        self.answer("needle", "slice", "f", f"{SIZE - 6}:18446744073709551615")
        self.answer("", "slice", "f", f"{SIZE}:", "8E:")
        self.answer(
            f"{SIZE - 6:x}  6e 65 65 64 6c 65                                 |needle|\n"
            f"{SIZE:x}\n",
            "slice",
            "--hex",
            "f",
            "-6:",
        )

    def test_find_in_a_range(self):
        self.answer(f"{SIZE - 6}\n", "find", "--from", "-1M", "needle", "f")
        self.answer(f"{SIZE - 6}\n", "find", "--last", "needle", "f")
        self.answer(
            f"{2**40 - 3}\n",
            "find",
            "--from",
            "1099511600000",
            "--to",
            "1T",
            "--hex",
            "6e6565",
            "f",
        )
        self.answer("5\n", "find", "-m", "1", "needle", "f")

    def test_put_further_than_can_be_mapped(self):
        self.answer("", "put", "f", str(2**40), "XYZ")
        self.answer("neeXYZ", "slice", "f", f"{2**40 - 3}:{2**40 + 3}")
        if BITS == 32:
            space = "f: out of memory or address space"
            self.error(f"{space} (at byte {SIZE - 3})", "put", "f", "-3", "XYZ")
            self.answer("needle", "slice", "f", "-6:")

    def test_put(self):
        at = "-3" if BITS > 32 else "5"
        self.answer("", "put", "f", at, "XYZ")
        with open("f", "rb") as file:
            if BITS > 32:
                self.assertEqual(b"neeXYZ", os.pread(file.fileno(), 10, SIZE - 6))
            else:
                self.assertEqual(b"XYZdle", os.pread(file.fileno(), 6, 5))
        self.error(
            f"f: outside the file: it has {SIZE} bytes; --grow lets it grow (at byte {SIZE})",
            "put",
            "f",
            str(SIZE - 1),
            "xy",
        )

    def test_it_cannot_grow(self):
        for use in (
            ("put", "--grow", "f", str(LARGEST), "x"),
            ("resize", "f", "8E"),
            ("resize", "f", "15E"),
        ):
            with self.subTest(use=use):
                status, answer, message = self.tome(*use)
                self.assertEqual((2, b""), (status, answer))
                self.assertTrue(message.startswith("tome: f: "), message)
        self.assertEqual(SIZE, os.path.getsize("f"))

    def test_resize_cuts(self):
        self.answer("", "resize", "f", "11")
        self.assertEqual(b"\0\0\0\0\0needle", self.content("f"))


class Largest(HugeFile):
    def setUp(self):
        super().setUp()
        self.make_file(LARGEST)

    def test_info_and_slice(self):
        self.assertEqual(LARGEST, json.loads(self.tome("info", "--json", "f")[1])[0]["size"])
        self.answer("needle", "slice", "f", "-6:")
        self.answer("needle", "slice", "f", f"{LARGEST - 6}:18446744073709551615")

    def test_it_cannot_grow(self):
        self.error(
            "f: outside the file: it has 9223372036854775807 bytes, and none can be so long "
            "(at byte 9223372036854775807)",
            "put",
            "f",
            "-1",
            "xy",
        )
        self.assertEqual(2, self.tome("append", "f", "x")[0])
        self.assertEqual(LARGEST, os.path.getsize("f"))


if __name__ == "__main__":
    command_harness.main()
