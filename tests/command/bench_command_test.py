"""tome bench: that it measures what it says, on the same bytes for each method. No test looks at a
time."""
import json
import mmap
import os
import re
import unittest
import xml.etree.ElementTree

import command_harness
from command_harness import BITS, IN_WINE, ON_WINDOWS, CommandTest, not_on_windows
from memory_pages import PAGE, UNTOLD, are_counted

METHODS = {
    "whole": "read the whole file",
    "seek_read": "seek and read",
    "mapping": "plain mapping",
    "tome": "Tome, one by one",
    "gather": "Tome, all at once",
}
SVG = "{http://www.w3.org/2000/svg}"


def checksum(data, count):
    """What the command says it computes: FNV-1a over little-endian words of eight bytes, here of
    `count` reads."""
    total = 0xCBF29CE484222325
    for _ in range(count):
        for at in range(0, len(data), 8):
            word = int.from_bytes(data[at : at + 8], "little")
            total = ((total ^ word) * 0x100000001B3) % 2**64
    return f"{total:016x}"


# The sizes that are told of each method.
WINE_FORGETS = "Wine seldom knows how much memory a process had that has ended"
PEAK_MEMORY = () if IN_WINE else ("peak_memory",)
SIZE = r" +[\d.]+ [KMG]?i?B"
MEMORY = f"({SIZE}| +-)" if IN_WINE else SIZE
CACHE = " +-" if ON_WINDOWS else SIZE


class BenchTest(CommandTest):
    def tables(self, *arguments):
        """Once is enough where the figures do not matter."""
        status, answer, message = self.tome("bench", "--json", "--runs=1", *arguments)
        self.assertEqual((0, ""), (status, message))
        return json.loads(answer)

    def bench(self, *arguments):
        (table,) = self.tables(*arguments)
        return table


