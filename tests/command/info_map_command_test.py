"""tome info: the strip and the map, held against mincore, which the test asks itself, and against states
that it arranges: nothing in memory, all, half."""
import json
import os
import re
import subprocess

import command_harness
from command_harness import COMMAND, EMULATOR, CommandTest
from memory_pages import PAGE, are_counted, evict, hold, offset_text, size_text, while_unchanged
from pseudo_terminal import Terminal

PAGES = 256
COLOR = re.compile(rb"\033\[\d+m")


class Picture(Terminal):
    def setUp(self):
        super().setUp()
        self.file("f", os.urandom(PAGES * PAGE))
        evict(self, "f")

    def draw(self, *options, columns=80, locale="C", color=None):
        """What is printed below the figures."""
        variables = {
            **{name: os.environ[name] for name in os.environ if not name.startswith("LC_")},
            "COLUMNS": str(columns),
            "LINES": "24",
            "LC_ALL": locale,
        }
        options = (*options, f"--color={color}") if color else options
        status, answer, message = self.tome("info", *options, env=variables)
        self.assertEqual((0, ""), (status, message))
        return answer.decode().split("\n\n", 1)[1].split("\n")

    def strip(self, *options, **how):
        return self.draw("f", *options, **how)[0].strip()

    def map_rows(self, *options, **how):
        """Pairs of an offset and the blocks behind it."""
        rows = []
        for line in self.draw("--map", *options, **how):
            if not line:
                return rows
            rows.append(tuple(line.split()))
        return rows


