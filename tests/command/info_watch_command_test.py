"""tome info --watch: on a terminal, of which the test keeps a model, and elsewhere. Nothing here depends on
how long something takes: each step waits until what the one before must show is there."""
import errno
import fcntl
import json
import os
import re
import resource
import select
import signal
import subprocess
import termios
import time
import unittest

import command_harness
from command_harness import COMMAND, IN_WINE, INTERRUPTED, NOBODY_READS, NOT_TOLD_BY_WINE, ON_WINDOWS, CommandTest
from memory_pages import PAGE
from pseudo_terminal import Terminal
from screen_model import Screen

GENEROUS = 60  # seconds, for what comes within one
SOON = "--watch=0.1"
NEVER = "--watch=86400"  # but for the first time
MIB = 1 << 20
# Where an answer ends: nothing is seen of what Windows has of files in memory.
LEGEND = r"\? unknown$" if ON_WINDOWS else "D dirty$"


def without_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class OnTerminal(Terminal):
    COLUMNS, ROWS = 80, 24

    def setUp(self):
        super().setUp()
        self.resize(self.COLUMNS, self.ROWS)
        self.model = Screen(self.COLUMNS, self.ROWS)
        self.file("f", b"x" * 4096)

    def watch(self, *arguments, owns_terminal=False, **variables):
        """Begin, and wait for the first picture. The command has a group of its own, as from a shell."""

        def begin():
            without_core()
            if owns_terminal:
                fcntl.ioctl(self.terminal, termios.TIOCSCTTY, 0)
            else:
                os.setpgid(0, 0)

        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C", **variables}
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [*COMMAND, "info", "--color=never", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self.terminal,
            stderr=self.terminal,
            env=environment,
            pass_fds=[self.terminal] if owns_terminal else [],
            start_new_session=owns_terminal,
            preexec_fn=begin,
        )
        self.addCleanup(self.stop)
        self.until(lambda lines: "Ctrl-C ends" in lines[-1])

    def stop(self):
        self.process.kill()
        self.process.wait()

    def see(self, patience):
        if select.select([self.screen], [], [], patience)[0]:
            self.model.feed(os.read(self.screen, 65536))

    def until(self, is_shown):
        """Returns the lines on the screen, once they are what is waited for."""
        deadline = time.monotonic() + GENEROUS
        while not is_shown(self.model.lines()):
            self.assertLess(time.monotonic(), deadline, "\n".join(self.model.lines()))
            self.assertIsNone(self.process.poll(), "\n".join(self.model.lines()))
            self.see(1)
        return self.model.lines()

    def until_line(self, pattern):
        def is_shown(lines):
            return any(re.search(pattern, line) for line in lines)

        return self.until(is_shown)

    def wait_for_end(self):
        """Whatever comes in the meantime; a terminal that nobody reads would not take it."""
        deadline = time.monotonic() + GENEROUS
        while self.process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            self.see(0.01)
        self.model.feed(self.all_of_screen())
        return self.process.returncode

    def end(self, how=signal.SIGINT):
        """The terminal is left as it was found, and the last picture on it. Returns its lines."""
        self.process.send_signal(how)
        self.assertEqual(-how, self.wait_for_end())
        self.assertTrue(self.model.is_sane)
        return self.model.lines()


