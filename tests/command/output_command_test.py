"""Standard output that goes away, is full or is closed; and what must never happen to files
then."""
import os
import subprocess
import unittest

import command_harness
from command_harness import COMMAND, NOBODY_READS, CommandTest, not_emulated, not_on_windows

STANDARD_OUTPUT_FULL = "tome: standard output: No space left on device\n"


class ClosedPipe(CommandTest):
    def run_into_closed_pipe(self, *arguments, **options):
        reader, writer = os.pipe()
        os.close(reader)
        with open("message", "wb") as message:
            status = subprocess.run(
                [*COMMAND, *arguments],
                stdout=writer,
                stderr=message,
                timeout=100,
                check=False,
                **options,
            ).returncode
        os.close(writer)
        return status, self.content("message")

    def test_ends_quietly(self):
        self.file("f", b"a" * (3 << 20))
        for use in (
            ("slice", "f", ":"),
            ("slice", "--hex", "f", ":10K"),
            ("find", "a", "f"),
            ("info", "f"),
            ("info", "--json", "f"),
            ("info", "--map", "f", "."),
            ("info", "."),
            ("info", "--svg=-", "f"),
            ("--help",),
            ("find", "--help"),
        ):
            with self.subTest(use=use):
                self.assertEqual((NOBODY_READS, b""), self.run_into_closed_pipe(*use))

    def test_ends_quietly_also_if_the_caller_ignores_the_signal(self):
        self.file("f", b"a" * (3 << 20))
        status = self.run_into_closed_pipe("slice", "f", ":", restore_signals=False)
        self.assertEqual((NOBODY_READS, b""), status)

    def test_reader_that_takes_only_the_beginning(self):
        self.file("f", b"a" * (3 << 20))
        with subprocess.Popen(
            [*COMMAND, "find", "a", "f"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            self.assertEqual(b"0\n1\n2\n", process.stdout.read(6))
            process.stdout.close()
            self.assertEqual(b"", process.stderr.read())
            self.assertEqual(NOBODY_READS, process.wait(100))


@unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
class FullDisk(CommandTest):
    def test_is_an_error(self):
        self.file("f", b"a" * 100000)
        for use in (
            ("slice", "f", ":3"),
            ("slice", "f", ":"),
            ("slice", "--hex", "f", ":"),
            ("find", "a", "f"),
            ("find", "-c", "a", "f"),
            ("info", "f"),
            ("info", "--json", "f"),
            ("info", "--map", "f", "."),
            ("info", "."),
            ("info", "--svg=-", "f"),
            ("--help",),
            ("--version",),
            ("put", "--help"),
        ):
            with self.subTest(use=use), open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [*COMMAND, *use], stdout=full, stderr=subprocess.PIPE, timeout=100, check=False
                )
                self.assertEqual((2, STANDARD_OUTPUT_FULL), (done.returncode, done.stderr.decode()))


class ClosedStreams(CommandTest):
    def shell(self, script):
        done = subprocess.run(
            ["sh", "-c", script, "sh", *COMMAND],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr.decode()

    @not_emulated("what a closed stream becomes is decided by the emulator")
    def test_answering_into_a_closed_output_is_an_error(self):
        self.file("f", b"abc")
        self.assertEqual(
            (2, b"", "tome: standard output: Bad file descriptor\n"),
            self.shell('"$@" slice f : >&-'),
        )

    @not_emulated("what a closed stream becomes is decided by the emulator")
    def test_verbs_without_an_answer_need_no_output(self):
        self.file("f", b"abc")
        self.assertEqual((0, b"", ""), self.shell('"$@" put f 1 X >&-'))
        self.assertEqual(b"aXc", self.content("f"))

    @not_emulated("what a closed stream becomes is decided by the emulator")
    def test_a_message_never_ends_up_in_the_file(self):
        for closed in ("2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
            self.file("f", b"abc")
            with self.subTest(closed=closed):
                self.assertEqual((2, b"", ""), self.shell(f'"$@" put f 2 XYZ {closed}'))
                self.assertEqual((2, b"", ""), self.shell(f'"$@" resize f 8E {closed}'))
                self.assertEqual(b"abc", self.content("f"))

    @not_emulated("what a closed stream becomes is decided by the emulator")
    def test_a_closed_input_is_an_error_and_not_the_file_itself(self):
        self.file("f", b"abc")
        self.assertEqual(
            (2, b"", "tome: (standard input): Bad file descriptor\n"),
            self.shell('"$@" append f <&-'),
        )
        self.assertEqual(b"abc", self.content("f"))

    @not_on_windows("a folder is no stream for a program there")
    def test_an_input_that_is_a_folder_is_an_error(self):
        self.file("f", b"abc")
        self.assertEqual(
            (2, b"", "tome: (standard input): Is a directory\n"), self.shell('"$@" append f <.')
        )
        self.assertEqual(
            (2, b"", "tome: (standard input): Is a directory\n"), self.shell('"$@" put f 0 <.')
        )
        self.assertEqual(b"abc", self.content("f"))

    def test_answers_and_complaints_keep_their_order(self):
        self.file("f", b"xa")
        self.file("g", b"a")
        self.assertEqual(
            (2, b"f:1\ntome: none: no such file\ng:0\n", ""),
            self.shell('"$@" find a f none g 2>&1'),
        )


if __name__ == "__main__":
    command_harness.main()
