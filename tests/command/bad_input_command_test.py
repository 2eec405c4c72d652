"""What cannot be opened, and sizes at which something might begin or end: for every verb, the exact
message."""
import os
import socket

import command_harness
from command_harness import LONG_WORD, NOT_MAPPABLE, UNIX_FILES, CommandTest, not_on_windows


def uses_of(file):
    """Every verb, used on the file."""
    return (
        ("info", file),
        ("slice", file, ":"),
        ("find", "x", file),
        ("put", file, "0", "x"),
        ("append", file, "x"),
        ("resize", file, "1"),
        ("bench", file),
    )


class CannotOpen(CommandTest):
    def refused(self, file, message, hint="", spared=()):
        for use in uses_of(file):
            if use[0] in spared:
                continue
            with self.subTest(use=use):
                changes = use[0] in ("put", "append", "resize")
                self.error(f"{file}: {message}" + (hint if changes else ""), *use)

    def test_a_missing_file(self):
        self.refused("missing", "no such file", "; --create makes one")
        self.refused("no/folder/f", "no such file", "; its directory does not exist")

    def test_an_empty_name(self):
        self.refused("", "no such file")

    @not_on_windows(UNIX_FILES)
    def test_a_dangling_link(self):
        os.symlink("nowhere", "link")
        self.refused("link", "no such file", "; --create makes one")

    @not_on_windows(UNIX_FILES)
    def test_links_in_a_circle(self):
        os.symlink("b", "a")
        os.symlink("a", "b")
        self.refused("a",
                     "the path is too long, has too many symbolic links, or cannot be a name here")

    def test_a_name_too_long(self):
        self.refused("n" * 300,
                     "the path is too long, has too many symbolic links, or cannot be a name here")

    def test_a_file_as_a_folder(self):
        self.file("f")
        self.refused("f/g", "a component of the path is not a directory")

    def test_a_folder(self):
        os.mkdir("folder")
        self.refused("folder", "is a directory", spared=("info",))
        self.refused(".", "is a directory", spared=("info",))

    @not_on_windows(UNIX_FILES)
    def test_a_pipe(self):
        os.mkfifo("pipe")
        self.refused("pipe", NOT_MAPPABLE)

    @not_on_windows(UNIX_FILES)
    def test_a_socket(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
            self.refused("socket", NOT_MAPPABLE)

    @not_on_windows(UNIX_FILES)
    def test_devices_that_are_endless_or_empty(self):
        self.refused("/dev/zero", NOT_MAPPABLE)
        self.refused("/dev/null", NOT_MAPPABLE)

    @not_on_windows(UNIX_FILES)
    def test_a_file_of_the_kernel(self):
        for use in uses_of("/proc/self/status"):
            status, answer, message = self.tome(*use)
            self.assertEqual((2, b""), (status, answer))
            expected = (
                NOT_MAPPABLE
                if use[0] in ("info", "slice", "find", "bench")
                else "permission denied|" + NOT_MAPPABLE
            )
            self.assertRegex(message, f"^tome: /proc/self/status: ({expected})\n$")

    def test_standard_input_that_is_a_pipe_or_a_folder(self):
        for use in (("info", "-"), ("slice", "-", ":"), ("find", "x", "-")):
            answer = b""
            message = f"(standard input): {NOT_MAPPABLE}; write what comes into a file first"
            self.error(message, *use, answer=answer, stdin=b"some input")
            with open("/dev/null", "rb") as null:
                self.error(message, *use, stdin=null)
            folder = os.open(".", os.O_RDONLY)
            self.error("(standard input): is a directory", *use, stdin=folder)
            os.close(folder)

    def test_a_create_that_cannot_be(self):
        for use in (
            ("put", "no/folder", "0", "x"),
            ("append", "no/folder", "x"),
            ("resize", "no/folder", "1"),
        ):
            self.error(
                "no/folder: no such file; its directory does not exist",
                use[0],
                "--create",
                *use[1:],
            )


class Lengths(CommandTest):
    def test_around_every_page_boundary(self):
        for pages in (0, 1, 2, 16):
            for size in (pages * 4096 - 1, pages * 4096, pages * 4096 + 1):
                if size < 0:
                    continue
                data = bytearray(os.urandom(size))
                self.file("f", data)
                with self.subTest(size=size):
                    self.answer(bytes(data), "slice", "f", ":")
                    self.answer(bytes(data[-1:]), "slice", "f", "-1:")
                    self.answer(
                        b"", "slice", "f", f"{size}:", f"{size + 1}:", ":-18446744073709551615"
                    )
                    if size:
                        self.answer("", "put", "f", "-1", "!")
                        data[-1:] = b"!"
                    self.error(
                        f"f: outside the file: it has {size} bytes; --grow lets it grow "
                        f"(at byte {size})",
                        "put",
                        "f",
                        str(size),
                        "x",
                    )
                    self.answer("", "append", "f", "needle")
                    data += b"needle"
                    self.assertEqual(bytes(data), self.content("f"))
                    self.answer(f"{size}\n", "find", "needle", "f")
                    self.answer("1\n", "find", "-c", "--from", str(size), "needle", "f")
                    self.answer("", "find", "--from", str(size + 1), "needle", "f", status=1)

    def test_offsets_at_the_limits(self):
        self.file("f", b"abc")
        for offset in ("9223372036854775807", "9223372036854775808", "18446744073709551615"):
            with self.subTest(offset=offset):
                self.answer("", "slice", "f", f"{offset}:")
                self.answer("abc", "slice", "f", f":{offset}", f"-{offset}:0")
                self.error(
                    f"f: outside the file: it has 3 bytes, and none can be so long "
                    f"(at byte {offset})",
                    "put",
                    "f",
                    offset,
                    "x",
                )
                self.assertEqual(2, self.tome("put", "--grow", "f", offset, "xy")[0])
                self.assertEqual(b"abc", self.content("f"))

    def test_a_pattern_longer_than_the_file(self):
        self.file("f", b"abc")
        self.answer("", "find", "abcd", "f", status=1)
        self.answer("", "find", "x" * LONG_WORD, "f", status=1)


if __name__ == "__main__":
    command_harness.main()
