"""tome tail -f: growth, truncation, rotation, and how it ends. Nothing here depends on how long
something takes: each step waits until what the one before must print has been printed."""
import os
import selectors
import signal
import subprocess
import time
import unittest

import command_harness
from command_harness import COMMAND, IN_WINE, NOBODY_READS, NOT_TOLD_BY_WINE, ON_WINDOWS, CommandTest, not_on_windows
from refused_calls import refusing

GENEROUS = 60  # seconds, for what comes within one

TRUNCATED = "tome: f: file truncated\n"
REPLACED = "tome: f: has been replaced; following the new file\n"
GONE = "tome: f: is gone; waiting for a file of that name\n"
APPEARED = "tome: f: has appeared; following it\n"
BACK = "tome: f: is back\n"


def append(name, data):
    with open(name, "ab") as file:
        file.write(data)


class Following:
    """The command at work, and all that it has printed so far."""

    def __init__(self, test, *arguments, **options):
        self.test = test
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [*COMMAND, "tail", *arguments],
            bufsize=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        self.answer, self.message = b"", b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ, "answer")
        self.selector.register(self.process.stderr, selectors.EVENT_READ, "message")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.selector.close()
        self.process.stdout.close()
        self.process.stderr.close()

    def has_open(self, name):
        there = os.stat(name)
        folder = f"/proc/{self.process.pid}/fd"
        for descriptor in os.listdir(folder):
            try:
                found = os.stat(f"{folder}/{descriptor}")
            except FileNotFoundError:  # closed meanwhile
                continue
            if (found.st_dev, found.st_ino) == (there.st_dev, there.st_ino):
                return True
        return False

    def wait_until_open(self, name):
        deadline = time.monotonic() + GENEROUS
        while not self.has_open(name):
            self.test.assertLess(time.monotonic(), deadline, f"{name} was not opened")
            self.read_some(0.001)

    def read_some(self, patience):
        for key, _ in self.selector.select(patience):
            data = os.read(key.fd, 65536)
            setattr(self, key.data, getattr(self, key.data) + data)
            if not data:
                self.selector.unregister(key.fileobj)

    def wait_for(self, answer=b"", message=""):
        """Until just this has been printed since the last wait."""
        deadline = time.monotonic() + GENEROUS
        message = message.encode()
        while len(self.answer) < len(answer) or len(self.message) < len(message):
            if time.monotonic() > deadline or not self.selector.get_map():
                break
            self.read_some(1)
        self.test.assertEqual((answer, message), (self.answer, self.message))
        self.answer, self.message = b"", b""

    def end(self, how=signal.SIGINT):
        """Nothing more was printed; an interrupt ends it as it ends any program."""
        self.process.send_signal(how)
        status = self.process.wait(GENEROUS)
        if not ON_WINDOWS:  # which has no signals that an exit status could tell
            self.test.assertEqual(-how, status)
        while self.selector.get_map():
            self.read_some(None)
        self.test.assertEqual((b"", b""), (self.answer, self.message))


