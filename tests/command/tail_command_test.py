"""tome tail prints what GNU tail prints, to the byte: in cases made by the dice, and in some that are
written out."""
import os
import random
import shlex
import subprocess

import command_harness
from command_harness import COMMAND, UNIX_FILES, CommandTest, how_many, not_on_windows

ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


def numbers(first, last):
    return "".join(f"{number}\n" for number in range(first, last + 1))


def make_text(dice):
    """Empty, without a last newline, of empty lines, of long ones, of any bytes."""
    if dice.random() < 0.05:
        return b""
    lengths = dice.choice(
        ([0, 1, 2, 3], [0, 0, 0, 1], [5, 40, 80], [0, 1, 3000, 20000], [4095, 4096])
    )
    alphabet = dice.choice((b"ab", bytes(set(range(256)) - {10}), b"\0\r", b"x"))
    text = b"".join(
        bytes(dice.choices(alphabet, k=dice.choice(lengths))) + b"\n"
        for _ in range(dice.choice((1, 3, 12, 50)))
    )
    return text if dice.random() < 0.5 else text[: dice.randrange(len(text) + 1)]


def make_amount(dice, text):
    lines = text.count(b"\n")
    near = [0, 1, 2, 9, 10, 11, lines - 1, lines, lines + 1, dice.randrange(lines + 2)]
    if dice.random() < 0.2:
        return []
    if dice.random() < 0.4:
        near += [len(text) - 1, len(text), len(text) + 1, 4096, dice.randrange(len(text) + 1)]
        letter = dice.choice(("-c", "--bytes="))
    else:
        letter = dice.choice(("-n", "-n", "--lines="))
    value = dice.choice(("", "", "-", "+")) + str(max(0, dice.choice(near)))
    return [letter + value] if letter[1] == "-" or dice.random() < 0.5 else [letter, value]


class AsGnuTail(CommandTest):
    def setUp(self):
        super().setUp()
        try:
            version = subprocess.run(["tail", "--version"], stdout=subprocess.PIPE, check=True)
        except (OSError, subprocess.CalledProcessError):
            version = None
        if version is None or b"GNU coreutils" not in version.stdout:
            self.skipTest("there is no GNU tail to compare with")

    def run_one(self, command, stdin):
        with open("stdin", "rb") as redirected:
            options = {"stdin": redirected} if stdin == "file" else {"input": self.content("stdin")}
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                timeout=100,
                check=False,
                **options,
            )
        return done.returncode, done.stdout, done.stderr

    def test_files(self):
        dice = random.Random(1)
        for number in range(how_many(250, 10000)):
            count = dice.choice((1, 1, 1, 2, 3))
            names = [f"f{place}" for place in range(count)]
            texts = [make_text(dice) for _ in names]
            for name, text in zip(names, texts):
                self.file(name, text)
            self.file("stdin", make_text(dice))
            titles = dice.choice(([], [], ["-q"], ["-v"], ["--quiet"], ["--verbose"], ["-qv"]))
            words = [*titles, *make_amount(dice, texts[0]), *names]
            stdin = dice.choice(("file", "pipe"))
            if dice.random() < 0.2:
                words.append("-")
            elif dice.random() < 0.2:
                words = [*titles, *make_amount(dice, self.content("stdin"))]
            expected = self.run_one(["tail", *words], stdin)
            if self.run_one([*COMMAND, "tail", *words], stdin) != expected:
                self.fail(
                    f"case {number}, standard input a {stdin}: tail {shlex.join(words)}: "
                    f"{self.run_one([*COMMAND, 'tail', *words], stdin)} instead of {expected}"
                )

    def test_pipes_of_many_blocks_in_uneven_pieces(self):
        dice = random.Random(2)
        for number in range(how_many(12, 500)):
            lengths = dice.choice(([0, 1, 5], [100], [1000, 70000, 200000]))
            total = dice.choice((65536, 131072, 131073, 400000, 700000))
            text = b""
            while len(text) < total:
                text += b"x" * dice.choice(lengths) + b"\n"
            text = text[: total - dice.choice((0, 1))]
            amount = make_amount(dice, text)
            expected = subprocess.run(
                ["tail", *amount], input=text, stdout=subprocess.PIPE, check=True, timeout=100
            ).stdout
            with self.subTest(number=number, amount=amount), subprocess.Popen(
                [*COMMAND, "tail", *amount], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            ) as process:
                # All is collected before anything is printed, unless it goes through at once.
                through = any("+" in word for word in amount)
                if through:
                    answer = process.communicate(text, timeout=100)[0]
                else:
                    at = 0
                    while at < len(text):
                        piece = dice.choice((1, 100, 4095, 65536, 100000))
                        at += process.stdin.write(text[at : at + piece])
                    process.stdin.close()
                    answer = process.stdout.read()
                self.assertTrue(answer == expected, f"{len(answer)} bytes, not {len(expected)}")
                self.assertEqual(0, process.wait(100))