class Blocks(Picture):
    def test_nothing_in_memory(self):
        self.assertEqual("." * 32, self.strip(columns=36))
        rows = self.map_rows("f")
        self.assertEqual([(offset_text(row * 64 * PAGE), "." * 64) for row in range(4)], rows)

    def test_all_in_memory(self):
        hold(self, "f", range(PAGES))
        self.assertEqual("#" * 32, self.strip(columns=36))
        self.assertEqual(["#" * 64] * 4, [row for _, row in self.map_rows("f")])
        self.assertIn("  100.0% in memory; ", "\n".join(self.draw("f")))

    def test_the_first_half_in_memory(self):
        hold(self, "f", range(PAGES // 2))
        self.assertEqual("#" * 16 + "." * 16, self.strip(columns=36))
        self.assertEqual(["#" * 64] * 2 + ["." * 64] * 2, [row for _, row in self.map_rows("f")])
        self.assertIn("  50.0% in memory; ", "\n".join(self.draw("f")))

    def test_parts_in_memory_are_counted_in_tenths_and_never_look_like_none_or_all(self):
        """A character stands for 8 pages; of those 0, 1, 2, ... 8 are there."""
        there = [8 * many + page for many in range(9) for page in range(many)]
        hold(self, "f", there)
        self.assertEqual(".1235678#" + "." * 23, self.strip(columns=36))
        self.assertEqual("░▁▂▃▄▅▆▇█" + "░" * 23, self.strip(columns=36, locale="C.UTF-8"))

    def test_a_block_is_a_page_where_there_is_room(self):
        hold(self, "f", [0, 1, 7, 63, 64, 130, 255])
        rows, pages = while_unchanged("f", lambda: self.map_rows("f"))
        self.assertEqual(
            "".join("#" if page else "." for page in pages), "".join(row for _, row in rows)
        )

    def test_a_file_of_a_few_pages_has_as_many_characters(self):
        self.file("small", os.urandom(2 * PAGE + 1))
        evict(self, "small")
        hold(self, "small", [1])
        text = self.draw("small")
        self.assertEqual("  .#.", text[0])
        self.assertTrue(text[1].endswith(f"one character is a page of {size_text(PAGE)}"))
        self.assertEqual([("0", ".#.")], self.map_rows("small"))


class Scale(Picture):
    """Of files that are one hole, so that they may be of any size."""

    def hole(self, name, size):
        with open(name, "wb") as file:
            file.truncate(size)
        with open(name, "rb") as file:
            if os.lseek(file.fileno(), 0, os.SEEK_HOLE) == size:
                self.skipTest(f"the file system of {self.folder} has no holes")

    def test_a_map_has_round_rows_and_fits_the_screen(self):
        self.hole("f", 1025 * PAGE)
        rows = self.map_rows("f")
        offsets = [offset_text(row * 256 * PAGE) for row in range(5)]
        self.assertEqual(list(zip(offsets, ["-" * 64] * 4 + ["-"])), rows)
        text = "\n".join(self.draw("--map", "f"))
        self.assertIn(f"; one block is {size_text(4 * PAGE)}, a row {size_text(256 * PAGE)}\n", text)

    def test_no_line_is_wider_than_the_screen(self):
        large = 3 * 10 ** (10 if EMULATOR else 11)  # there one picture of the larger would take half a minute
        for size in (1, PAGE, 10**6, 10**9, large):
            self.hole("f", size)
            slow = size == large and not are_counted()  # page by page it takes seconds
            for columns in (64, 400) if slow else (64, 80, 81, 120, 132, 200, 400):
                for options in ((), ("--map",)):
                    with self.subTest(size=size, columns=columns, options=options):
                        for locale in ("C", "C.UTF-8"):
                            text = self.draw("f", *options, columns=columns, locale=locale)
                            self.assertLessEqual(max(map(len, text)), columns)

    def test_a_strip_is_as_wide_as_the_screen(self):
        self.hole("f", 10**9)
        for columns in (20, 80, 200, 999):
            self.assertEqual(columns - 4, len(self.strip(columns=columns)))
        self.assertEqual(996, len(self.strip(columns=5000)))

    def test_a_map_is_wider_on_a_wider_screen(self):
        self.hole("f", 10**9)
        widths = [len(self.map_rows("f", columns=columns)[0][1]) for columns in (40, 80, 200)]
        self.assertEqual([16, 64, 128], widths)

    def test_100_gigabytes_with_some_data(self):
        self.hole("f", 100 << 30)
        with open("f", "rb+") as file:
            for at in (0, 50 << 30, (100 << 30) - PAGE):
                os.pwrite(file.fileno(), b"x" * PAGE, at)
        evict_large(self, "f")
        strip = self.strip(columns=104)
        self.assertEqual("." + "-" * 49 + "." + "-" * 48 + ".", strip)
        entry = json.loads(self.tome("info", "--json", "--map", "f")[1])[0]
        blocks = entry["blocks"]
        self.assertEqual(128 << 20, entry["block_size"])
        self.assertEqual(800, len(blocks))
        with_data = [block["offset"] for block in blocks if block["hole_bytes"] < block["length"]]
        self.assertEqual([0, 50 << 30, (100 << 30) - (128 << 20)], with_data)


def evict_large(test, path):
    """As evict(), of a file that is too large to ask about each page."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if json.loads(test.tome("info", "--json", path)[1])[0]["resident"] != 0:
        test.skipTest(f"the files in {test.folder} stay in memory")


class Holes(Picture):
    def setUp(self):
        super().setUp()
        with open("f", "wb") as file:
            for at in (64, 192):
                file.seek(at * PAGE)
                file.write(os.urandom(64 * PAGE))
        with open("f", "rb") as file:
            if os.lseek(file.fileno(), 0, os.SEEK_DATA) != 64 * PAGE:
                self.skipTest(f"the file system of {self.folder} has no holes of 64 pages")
        evict(self, "f")

    def test_they_are_told_from_data(self):
        self.assertEqual(["-" * 64, "." * 64] * 2, [row for _, row in self.map_rows("f")])
        self.assertEqual("-" * 8 + "." * 8 + "-" * 8 + "." * 8, self.strip(columns=36))

    def test_data_beside_a_hole_is_all_that_can_be_in_memory(self):
        """A character stands for 20 pages; 12 of the first are data, and 4 of the second."""
        with open("g", "wb") as file:
            file.seek(8 * PAGE)
            file.write(os.urandom(16 * PAGE))
            file.truncate(320 * PAGE)
        evict(self, "g")
        hold(self, "g", range(8, 24))
        with open("g", "rb") as file:
            if os.lseek(file.fileno(), 8 * PAGE, os.SEEK_HOLE) != 24 * PAGE:
                self.skipTest("the hole is elsewhere")
        self.assertEqual("##" + "-" * 14, self.draw("g", columns=20)[0].strip())


    def test_a_hole_of_which_some_was_read_is_in_memory_in_part(self):
        """A character stands for 16 pages of a file that is one hole."""
        with open("g", "wb") as file:
            file.truncate(256 * PAGE)
        evict(self, "g")
        hold(self, "g", [0, *range(16, 24), *range(32, 48)])
        if json.loads(self.tome("info", "--json", "g")[1])[0]["dirty"] not in (0, None):
            self.skipTest(f"in {self.folder} what was read may be dirty")
        self.assertEqual("15#" + "-" * 13, self.draw("g", columns=20)[0].strip())


class Dirty(Picture):
    """What was written and synced is not dirty. What was only written is until the system writes it
    back, which it does after some seconds: so it is tried a few times."""

    def try_dirty(self, draw):
        entry = json.loads(self.tome("info", "--json", "f")[1])[0]
        if entry["dirty"] is None:
            self.skipTest("this system does not tell what is dirty")
        for _ in range(20):
            with open("f", "rb+", buffering=0) as file:
                file.seek(64 * PAGE)
                file.write(os.urandom(64 * PAGE))
                drawn = draw()
                os.fsync(file.fileno())
            if "D" in drawn:
                return drawn
        self.skipTest(f"nothing in {self.folder} is ever dirty")

    def test_what_was_written_is_dirty_until_it_is_synced(self):
        drawn = self.try_dirty(lambda: self.strip(columns=36))
        self.assertEqual("." * 8 + "D" * 8 + "." * 16, drawn)
        self.assertNotIn("D", self.strip(columns=36))
        entry = json.loads(self.tome("info", "--json", "f")[1])[0]
        self.assertEqual((0, 0), (entry["dirty"], entry["writeback"]))

    def test_it_is_in_the_map(self):
        drawn = self.try_dirty(lambda: " ".join(row for _, row in self.map_rows("f")))
        self.assertEqual("D" * 64, drawn.split(" ")[1])


class Json(Picture):
    def test_blocks_are_what_mincore_says(self):
        hold(self, "f", [0, 3, 4, 5, 100, 255])
        answer, pages = while_unchanged("f", lambda: self.tome("info", "--json", "--map", "f")[1])
        entry = json.loads(answer)[0]
        self.assertEqual(PAGE, entry["block_size"])
        self.assertEqual(
            [
                {
                    "offset": number * PAGE,
                    "length": PAGE,
                    "resident": PAGE * there,
                    "dirty": entry["blocks"][number]["dirty"],
                    "writeback": entry["blocks"][number]["writeback"],
                    "hole_bytes": entry["blocks"][number]["hole_bytes"],
                }
                for number, there in enumerate(pages)
            ],
            entry["blocks"],
        )
        self.assertEqual(PAGE * sum(pages), entry["resident"])
        self.assertLessEqual({block["dirty"] for block in entry["blocks"]}, {0, None})


class JsonAnywhere(CommandTest):
    """What holds where nobody is told what is in memory, too."""

    def test_blocks_cover_a_file_of_any_length(self):
        for size in (1, PAGE, PAGE + 1, 1024 * PAGE, 1024 * PAGE + 1, 5000001):
            with open("f", "wb") as file:
                file.truncate(size)
            blocks = json.loads(self.tome("info", "--json", "--map", "f")[1])[0]["blocks"]
            self.assertLessEqual(len(blocks), 1024)
            at = 0
            for block in blocks:
                self.assertEqual(at, block["offset"])
                at += block["length"]
            self.assertEqual(size, at)

    def test_without_map_there_are_none(self):
        self.file("f", b"abc")
        self.assertNotIn("blocks", json.loads(self.tome("info", "--json", "f")[1])[0])


class Characters(Picture):
    """With and without colour, ASCII and beyond."""

    def test_the_legend_explains_every_character(self):
        self.assertEqual(
            "  # in memory  1-9 in part  . not in memory  - hole  D dirty", self.draw("f")[2]
        )
        self.assertEqual(
            "  █ in memory  ▄ in part  ░ not in memory  · hole  ▚ dirty",
            self.draw("f", locale="C.UTF-8")[2],
        )

    def test_ascii_where_the_locale_is_not_utf8(self):
        plain = {name: os.environ[name] for name in os.environ if name[:2] != "LC"}
        for variables, ascii_only in (
            ({"LC_ALL": "C"}, True),
            ({"LC_ALL": "en_US.ISO-8859-1", "LANG": "C.UTF-8"}, True),
            ({"LC_ALL": "", "LC_CTYPE": "de_DE.utf8", "LANG": "C"}, False),
            ({"LANG": "en_US.UTF-8"}, False),
            ({"LANG": ""}, True),
        ):
            for options in ((), ("--map",), (".",)):
                with self.subTest(variables=variables, options=options):
                    answer = self.tome("info", *options, "f", env={**plain, **variables})[1]
                    self.assertEqual(ascii_only, answer.isascii())

    def test_colours_add_nothing_but_colour(self):
        hold(self, "f", [*range(64), 100])
        for options in ((), ("--map",), ("--map", ".")):
            plain = "\n".join(self.draw("f", *options, color="never"))
            colored = "\n".join(self.draw("f", *options, color="always"))
            self.assertIn("\033[36m#", colored)
            self.assertEqual(plain, COLOR.sub(b"", colored.encode()).decode())

    def on_terminal(self, *options, **variables):
        """None as a variable's value is no such variable."""
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": None, **variables}
        environment = {name: value for name, value in environment.items() if value is not None}
        subprocess.run(
            [*COMMAND, "info", *options, "f"],
            stdout=self.terminal,
            check=True,
            timeout=100,
            env=environment,
        )
        return self.all_of_screen()

    def test_a_terminal_is_coloured_if_it_can_and_may(self):
        self.assertIn(b"\033", self.on_terminal())
        self.assertIn(b"\033", self.on_terminal(NO_COLOR=""))
        self.assertIn(b"\033", self.on_terminal("--color=always", NO_COLOR="1", TERM="dumb"))
        self.assertNotIn(b"\033", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn(b"\033", self.on_terminal(TERM="dumb"))
        self.assertNotIn(b"\033", self.on_terminal(TERM=None))
        self.assertNotIn(b"\033", self.on_terminal("--color=never"))
        self.assertNotIn(b"\033", self.tome("info", "f")[1])

    def test_a_strip_is_as_wide_as_the_terminal(self):
        with open("f", "ab") as file:
            file.truncate(PAGES * PAGE * 4)
        for columns in (50, 133):
            self.resize(columns, 24)
            drawn = self.on_terminal("--color=never", COLUMNS=None, LC_ALL="C").decode()
            self.assertEqual(columns - 4, len(drawn.split("\n")[11].strip()))


if __name__ == "__main__":
    command_harness.main()
