"""tome info of several files and of directories: a line each and a total, held against mincore and against
what the test made."""
import json
import os
import re
import socket
import subprocess

import command_harness
from command_harness import COMMAND, NOT_MAPPABLE, UNIX_FILES, CommandTest, how_many, not_on_windows
from memory_pages import PAGE, evict, hold, resident, size_text
from pseudo_terminal import Terminal


class Table(CommandTest):
    def pages(self, name, count, there):
        """A file of that many pages, some of which are in memory."""
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        self.file(name, os.urandom(count * PAGE))
        evict(self, name)
        hold(self, name, there)

    def table(self, *operands, **options):
        """The rows, as lists of their columns, and the total."""
        variables = {**os.environ, "LC_ALL": "C", "COLUMNS": "80"}
        status, answer, message = self.tome("info", *operands, env=variables, **options)
        self.assertEqual((0, ""), (status, message))
        lines = answer.decode().split("\n")
        self.assertEqual("size in memory % where file", " ".join(lines[0].split()))
        self.assertEqual(["", lines[-2], ""], lines[-3:])
        self.assertTrue(lines[-2].startswith("  # in memory  1-9 in part  "))
        return [re.split(r"  +", line.strip()) for line in lines[1:-4]], lines[-4].strip()

    def names(self, *operands):
        """In the order in which they are told about, which is that of the table, too."""
        status, answer, message = self.tome("info", "--json", *operands)
        self.assertEqual((0, ""), (status, message))
        named = [entry["file"] for entry in json.loads(answer)]
        self.assertEqual(named, [row[-1] for row in self.table(*operands)[0]])
        return named


class Figures(Table):
    def test_a_line_each_and_the_total(self):
        self.pages("none", 15, [])
        self.pages("some", 30, range(10))
        self.pages("all", 256, range(256))
        self.file("empty")
        rows, total = self.table("none", "some", "all", "empty")
        self.assertEqual(
            [
                [size_text(15 * PAGE), "0 B", "0.0%", "." * 15, "none"],
                [size_text(30 * PAGE), size_text(10 * PAGE), "33.3%", "#####..........", "some"],
                [size_text(256 * PAGE), size_text(256 * PAGE), "100.0%", "#" * 15, "all"],
                ["0 B", "0 B", "-", "empty"],
            ],
            rows,
        )
        self.assertEqual(
            [size_text(301 * PAGE), size_text(266 * PAGE), "88.3%", "total: 4 files, 266 of 301 pages"],
            re.split(r"  +", total),
        )

    def test_the_total_is_what_mincore_says(self):
        self.pages("d/a", 100, [0, 50, 99])
        self.pages("d/b", 7, range(7))
        count = sum(sum(resident(name)) for name in ("d/a", "d/b"))
        self.assertIn(f"total: 2 files, {count} of 107 pages", self.table("d")[1])

    def test_a_share_is_never_rounded_to_none_or_all(self):
        self.pages("one", 2000, [7])
        self.pages("but one", 1500, range(1, 1500))
        rows = self.table("one", "but one")[0]
        self.assertEqual(["<0.1%", "99.9%"], [row[2] for row in rows])

    def test_a_strip_is_wider_on_a_wider_screen(self):
        self.pages("f", 300, [])
        widths = []
        for columns in ("40", "80", "200", "400"):
            variables = {**os.environ, "LC_ALL": "C", "COLUMNS": columns}
            answer = self.tome("info", "f", ".", env=variables)[1].decode()
            widths.append(len(re.search(r" (\.+)  f\n", answer).group(1)))
        self.assertEqual([8, 15, 55, 64], widths)

    def test_one_directory_with_one_file_is_a_table_too(self):
        self.pages("d/f", 1, [])
        self.assertEqual("d/f", self.table("d")[0][0][-1])

    def test_with_map_each_file_is_told_about_at_length(self):
        self.pages("a", 3, [1])
        self.pages("b", 2, [])
        status, answer, message = self.tome("info", "--map", ".", env={"LC_ALL": "C"})
        self.assertEqual((0, ""), (status, message))
        self.assertIn(b"./a\n  kind ", answer)
        self.assertIn(b"\n\n  0  .#.\n\n", answer)
        self.assertIn(b"D dirty\n\n./b\n  kind ", answer)
        self.assertTrue(answer.endswith(b"\n\ntotal: 2 files, 1 of 5 pages\n"))