class Follow(CommandTest):
    started_with = {}

    def follow(self, *arguments, **options):
        return Following(self, *arguments, **self.started_with, **options)

    def test_growth(self):
        self.file("f", b"one\ntwo\nthree\n")
        with self.follow("-n", "2", "-f", "f") as following:
            following.wait_for(b"two\nthree\n")
            append("f", b"fo")
            following.wait_for(b"fo")
            append("f", b"ur\nfive\n")
            following.wait_for(b"ur\nfive\n")
            append("f", b"x" * 3000000 + b"\n")
            following.wait_for(b"x" * 3000000 + b"\n")
            following.end()

    def test_growth_of_an_empty_file(self):
        self.file("f")
        with self.follow("-f", "f") as following:
            append("f", b"one\n")
            following.wait_for(b"one\n")
            following.end()

    def test_growth_in_many_small_steps(self):
        self.file("f", b"\n")
        with self.follow("-f", "f") as following, open("f", "ab", buffering=0) as file:
            following.wait_for(b"\n")
            for number in range(2000):
                file.write(b"%d\n" % number)
            following.wait_for(b"".join(b"%d\n" % number for number in range(2000)))
            following.end()

    def test_every_way_to_ask_for_it(self):
        for words in (("-f", "f"), ("--follow", "f"), ("-F", "f"), ("--retry", "f"), ("-1f", "f")):
            self.file("f", b"one\n")
            with self.subTest(words=words), self.follow(*words) as following:
                following.wait_for(b"one\n")
                append("f", b"two\n")
                following.wait_for(b"two\n")
                following.end()

    def test_truncation(self):
        self.file("f", b"one\ntwo\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\ntwo\n")
            os.truncate("f", 0)
            following.wait_for(message=TRUNCATED)
            append("f", b"1\n")
            following.wait_for(b"1\n")
            append("f", b"2\n")
            following.wait_for(b"2\n")
            following.end()

    def test_what_is_left_of_a_shorter_file_is_printed_again(self):
        self.file("f", b"one\ntwo\nthree\nfour\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\ntwo\nthree\nfour\n")
            os.truncate("f", 4)
            following.wait_for(b"one\n", TRUNCATED)
            following.end()

    def test_copytruncate(self):
        pages = b"".join(b"line %d\n" % number for number in range(50000))
        self.file("f", pages)
        with self.follow("-n", "1", "-f", "f") as following:
            following.wait_for(b"line 49999\n")
            for _ in range(3):
                with open("f.1", "wb") as copy:
                    copy.write(self.content("f"))
                os.truncate("f", 0)
                following.wait_for(message=TRUNCATED)
                append("f", pages)
                following.wait_for(pages)
            following.end()

    def test_rotation_by_renaming(self):
        self.file("f", b"one\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\n")
            for _ in range(3):
                os.rename("f", "f.1")
                following.wait_for(message=GONE)
                append("f.1", b"late\n")
                following.wait_for(b"late\n")
                append("f.1", b"later\n")
                self.file("f", b"new\n")
                following.wait_for(b"later\nnew\n", REPLACED)
                append("f", b"newer\n")
                following.wait_for(b"newer\n")
            following.end()

    def test_rotation_in_one_step(self):
        self.file("f", b"one\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\n")
            self.file("next", b"new\n")
            os.link("f", "f.1")
            os.rename("next", "f")
            following.wait_for(b"new\n", REPLACED)
            append("f.1", b"to the old file\n")
            append("f", b"to the new file\n")
            following.wait_for(b"to the new file\n")
            following.end()

    def test_the_old_file_goes_on_while_the_new_one_is_empty(self):
        """Between the rotation and the moment at which the program opens its log anew."""
        self.file("f", b"one\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\n")
            os.link("f", "f.1")
            self.file("next")
            os.rename("next", "f")
            append("f.1", b"two\n")
            following.wait_for(b"two\n")
            append("f.1", b"three\n")
            following.wait_for(b"three\n")
            append("f", b"four\n")
            following.wait_for(b"four\n", REPLACED)
            following.end()

    def test_a_file_that_goes_away_and_comes_back(self):
        self.file("f", b"one\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\n")
            os.rename("f", "g")
            following.wait_for(message=GONE)
            os.rename("g", "f")
            following.wait_for(message=BACK)
            append("f", b"two\n")
            following.wait_for(b"two\n")
            following.end()

    def test_deletion_and_creation(self):
        self.file("f", b"one\n")
        with self.follow("-f", "f") as following, open("f", "ab", buffering=0) as deleted:
            following.wait_for(b"one\n")
            for turn in range(3):
                os.unlink("f")
                following.wait_for(message=GONE)
                if turn == 0:
                    deleted.write(b"last words\n")
                    following.wait_for(b"last words\n")
                self.file("f", b"new\n")
                following.wait_for(b"new\n", REPLACED)
            following.end()

    def test_a_link_that_is_led_elsewhere(self):
        self.file("one", b"1\n")
        self.file("two", b"2\n")
        os.symlink("one", "f")
        with self.follow("-f", "f") as following:
            following.wait_for(b"1\n")
            os.symlink("two", "next")
            os.rename("next", "f")
            following.wait_for(b"2\n", REPLACED)
            append("two", b"3\n")
            following.wait_for(b"3\n")
            following.end()

    def test_a_folder_in_place_of_the_file(self):
        self.file("f", b"one\n")
        with self.follow("-f", "f") as following:
            following.wait_for(b"one\n")
            os.rename("f", "g")
            following.wait_for(message=GONE)
            os.mkdir("f")
            following.wait_for(
                message="tome: f: is not a file that can be followed any more; waiting for one\n"
            )
            append("g", b"two\n")
            following.wait_for(b"two\n")
            os.rmdir("f")
            following.wait_for(message=GONE)
            self.file("f", b"three\n")
            following.wait_for(b"three\n", REPLACED)
            following.end()

    def test_a_folder_that_is_moved_with_its_file(self):
        os.mkdir("logs")
        self.file("logs/f", b"one\n")
        gone, replaced = GONE.replace("f:", "logs/f:"), REPLACED.replace("f:", "logs/f:")
        with self.follow("-f", "logs/f") as following:
            following.wait_for(b"one\n")
            os.rename("logs", "old")
            following.wait_for(message=gone)
            os.mkdir("logs")
            self.file("logs/f", b"two\n")
            following.wait_for(b"two\n", replaced)
            os.rename("logs/f", "logs/f.1")
            following.wait_for(message=gone)
            self.file("logs/f", b"three\n")
            following.wait_for(b"three\n", replaced)
            following.end()

    def test_a_file_that_is_missing_at_first(self):
        with self.follow("-F", "f") as following:
            following.wait_for(message="tome: f: no such file; waiting for it\n")
            self.file("f", b"one\n")
            following.wait_for(b"one\n", APPEARED)
            append("f", b"two\n")
            following.wait_for(b"two\n")
            following.end()

    def test_a_file_in_a_folder_that_is_missing_at_first(self):
        with self.follow("-F", "logs/f") as following:
            following.wait_for(message="tome: logs/f: no such file; waiting for it\n")
            os.mkdir("logs")
            self.file("logs/f", b"one\n")
            following.wait_for(b"one\n", APPEARED.replace("f:", "logs/f:"))
            following.end()

    def test_a_folder_that_becomes_a_file(self):
        os.mkdir("f")
        with self.follow("-F", "f") as following:
            following.wait_for(message="tome: f: is a directory; waiting for it\n")
            os.rmdir("f")
            following.wait_for(message=GONE)
            self.file("f", b"one\n")
            following.wait_for(b"one\n", APPEARED)
            following.end()

    def test_several_files_with_titles(self):
        self.file("f", b"one\n")
        self.file("g", b"two\n")
        with self.follow("-F", "f", "g", "h") as following:
            following.wait_for(
                b"==> f <==\none\n\n==> g <==\ntwo\n",
                "tome: h: no such file; waiting for it\n",
            )
            append("g", b"three\n")
            following.wait_for(b"three\n")
            append("f", b"four\n")
            following.wait_for(b"\n==> f <==\nfour\n")
            append("f", b"five\n")
            following.wait_for(b"five\n")
            self.file("h", b"six\n")
            following.wait_for(b"\n==> h <==\nsix\n", "tome: h: has appeared; following it\n")
            os.truncate("g", 0)
            following.wait_for(message="tome: g: file truncated\n")
            append("h", b"seven\n")
            following.wait_for(b"seven\n")
            append("g", b"eight\n")
            following.wait_for(b"\n==> g <==\neight\n")
            following.end()

    def test_the_same_file_twice(self):
        def both(message):
            return message.replace("f:", "x:") * 2

        self.file("f", b"one\n")
        os.symlink("f", "x")
        with self.follow("-q", "-f", "x", "x") as following:
            following.wait_for(b"one\none\n")
            append("f", b"two\n")
            following.wait_for(b"two\ntwo\n")
            os.rename("f", "g")
            following.wait_for(message=both(GONE))
            self.file("f", b"three\n")
            following.wait_for(b"three\nthree\n", both(REPLACED))
            append("f", b"four\n")
            following.wait_for(b"four\nfour\n")
            following.end()

    def test_what_is_missing_at_first_is_not_waited_for_without_being_asked_to(self):
        self.error("f: no such file", "tail", "-f", "f")
        self.file("g", b"one\n")
        with self.follow("-f", "f", "g") as following:
            following.wait_for(b"==> g <==\none\n", "tome: f: no such file\n")
            self.file("f", b"two\n")
            append("g", b"three\n")
            following.wait_for(b"three\n")
            following.end()

    def test_standard_input_that_is_a_file(self):
        self.file("f", b"one\n")
        with open("f", "rb") as file, self.follow("-f", stdin=file) as following:
            following.wait_for(b"one\n")
            os.unlink("f")
            self.file("f", b"of no interest\n")
            with open(f"/proc/self/fd/{file.fileno()}", "ab") as same:
                same.write(b"two\n")
            following.wait_for(b"two\n")
            following.end()

    def test_a_pipe_is_not_followed(self):
        self.answer("one\n", "tail", "-f", stdin=b"one\n")
        self.answer("==> standard input <==\none\n", "tail", "-F", "-v", "-", stdin=b"one\n")


