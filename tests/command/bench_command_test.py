"""tome bench: that it measures what it says, on the same bytes for each method. No test looks at a
time."""
import json
import mmap
import os
import re

import command_harness
from command_harness import CommandTest

METHODS = ["whole", "seek_read", "mapping", "tome"]


def checksum(data, count):
    """What the command says it computes: FNV-1a over little-endian words of eight bytes, here of
    `count` reads."""
    total = 0xCBF29CE484222325
    for _ in range(count):
        for at in range(0, len(data), 8):
            word = int.from_bytes(data[at : at + 8], "little")
            total = ((total ^ word) * 0x100000001B3) % 2**64
    return f"{total:016x}"


class Bench(CommandTest):
    def bench(self, *arguments):
        status, answer, message = self.tome("bench", "--json", *arguments)
        self.assertEqual((0, ""), (status, message))
        return json.loads(answer)

    def test_json_has_all_methods_and_figures(self):
        self.file("f", os.urandom(1 << 20))
        report = self.bench("f")
        self.assertEqual(
            [
                "file",
                "size",
                "reads",
                "length",
                "file_system",
                "readahead",
                "page_size",
                "cold",
                "methods",
            ],
            list(report),
        )
        self.assertEqual(
            ("f", 1 << 20, 100, 4096),
            tuple(report[key] for key in ("file", "size", "reads", "length")),
        )
        self.assertEqual(METHODS, [row["method"] for row in report["methods"]])
        for row in report["methods"]:
            for key in (
                "cold_seconds",
                "cold_speedup",
                "warm_seconds",
                "warm_speedup",
                "warm_passes",
                "peak_memory",
            ):
                self.assertGreater(row[key], 0, (row["method"], key))

    def test_speed_up_is_against_reading_the_whole(self):
        self.file("f", os.urandom(1 << 20))
        rows = self.bench("f")["methods"]
        for row in rows:
            for kind in ("cold", "warm"):
                self.assertAlmostEqual(
                    rows[0][kind + "_seconds"] / row[kind + "_seconds"],
                    row[kind + "_speedup"],
                    delta=row[kind + "_speedup"] / 1000,
                )

    def test_all_methods_read_the_bytes_of_the_file(self):
        data = os.urandom(1003)
        self.file("f", data)
        for row in self.bench("--reads", "3", "--length", "1003", "f")["methods"]:
            self.assertEqual(checksum(data, 3), row["checksum"])

    def test_the_offsets_are_the_same_on_each_run_and_differ_among_themselves(self):
        self.file("f", bytes(range(256)) * 4096)
        once, twice = (
            self.bench("--reads", "5", "--length", "8", "f")["methods"] for _ in range(2)
        )
        self.assertEqual(1, len({row["checksum"] for row in once + twice}))
        self.assertNotIn(
            once[0]["checksum"],
            {checksum(bytes((first + i) % 256 for i in range(8)), 5) for first in range(256)},
        )

    def test_a_short_file_is_read_whole(self):
        self.file("f", b"x")
        report = self.bench("f")
        self.assertEqual(1, report["length"])
        self.assertEqual({checksum(b"x", 100)}, {row["checksum"] for row in report["methods"]})

    def test_page_cache_is_what_the_method_left(self):
        size = 8 << 20
        self.file("f", os.urandom(size))
        report = self.bench("--reads", "1", "--length", "1", "f")
        if not report["cold"]:
            self.skipTest("the file system of the temporary folder keeps its files in memory")
        left = {row["method"]: row["page_cache"] for row in report["methods"]}
        self.assertGreater(
            left["whole"], size // 2
        )  # a system short of memory may have taken some back
        self.assertEqual(mmap.PAGESIZE, left["tome"])
        self.assertLessEqual(left["tome"], left["seek_read"])

    def test_reading_the_whole_takes_its_memory_and_the_others_do_not(self):
        size = 64 << 20
        with open("f", "wb") as file:
            file.truncate(size)
        peak = {
            row["method"]: row["peak_memory"] for row in self.bench("--reads", "2", "f")["methods"]
        }
        self.assertGreater(peak["whole"], size)
        self.assertLess(peak["seek_read"], size)
        self.assertLess(peak["tome"], size)

    def test_pages_that_cannot_be_dropped_are_told(self):
        self.file("f", os.urandom(4 << 20))
        with open("f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapping:
            self.assertIsNotNone(sum(mapping[:: mmap.PAGESIZE]))
            report = self.bench("f")
            status, table, message = self.tome("bench", "f")
        self.assertFalse(report["cold"])
        self.assertGreater(report["methods"][0]["page_cache_before"], 0)
        self.assertEqual((0, ""), (status, message))
        self.assertIn(b"NOT COLD", table)

    def test_table(self):
        self.file("f", os.urandom(1 << 20))
        status, answer, message = self.tome("bench", "--reads", "10", "--length", "1K", "f")
        self.assertEqual((0, ""), (status, message))
        lines = answer.decode("ascii").split("\n")
        self.assertEqual("f: 1.0 MiB. 10 reads of 1024 bytes at random offsets", lines[0])
        self.assertEqual(
            ["cold", "speed-up", "warm", "speed-up", "peak", "memory", "page", "cache"],
            lines[2].split(),
        )
        time, factor, size = r" +[\d.]+ [mun]?s", r" +[\d.]+x", r" +[\d.]+ [KMG]?i?B"
        for name, line in zip(
            ("read the whole file", "seek and read", "plain mapping", "Tome"), lines[3:7]
        ):
            self.assertRegex(line, re.compile(f"^{name}{time}{factor}{time}{factor}{size}{size}$"))
        self.assertEqual("", lines[7])
        file_system = json.loads(self.tome("info", "--json", "f")[1])[0]["file_system"]
        self.assertIn(f"file system {file_system}, ", answer.decode())

    def test_read_ahead_is_told_where_it_is_known(self):
        self.file("f", b"abc")
        known = json.loads(self.tome("info", "--json", "f")[1])[0]["readahead"] is not None
        self.assertEqual(known, b", reads ahead up to " in self.tome("bench", "f")[1])

    def test_the_file_is_not_changed(self):
        data = os.urandom(1 << 20)
        self.file("f", data)
        before = os.stat("f")
        self.bench("f")
        after = os.stat("f")
        self.assertEqual((data, before.st_mtime_ns), (self.content("f"), after.st_mtime_ns))


class Misuse(CommandTest):
    def test_an_empty_file_has_nothing_to_read(self):
        self.file("f")
        self.error("f: is empty; there is nothing to read", "bench", "f")

    def test_counts_are_one_or_more(self):
        self.file("f", b"abc")
        self.misuse("bench", "--reads must be 1 or more", "--reads", "0", "f")
        self.misuse("bench", "--length must be 1 or more", "--length", "0", "f")

    def test_more_reads_than_memory_can_hold(self):
        self.file("f", b"abc")
        self.error(
            "f: out of memory for so many reads, or such long ones", "bench", "--reads", "15E", "f"
        )

    def test_operands_are_asked_for(self):
        self.misuse("bench", "which FILE?")
        self.misuse("bench", "one FILE only", "f", "g")

    def test_standard_input_is_no_file_to_measure(self):
        self.error(
            "-: standard input cannot be measured; write ./- for a file of that name", "bench", "-"
        )


if __name__ == "__main__":
    command_harness.main()