class Tail(CommandTest):
    def test_ten_lines_unless_told_otherwise(self):
        self.file("f", numbers(1, 30).encode())
        self.answer(numbers(21, 30), "tail", "f")
        self.answer(numbers(29, 30), "tail", "-n", "2", "f")
        self.answer(numbers(29, 30), "tail", "-n", "-2", "f")
        self.answer(numbers(28, 30), "tail", "-n", "+28", "f")
        self.answer("9\n30\n", "tail", "-c", "5", "f")
        self.answer(numbers(7, 30), "tail", "-c", "+13", "f")
        self.answer(numbers(1, 30), "tail", "-n", "1K", "f")

    def test_the_last_amount_counts(self):
        self.file("f", numbers(1, 30).encode())
        self.answer("0\n", "tail", "-n", "3", "-c", "2", "f")
        self.answer("30\n", "tail", "-c", "+2", "-n", "1", "f")

    def test_no_newline_is_added(self):
        self.file("f", b"one\ntwo\nthree")
        self.answer("two\nthree", "tail", "-n", "2", "f")
        self.answer("three", "tail", "-n1", "f")
        self.answer("", "tail", "-n0", "f")

    def test_a_number_alone_comes_first(self):
        self.file("f", numbers(1, 30).encode())
        self.answer(numbers(29, 30), "tail", "-2", "f")
        self.answer("==> f <==\n" + numbers(30, 30), "tail", "-1v", "f")
        self.file("-2", b"x")
        self.answer("x", "tail", "--", "-2")
        self.error(
            "-3: no such file", "tail", "f", "-3", answer=("==> f <==\n" + numbers(21, 30)).encode()
        )

    def test_titles(self):
        self.file("f", b"a\n")
        self.file("g", b"b")
        self.answer("==> f <==\na\n\n==> g <==\nb", "tail", "f", "g")
        self.answer("a\nb", "tail", "-q", "f", "g")
        self.answer("==> g <==\nb", "tail", "-v", "g")
        self.answer("==> standard input <==\nx", "tail", "-v", stdin=b"x")

    def test_an_error_in_one_file_does_not_spare_the_others(self):
        self.file("f", b"a\n")
        os.mkdir("folder")
        self.assertEqual(
            (
                2,
                b"==> f <==\na\n\n==> f <==\na\n",
                "tome: missing: no such file\ntome: folder: is a directory\n",
            ),
            self.tome("tail", "missing", "f", "folder", "f"),
        )

    def test_standard_input_begins_where_it_is(self):
        self.file("f", numbers(1, 30).encode())
        for expected, *amount in (
            (numbers(3, 30), "-n", "+1"),
            (numbers(4, 30), "-n", "+2"),
            (numbers(3, 30), "-n", "50"),
            (numbers(3, 30), "-c", "+1"),
            (numbers(3, 30), "-c", "1000"),
            (numbers(21, 30),),
        ):
            with open("f", "rb") as file:
                os.lseek(file.fileno(), 4, os.SEEK_SET)
                self.answer(expected, "tail", *amount, stdin=file)
        with open("f", "rb") as file:
            os.lseek(file.fileno(), 4000, os.SEEK_SET)
            self.answer("", "tail", stdin=file)

    @not_on_windows(UNIX_FILES)
    def test_what_has_no_size_is_read_to_its_end(self):
        with open("/proc/self/mounts", "rb") as file:
            mounts = file.read()
        if not mounts.endswith(b"\n"):
            self.skipTest("/proc is not as expected here")
        self.answer(mounts.splitlines(True)[-1], "tail", "-n1", "/proc/self/mounts")
        os.mkfifo("pipe")
        with subprocess.Popen([*COMMAND, "tail", "-n2", "pipe"], stdout=subprocess.PIPE) as process:
            with open("pipe", "wb") as pipe:
                pipe.write(numbers(1, 1000).encode())
            self.assertEqual(numbers(999, 1000).encode(), process.stdout.read())
            self.assertEqual(0, process.wait(100))

    def test_what_comes_through_a_pipe_is_not_held_back(self):
        with subprocess.Popen(
            [*COMMAND, "tail", "-n", "+2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            process.stdin.write(b"one\ntwo\nthr")
            process.stdin.flush()
            self.assertEqual(b"two\nthr", process.stdout.read(7))
            process.stdin.write(b"ee\n")
            process.stdin.flush()
            self.assertEqual(b"ee\n", process.stdout.read(3))
            process.stdin.close()
            self.assertEqual(0, process.wait(100))

    def test_a_line_that_lies_across_the_blocks_of_a_pipe(self):
        """Wherever they end: the first lines that are wanted begin at all places around there."""
        for shift in range(8):
            text = b"y\n" * 32764 + b"." * shift + b"LONG LINE\na\nb\n"
            self.answer("." * shift + "LONG LINE\na\nb\n", "tail", "-n3", stdin=text)
            self.answer("a\nb\n", "tail", "-n2", stdin=text)
            self.answer("LINE\na\nb\n", "tail", "-c9", stdin=text)

    def test_a_pipe_needs_little_memory(self):
        """What came before the last lines is let go: 256 MiB go through less than 64."""
        line = b"x" * 1023 + b"\n"
        environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1:detect_leaks=0"}
        with subprocess.Popen(
            [*COMMAND, "tail", "-n", "3"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        ) as process:
            for _ in range(256):
                process.stdin.write(line * 1024)
            process.stdin.close()
            self.assertEqual(line * 3, process.stdout.read())
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            self.assertEqual(0, status)
            self.assertLess(usage.ru_maxrss, 64 << 10)

    def test_the_end_of_a_huge_file_costs_its_end(self):
        with open("f", "wb") as file:
            file.truncate(1 << 40)
            file.seek((1 << 40) - 8)
            file.write(b"one\ntwo\n")
        self.answer("two\n", "tail", "-n", "1", "f")
        self.answer("two\n", "tail", "-c", "4", "f")
        self.answer("\ntwo\n", "tail", "-c", f"+{(1 << 40) - 4}", "f")

    def test_amounts_at_the_limits(self):
        self.file("f", b"one\ntwo\n")
        most = "18446744073709551615"
        self.answer("one\ntwo\n", "tail", "-n", most, "f")
        self.answer("one\ntwo\n", "tail", "-c", most, "f")
        self.answer("", "tail", "-n", "+" + most, "f")
        self.answer("", "tail", "-c", "+" + most, "f")
        self.answer("one\ntwo\n", "tail", "-n", most, stdin=b"one\ntwo\n")
        self.answer("", "tail", "-n", "+" + most, stdin=b"one\ntwo\n")

    def test_a_wrong_amount_is_refused(self):
        self.misuse("tail", '"x" is not a count; write 100, 0x64 or 64K (times 1024)', "-n", "x")
        self.misuse("tail", '"" is not a count; write 100, 0x64 or 64K (times 1024)', "-n", "+")
        self.misuse("tail", '"-3" cannot be negative', "-c", "--3")
        self.misuse("tail", "-n wants a value", "-n")


if __name__ == "__main__":
    command_harness.main()