class FollowTold(CommandTest):
    def test_a_change_is_not_left_to_the_next_look(self):
        """Each step of these would wait for about a second."""
        self.file("f", b"one\n")
        with Following(self, "-f", "f") as following:
            following.wait_for(b"one\n")
            began = time.monotonic()
            for _ in range(200):
                append("f", b"x\n")
                following.wait_for(b"x\n")
            self.assertLess(time.monotonic() - began, 100)
            following.end()


    @not_on_windows("changes in a folder are told, but not files that are still open for writing; they are looked at")
    def test_files_that_are_rotated_away_before_the_next_look_are_printed_all_the_same(self):
        """Each new file is empty at first; it has been renamed by the time it is looked at by its name."""
        self.file("f", b"0\n")
        with Following(self, "-f", "f") as following:
            following.wait_for(b"0\n")
            for number in range(1, 20):
                os.rename("f", f"f.{number}")
                self.file("f")
                following.wait_until_open("f")
                append("f", b"%d\n" % number)
            deadline = time.monotonic() + 60
            expected = b"".join(b"%d\n" % number for number in range(1, 20))
            while following.answer != expected and time.monotonic() < deadline:
                following.read_some(1)
            self.assertEqual(expected, following.answer)


class FollowUntold(CommandTest):
    """Where the system tells of no changes, as inotify is forbidden to the command."""

    def test_growth_truncation_and_rotation_are_seen_all_the_same(self):
        self.file("f", b"one\n")
        with Following(self, "-f", "f", **refusing(self, "inotify_init1")) as following:
            following.wait_for(b"one\n")
            append("f", b"two\n")
            following.wait_for(b"two\n")
            os.truncate("f", 0)
            following.wait_for(message=TRUNCATED)
            os.rename("f", "g")
            self.file("f", b"three\n")
            following.wait_for(b"three\n", REPLACED)
            following.end()


