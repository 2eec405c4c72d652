"""Paths of more than 300 characters, of which some are outside ASCII and some outside the 16 bits of UTF-16, absolute and relative:
every verb that reads or changes a file."""
import json
import os

import command_harness
from command_harness import ON_WINDOWS, CommandTest

PART = "Größe äöüÄÖÜß 𝄞😀 日本 " + "x" * 20
DEPTH = 8


class LongPaths(CommandTest):
    def setUp(self):
        super().setUp()
        self.relative = os.path.join(*[f"{PART}{number}" for number in range(DEPTH)], "Übergröße 🗂")
        self.absolute = os.path.abspath(self.relative)
        self.assertGreater(len(self.relative), 300)
        os.makedirs(os.path.dirname(self.relative))

    def each_way(self, content):
        """The file, by each kind of path, with that content."""
        paths = [self.relative, self.absolute, os.path.join(".", PART + "0", "..", self.relative)]
        if ON_WINDOWS:
            paths += [path.replace("/", "\\") for path in paths]
            paths += ["Z:" + paths[1], "Z:" + paths[4], "\\\\?\\Z:" + paths[4]]
        for path in paths:
            self.file(self.relative, content)
            with self.subTest(path=path):
                yield path

    def test_info(self):
        for path in self.each_way(b"abc"):
            status, answer, message = self.tome("info", "--json", path)
            self.assertEqual((0, ""), (status, message))
            entry = json.loads(answer)[0]
            self.assertEqual((path, 3, "file"), (entry["file"], entry["size"], entry["kind"]))
            status, answer, message = self.tome("info", path)
            self.assertEqual((0, ""), (status, message))
            self.assertEqual(path, answer.decode().split("\n")[0])

    def test_reading(self):
        for path in self.each_way(b"one two\n"):
            self.answer("two", "slice", path, "4:7")
            self.answer("4\n", "find", "two", path)
            self.answer(f"{path}:4\n{path}:4\n", "find", "two", path, path)
            self.answer(f"{path}:one two\n", "grep", "-H", "two", path)
            self.answer("one two\n", "lines", path, "1")

    def test_changing(self):
        for path in self.each_way(b"one two\n"):
            self.answer("", "put", path, "4", "TWO")
            self.answer("", "append", path, "three")
            self.assertEqual(b"one TWO\nthree", self.content(self.relative))
            self.answer("", "resize", path, "5")
            self.assertEqual(b"one T", self.content(self.relative))

    def test_creating(self):
        for path in self.each_way(b""):
            os.remove(self.relative)
            self.answer("", "put", "--create", path, "0", "new")
            self.assertEqual(b"new", self.content(self.relative))

    def test_a_pattern_outside_ascii(self):
        self.file(self.relative, "x Größe 𝄞😀\n".encode())
        self.answer("2\n", "find", "Größe 𝄞", self.relative)
        self.answer("", "append", self.relative, "ß😀")
        self.assertEqual("x Größe 𝄞😀\nß😀".encode(), self.content(self.relative))

    def test_errors_name_the_path(self):
        for path in self.each_way(b"abc"):
            missing = path + " ä 😀"
            self.error(f"{missing}: no such file", "slice", missing, ":")


if __name__ == "__main__":
    command_harness.main()
