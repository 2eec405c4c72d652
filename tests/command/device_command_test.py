"""A block device: a loop device over a file of the test's own. Needs root, losetup, and a kernel
that lets it."""
import json
import os
import shutil
import subprocess

import command_harness
from command_harness import CommandTest, not_on_windows
from taken_back import tried_again

SIZE = 1 << 20


@not_on_windows("block devices are attached by Unix")
class Device(CommandTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can make a loop device")
        if not shutil.which("losetup", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            self.skipTest("losetup is not installed")
        self.data = os.urandom(SIZE)
        self.file("image", self.data)
        made = subprocess.run(
            ["losetup", "--find", "--show", "image"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
        )
        if made.returncode != 0:
            self.skipTest(f"no loop device to be had: {made.stderr.decode().strip()}")
        self.device = made.stdout.decode().strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", self.device], check=True)

    def test_info(self):
        status, answer, message = self.tome("info", "--json", self.device)
        self.assertEqual((0, ""), (status, message))
        entry = json.loads(answer)[0]
        self.assertEqual(("block", SIZE), (entry["kind"], entry["size"]))
        self.assertIn(b"\n  kind         block device\n", self.tome("info", self.device)[1])

    def test_slice(self):
        self.answer(self.data, "slice", self.device, ":")
        self.answer(self.data[-700:-3], "slice", self.device, "-700:-3")

    def test_find(self):
        needle = self.data[123457:123473]
        self.answer("123457\n", "find", "--hex", needle.hex(), self.device)
        self.answer("123457\n", "find", "--last", "--hex", needle.hex(), self.device)

    def test_put_is_durable_down_to_the_file_below(self):
        self.answer("", "put", self.device, "4093", "across")
        self.assertEqual(self.data[:4093] + b"across" + self.data[4099:], self.content("image"))

    def test_it_cannot_grow(self):
        for use in (
            ("put", "--grow", self.device, str(SIZE), "x"),
            ("append", self.device, "x"),
            ("resize", self.device, "2M"),
        ):
            with self.subTest(use=use):
                status, answer, message = self.tome(*use)
                self.assertEqual((2, b""), (status, answer))
                self.assertTrue(message.startswith(f"tome: {self.device}: "), message)
        self.error(
            f"{self.device}: outside the file: it has {SIZE} bytes; --grow lets it grow "
            f"(at byte {SIZE})",
            "put",
            self.device,
            str(SIZE),
            "x",
        )
        self.answer(self.data, "slice", self.device, ":")

    def test_bench(self):
        status, answer, message = self.tome("bench", "--json", "--runs=1", self.device)
        self.assertEqual((0, ""), (status, message))
        self.assertEqual(1, len({row["checksum"] for row in json.loads(answer)[0]["methods"]}))

    @tried_again
    def test_memory_is_steered(self):
        def figures(verb):
            status, answer, message = self.tome(verb, "--json", self.device)
            self.assertEqual(("", SIZE), (message, json.loads(answer)[0]["pages"]))
            return status, json.loads(answer)[0]["after"]

        self.assertEqual((0, 0), figures("evict"))
        self.assertEqual((0, SIZE), figures("warm"))
        self.assertEqual((0, 0), figures("evict"))
        self.answer(self.data, "slice", self.device, ":")


if __name__ == "__main__":
    command_harness.main()