class Bench(BenchTest):
    def test_json_has_all_methods_and_figures(self):
        self.file("f", os.urandom(1 << 20))
        report = self.bench("--runs=3", "f")
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
        self.assertEqual(list(METHODS), [row["method"] for row in report["methods"]])
        for row in report["methods"]:
            for key in ("cold_speedup", "warm_speedup", "warm_passes", *PEAK_MEMORY):
                self.assertGreater(row[key], 0, (row["method"], key))
            for kind in ("cold", "warm"):
                times = [row[f"{kind}_seconds{which}"] for which in ("_min", "", "_max")]
                self.assertGreater(times[0], 0)
                self.assertEqual(sorted(times), times)
            self.assertEqual(
                (3, None, 100), tuple(row[k] for k in ("cold_runs", "stopped_after", "reads_done"))
            )

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

    def test_one_run_has_no_spread(self):
        self.file("f", b"abc")
        for row in self.bench("f")["methods"]:
            self.assertEqual(1, row["cold_runs"])
            self.assertEqual(row["cold_seconds"], row["cold_seconds_min"])
            self.assertEqual(row["cold_seconds"], row["cold_seconds_max"])

    def test_all_methods_read_the_bytes_of_the_file(self):
        data = os.urandom(1003)
        self.file("f", data)
        for row in self.bench("--reads", "3", "--length", "1003", "f")["methods"]:
            self.assertEqual(checksum(data, 3), row["checksum"])

    def test_what_is_read_in_several_batches_is_all_read(self):
        """Of short pieces there are more than one batch has, of long ones more bytes."""
        self.file("f", b"x" * (2 << 20))
        for reads, length in ((20_000, 1), (3, 2 << 20)):
            report = self.bench("--reads", str(reads), "--length", str(length), "f")
            expected = checksum(b"x" * length, reads)
            self.assertEqual({expected}, {row["checksum"] for row in report["methods"]})

    def test_a_list_of_reads_has_a_table_for_each(self):
        data = os.urandom(1003)
        self.file("f", data)
        tables = self.tables("--reads", "5,1,0x3", "--length", "1003", "f")
        self.assertEqual([5, 1, 3], [table["reads"] for table in tables])
        for table in tables:
            self.assertEqual(
                {checksum(data, table["reads"])}, {row["checksum"] for row in table["methods"]}
            )

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
        self.assertEqual(PAGE, left["tome"])
        self.assertEqual(PAGE, left["gather"])
        self.assertLessEqual(left["tome"], left["seek_read"])

    @unittest.skipIf(IN_WINE, WINE_FORGETS)
    @unittest.skipIf(PAGE != mmap.PAGESIZE, "in an emulator with larger pages: what a method takes is that of its emulator too")
    def test_reading_the_whole_takes_its_memory_and_the_others_do_not(self):
        size = 64 << 20
        with open("f", "wb") as file:
            file.truncate(size)
        peak = {
            row["method"]: row["peak_memory"] for row in self.bench("--reads", "2", "f")["methods"]
        }
        self.assertGreater(peak["whole"], size)
        for method in ("seek_read", "tome", "gather"):
            self.assertLess(peak[method], size)

    @not_on_windows(UNTOLD)
    def test_pages_that_cannot_be_dropped_are_told(self):
        self.file("f", os.urandom(4 << 20))
        with open("f", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapping:
            self.assertIsNotNone(sum(mapping[:: mmap.PAGESIZE]))
            report = self.bench("f")
            status, table, message = self.tome("bench", "--runs=1", "f")
        self.assertFalse(report["cold"])
        self.assertGreater(report["methods"][0]["page_cache_before"], 0)
        self.assertEqual((0, ""), (status, message))
        self.assertIn(b"NOT COLD", table)
        self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_the_file_is_not_changed(self):
        data = os.urandom(1 << 20)
        self.file("f", data)
        before = os.stat("f")
        self.bench("f")
        after = os.stat("f")
        self.assertEqual((data, before.st_mtime_ns), (self.content("f"), after.st_mtime_ns))


class Limit(BenchTest):
    """A file that cannot be read whole within the limit. The others need no more than that for
    a few reads, and if they do nothing is proved."""

    def setUp(self):
        super().setUp()
        with open("f", "wb") as file:
            file.truncate(1 << (40 if BITS > 32 and are_counted() else 30))  # as much as can be mapped, and asked for

    def test_what_takes_too_long_is_stopped_and_told(self):
        report = self.bench("--limit=10ms", "--reads=2", "--runs=3", "f")
        whole = report["methods"][0]
        self.assertEqual(
            (0.01, 0, 1), tuple(whole[key] for key in ("stopped_after", "reads_done", "cold_runs"))
        )
        for key in ("cold_seconds", "cold_seconds_min", "cold_speedup", "warm_seconds", "checksum"):
            self.assertIsNone(whole[key], key)
        for row in report["methods"][1:]:
            if row["stopped_after"] is None:
                self.assertGreater(row["cold_seconds"], 0)
                self.assertEqual(
                    (2, checksum(bytes(4096), 2)), (row["reads_done"], row["checksum"])
                )
            self.assertIsNone(row["cold_speedup"])

    def test_the_table_says_more_than(self):
        status, answer, message = self.tome(
            "bench", "--limit=10ms", "--reads=2", "--runs=1", "--svg=p.svg", "f"
        )
        self.assertEqual((0, ""), (status, message))
        table = answer.decode("ascii")
        memory, cache = "([\\d.]+ MiB|-)" if IN_WINE else "[\\d.]+ MiB", "-" if ON_WINDOWS else "[\\d.]+ .*"
        self.assertRegex(
            table, rf"\nread the whole file +>[\d.]+ m?s +one run +1\.0x +- +{memory} +{cache}\n"
        )
        self.assertIn(
            "\n             Stopped after 10.0 ms: read the whole file, 0 of 2 reads done\n", table
        )
        texts = [text.text for text in xml.etree.ElementTree.parse("p.svg").iter(SVG + "text")]
        self.assertTrue(any(re.fullmatch(r">[\d.]+ m?s", text) for text in texts), texts)


class Table(BenchTest):
    def table(self, *arguments):
        status, answer, message = self.tome("bench", *arguments)
        self.assertEqual((0, ""), (status, message))
        return answer.decode("ascii").split("\n")

    def check_rows(self, lines, spread):
        """The six lines of a table."""
        self.assertEqual(
            ["cold", "min-max", "speed-up", "warm", "memory", "page", "cache"],
            lines[0].split()[2:],
        )
        time, factor = r" +[\d.]+ [mun]?s", r" +[\d.]+x"
        for name, line in zip(METHODS.values(), lines[1:6]):
            self.assertRegex(line, re.compile(f"^{name}{time}{spread}{factor}{time}{MEMORY}{CACHE}$"))

    def test_table(self):
        self.file("f", os.urandom(1 << 20))
        lines = self.table("--reads", "10", "--length", "1K", "f")
        self.assertEqual("f: 1.0 MiB. Reads of 1024 bytes at random offsets", lines[0])
        self.assertEqual(("", ""), (lines[1], lines[8]))
        self.assertTrue(lines[2].startswith("10 reads  "))
        self.check_rows(lines[2:8], r" +[\d.]+-[\d.]+")
        self.assertLessEqual(max(map(len, lines)), 80)
        file_system = json.loads(self.tome("info", "--json", "f")[1])[0]["file_system"]
        self.assertIn(f"file system {file_system}, ", "\n".join(lines))

    def test_a_list_of_reads_has_a_table_for_each_and_notes_once(self):
        self.file("f", os.urandom(1 << 20))
        lines = self.table("--reads=1,1000", "--runs=1", "f")
        for line, reads in ((2, "1 read  "), (9, "1000 reads  ")):
            self.assertTrue(lines[line].startswith(reads), lines[line])
            self.check_rows(lines[line : line + 6], " +one run")
            self.assertEqual("", lines[line + 6])
        self.assertEqual(1, sum(line.startswith("page cache ") for line in lines))

    def test_read_ahead_is_told_where_it_is_known(self):
        self.file("f", b"abc")
        known = json.loads(self.tome("info", "--json", "f")[1])[0]["readahead"] is not None
        self.assertEqual(known, ", reads ahead up to " in "\n".join(self.table("--runs=1", "f")))


class Picture(BenchTest):
    """Its structure; how it looks nobody but an eye can tell."""

    NAME = "a&'\ufffd.log" if ON_WINDOWS else "a<b>&\"'\n\udcff.log"

    def draw(self, *arguments):
        status, answer, message = self.tome("bench", "--svg=p.svg", *arguments)
        self.assertEqual((0, ""), (status, message))
        return answer, xml.etree.ElementTree.fromstring(self.content("p.svg"))

    def texts(self, picture):
        return [text.text for text in picture.iter(SVG + "text")]

    def test_it_holds_what_the_table_does(self):
        self.file("f", os.urandom(3 << 20))
        answer, picture = self.draw("--json", "--runs=2", "--reads=7,70", "f")
        self.assertEqual(SVG + "svg", picture.tag)
        texts = self.texts(picture)
        self.assertEqual("Reads of 4.0 KiB, at random places in a file of 3.0 MiB", texts[0])
        for text in ("7 reads", "70 reads", "time", "page cache left", "peak memory, mapped too"):
            self.assertEqual(1, texts.count(text), text)
        for name in METHODS.values():
            self.assertEqual(2, texts.count(name), name)
        tables = json.loads(answer)
        if tables[0]["readahead"] is not None:
            self.assertIn("The disk reads ahead up to ", texts[1])
        self.assertIn("Median of up to 2 runs", texts[1])
        # Each row: the name, and behind it the three figures.
        rows = [row for table in tables for row in table["methods"]]
        starts = [at for at, text in enumerate(texts) if text in METHODS.values()]
        for row, at in zip(rows, starts):
            self.assertEqual(METHODS[row["method"]], texts[at])
            value, unit = texts[at + 1].split()
            scale = {"s": 1, "ms": 1e3, "\u00b5s": 1e6, "ns": 1e9}[unit]
            shown = row["cold_seconds"] * scale
            self.assertAlmostEqual(shown, float(value), delta=shown / 100)
            for text, key in ((texts[at + 2], "page_cache"), (texts[at + 3], "peak_memory")):
                if row[key] is None:
                    self.assertEqual("-", text)
                    continue
                value, unit = text.split()
                shown = row[key] / {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}[unit]
                self.assertAlmostEqual(shown, float(value), delta=0.5)

    def test_longer_takes_a_longer_bar(self):
        self.file("f", os.urandom(3 << 20))
        answer, picture = self.draw("--json", "--runs=1", "--reads=2", "f")
        (table,) = json.loads(answer)
        bars = [bar for bar in picture.iter(SVG + "rect") if bar.get("class").startswith("bar ")]
        lefts = sorted({float(bar.get("x")) for bar in bars})
        keys = ["cold_seconds", "page_cache", "peak_memory"]
        if ON_WINDOWS:  # what is not known has no bar
            keys = [key for key in keys if any(row[key] for row in table["methods"])]
        self.assertEqual(len(keys), len(lefts))
        for left, key in zip(lefts, keys):
            widths = {
                float(bar.get("y")): float(bar.get("width"))
                for bar in bars
                if float(bar.get("x")) == left
            }
            figures = [row[key] for row in table["methods"] if row[key]]
            self.assertEqual(len(figures), len(widths))
            drawn = [widths[y] for y in sorted(widths)]
            for figure, width in zip(figures, drawn):
                for other, other_width in zip(figures, drawn):
                    if figure <= other:
                        self.assertLessEqual(width, other_width)

    def test_it_has_neither_background_nor_fonts_of_others(self):
        self.file("f", b"abc")
        picture = self.draw("--runs=1", "f")[1]
        for element in picture.iter():
            self.assertIn(
                element.tag.replace(SVG, ""), ("svg", "title", "style", "text", "path", "rect")
            )
            for name in element.attrib:
                self.assertNotIn("href", name)
        style = picture.find(SVG + "style").text
        for word in ("url", "@import", "@font-face", "background"):
            self.assertNotIn(word, style)
        width = float(picture.get("width"))
        for bar in picture.iter(SVG + "rect"):
            self.assertLess(float(bar.get("x")) + float(bar.get("width")), width - 60)

    def test_any_name_of_a_file_leaves_it_well_formed(self):
        self.file(self.NAME, b"abc")
        picture = self.draw("--runs=1", self.NAME)[1]
        shown = self.NAME if ON_WINDOWS else "a<b>&\"'\ufffd\ufffd.log"
        self.assertEqual(
            f"{shown}: 100 reads of 3 B, at random places in a file of 3 B",
            picture.find(SVG + "title").text,
        )

    def test_no_folder_is_named_in_it(self):
        os.mkdir("folder")
        self.file("folder/f", b"abc")
        title = self.draw("--runs=1", "folder/f")[1].find(SVG + "title").text
        self.assertTrue(title.startswith("f: "), title)

    def test_the_table_is_printed_too_but_not_beside_a_picture_on_standard_output(self):
        self.file("f", b"abc")
        self.assertIn(b"seek and read", self.draw("--runs=1", "f")[0])
        status, answer, message = self.tome("bench", "--runs=1", "--svg=-", "f")
        self.assertEqual((0, ""), (status, message))
        self.assertEqual(SVG + "svg", xml.etree.ElementTree.fromstring(answer).tag)
        self.misuse("bench", "--svg=- and --json do not go together", "--svg=-", "--json", "f")

    def test_only_what_ends_in_svg_is_written(self):
        self.file("f", b"abc")
        for name in ("f", ".svg", "svg", "a.svg.gz", ""):
            self.misuse(
                "bench",
                f'the picture "{name}" is to have a name that ends in .svg',
                "f",
                f"--svg={name}",
            )
        self.assertEqual(["f"], os.listdir())
        self.assertEqual(b"abc", self.content("f"))

    def test_a_picture_that_cannot_be_written_is_an_error(self):
        self.file("f", b"abc")
        status, answer, message = self.tome("bench", "--runs=1", "--svg=none/p.svg", "f")
        self.assertEqual((2, "tome: none/p.svg: No such file or directory\n"), (status, message))
        self.assertIn(b"seek and read", answer)
        os.symlink("/dev/full", "full.svg")
        self.assertEqual(
            (2, "tome: full.svg: No space left on device\n"),
            self.tome("bench", "--runs=1", "--svg=full.svg", "f")[::2],
        )


class Misuse(CommandTest):
    def test_an_empty_file_has_nothing_to_read(self):
        self.file("f")
        self.error("f: is empty; there is nothing to read", "bench", "f")

    def test_counts_are_one_or_more(self):
        self.file("f", b"abc")
        self.misuse("bench", "--reads must be 1 or more", "--reads", "0", "f")
        self.misuse("bench", "--length must be 1 or more", "--length", "0", "f")
        self.misuse("bench", "--runs must be 1 or more", "--runs", "0", "f")
        self.misuse("bench", "--reads must be 1 or more", "--reads", "5,0", "f")
        self.misuse("bench", "--limit must be more than nothing", "--limit", "0s", "f")

    def test_what_is_no_count_is_refused(self):
        wrong = "is not a count; write 100, 0x64 or 64K (times 1024)"
        for reads, shown in (("x", "x"), ("5,", ""), (",5", ""), ("1,2;3", "2;3"), ("", "")):
            self.misuse("bench", f'"{shown}" {wrong}', "--reads", reads, "f")
        self.misuse("bench", f'"often" {wrong}', "--runs", "often", "f")

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
