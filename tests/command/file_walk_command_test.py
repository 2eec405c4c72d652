"""Directories as operands: which files are meant, and in which order. By tome warm, whose answer names them."""
import json
import os
import resource
import shutil
import socket
import subprocess

import command_harness
from command_harness import EMULATOR, IN_WINE, NOT_MAPPABLE, PROGRAM, UNIX_FILES, UNIX_NAMES, UNIX_RIGHTS
from command_harness import CommandTest, how_many, not_on_windows

NOBODY = 65534


class WalkTest(CommandTest):
    def tree(self, *names):
        """Files of one byte; a name that ends in / is a folder."""
        for name in names:
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            if not name.endswith("/"):
                self.file(name, b"x")

    def walked(self, *operands, status=0, message="", **options):
        got, answer, complaint = self.tome("warm", "--json", *operands, **options)
        self.assertEqual((status, message), (got, complaint))
        return [entry["file"] for entry in json.loads(answer)]


class Walk(WalkTest):
    def test_names_in_order_folders_among_files(self):
        self.tree("d/b", "d/a/2", "d/a/10", "d/a/sub/x", "d/c/y", "d/B", "d/.hidden", "d/none/")
        expected = ["d/.hidden", "d/B", "d/a/10", "d/a/2", "d/a/sub/x", "d/b", "d/c/y"]
        self.assertEqual(expected, self.walked("d"))
        self.assertEqual(expected, self.walked("d/"))

    def test_operands_keep_their_order(self):
        self.tree("z", "d/f", "a")
        self.assertEqual(["z", "d/f", "a"], self.walked("z", "d", "a"))

    def test_the_current_folder(self):
        self.tree("b", "a/f", "-")
        self.assertEqual(["./-", "./a/f", "./b"], self.walked("."))

    def test_an_empty_folder_is_nothing_wrong(self):
        self.tree("d/")
        self.assertEqual([], self.walked("d"))
        self.answer("total: 0 B of 0 B in memory (was 0 B), 0 files\n", "warm", "d")

    @not_on_windows(UNIX_FILES)
    def test_links_are_followed_where_they_are_operands_only(self):
        self.tree("d/file", "elsewhere/other")
        os.symlink("../elsewhere/other", "d/to_file")
        os.symlink("../elsewhere", "d/to_folder")
        os.symlink("nowhere", "d/dangling")
        os.symlink("..", "d/up")
        os.symlink("self", "d/self")
        self.assertEqual(["d/file"], self.walked("d"))
        os.symlink("d", "to_d")
        self.assertEqual(["to_d/file", "d/to_file"], self.walked("to_d", "d/to_file"))
        self.error("d/dangling: no such file", "warm", "d/dangling")
        self.assertEqual((2, b""), self.tome("warm", "d/self")[:2])

    def test_what_has_several_names_is_met_once_under_the_first(self):
        self.tree("d/b")
        os.link("d/b", "d/a")
        os.link("d/b", "outside")
        self.assertEqual(["d/a"], self.walked("d"))
        self.assertEqual(["outside"], self.walked("outside", "d", "d/b", "./outside"))
        self.tree("d/e/f")
        self.assertEqual(["d/e/f", "d/a"], self.walked("d/e", "d"))

    def test_many_names(self):
        names = [f"d/{i:05}" for i in range(how_many(3000, 100000))]
        self.tree(*names)
        os.link(names[7], "d/again")
        self.assertEqual(names, self.walked("d"))

    @not_on_windows(UNIX_FILES)
    def test_what_is_no_file_is_passed_over_in_folders_and_an_error_by_name(self):
        self.tree("d/f")
        os.mkfifo("d/fifo")
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("d/socket")
        self.assertEqual(["d/f"], self.walked("d"))
        for name in ("d/fifo", "d/socket", "/dev/null", "/proc/self/status"):
            with self.subTest(name=name):
                self.error(f"{name}: {NOT_MAPPABLE}", "warm", name)

    def test_the_others_are_dealt_with(self):
        self.tree("a", "d/f", "z")
        self.assertEqual(
            ["a", "d/f", "z"],
            self.walked(
                "a",
                "missing",
                "d",
                "",
                "z",
                status=2,
                message="tome: missing: no such file\ntome: : no such file\n",
            ),
        )

    def test_standard_input(self):
        self.tree("f", "d/g")
        with open("f", "rb") as file:
            # Wine does not tell on which volume a file is that it was handed open.
            again = ["f"] if IN_WINE else []
            self.assertEqual(["(standard input)", *again, "d/g"], self.walked("-", "f", "d", stdin=file))
        folder = os.open("d", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        self.assertEqual(
            [],
            self.walked(
                "-", status=2, message="tome: (standard input): is a directory\n", stdin=folder
            ),
        )

    @not_on_windows(UNIX_NAMES)
    def test_names_that_are_no_text(self):
        os.mkdir("d")
        for name in (b"d/\xff\xfe", b"d/line\nline", b"d/-q"):
            self.file(name, b"x")
        self.assertEqual(["d/-q", "d/line\nline", "d/\ufffd\ufffd"], self.walked("d"))


class Depth(WalkTest):
    """Deeper than there are descriptors, in a small stack."""

    def narrow(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 18, 1 << 18))

    def deepen(self, name, levels):
        """Folders in one another, below top, and a file in each tenth of them."""
        os.mkdir("top")
        # Python's own removal would go too deep.
        self.addCleanup(subprocess.run, ["rm", "-rf", os.path.abspath("top")], check=True)
        folder = os.open("top", os.O_RDONLY)
        for level in range(levels):
            if level % 10 == 0:
                os.close(os.open("f", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
            os.mkdir(name, dir_fd=folder)
            below = os.open(name, os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = below
        os.close(folder)

    def test_a_deep_tree(self):
        # Wine looks at each folder above a file whenever the file is opened.
        levels = 300 if IN_WINE else 1500
        self.deepen("d", levels)
        names = self.walked("top", preexec_fn=self.narrow)
        self.assertEqual(["top/" + "d/" * level + "f" for level in range(levels - 10, -1, -10)], names)

    @not_on_windows("names may have 32767 characters, and Wine's 4095 bytes")
    def test_deeper_than_a_name_can_be_is_told(self):
        self.deepen("d" * 199, 31)
        # A path has at most 4095 bytes.
        paths = ["top/" + ("d" * 199 + "/") * level for level in range(32)]
        self.assertLess(len(paths[20] + "f"), 4096)
        self.assertGreater(len(paths[21]), 4096)
        status, answer, complaint = self.tome("warm", "--json", "top", preexec_fn=self.narrow)
        words = ("File name too long", "Filename too long")  # glibc's, musl's
        self.assertIn((status, complaint), [(2, f"tome: {paths[21][:-1]}: {text}\n") for text in words])
        names = [entry["file"] for entry in json.loads(answer)]
        self.assertEqual([paths[level] + "f" for level in (20, 10, 0)], names)


@not_on_windows(UNIX_RIGHTS)
class Unreadable(WalkTest):
    """Root may read everything, so the command runs as somebody else."""

    def setUp(self):
        super().setUp()
        os.chmod(".", 0o755)
        self.command = shutil.copy(PROGRAM, "tome")
        os.chmod(self.command, 0o755)

    def tome(self, *arguments, **options):
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [*EMULATOR, os.path.abspath(self.command), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
            **who,
            **options,
        )
        return done.returncode, done.stdout, done.stderr.decode()

    def test_a_folder_that_may_not_be_read_spares_the_others(self):
        self.tree("d/a", "d/closed/f", "d/z")
        os.chmod("d/closed", 0)
        message = "tome: d/closed: Permission denied\n"
        self.assertEqual(["d/a", "d/z"], self.walked("d", status=2, message=message))
        self.assertEqual([], self.walked("d/closed", status=2, message=message))
        os.chmod("d/closed", 0o700)

    def test_a_file_that_may_not_be_read_spares_the_others(self):
        self.tree("d/a", "d/closed", "d/z")
        os.chmod("d/closed", 0)
        message = "tome: d/closed: permission denied\n"
        self.assertEqual(["d/a", "d/z"], self.walked("d", status=2, message=message))


if __name__ == "__main__":
    command_harness.main()