class InPlace(OnTerminal):
    def test_one_picture_is_drawn_over_the_other(self):
        self.watch(SOON, "f")
        before = self.model.pictures
        lines = self.until(lambda _: self.model.pictures > before + 2)
        self.assertIsNotNone(self.model.other)
        self.assertFalse(self.model.cursor_is_shown)
        self.assertEqual("f", lines[0])
        self.assertEqual(1, sum(line.startswith("  kind ") for line in lines))
        self.assertEqual([""], self.model.usual.lines[:1])
        self.end()

    def test_it_shows_what_is_true_now(self):
        self.watch(SOON, "f")
        self.assertIn("  size         4096 (4.0 KiB)", self.model.lines())
        for size in (5000, 40000):
            os.truncate("f", size)
            lines = self.until_line(rf"^  size +{size} ")
            self.assertEqual("f", lines[0])
        self.end()

    def test_shorter_lines_and_pictures_leave_nothing_behind(self):
        os.mkdir("d")
        for number in range(9):
            self.file(f"d/{number}_with_a_name_of_some_length", b"x" * number)
        self.watch(SOON, "d")
        self.until(lambda lines: sum("of_some_length" in line for line in lines) == 9)
        for number in range(1, 9):
            os.unlink(f"d/{number}_with_a_name_of_some_length")
        self.until_line("total: 1 file,")
        before = self.model.pictures
        lines = self.until(lambda _: self.model.pictures > before + 1)
        self.assertEqual(1, sum(line.endswith("/0_with_a_name_of_some_length") for line in lines))
        self.assertEqual(1, sum("Ctrl-C ends" in line for line in lines))
        self.end()

    def test_a_map(self):
        os.truncate("f", 8 * MIB)
        self.watch(SOON, "--map", "f")
        self.assertIn("one block is ", "\n".join(self.model.lines()))
        self.assertLessEqual(len(self.model.lines()), self.ROWS)
        self.assertEqual("f", self.model.lines()[0])
        self.end()

    def test_what_is_too_long_for_the_screen_is_cut_in_its_middle(self):
        for number in range(100):
            self.file(f"n{number:02}")
        self.watch(SOON, ".")
        lines = self.model.lines()
        self.assertEqual(self.ROWS, len(lines))
        self.assertRegex(lines[0], "^ +size +in memory ")
        self.assertRegex("\n".join(lines), r"\n\.\.\. \d+ more lines\n")
        self.assertRegex("\n".join(lines), r"\n.* total: 101 files, ")
        hidden = int(re.search(r"\.\.\. (\d+) more", "\n".join(lines)).group(1))
        left = "\n".join(self.end())
        shown = sum("  ./" in line for line in lines)
        self.assertEqual(101, shown + hidden)
        self.assertNotIn("more lines", left)

    def test_names_are_not_obeyed(self):
        self.file("a\033[31m\n", b"x")
        self.watch(SOON, "a\033[31m\n", "f")
        self.until_line(re.escape("$'a\\033[31m\\n'"))
        os.unlink("a\033[31m\n")
        self.until_line(re.escape("$'a\\033[31m\\n': is gone"))
        self.end()

    def test_another_size_of_the_terminal_is_heeded_at_once(self):
        os.truncate("f", 0)
        os.truncate("f", 2048 * PAGE)
        self.watch(NEVER, "f")
        for columns, rows in ((133, 40), (44, 15)):
            self.resize(columns, rows)
            self.model.resize(columns, rows)
            self.process.send_signal(signal.SIGWINCH)
            self.until(lambda lines, width=columns - 4: lines[11] == "  " + "-" * width)
        self.end()

    def test_it_can_be_stopped_and_go_on(self):
        self.watch(NEVER, "f")
        self.process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        self.model.feed(self.all_of_screen())
        self.assertTrue(self.model.is_sane)
        for _ in range(2):  # and again
            self.process.send_signal(signal.SIGCONT)
            self.until(lambda lines: self.model.other and "Ctrl-C ends" in lines[-1])
            self.assertFalse(self.model.cursor_is_shown)
            self.process.send_signal(signal.SIGTSTP)
            os.waitpid(self.process.pid, os.WUNTRACED)
            self.model.feed(self.all_of_screen())
            self.assertTrue(self.model.is_sane)
        self.process.send_signal(signal.SIGCONT)
        self.until(lambda lines: self.model.other and "Ctrl-C ends" in lines[-1])
        self.end()


