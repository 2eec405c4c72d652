"""Letting go of files in memory. What is there is asked of mincore(2)."""
import json
import mmap
import os
import shutil
import subprocess
import unittest

import command_harness
from command_harness import EMULATOR, FOR_LINUX, PROGRAM, CommandTest
from memory_pages import NOTHING_DIRTY, PAGE, evict, hold, resident, size_text
from taken_back import tried_again

MIB = 1 << 20
NOBODY = 65534
ONE, TWO = size_text(PAGE), size_text(2 * PAGE)
IN_USE = "processes have it mapped or locked, or read it just now"


class Evict(CommandTest):
    def setUp(self):
        super().setUp()
        self.file("probe", b"x")
        evict(self, "probe")

    def warm(self, name, content):
        """All of it is in memory, and on the disk."""
        with open(name, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        self.assertTrue(all(resident(name)))
        return name

    @tried_again
    def test_clean_pages_go(self):
        self.warm("f", os.urandom(4 * MIB + 1))
        size = size_text(4 * MIB + PAGE)
        self.answer(f"f: 0 B of {size} in memory (was {size})\n", "evict", "f")
        self.assertFalse(any(resident("f")))

    @tried_again
    def test_what_was_changed_survives_on_the_disk(self):
        content = os.urandom(4 * MIB)
        self.file("f", content)
        self.answer("f: 0 B of 4.0 MiB in memory (was 4.0 MiB)\n", "evict", "f")
        self.assertFalse(any(resident("f")))
        self.assertEqual(content, self.content("f"))

    @tried_again
    def test_a_store_into_a_mapping_survives(self):
        self.warm("f", bytes(64 * PAGE))
        with open("f", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
            mapping[5 * PAGE : 5 * PAGE + 5] = b"hello"
        size = size_text(64 * PAGE)
        self.answer(f"f: 0 B of {size} in memory (was {size})\n", "evict", "f")
        self.assertFalse(any(resident("f")))
        self.assertEqual(b"hello", self.content("f")[5 * PAGE : 5 * PAGE + 5])

    @tried_again
    def test_the_rest_stays(self):
        for use, first, end in (
            (("--from", "2M", "--to", "4M"), 2 * MIB, 4 * MIB),
            (("--from=-2M",), 6 * MIB, 8 * MIB),
            (("--to", "2M"), 0, 2 * MIB),
        ):
            self.warm("f", bytes(8 * MIB))
            self.answer("f: 0 B of 2.0 MiB in memory (was 2.0 MiB)\n", "evict", *use, "f")
            expected = [not first <= page * PAGE < end for page in range(8 * MIB // PAGE)]
            self.assertTrue(expected == resident("f"), use)

    @tried_again
    def test_pages_in_the_range_only_in_part_do_not_count(self):
        self.warm("f", bytes(3 * PAGE))
        self.answer(
            "f: 0 B of 0 B in memory (was 0 B)\n",
            "evict",
            "--from",
            "1",
            "--to",
            str(2 * PAGE - 1),
            "f",
        )
        self.assertTrue(all(resident("f")))

    @tried_again
    def test_the_last_page_of_the_file_goes(self):
        self.warm("f", bytes(2 * PAGE + 1))
        entry = json.loads(self.tome("evict", "--json", "f")[1])[0]
        self.assertEqual((3 * PAGE, 0), (entry["before"], entry["after"]))
        self.assertEqual([False] * 3, resident("f"))

    @unittest.skipUnless(FOR_LINUX, "which processes have a file mapped is told by Linux alone")
    def test_who_keeps_what_stays_is_told(self):
        self.file("f", bytes(PAGE))
        evict(self, "f")
        hold(self, "f", [0])
        with open("/proc/self/comm", encoding="utf-8") as comm:
            name = comm.read().rstrip("\n")
        self.answer(
            f"f: {ONE} of {ONE} in memory (was {ONE}): mapped by {os.getpid()} ({name})\n",
            "evict",
            "f",
            status=1,
        )
        self.assertEqual([True], resident("f"))

    @tried_again
    def test_what_stays_in_one_file_spares_the_others(self):
        self.file("a", bytes(PAGE))
        evict(self, "a")
        hold(self, "a", [0])
        self.warm("b", bytes(PAGE))
        self.answer(
            f"a: {ONE} of {ONE} in memory (was {ONE}): {IN_USE}\n"
            f"b: 0 B of {ONE} in memory (was {ONE})\n"
            f"total: {ONE} of {TWO} in memory (was {TWO}), 2 files\n",
            "evict",
            "a",
            "b",
            status=1,
        )
        self.assertEqual([False], resident("b"))

    def test_an_error_outweighs_what_stays(self):
        self.file("a", bytes(PAGE))
        evict(self, "a")
        hold(self, "a", [0])
        self.assertEqual(
            (2, b"", "tome: missing: no such file\n"), self.tome("evict", "-q", "a", "missing")
        )

    @tried_again
    def test_the_json(self):
        self.warm("f", bytes(PAGE + 1))
        self.assertEqual(
            {
                "file": "f",
                "size": PAGE + 1,
                "from": 0,
                "to": PAGE + 1,
                "pages": 2 * PAGE,
                "hole_bytes": 0,
                "before": 2 * PAGE,
                "after": 0,
                "dirty": NOTHING_DIRTY,
            },
            json.loads(self.tome("evict", "--json", "f")[1])[0],
        )

    def test_an_empty_file(self):
        self.file("f")
        self.answer("f: 0 B of 0 B in memory (was 0 B)\n", "evict", "f")

    @tried_again
    def test_standard_input(self):
        self.warm("f", bytes(PAGE))
        with open("f", "rb") as file:
            self.answer(
                f"(standard input): 0 B of {ONE} in memory (was {ONE})\n",
                "evict",
                "-",
                stdin=file,
            )
        self.assertEqual([False], resident("f"))

    def test_no_privilege_is_needed(self):
        os.chmod(".", 0o755)
        shutil.copy(PROGRAM, "tome")
        os.chmod("tome", 0o755)
        self.warm("f", bytes(MIB))
        os.chmod("f", 0o444)
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [*EMULATOR, os.path.abspath("tome"), "evict", "f"], capture_output=True, timeout=100, **who
        )
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        self.assertFalse(any(resident("f")))

    def test_there_is_no_rate(self):
        self.misuse("evict", "unknown option --rate=1M", "--rate=1M", "f")
        self.misuse("evict", "which FILE?")


class InMemory(CommandTest):
    folder_parent = "/dev/shm"

    def setUp(self):
        if not os.path.isdir(self.folder_parent):
            self.skipTest(f"there is no {self.folder_parent} here")
        super().setUp()

    def test_a_file_system_that_keeps_files_in_memory(self):
        self.file("f", bytes(PAGE))
        if json.loads(self.tome("info", "--json", "f")[1])[0]["file_system"] != "tmpfs":
            self.skipTest("/dev/shm is no tmpfs here")
        self.answer(
            f"f: {ONE} of {ONE} in memory (was {ONE}): its file system keeps files in memory\n",
            "evict",
            "f",
            status=1,
        )
        self.assertEqual(bytes(PAGE), self.content("f"))


if __name__ == "__main__":
    command_harness.main()
