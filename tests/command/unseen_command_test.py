"""tome bench where the system does not tell what it knows: which pages are in memory, how far the
disk reads ahead; and where a way of reading fails. System calls are forbidden to the command by
a seccomp filter."""
import json
import os

import command_harness
from command_harness import CommandTest
from refused_calls import refusing


class MemoryUnseen(CommandTest):
    def bench(self, *options):
        self.file("f", os.urandom(1 << 20))
        status, answer, message = self.tome(
            "bench", "--runs=1", *options, "f", **refusing(self, "cachestat", "mincore")
        )
        self.assertEqual((0, ""), (status, message))
        return answer.decode()

    def test_the_table_does_not_guess(self):
        table = self.bench()
        self.assertIn("whether they were dropped cannot be seen\n", table)
        self.assertNotIn("were dropped from memory before each run\n", table)
        self.assertNotIn("NOT COLD", table)
        self.assertNotIn("unknown", table.replace("file system unknown", ""))
        for row in table.split("\n")[3:8]:
            self.assertEqual("-", row.split()[-1])

    def test_json_says_null(self):
        (report,) = json.loads(self.bench("--json"))
        self.assertIsNone(report["cold"])
        for row in report["methods"]:
            self.assertEqual((None, None), (row["page_cache"], row["page_cache_before"]))


class Seeking(CommandTest):
    def test_a_method_that_fails_ends_it_and_nothing_is_printed_twice(self):
        self.file("f", os.urandom(5000))
        self.assertEqual(
            (
                2,
                b"f: 4.9 KiB. Reads of 4096 bytes at random offsets\n",
                "tome: f: Operation not permitted\n",
            ),
            self.tome("bench", "f", **refusing(self, "lseek")),
        )


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
        status, table, message = self.tome("bench", "--runs=1", "f")
        self.assertEqual((0, ""), (status, message))
        self.assertRegex(table, rb"\ndisk         file system \w+, pages of [\d.]+ KiB\n")


if __name__ == "__main__":
    command_harness.main()
