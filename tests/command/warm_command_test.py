"""Bringing files into memory. What is there is asked of mincore(2)."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import command_harness
from command_harness import COMMAND, EMULATOR, PROGRAM, CommandTest
from memory_pages import NOTHING_DIRTY, PAGE, evict, resident, size_text, skip_on_windows
from pseudo_terminal import Terminal
from refused_calls import refusing
from taken_back import tried_again

MIB = 1 << 20
NOBODY = 65534


class WarmTest(CommandTest):
    def cold(self, name, size):
        self.file(name, os.urandom(size))
        evict(self, name)
        return name


class Warm(WarmTest):
    @tried_again
    def test_all_of_a_file_is_in_memory(self):
        self.cold("f", 4 * MIB + 1)
        status, answer, message = self.tome("warm", "f")
        self.assertTrue(all(resident("f")))
        size = size_text(4 * MIB + PAGE)
        expected = f"f: {size} of {size} in memory (was 0 B)\n"
        self.assertEqual((0, expected, ""), (status, answer.decode(), message))

    @tried_again
    def test_what_was_there_before_is_told(self):
        self.cold("f", 16 * PAGE)
        with open("f", "rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
            os.pread(file.fileno(), 1, 5 * PAGE)
        before = sum(resident("f")) * PAGE
        entry = json.loads(self.tome("warm", "--json", "f")[1])[0]
        self.assertEqual((before, 16 * PAGE), (entry["before"], entry["after"]))

    @tried_again
    def test_the_json(self):
        skip_on_windows(self)
        self.file("f", bytes(3 * PAGE))
        os.truncate("f", 5 * PAGE)
        with open("f", "rb") as file:
            os.fsync(file.fileno())
        there = sum(resident("f")) * PAGE
        self.assertEqual(
            {
                "file": "f",
                "size": 5 * PAGE,
                "from": PAGE + 1,
                "to": 3 * PAGE,
                "pages": 2 * PAGE,
                "hole_bytes": 0,
                "before": there - PAGE,
                "after": 2 * PAGE,
                "dirty": NOTHING_DIRTY,
            },
            json.loads(
                self.tome("warm", "--json", "--from", str(PAGE + 1), "--to", str(3 * PAGE), "f")[1]
            )[0],
        )

    @tried_again
    def test_a_range(self):
        for use, first, end in (
            (("--from", "1M", "--to", "2M"), 1 * MIB, 2 * MIB),
            (("--from=-1M",), 7 * MIB, 8 * MIB),
            (("--to=-7M",), 0, 1 * MIB),
            (("--from", "7M", "--to", "1G"), 7 * MIB, 8 * MIB),
            (("--from", "8M"), 8 * MIB, 8 * MIB),
        ):
            self.cold("f", 8 * MIB)
            entry = json.loads(self.tome("warm", "--json", *use, "f")[1])[0]
            self.assertEqual(
                (first, end, end - first, 0, end - first),
                tuple(entry[key] for key in ("from", "to", "pages", "before", "after")),
                use,
            )
            self.assertTrue(all(resident("f")[first // PAGE : end // PAGE]), use)

    def test_a_range_that_ends_before_it_begins(self):
        self.file("f", bytes(PAGE))
        self.error("f: --to lies before --from", "warm", "--from", "2", "--to", "1", "f")
        self.error("f: --to lies before --from", "warm", "--from=-1", "--to=-2", "f")

    @tried_again
    def test_several_files_and_their_total(self):
        self.cold("a", 2 * MIB)
        self.cold("b", MIB)
        self.answer(
            "a: 2.0 MiB of 2.0 MiB in memory (was 0 B)\n"
            "b: 1.0 MiB of 1.0 MiB in memory (was 0 B)\n"
            "total: 3.0 MiB of 3.0 MiB in memory (was 0 B), 2 files\n",
            "warm",
            "a",
            "b",
        )

    @tried_again
    def test_what_is_wrong_is_told_first_and_the_rest_is_warmed(self):
        self.cold("a", MIB)
        self.error(
            "missing: no such file",
            "warm",
            "a",
            "missing",
            answer=b"a: 1.0 MiB of 1.0 MiB in memory (was 0 B)\n",
        )
        self.assertTrue(all(resident("a")))

    @tried_again
    def test_nothing_is_printed_if_so_wanted(self):
        self.cold("f", MIB)
        self.answer("", "warm", "-q", "f")
        self.assertTrue(all(resident("f")))
        self.misuse(
            "warm", "-q prints nothing; it does not go with --json", "--json", "--quiet", "f"
        )

    @tried_again
    def test_holes_are_passed_over(self):
        with open("f", "wb") as file:
            file.truncate(64 * MIB)
            file.seek(32 * MIB)
            file.write(b"x" * PAGE)
            file.flush()
            os.fsync(file.fileno())
            if os.lseek(file.fileno(), 0, os.SEEK_DATA) != 32 * MIB:
                self.skipTest("this file system does not tell holes")
        evict(self, "f")
        there, holes = size_text(PAGE), size_text(64 * MIB - PAGE)
        self.answer(f"f: {there} of 64.0 MiB in memory (was 0 B; {holes} are holes)\n", "warm", "f")
        self.assertTrue(resident("f")[32 * MIB // PAGE])

    def test_an_empty_file(self):
        self.file("f")
        self.answer("f: 0 B of 0 B in memory (was 0 B)\n", "warm", "f")

    @tried_again
    def test_standard_input(self):
        self.cold("f", MIB)
        with open("f", "rb") as file:
            self.answer(
                "(standard input): 1.0 MiB of 1.0 MiB in memory (was 0 B)\n",
                "warm",
                "-",
                stdin=file,
            )
        self.assertTrue(all(resident("f")))

    def test_operands_are_asked_for(self):
        self.misuse("warm", "which FILE?")


class Rate(WarmTest):
    """Time has a lower bound only."""

    def elapsed(self, *use):
        begun = time.monotonic()
        status, _, message = self.tome("warm", *use)
        self.assertEqual((0, ""), (status, message))
        return time.monotonic() - begun

    @tried_again
    def test_a_file(self):
        for rate in ("2MiB/s", "2M"):
            self.cold("f", 2 * MIB)
            self.assertGreater(self.elapsed("--rate", rate, "f"), 0.9)
            self.assertTrue(all(resident("f")))

    @tried_again
    def test_many_small_files_together(self):
        os.makedirs("d", exist_ok=True)
        for number in range(32):
            self.cold(f"d/{number}", 16 * PAGE)
        self.assertGreater(self.elapsed("--rate", "2M/s", "d"), 0.9)

    def test_what_is_in_memory_already_costs_nothing(self):
        skip_on_windows(self)
        self.file("f", bytes(MIB))
        self.elapsed("f")
        self.elapsed("--rate", "4K/s", "f")  # would take four minutes

    def test_what_is_no_rate(self):
        no_size = (
            "is not a size; write 4096, 0x1000, 64K or 64KiB (K, M, G, T, P, E: times 1024), "
            "64kB or 1MB (times 1000)"
        )
        for rate in ("fast", "/s", "2M/m", "2M/s/s", ""):
            self.misuse("warm", f'"{rate}" {no_size}', f"--rate={rate}", "f")
        self.misuse("warm", '"-1M/s" cannot be negative', "--rate=-1M/s", "f")
        self.misuse("warm", "--rate: nothing is ever read at that rate", "--rate=0/s", "f")


class Interrupted(WarmTest):
    """Stopped, or hit, in the middle: something is in memory, and not all can be."""

    def begin(self, rate="1M/s"):
        self.cold("f", 16 * MIB)
        process = subprocess.Popen(
            [*COMMAND, "warm", "--rate", rate, "f"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while not any(resident("f")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        return process

    @tried_again
    def test_what_was_read_stays(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        self.assertEqual((b"", b""), process.communicate(timeout=100))
        self.assertEqual(-signal.SIGINT, process.returncode)
        self.assertTrue(any(resident("f")))

    @tried_again
    def test_what_was_taken_back_meanwhile_is_told(self):
        process = self.begin("8M/s")
        with open("f", "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        answer, message = process.communicate(timeout=100)
        self.assertEqual((1, b""), (process.returncode, message))
        self.assertRegex(
            answer,
            rb"^f: \d+\.\d MiB of 16\.0 MiB in memory \(was 0 B\): the system has taken the rest back\n$",
        )
        self.assertFalse(all(resident("f")))

    def test_a_file_that_is_cut(self):
        process = self.begin()
        os.truncate("f", PAGE)
        answer, message = process.communicate(timeout=100)
        self.assertEqual(2, process.returncode)
        self.assertRegex(message, rb"^tome: f: bytes were lost: .* \(at byte \d+\)\n$")


class Drawn(Terminal):
    """How far it is, on a terminal; how long it takes until it is drawn does not matter."""

    def drawn(self, line, *use):
        with subprocess.Popen(
            [*COMMAND, "warm", "--rate", "1M/s", *use], stderr=self.terminal
        ) as process:
            seen = b""
            while not re.fullmatch(rb"(\r\033\[K" + line + rb")+", seen):
                seen += self.read_screen(0.05)
                self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(-signal.SIGINT, process.wait(100))
        self.assertTrue(self.rest_of_screen().endswith(b"\r\033[K"))

    def cold(self, name):
        self.file(name, bytes(16 * MIB))
        evict(self, name)

    def test_one_file(self):
        self.cold("f")
        self.drawn(rb"f: \d+\.\d MiB of 16\.0 MiB, \d+%", "f")

    def test_several_files_together(self):
        self.cold("a")
        self.cold("b")
        self.tome("warm", "a")  # so half of it is done in no time
        self.drawn(rb"2 files: (1[6-9]|2\d)\.\d MiB of 32\.0 MiB, [5-9]\d%", "a", "b")


class Unseen(WarmTest):
    """What is in memory of other people's files is told to some only; it depends on the system."""

    def test_who_may_not_know(self):
        self.cold("a", MIB)
        self.cold("b", MIB)
        refused = refusing(self, "cachestat", "mincore")
        self.answer(
            "a: unknown of 1.0 MiB in memory (was unknown)\n"
            "b: unknown of 1.0 MiB in memory (was unknown)\n"
            "total: unknown, 2 files\n",
            "warm",
            "a",
            "b",
            **refused,
        )
        entry = json.loads(self.tome("warm", "--json", "a", **refused)[1])[0]
        self.assertEqual([None] * 3, [entry[key] for key in ("before", "after", "dirty")])
        self.answer("a: unknown of 1.0 MiB in memory (was unknown)\n", "evict", "a", **refused)

    @tried_again
    def test_who_may_only_read(self):
        os.chmod(".", 0o755)
        shutil.copy(PROGRAM, "tome")
        os.chmod("tome", 0o755)
        self.cold("f", MIB)
        os.chmod("f", 0o444)
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [*EMULATOR, os.path.abspath("tome"), "warm", "f"], capture_output=True, timeout=100, **who
        )
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        self.assertIn(
            done.stdout,
            (
                b"f: 1.0 MiB of 1.0 MiB in memory (was 0 B)\n",
                b"f: unknown of 1.0 MiB in memory (was unknown)\n",
            ),
        )
        self.assertTrue(all(resident("f")))


if __name__ == "__main__":
    command_harness.main()
