"""tome info --svg: the picture is XML that says what the test arranged, can be seen on a light and on a
dark page, and no name breaks it."""
import os
import re
import unittest
from xml.etree import ElementTree

import command_harness
from command_harness import ON_WINDOWS, CommandTest
from memory_pages import PAGE, are_counted, evict, hold, offset_text, size_text

SVG = "{http://www.w3.org/2000/svg}"
PAGES = 256
PAGE_COLOURS = {"white": (255, 255, 255), "a dark page": (13, 17, 23), "black": (0, 0, 0)}


def brightness(colour):
    """As the guidelines for accessible content (WCAG 2) have it."""
    parts = [part / 255 for part in colour]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


class Picture(CommandTest):
    def picture(self, *operands):
        status, _, message = self.tome("info", "--svg=p.svg", *operands)
        self.assertEqual((0, ""), (status, message))
        root = ElementTree.fromstring(self.content("p.svg"))
        self.assertEqual(SVG + "svg", root.tag)
        return root

    def texts(self, root):
        return ["".join(text.itertext()) for text in root.iter(SVG + "text")]

    def paths(self, root):
        """Pairs of a class and what is drawn."""
        return [(path.get("class"), path.get("d")) for path in root.iter(SVG + "path")]

    def blocks(self, root, name):
        """How many blocks there are that look so, besides the one in the legend."""
        drawn = "".join(path for look, path in self.paths(root) if look == name)
        return drawn.count("M") - (name != "memory flat")

    def legend(self, root):
        """What stands below each meaning."""
        texts = self.texts(root)
        meanings = (
            "in memory",
            "in memory in part",
            "not in memory",
            "holes",
            "not on the disk yet",
        )
        return [texts[texts.index(meaning) + 1] for meaning in meanings]


class OneFile(Picture):
    def setUp(self):
        super().setUp()
        self.file("f", os.urandom(PAGES * PAGE))
        evict(self, "f")

    def test_nothing_in_memory(self):
        root = self.picture("f")
        self.assertEqual((0, 256 + 1), (self.blocks(root, "memory"), self.blocks(root, "absent")))
        size = size_text(PAGES * PAGE)
        self.assertEqual(["f", f"{size}, 0 B of it in memory: 0.0%"], self.texts(root)[:2])
        self.assertEqual(["0 B", "0 blocks", size, "0 B", "0 B"], self.legend(root))

    def test_half_in_memory(self):
        hold(self, "f", range(128))
        root = self.picture("f")
        self.assertEqual((128, 128 + 1), (self.blocks(root, "memory"), self.blocks(root, "absent")))
        half = size_text(128 * PAGE)
        self.assertIn(f"{size_text(256 * PAGE)}, {half} of it in memory: 50.0%", self.texts(root))
        self.assertEqual([half, "0 blocks", half, "0 B", "0 B"], self.legend(root))

    def test_blocks_in_memory_in_part_are_gauges(self):
        self.file("f", os.urandom(3000 * PAGE))
        evict(self, "f")
        hold(self, "f", [0, 10, 11, 2001])
        root = self.picture("f")
        self.assertEqual(
            (1, 2 + 1), (self.blocks(root, "memory"), self.blocks(root, "memory flat"))
        )
        self.assertEqual(1500 - 1 + 1, self.blocks(root, "absent"))
        self.assertEqual("2 blocks", self.legend(root)[1])
        self.assertIn(f"one block is {size_text(2 * PAGE)}, a row {size_text(128 * PAGE)}", self.texts(root))

    def test_offsets_stand_before_the_rows(self):
        offsets = [offset_text(row * 64 * PAGE) for row in range(4)]
        self.assertEqual(offsets, self.texts(self.picture("f"))[2:6])

    def test_holes(self):
        with open("f", "wb") as file:
            file.seek(128 * PAGE)
            file.write(os.urandom(128 * PAGE))
        with open("f", "rb") as file:
            if os.lseek(file.fileno(), 0, os.SEEK_DATA) != 128 * PAGE:
                self.skipTest(f"the file system of {self.folder} has no holes of 128 pages")
        evict(self, "f")
        root = self.picture("f")
        self.assertEqual((128, 128 + 1), (self.blocks(root, "hole"), self.blocks(root, "absent")))
        self.assertEqual(size_text(128 * PAGE), self.legend(root)[3])

    def test_an_empty_file(self):
        self.file("empty")
        root = self.picture("empty")
        self.assertEqual(0, self.blocks(root, "memory"))
        self.assertEqual("empty", self.texts(root)[0])

    def test_everything_lies_within_the_picture(self):
        large = 10**12 if are_counted() else 10**10  # page by page it takes minutes
        for size in (1, PAGE, 63 * PAGE, 65 * PAGE, 1536 * PAGE, 1537 * PAGE, large):
            with open("f", "wb") as file:
                file.truncate(size)
            for operands in (("f",), ("f", ".")):
                root = self.picture(*operands)
                _, _, width, height = map(int, root.get("viewBox").split())
                self.assertEqual((str(width), str(height)), (root.get("width"), root.get("height")))
                places = [
                    tuple(map(float, place))
                    for _, path in self.paths(root)
                    for place in re.findall(r"M([\d.]+) ([\d.]+)h", path)
                ]
                places += [
                    (float(text.get("x")), float(text.get("y"))) for text in root.iter(SVG + "text")
                ]
                for x, y in places:
                    self.assertTrue(0 < x < width - 10 or 0 < x <= width - 24, x)
                    self.assertTrue(0 < y < height - 10, y)