class Directories(Table):
    def test_an_order_that_does_not_depend_on_the_system(self):
        for name in ("d/b", "d/a/2", "d/a/1", "d/c/x/y", "d/.hidden", "d/B", "e"):
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            self.file(name, b"x")
        self.assertEqual(
            ["e", "d/.hidden", "d/B", "d/a/1", "d/a/2", "d/b", "d/c/x/y"], self.names("e", "d")
        )
        self.assertEqual(["d/a/1", "d/a/2"], self.names("d/a/"))

    @not_on_windows(UNIX_FILES)
    def test_other_kinds_of_files_are_passed_over(self):
        os.mkdir("d")
        self.file("d/f", b"x")
        self.file("elsewhere", b"x")
        os.mkfifo("d/pipe")
        os.symlink("../elsewhere", "d/link")
        os.symlink("nowhere", "d/dangling")
        os.symlink("..", "d/up")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("d/socket")
            self.assertEqual(["d/f"], self.names("d"))

    def test_links_that_are_asked_for_are_followed(self):
        os.mkdir("d")
        self.file("d/f", b"x")
        os.symlink("d", "directory")
        os.symlink("d/f", "link")
        self.assertEqual(["directory/f"], self.names("directory"))
        self.assertEqual(["link"], self.names("link", "."))

    def test_a_file_with_several_names_counts_once(self):
        os.mkdir("d")
        self.file("d/b", b"x" * PAGE)
        os.link("d/b", "d/a")
        self.assertEqual(["d/a"], self.names("d"))
        self.assertEqual(["d/b"], self.names("d/b", "d", "d/a"))
        self.assertIn("total: 1 file, ", self.table("d")[1])

    def test_an_empty_directory(self):
        os.mkdir("d")
        rows, total = self.table("d")
        self.assertEqual(
            ([], ["0 B", "0 B", "-", "total: 0 files, 0 of 0 pages"]),
            (rows, re.split(r"  +", total)),
        )
        self.answer("[]\n", "info", "--json", "d")

    def test_standard_input_among_others(self):
        self.file("f", b"x")
        self.file("g", b"y")
        with open("f", "rb") as file:
            rows = self.table("g", "-", stdin=file)[0]
        self.assertEqual(["g", "(standard input)"], [row[-1] for row in rows])

    def test_what_cannot_be_opened_does_not_spare_the_others(self):
        self.file("f", b"x")
        os.mkfifo("pipe")
        status, answer, message = self.tome("info", "missing", "f", "pipe")
        self.assertEqual(
            (2, f"tome: missing: no such file\ntome: pipe: {NOT_MAPPABLE}\n"), (status, message)
        )
        self.assertIn(b"  f\n", answer)
        self.assertIn(b"total: 1 file, ", answer)

    def test_many_files(self):
        os.mkdir("d")
        names = [f"d/{number:05}" for number in range(how_many(500, 30000))]
        for name in names:
            self.file(name, b"x")
        self.assertEqual(names, self.names("d"))
        self.assertIn(f"total: {len(names)} files, ", self.table("d")[1])


class Names(Terminal):
    NAME = "a'\\\033[31m\n\u0085\u00fc"
    SHOWN = "$'a\\'\\\\\\033[31m\\n\\302\\205\u00fc'".encode()

    def test_nothing_in_them_is_obeyed_by_a_terminal(self):
        os.mkdir("d")
        self.file("d/" + self.NAME, b"abc")
        shown = self.SHOWN.replace(b"$'a", b"$'d/a")
        for options in ((), ("--map",)):
            subprocess.run(
                [*COMMAND, "info", "--color=never", *options, "d"],
                stdout=self.terminal,
                check=True,
                timeout=100,
            )
            seen = self.all_of_screen()
            self.assertIn(shown + b"\n", seen)
            self.assertNotIn(b"\033", seen)

    def test_in_a_pipe_they_stay_as_they_are(self):
        self.file(self.NAME, b"abc")
        self.file("f", b"abc")
        self.assertIn(f"  {self.NAME}\n".encode(), self.tome("info", self.NAME, "f")[1])


if __name__ == "__main__":
    command_harness.main()
