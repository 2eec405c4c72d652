"""tome bench where the system does not tell what it knows: which pages are in memory, how far the
disk reads ahead. The first is forbidden to the command by a seccomp filter."""
import ctypes
import json
import os
import platform
import struct

import command_harness
from command_harness import CommandTest

# cachestat(2) and mincore(2), and what the kernel calls the architecture in a filter.
NUMBERS = {"x86_64": (0xC000003E, 451, 27), "aarch64": (0xC00000B7, 451, 232)}
EPERM = 1
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2


def filter_program(architecture, *refused):
    """The instructions: the listed calls fail with EPERM, all others are allowed."""
    load, equal, answer = 0x20, 0x15, 0x06
    refuse, allow = 0x00050000 | EPERM, 0x7FFF0000
    last = len(refused) + 3
    lines = [(load, 0, 0, 4), (equal, 0, last - 2, architecture), (load, 0, 0, 0)]
    for number in refused:
        lines.append((equal, last - len(lines), 0, number))
    lines += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def install(program):
    """In the process that is to become the command."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_char_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    given = Program(len(program) // 8, program)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(given)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


class MemoryUnseen(CommandTest):
    def bench(self, *options):
        if platform.machine() not in NUMBERS:
            self.skipTest(f"the numbers of system calls on {platform.machine()} are not known here")
        program = filter_program(*NUMBERS[platform.machine()])
        self.file("f", os.urandom(1 << 20))
        status, answer, message = self.tome(
            "bench", *options, "f", preexec_fn=lambda: install(program)
        )
        self.assertEqual((0, ""), (status, message))
        return answer.decode()

    def test_the_table_does_not_guess(self):
        table = self.bench()
        self.assertIn("whether they were dropped cannot be seen\n", table)
        self.assertNotIn("were dropped from memory before each run\n", table)
        self.assertNotIn("NOT COLD", table)
        self.assertNotIn("unknown", table)
        for row in table.split("\n")[3:7]:
            self.assertEqual("-", row.split()[-1])

    def test_json_says_null(self):
        report = json.loads(self.bench("--json"))
        self.assertIsNone(report["cold"])
        for row in report["methods"]:
            self.assertEqual((None, None), (row["page_cache"], row["page_cache_before"]))


class ReadAheadUnseen(CommandTest):
    folder_parent = "/dev/shm"

    def setUp(self):
        if not os.path.isdir(self.folder_parent):
            self.skipTest("there is no /dev/shm here")
        super().setUp()

    def test_it_is_left_out(self):
        self.file("f", b"abc")
        if json.loads(self.tome("info", "--json", "f")[1])[0]["readahead"] is not None:
            self.skipTest("the files of /dev/shm are on a disk here")
        status, table, message = self.tome("bench", "f")
        self.assertEqual((0, ""), (status, message))
        self.assertRegex(table, rb"\ndisk         file system \w+, pages of [\d.]+ KiB\n")


if __name__ == "__main__":
    command_harness.main()