if os.environ.get("TOME_TEST_LONG"):

    class FollowAllUntold(Follow):
        """Each step waits for the next look, so that this takes more than a minute."""

        def setUp(self):
            super().setUp()
            self.started_with = refusing(self, "inotify_init1")


class End(CommandTest):
    def test_any_signal_ends_it_as_it_ends_any_program(self):
        self.file("f", b"one\n")
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(how=how), Following(self, "-f", "f") as following:
                following.wait_for(b"one\n")
                following.end(how)

    @unittest.skipIf(IN_WINE, NOT_TOLD_BY_WINE)
    def test_it_ends_when_nobody_reads_any_more_though_nothing_is_written(self):
        self.file("f", b"one\n")
        for ignored in (False, True):
            with self.subTest(ignored=ignored), Following(
                self, "-f", "f", restore_signals=not ignored
            ) as following:
                following.wait_for(b"one\n")
                following.selector.unregister(following.process.stdout)
                following.process.stdout.close()
                self.assertEqual(NOBODY_READS, following.process.wait(GENEROUS))
                self.assertEqual(b"", following.process.stderr.read())

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk_is_an_error(self):
        self.file("f", b"one\n")
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*COMMAND, "tail", "-f", "f"],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=100,
                check=False,
            )
        self.assertEqual(
            (2, b"tome: standard output: No space left on device\n"), (done.returncode, done.stderr)
        )


if __name__ == "__main__":
    command_harness.main()
