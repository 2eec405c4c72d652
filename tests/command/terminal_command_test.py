"""What is drawn on a terminal and nowhere else: colour and progress. The terminal is a pseudo-
terminal."""
import os
import re
import select
import signal
import subprocess

import command_harness
from command_harness import COMMAND
from pseudo_terminal import Terminal


class Colour(Terminal):
    def test_a_hex_dump_is_coloured_and_says_the_same(self):
        self.file("f", b"\0\x01A\xff" * 10)
        plain = self.tome("slice", "--hex", "f", ":")[1]
        self.assertNotIn(b"\033", plain)
        subprocess.run(
            [*COMMAND, "slice", "--hex", "f", ":"], stdout=self.terminal, check=True, timeout=100
        )
        drawn = self.rest_of_screen()
        self.assertIn(b"\033[36m00000000\033[0m", drawn)
        self.assertIn(b"\033[2m00\033[0m", drawn)
        self.assertIn(b"\033[32m41\033[0m", drawn)
        self.assertEqual(plain, re.sub(rb"\033\[\d+m", b"", drawn))

    def test_nothing_else_is(self):
        self.file("f", b"abc")
        for use in (("slice", "f", ":"), ("find", "a", "f"), ("--help",)):
            subprocess.run([*COMMAND, *use], stdout=self.terminal, check=True, timeout=100)
        self.assertNotIn(b"\033", self.rest_of_screen())


class Names(Terminal):
    NAME = "a'\\\033[31m\n\u0085\u00fc"
    SHOWN = "$'a\\'\\\\\\033[31m\\n\\302\\205\u00fc'".encode()

    def screen_of(self, *use):
        subprocess.run([*COMMAND, *use], stdout=self.terminal, check=True, timeout=100)
        return self.rest_of_screen()

    def test_info(self):
        self.file(self.NAME, b"abc")
        self.assertTrue(self.screen_of("info", self.NAME).startswith(self.SHOWN + b"\n  kind "))

    def test_find(self):
        self.file(self.NAME, b"abc")
        self.file("f", b"abc")
        self.assertEqual(self.SHOWN + b":1\nf:1\n", self.screen_of("find", "bc", self.NAME, "f"))

    def test_bench(self):
        self.file(self.NAME, b"abc")
        self.assertTrue(self.screen_of("bench", "--runs=1", self.NAME).startswith(self.SHOWN + b": 3 B. "))

    def test_in_a_pipe_they_stay_as_they_are(self):
        self.file(self.NAME, b"abc")
        self.file("f", b"abc")
        self.answer(self.NAME + ":1\nf:1\n", "find", "bc", self.NAME, "f")
        self.assertTrue(self.tome("info", self.NAME)[1].startswith(self.NAME.encode() + b"\n"))

    def test_errors_never_hold_them(self):
        shown = self.SHOWN.decode()
        self.error(f"{shown}: no such file", "info", self.NAME)
        self.error(f'{shown}: unknown verb\nTry "tome --help".', self.NAME)
        self.misuse(
            "slice", '"\\033[1m" is not a slice; write START:END, START:, :END or :', "f", "\033[1m"
        )

    def test_a_shell_reads_them_back(self):
        done = subprocess.run(
            ["bash", "-c", b"printf %s " + self.SHOWN], stdout=subprocess.PIPE, check=True
        )
        self.assertEqual(self.NAME.encode(), done.stdout)


class Progress(Terminal):
    """Input is fed until progress shows up; how long that takes does not matter."""

    SLICE_LINE = rb"f: \d+\.\d MiB of 1\.0 GiB, \d+%"

    def wait_for_progress(self, process, line, feed):
        seen = b""
        for _ in range(1000):
            if select.select([self.screen], [], [], 0.05)[0]:
                seen += os.read(self.screen, 65536)
            if re.fullmatch(rb"(\r\033\[K" + line + rb")+", seen):
                return
            self.assertIsNone(process.poll())
            feed()
        self.fail("no progress was drawn")

    def test_put_from_standard_input(self):
        with subprocess.Popen(
            [*COMMAND, "put", "--create", "f", "0"], stdin=subprocess.PIPE, stderr=self.terminal
        ) as process:
            self.wait_for_progress(
                process, rb"f: \d+\.0 MiB", lambda: process.stdin.write(bytes(1 << 20))
            )
            process.stdin.close()
            self.assertEqual(0, process.wait(100))
        self.assertTrue(self.rest_of_screen().endswith(b"\r\033[K"))

    def test_a_slice_on_its_way_into_a_pipe(self):
        with open("f", "wb") as file:
            file.truncate(1 << 30)
        with subprocess.Popen(
            [*COMMAND, "slice", "f", ":"], stdout=subprocess.PIPE, stderr=self.terminal
        ) as process:
            self.wait_for_progress(process, self.SLICE_LINE, lambda: process.stdout.read(1 << 20))
            process.stdout.read()
            self.assertEqual(0, process.wait(100))
        self.assertTrue(self.rest_of_screen().endswith(b"\r\033[K"))

    def test_the_line_is_wiped_before_an_error(self):
        with open("f", "wb") as file:
            file.truncate(1 << 30)
        with subprocess.Popen(
            [*COMMAND, "slice", "f", ":"], stdout=subprocess.PIPE, stderr=self.terminal
        ) as process:
            self.wait_for_progress(process, self.SLICE_LINE, lambda: process.stdout.read(1 << 20))
            os.truncate("f", 0)
            process.stdout.read()
            self.assertEqual(2, process.wait(100))
        self.assertRegex(
            self.rest_of_screen().split(b"\r\033[K")[-1],
            rb"^tome: f: bytes were lost: the file is shorter now \(at byte \d+\)\n$",
        )

    def test_an_interrupt_wipes_the_line(self):
        with subprocess.Popen(
            [*COMMAND, "append", "--create", "f"], stdin=subprocess.PIPE, stderr=self.terminal
        ) as process:
            self.wait_for_progress(
                process, rb"f: \d+\.0 MiB", lambda: process.stdin.write(bytes(1 << 20))
            )
            process.send_signal(signal.SIGINT)
            self.assertEqual(-signal.SIGINT, process.wait(100))
            process.stdin.close()
        self.assertTrue(self.rest_of_screen().endswith(b"\r\033[K"))

    def test_what_is_quick_draws_nothing(self):
        self.file("f", b"abc")
        for use in (
            ("slice", "f", ":"),
            ("find", "-c", "a", "f"),
            ("put", "f", "0", "x"),
            ("append", "f", "x"),
        ):
            subprocess.run(
                [*COMMAND, *use],
                stdout=subprocess.DEVNULL,
                stderr=self.terminal,
                check=True,
                timeout=100,
            )
        self.assertEqual(b"", self.rest_of_screen())


if __name__ == "__main__":
    command_harness.main()
