"""tome info where the system does not tell what is in memory, as it does not of files of others. A seccomp
filter forbids it to the command here."""
import json
import os
from xml.etree import ElementTree

import command_harness
from command_harness import CommandTest
from memory_pages import PAGE
from refused_calls import refusing

PAGES = 48


class Unseen(CommandTest):
    def setUp(self):
        super().setUp()
        self.file("f", os.urandom(PAGES * PAGE))
        with open("f", "rb") as file:
            os.fsync(file.fileno())

    def unseen(self, *arguments):
        variables = {**os.environ, "LC_ALL": "C", "COLUMNS": "80"}
        status, answer, message = self.tome(
            "info", *arguments, env=variables, **refusing(self, "cachestat", "mincore")
        )
        self.assertEqual((0, ""), (status, message))
        return answer.decode()

    def test_one_file(self):
        answer = self.unseen("f")
        self.assertIn("\n  in memory    unknown\n  dirty        unknown\n", answer)
        self.assertIn("\n  " + "?" * PAGES + "\n  one character is a page of ", answer)
        self.assertTrue(answer.endswith("  D dirty  ? unknown\n"))

    def test_a_map(self):
        self.assertIn("\n  0  " + "?" * PAGES + "\n\n  one block is ", self.unseen("--map", "f"))

    def test_a_table(self):
        answer = self.unseen("f", ".")
        size = f"{PAGES * PAGE / 1024:.1f} KiB"
        self.assertIn(f"\n{size:>10}     unknown       -   ???????????????  f\n", answer)
        self.assertIn("  total: 1 file, 0 of 0 pages; 1 unknown\n", answer)

    def test_json_says_null(self):
        (entry,) = json.loads(self.unseen("--json", "--map", "f"))
        for figures in (entry, *entry["blocks"]):
            self.assertEqual(
                [None] * 3, [figures[key] for key in ("resident", "dirty", "writeback")]
            )
        self.assertEqual(PAGES, len(entry["blocks"]))

    def test_a_picture(self):
        for operands in (("f",), ("f", ".")):
            texts = [
                "".join(text.itertext())
                for text in ElementTree.fromstring(self.unseen("--svg=-", *operands)).iter()
                if text.tag.endswith("}text")
            ]
            self.assertIn(f"{PAGES * PAGE / 1024:.1f} KiB", texts)
            self.assertFalse([text for text in texts if "of it in memory" in text])
            self.assertIn("unknown, or not", texts)
            self.assertNotIn("not in memory", texts)


if __name__ == "__main__":
    command_harness.main()