class HowItEnds(OnTerminal):
    def test_signals_end_it_as_they_end_any_program(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number=number):
                self.model = Screen(self.COLUMNS, self.ROWS)
                self.watch(SOON, "f")
                lines = self.end(number)
                self.assertEqual("f", lines[0])
                self.assertEqual(1, sum(line.startswith("  kind ") for line in lines))
                self.assertNotIn("Ctrl-C", "\n".join(lines))

    def test_the_latest_picture_is_what_stays(self):
        self.watch(SOON, "f")
        os.truncate("f", 5000)
        self.until_line("^  size +5000 ")
        self.assertIn("  size         5000 (4.9 KiB)", self.end())

    def test_the_key_for_it(self):
        before = termios.tcgetattr(self.terminal)
        self.watch(SOON, "f", owns_terminal=True)
        os.write(self.screen, b"\x03")
        self.assertEqual(-signal.SIGINT, self.wait_for_end())
        self.assertTrue(self.model.is_sane)
        self.assertEqual(before, termios.tcgetattr(self.terminal))

    def test_who_ignores_a_signal_goes_on_ignoring_it(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            self.watch(SOON, "f")
        finally:
            signal.signal(signal.SIGHUP, before)
        self.process.send_signal(signal.SIGHUP)
        before = self.model.pictures
        self.until(lambda _: self.model.pictures > before + 2)
        self.end()

    def test_what_cannot_be_looked_at_at_first_leaves_the_terminal_alone(self):
        os.mkfifo("pipe")
        for name, message in (
            ("missing", b"tome: missing: no such file\n"),
            ("pipe", b"tome: pipe: " + command_harness.NOT_MAPPABLE.encode() + b"\n"),
        ):
            done = subprocess.run(
                [*COMMAND, "info", "--watch", name],
                stdout=self.terminal,
                stderr=self.terminal,
                timeout=GENEROUS,
                env={**os.environ, "TERM": "xterm"},
            )
            self.assertEqual(2, done.returncode)
            self.assertEqual(message, self.all_of_screen())


class Changes(OnTerminal):
    def shown(self, message):
        return self.until_line(r"^\d\d:\d\d:\d\d  " + re.escape(message) + "$")

    def test_a_file_that_grows_and_is_cut(self):
        self.watch(SOON, "f")
        os.truncate("f", 3 * MIB)
        self.shown("f: grew by 3.0 MiB to 3.0 MiB")
        os.truncate("f", 4 * MIB)
        self.shown("f: grew by 4.0 MiB to 4.0 MiB")
        os.truncate("f", MIB)
        self.shown("f: was cut by 3.0 MiB to 1.0 MiB")
        os.truncate("f", 0)
        self.shown("f: was cut by 1.0 MiB to 0 B")
        os.truncate("f", 100)
        lines = self.shown("f: grew by 100 B to 100 B")
        self.assertEqual(4, sum(": was cut " in line or ": grew " in line for line in lines))
        self.end()

    def test_a_file_that_is_deleted_and_comes_back(self):
        self.watch(SOON, "f")
        os.unlink("f")
        lines = self.shown("f: is gone")
        self.assertIn("tome: f: no such file", lines)
        self.assertNotIn("  kind ", "\n".join(lines))
        self.file("f", b"x" * 2048)
        lines = self.shown("f: has appeared, with 2.0 KiB")
        self.assertNotIn("tome: f: no such file", lines)
        self.assertIn("  size         2048 (2.0 KiB)", lines)
        self.end()

    def test_a_file_that_is_replaced(self):
        self.watch(SOON, "f")
        self.file("new", b"x" * 3072)
        os.rename("new", "f")
        lines = self.shown("f: was replaced by another file, of 3.0 KiB")
        self.assertIn("  size         3072 (3.0 KiB)", lines)
        self.end()

    def test_a_file_that_cannot_be_opened_any_more(self):
        self.watch(SOON, "f")
        os.unlink("f")
        os.mkfifo("f")
        lines = self.shown("f: is gone")
        self.assertIn(f"tome: f: {command_harness.NOT_MAPPABLE}", lines)
        self.end()

    def test_files_that_come_to_a_directory_and_go(self):
        os.mkdir("d")
        for name in "bdf":
            self.file(f"d/{name}", b"x")
        self.watch(SOON, "d")
        self.file("d/c", b"xyz")
        self.shown("d/c: has appeared, with 3 B")
        self.file("d/a", b"xy")
        self.shown("d/a: has appeared, with 2 B")
        os.unlink("d/d")
        self.shown("d/d: is gone")
        os.unlink("d/f")
        lines = self.shown("d/f: is gone")
        self.assertIn("total: 3 files, ", "\n".join(lines))
        self.end()

    def test_more_changes_than_are_told(self):
        os.mkdir("d")
        self.file("d/0", b"x")
        self.watch(SOON, "d")
        os.mkdir("new")
        for number in range(7):
            self.file(f"new/{number}", b"x")
        os.rename("d", "old")
        os.rename("new", "d")
        # Between the two there may be a look, in which d/0 is gone and nothing else.
        self.until_line("^ +and [34] other changes$")
        self.end()

    def test_nothing_is_told_of_files_that_stay_as_they_are(self):
        self.file("g", b"x" * 10)
        self.watch(SOON, "f", "g")
        before = self.model.pictures
        lines = self.until(lambda _: self.model.pictures > before + 2)
        self.assertNotRegex("\n".join(lines), r"(?m)^\d\d:\d\d:\d\d  ")
        self.end()


class Elsewhere(CommandTest):
    """Where nothing can be drawn in place."""

    def setUp(self):
        super().setUp()
        self.file("f", b"x" * 4096)

    def begin(self, *arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C"}
        process = subprocess.Popen(
            [*COMMAND, "info", *arguments], stdin=subprocess.DEVNULL, env=environment, **options
        )
        self.addCleanup(self.finish, process)
        return process

    def finish(self, process):
        process.kill()
        process.wait()
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(INTERRUPTED, process.wait(GENEROUS))

    def read_until(self, process, pattern):
        """Lines up to one that matches."""
        lines = []
        for line in process.stdout:
            lines.append(line.decode())
            if re.search(pattern, lines[-1]):
                return lines
        self.fail("it ended: " + "".join(lines))

    def test_one_answer_comes_after_the_other_below_the_time(self):
        process = self.begin(SOON, "f")
        first = self.read_until(process, LEGEND)
        self.assertRegex(first[0], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual("f\n", first[1])
        os.truncate("f", 8192)
        later = self.read_until(process, ": grew by ")
        self.assertRegex(later[-1], r"^\d\d:\d\d:\d\d  f: grew by 4\.0 KiB to 8\.0 KiB$")
        again = self.read_until(process, LEGEND)
        self.assertEqual("\n", again[0])
        self.assertRegex(again[1], r"^\d{4}-")
        self.assertIn("  size         8192 (8.0 KiB)\n", again)
        self.assertNotIn("\033", "".join(first + later + again))
        self.interrupt(process)

    def test_a_change_is_told_once(self):
        process = self.begin(SOON, "f")
        self.read_until(process, LEGEND)
        os.truncate("f", 1)
        self.read_until(process, ": was cut by 4.0 KiB to 1 B$")
        more = self.read_until(process, LEGEND) + self.read_until(process, LEGEND)
        self.assertNotIn("was cut", "".join(more))
        self.interrupt(process)

    def test_json_is_a_line_each_and_nothing_else(self):
        process = self.begin(SOON, "--json", "f")
        sizes = []
        for size in (4096, 100, 12345):
            os.truncate("f", size)
            while not sizes or sizes[-1] != size:
                line = process.stdout.readline()
                entries = json.loads(line)
                self.assertTrue(line.endswith(b"]\n"))
                self.assertEqual(["f"], [entry["file"] for entry in entries])
                sizes.append(entries[0]["size"])
        os.unlink("f")
        while json.loads(process.stdout.readline()):
            pass
        self.assertEqual(b"tome: f: no such file\n", process.stderr.readline())
        self.interrupt(process)

    def test_nothing_to_look_at_at_first_is_an_error(self):
        self.error("missing: no such file", "info", NEVER, "--json", "missing", answer=b"[]\n")
        status, answer, message = self.tome("info", NEVER, "missing")
        self.assertEqual((2, "tome: missing: no such file\n"), (status, message))
        self.assertRegex(answer, rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n$")

    def test_one_of_two_is_enough(self):
        process = self.begin(SOON, "missing", "f")
        lines = self.read_until(process, "total: 1 file, ")
        self.assertIn("  f\n", "".join(lines))
        self.file("missing", b"x")
        self.read_until(process, "missing: has appeared, with 1 B$")
        self.interrupt(process)

    @unittest.skipIf(IN_WINE, NOT_TOLD_BY_WINE)
    def test_a_reader_that_goes_away_ends_it(self):
        for options in ((), ("--json",)):
            process = self.begin(NEVER, *options, "f")
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(NOBODY_READS, process.wait(GENEROUS))
            self.assertEqual(b"", process.stderr.read())

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk_ends_it(self):
        with open("/dev/full", "wb") as full:
            process = self.begin(NEVER, "f", stdout=full)
            self.assertEqual(2, process.wait(GENEROUS))
        self.assertIn(os.strerror(errno.ENOSPC), process.stderr.read().decode())

    def test_standard_input(self):
        with open("f", "rb") as file:
            done = subprocess.Popen(
                [*COMMAND, "info", SOON, "--json", "-"], stdin=file, stdout=subprocess.PIPE
            )
        self.addCleanup(lambda: (done.kill(), done.wait(), done.stdout.close()))
        while json.loads(done.stdout.readline())[0]["size"] != 4096:
            pass
        os.truncate("f", 7)
        while json.loads(done.stdout.readline())[0]["size"] != 7:
            pass


class DumbTerminal(OnTerminal):
    def test_it_is_sent_nothing_but_text(self):
        process = subprocess.Popen(
            [*COMMAND, "info", SOON, "f"],
            stdout=self.terminal,
            stderr=self.terminal,
            env={**os.environ, "TERM": "dumb", "LC_ALL": "C"},
        )
        self.process = process
        self.addCleanup(self.stop)
        seen = b""
        while seen.count(b"  kind ") < 3:
            self.assertIsNone(process.poll(), seen)
            seen += self.read_screen(1)
        self.assertNotIn(b"\033", seen)
        process.send_signal(signal.SIGINT)
        self.assertEqual(INTERRUPTED, process.wait(GENEROUS))


if __name__ == "__main__":
    command_harness.main()
