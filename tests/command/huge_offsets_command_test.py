"""A file of more than 8 GiB, by commands that may take up no more than 512 MB of address space where
addresses have 32 bits: the same offsets as with longer ones, which are those that are known beforehand."""
import json
import os
import resource

import command_harness
from command_harness import BITS, CommandTest, not_on_windows

GIBI, MEBI = 1 << 30, 1 << 20
SPACE = 512_000_000
SIZE = 9 * GIBI + 77
BEGIN, END = 6 * GIBI - 24 * MEBI, 6 * GIBI + 16 * MEBI  # of the text; the rest are holes
LINE = 64
ENDS = [at for at in range(100, SIZE, 16 * MEBI) if not BEGIN <= at < END]  # of lines, in the holes
NEEDLE = b"needle across a border"


def text():
    """Lines of 64 bytes, each with its offset, and a needle across each multiple of 8 MiB, where no line
    ends. The first byte is the end of the line that the hole before it is."""
    lines = b"".join(b"%063d\n" % at for at in range(BEGIN, END - LINE, LINE))
    content = bytearray(b"\n" + b"-" * 30 + b"\n" + lines)
    for at in needles():
        content[at - BEGIN : at - BEGIN + len(NEEDLE)] = NEEDLE
    return bytes(content)


def needles():
    """Each border is met in another byte of the needle."""
    borders = range(BEGIN + 8 * MEBI, END, 8 * MEBI)
    return [border + 1 - 3 * i if i % 2 else border - 5 for i, border in enumerate(borders)]


def limit_space():
    if BITS == 32:
        resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))


@not_on_windows("there is no limit of address space to run under")
class HugeOffsets(CommandTest):
    def setUp(self):
        super().setUp()
        self.text = text()
        with open("f", "wb") as file:
            file.truncate(SIZE)
            os.pwrite(file.fileno(), self.text, BEGIN)
            for at in ENDS:
                os.pwrite(file.fileno(), b"\n", at)
            os.pwrite(file.fileno(), b"at the end\n", SIZE - 11)

    def answer(self, expected, *arguments, status=0, **options):
        super().answer(expected, *arguments, status=status, preexec_fn=limit_space, **options)

    def test_find(self):
        each = "".join(f"{at}\n" for at in needles())
        self.answer(each, "find", NEEDLE, "f")
        self.answer(f"{needles()[-1]}\n", "find", "--last", NEEDLE, "f")
        self.answer(f"{len(needles())}\n", "find", "-c", NEEDLE, "f")
        self.answer(each, "find", "--from=5G", "--to=7G", "--regex", "needle [a-z]+ a border", "f")
        self.answer(f"{SIZE - 11}\n", "find", "--from=-1G", "at the end", "f")

    def test_find_around_a_border(self):
        for at in needles():
            with self.subTest(at=at):
                end = at + len(NEEDLE)
                self.answer(f"{at}\n", "find", f"--from={at}", f"--to={end}", NEEDLE, "f")
                for use in (f"--from={at + 1}", f"--to={end}"), (f"--from={at}", f"--to={end - 1}"):
                    self.answer("", "find", *use, NEEDLE, "f", status=1)

    def test_grep(self):
        self.answer(f"{len(needles())}\n", "grep", "-c", "[a-z]* across", "f")
        self.answer(
            "".join(f"{at}:needle\n" for at in needles()), "grep", "-F", "-o", "-b", "needle", "f"
        )

    def test_lines(self):
        lines = self.text.split(b"\n")[1:]
        before = sum(at < BEGIN for at in ENDS) + 1
        self.answer(f"{len(ENDS) + len(lines) + 1}\n", "lines", "-c", "f")
        self.answer(
            b"\n".join(lines[1000:1003]) + b"\n", "lines", "f", f"{before + 1001}:{before + 1003}"
        )

    def test_slice(self):
        for at in needles():
            self.answer(NEEDLE, "slice", "f", f"{at}:{at + len(NEEDLE)}")
        self.answer(b"\0" * 9, "slice", "f", f"{4 * GIBI - 4}:{4 * GIBI + 5}")
        self.answer(self.text[: 17 * MEBI], "slice", "f", f"{BEGIN}:{BEGIN + 17 * MEBI}")
        self.answer("at the end\n", "slice", "f", "-11:")

    def test_info(self):
        status, answer, message = self.tome("info", "--json", "f", preexec_fn=limit_space)
        self.assertEqual((0, ""), (status, message))
        (report,) = json.loads(answer)
        self.assertEqual(SIZE, report["size"])

    def test_put_and_append(self):
        self.answer("", "put", "f", str(4 * GIBI - 3), "stored")
        self.answer("", "append", "f", "appended")
        with open("f", "rb") as file:
            self.assertEqual(b"\0stored\0", os.pread(file.fileno(), 8, 4 * GIBI - 4))
            self.assertEqual(b"at the end\nappended", os.pread(file.fileno(), 99, SIZE - 11))


if __name__ == "__main__":
    command_harness.main()