class SeveralFiles(Picture):
    def setUp(self):
        super().setUp()
        for name in ("none", "half", "all"):
            self.file(name, os.urandom(80 * PAGE))
            evict(self, name)
        hold(self, "half", range(40))
        hold(self, "all", range(80))

    def test_a_bar_for_each_and_the_total(self):
        root = self.picture("none", "half", "all")
        size, there = size_text(80 * PAGE), size_text(120 * PAGE)
        self.assertEqual(
            ["3 files", f"{size_text(240 * PAGE)}, {there} of it in memory: 50.0%"], self.texts(root)[:2]
        )
        self.assertEqual(["none", "0.0%", f"0 B of {size}"], self.texts(root)[2:5])
        self.assertEqual(["half", "50.0%", f"{size_text(40 * PAGE)} of {size}"], self.texts(root)[5:8])
        self.assertEqual(["all", "100.0%", f"{size} of {size}"], self.texts(root)[8:11])
        self.assertEqual([there, "0 blocks", there, "0 B", "0 B"], self.legend(root))

    def test_bars_are_as_long_as_what_they_stand_for(self):
        bars = [
            (look, int(re.search(r"h(\d+)v12", path).group(1)))
            for look, path in self.paths(self.picture("none", "half", "all"))
            if "v12" in path
        ]
        self.assertEqual(
            [
                ("absent flat", 320),
                ("memory flat", 160),
                ("absent flat", 160),
                ("memory flat", 320),
            ],
            bars,
        )

    def test_directories(self):
        self.assertEqual("3 files", self.texts(self.picture("."))[0])

    def test_long_names_are_cut_at_their_beginning_and_whole_in_a_title(self):
        name = "n\u00e4" * 80
        self.file(name, b"x")
        root = self.picture(name, "all")
        shown = self.texts(root)[2]
        self.assertEqual("\u2026" + name[-35:], shown)
        self.assertIn(name, [title.text for title in root.iter(SVG + "title")])

    def test_so_many_that_nobody_looks_at_them_all(self):
        for number in range(410):
            self.file(f"n{number:03}", b"x")
        root = self.picture(".")
        self.assertEqual("413 files", self.texts(root)[0])
        self.assertIn("and 13 more", self.texts(root))


