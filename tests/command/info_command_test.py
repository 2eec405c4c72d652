"""tome info: figures held against stat, lseek and mincore's doings that the test arranges
itself."""
import json
import mmap
import os

import command_harness
from command_harness import NOT_MAPPABLE, ON_WINDOWS, CommandTest
from memory_pages import PAGE

FIELDS = [
    "file",
    "kind",
    "size",
    "allocated",
    "holes",
    "hole_bytes",
    "file_system",
    "readahead",
    "resident",
    "dirty",
    "writeback",
    "reserved",
    "page_size",
]


class Info(CommandTest):
    def info(self, *files):
        status, answer, message = self.tome("info", "--json", *files)
        self.assertEqual((0, ""), (status, message))
        return json.loads(answer)

    def test_json_is_an_array_of_objects_in_the_order_asked_for(self):
        self.file("one", b"1")
        self.file("two", b"22")
        found = self.info("two", "one")
        self.assertEqual(
            [("two", 2), ("one", 1)], [(entry["file"], entry["size"]) for entry in found]
        )
        self.assertEqual(FIELDS, list(found[0]))

    def test_size_and_space_are_what_stat_says(self):
        self.file("f", os.urandom(100001))
        os.sync()
        entry = self.info("f")[0]
        self.assertEqual("file", entry["kind"])
        self.assertEqual(100001, entry["size"])
        self.assertEqual(os.stat("f").st_blocks * 512, entry["allocated"])
        self.assertEqual(PAGE, entry["page_size"])
        self.assertGreaterEqual(entry["reserved"], 100001)

    def test_holes_are_what_lseek_says(self):
        with open("f", "wb") as file:
            for at in (1 << 20, 4 << 20):
                file.seek(at)
                file.write(b"x" * 65536)
            file.truncate(6 << 20)
        holes, total, at = 0, 0, 0
        with open("f", "rb") as file:
            while True:
                hole = os.lseek(file.fileno(), at, os.SEEK_HOLE)
                if hole >= 6 << 20:
                    break
                try:
                    at = os.lseek(file.fileno(), hole, os.SEEK_DATA)
                except OSError:
                    at = 6 << 20
                holes, total = holes + 1, total + at - hole
                if at >= 6 << 20:
                    break
        entry = self.info("f")[0]
        if ON_WINDOWS and entry["holes"] is None:
            self.skipTest("on Windows: Wine does not tell where holes are")
        self.assertEqual((holes, total), (entry["holes"], entry["hole_bytes"]))

    def test_a_page_that_was_just_read_is_in_memory(self):
        self.file("f", os.urandom(16 * PAGE))
        with open("f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapping:
            self.assertIsNotNone(mapping[0] + mapping[8 * PAGE])
            entry = self.info("f")[0]
        if entry["resident"] is not None:
            self.assertGreaterEqual(entry["resident"], 2 * PAGE)
            self.assertLessEqual(entry["resident"], 16 * PAGE)

    def test_file_name_that_is_not_utf8(self):
        with open(b"\xff\xc3\xa4\xc3", "wb"):
            pass
        status, answer, message = self.tome("info", "--json", b"\xff\xc3\xa4\xc3")
        self.assertEqual((0, ""), (status, message))
        self.assertEqual("\ufffd\u00e4\ufffd", json.loads(answer)[0]["file"])

    def test_one_file_is_told_about_at_length(self):
        self.file("f", b"x" * 5000)
        os.sync()
        self.file("empty")
        for name in ("f", "empty"):
            status, answer, message = self.tome("info", name)
            self.assertEqual((0, ""), (status, message))
            lines = answer.decode().split("\n\n")[0].rstrip("\n").split("\n")
            self.assertEqual(name, lines[0])
            self.assertEqual(
                [
                    "kind",
                    "size",
                    "allocated",
                    "holes",
                    "file system",
                    "read-ahead",
                    "in memory",
                    "dirty",
                    "reserved",
                ],
                [line[2:15].rstrip() for line in lines[1:]],
            )
        self.assertIn(b"\n  size         0\n", answer)
        answer = self.tome("info", "f")[1]
        self.assertIn(b"\n  kind         regular file\n  size         5000 (4.9 KiB)\n", answer)
        holes = rb"(none|unknown)" if ON_WINDOWS else rb"none"
        self.assertRegex(answer, rb"\n  holes        " + holes + rb"\n")

    def test_an_empty_file_has_no_picture(self):
        self.file("empty")
        for options in ((), ("--map",)):
            self.assertEqual(10, self.tome("info", *options, "empty")[1].count(b"\n"))
        entry = json.loads(self.tome("info", "--json", "--map", "empty")[1])[0]
        self.assertEqual([], entry["blocks"])

    def test_standard_input(self):
        self.file("f", b"abc")
        with open("f", "rb") as file:
            status, answer, _ = self.tome("info", "--json", "-", stdin=file)
        self.assertEqual(0, status)
        self.assertEqual(
            ("(standard input)", 3), tuple(json.loads(answer)[0][key] for key in ("file", "size"))
        )

    def test_an_error_in_one_file_does_not_spare_the_others(self):
        self.file("f", b"abc")
        os.mkfifo("pipe")
        status, answer, message = self.tome("info", "--json", "missing", "f", "pipe")
        self.assertEqual(
            (2, f"tome: missing: no such file\ntome: pipe: {NOT_MAPPABLE}\n"), (status, message)
        )
        self.assertEqual(["f"], [entry["file"] for entry in json.loads(answer)])

    def test_no_file_at_all_is_an_empty_array(self):
        self.error("missing: no such file", "info", "--json", "missing", answer=b"[]\n")

    def test_operands_are_asked_for(self):
        self.misuse("info", "which FILE?")

    def test_what_options_may_be(self):
        for interval in ("0", "0.05", "-1", "86401", "x", "1s", "nan", ""):
            self.misuse(
                "info",
                f'--watch is seconds, from 0.1 to 86400, not "{interval}"',
                f"--watch={interval}",
                "f",
            )
        self.misuse("info", '--color is always, never or auto, not "red"', "--color=red", "f")
        self.misuse("info", "--svg wants a value", "f", "--svg")
        self.misuse("info", "--svg and --watch do not go together", "--svg=a.svg", "--watch", "f")
        self.misuse("info", "--svg=- and --json do not go together", "--svg=-", "--json", "f")


if __name__ == "__main__":
    command_harness.main()
