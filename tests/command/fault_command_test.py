"""A file that another process cuts while the command works on it: an error that names the byte, no
crash."""
import os
import subprocess
import time

import command_harness
from command_harness import COMMAND, CommandTest

MIB = 1 << 20


class Cut(CommandTest):
    def cut_while_sliced(self, size, kept, *options):
        """The command is held up by its full output pipe, far before `kept`, until the file has
        been cut."""
        data = os.urandom(size)
        self.file("f", data)
        with subprocess.Popen(
            [*COMMAND, "slice", *options, "f", ":"],
            bufsize=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            first = process.stdout.read(1)
            os.truncate("f", kept)
            answer, message = process.communicate(timeout=100)
        return data, process.returncode, first + answer, message.decode()

    def test_slice_writes_what_is_left_and_names_the_first_byte_that_is_not(self):
        for kept in (4 * MIB, 4 * MIB + 100, 5 * MIB - 1, 5 * MIB + 4096):
            with self.subTest(kept=kept):
                data, status, answer, message = self.cut_while_sliced(8 * MIB, kept)
                self.assertEqual(
                    (
                        2,
                        "tome: f: bytes were lost: the file is shorter now " f"(at byte {kept})\n",
                    ),
                    (status, message),
                )
                self.assertTrue(
                    answer == data[:kept], f"{len(answer)} bytes instead of {kept}, or other ones"
                )

    def test_put_into_what_was_cut_away_is_an_error(self):
        self.file("f", bytes(64 * MIB))
        with subprocess.Popen(
            [*COMMAND, "put", "f", "0"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            process.stdin.write(b"x" * MIB)
            process.stdin.flush()
            for _ in range(1000):
                with open("f", "rb") as file:
                    if os.pread(file.fileno(), 1, MIB - 1) == b"x":
                        break
                time.sleep(0.05)
            os.truncate("f", MIB)
            try:
                process.stdin.write(b"y" * 4 * MIB)
                process.stdin.close()
            except BrokenPipeError:
                pass
            message = process.stderr.read().decode()
            self.assertEqual(2, process.wait(100))
        self.assertRegex(message, r"^tome: f: .*\(at byte \d+\)\n$")
        self.assertEqual(b"x" * MIB, self.content("f")[:MIB])

    def test_a_file_that_grows_meanwhile_is_sliced_as_it_was(self):
        data = os.urandom(4 * MIB)
        self.file("f", data)
        with subprocess.Popen(
            [*COMMAND, "slice", "f", ":"], bufsize=0, stdout=subprocess.PIPE
        ) as process:
            first = process.stdout.read(1)
            with open("f", "ab") as file:
                file.write(b"more")
            self.assertTrue(first + process.communicate(timeout=100)[0] == data)
        self.assertEqual(0, process.returncode)

    def test_a_file_deleted_or_replaced_meanwhile_is_read_on(self):
        for act in (lambda: os.unlink("f"), lambda: os.replace("other", "f")):
            data = os.urandom(4 * MIB)
            self.file("f", data)
            self.file("other", b"other")
            with subprocess.Popen(
                [*COMMAND, "slice", "f", ":"], bufsize=0, stdout=subprocess.PIPE
            ) as process:
                first = process.stdout.read(1)
                act()
                self.assertTrue(first + process.communicate(timeout=100)[0] == data)
            self.assertEqual(0, process.returncode)


if __name__ == "__main__":
    command_harness.main()