class Writing(Picture):
    def setUp(self):
        super().setUp()
        self.file("f", b"abc")

    def test_names_cannot_break_it(self):
        for name in (
            b"</text><script>alert(1)</script>",
            b"a&b\"c'd<e>",
            b"line\nline\033[31m\x7f\x01",
            b"\xff\xfe\xc3",
            "\ufffe\uffff\u0085".encode(),
            "\U0001f4be \u65e5\u672c".encode(),
        ):
            name = name.replace(b"/", b"\xe2\x81\x84")
            if ON_WINDOWS:  # names have none of these there, and are text
                name = re.sub(rb'[\x00-\x1f<>:"|?*]', b"'", name).decode("utf-8", "replace").encode()
            with open(name, "wb"):
                pass
            expected = re.sub(
                "[\x01-\x1f\x7f\ufffe\uffff]", "\ufffd", name.decode("utf-8", "replace")
            )
            with self.subTest(name=name):
                self.assertEqual(expected, self.texts(self.picture(name))[0])
                self.assertIn(expected, self.texts(self.picture(name, "f")))

    def test_the_answer_is_given_as_well(self):
        expected = self.tome("info", "f")
        self.assertEqual(expected, self.tome("info", "--svg", "p.svg", "f"))

    def test_standard_output_gets_nothing_else(self):
        self.picture("f")
        self.answer(self.content("p.svg"), "info", "--svg=-", "f")
        self.assertFalse(os.path.exists("-"))

    def test_a_file_that_is_no_picture_is_not_written_over(self):
        self.misuse(
            "info", 'the picture "f" is to have a name that ends in .svg', "--svg", "f", "f"
        )
        self.misuse(
            "info", 'the picture ".svg" is to have a name that ends in .svg', "--svg=.svg", "f"
        )
        self.assertEqual(b"abc", self.content("f"))

    def test_a_picture_that_cannot_be_written(self):
        message = self.tome("info", "--svg=no/p.svg", "f")
        self.assertEqual(
            (2, "tome: no/p.svg: No such file or directory\n"), (message[0], message[2])
        )

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk(self):
        os.symlink("/dev/full", "full.svg")
        with open("large", "wb") as file:
            file.truncate(10**9)
        for name in ("f", "large"):
            status, _, message = self.tome("info", "--svg=full.svg", name)
            self.assertEqual((2, "tome: full.svg: No space left on device\n"), (status, message))

    def test_no_picture_of_nothing(self):
        self.assertEqual(2, self.tome("info", "--svg=p.svg", "missing")[0])
        self.assertFalse(os.path.exists("p.svg"))

    def test_no_picture_is_written_over_a_file_that_is_read(self):
        os.link(self.file("logo.svg", b"<svg/>"), "again.svg")
        for verb in ("info", "bench"):
            for picture in ("logo.svg", "again.svg"):
                with self.subTest(verb=verb, picture=picture):
                    status, _, message = self.tome(verb, f"--svg={picture}", "logo.svg")
                    self.assertEqual(2, status)
                    self.assertIn("would be written over a FILE", message)
        with open("logo.svg", "rb") as file:
            self.assertEqual(b"<svg/>", file.read())


class Colours(Picture):
    """Each can be told from a light and from a dark page; so the page may be any."""

    def test_they_stand_out_from_any_page(self):
        self.file("f", b"abc")
        style = next(self.picture("f").iter(SVG + "style")).text
        colours = set(re.findall(r"#[0-9a-f]{6}", style))
        self.assertGreaterEqual(len(colours), 4)
        text = re.search(r"text\{[^}]*fill:(#\w+)", style).group(1)
        for colour in colours:
            parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
            for page, page_colour in PAGE_COLOURS.items():
                with self.subTest(colour=colour, page=page):
                    least = 4 if colour == text else 3
                    self.assertGreaterEqual(contrast(parts, page_colour), least)

    def test_there_is_no_background(self):
        self.file("f", b"abc")
        self.assertEqual([], list(self.picture("f").iter(SVG + "rect")))


if __name__ == "__main__":
    command_harness.main()
