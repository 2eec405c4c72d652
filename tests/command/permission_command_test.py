"""Files that may not be read or written. Root may do both, so the command then runs as another
user."""
import os
import shutil
import subprocess
import unittest

import command_harness
from command_harness import EMULATOR, PROGRAM, UNIX_RIGHTS, CommandTest, not_on_windows

NOBODY = 65534


def as_nobody():
    """Options that make subprocess run a program as somebody without privileges."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@not_on_windows(UNIX_RIGHTS)
class Permission(CommandTest):
    def setUp(self):
        super().setUp()
        os.chmod(".", 0o755)
        # The command may lie where only its builder can go.
        self.command = shutil.copy(PROGRAM, os.path.join(self.folder, "tome"))
        os.chmod(self.command, 0o755)
        try:
            subprocess.run(
                [*EMULATOR, self.command, "--version"], check=True, stdout=subprocess.DEVNULL, **as_nobody()
            )
        except (OSError, subprocess.SubprocessError) as problem:
            self.skipTest(f"the command cannot run as another user here: {problem}")

    def tome(self, *arguments, **options):
        done = subprocess.run(
            [*EMULATOR, self.command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            timeout=100,
            check=False,
            **as_nobody(),
            **options,
        )
        return done.returncode, done.stdout, done.stderr.decode()

    def test_a_file_that_may_not_be_read(self):
        self.file("f", b"abc")
        os.chmod("f", 0)
        for use in (
            ("info", "f"),
            ("slice", "f", ":"),
            ("find", "x", "f"),
            ("put", "f", "0", "x"),
            ("append", "f", "x"),
            ("resize", "f", "0"),
            ("bench", "f"),
        ):
            with self.subTest(use=use):
                self.error("f: permission denied", *use)
        self.assertEqual(3, os.stat("f").st_size)

    def test_a_file_that_may_only_be_read(self):
        self.file("f", b"abc")
        os.chmod("f", 0o444)
        self.answer("abc", "slice", "f", ":")
        for use in (("put", "f", "0", "x"), ("append", "f", "x"), ("resize", "f", "0")):
            with self.subTest(use=use):
                self.error("f: permission denied", *use)
        self.assertEqual(b"abc", self.content("f"))

    def test_a_folder_that_may_not_be_entered(self):
        os.mkdir("folder")
        self.file("folder/f", b"abc")
        os.chmod("folder", 0)
        self.error("folder/f: permission denied", "slice", "folder/f", ":")
        self.error("folder/new: permission denied", "put", "--create", "folder/new", "0", "x")
        os.chmod("folder", 0o755)

    def test_a_folder_that_may_not_be_written(self):
        os.mkdir("folder")
        os.chmod("folder", 0o555)
        self.error("folder/new: permission denied", "put", "--create", "folder/new", "0", "x")
        self.assertEqual([], os.listdir("folder"))

    @unittest.skipIf(not os.path.exists("/proc/sys/kernel/ostype"), "there is no /proc here")
    def test_a_file_of_the_kernel_that_may_only_be_read(self):
        self.error(
            f"/proc/sys/kernel/ostype: {command_harness.NOT_MAPPABLE}",
            "slice",
            "/proc/sys/kernel/ostype",
            ":",
        )


if __name__ == "__main__":
    command_harness.main()
