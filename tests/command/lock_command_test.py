"""Keeping files in memory: what the system says is locked, and for how long."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess

import command_harness
from command_harness import COMMAND, EMULATOR, ON_WINDOWS, PROGRAM, CommandTest, not_on_windows
from memory_pages import NOTHING_DIRTY, PAGE, evict, resident, with_pages_of_the_system

MIB = 1 << 20
NOBODY = 65534
# Windows knows Ctrl-C, but no signal that one process sends another.
STOPPING = (signal.SIGINT,) if ON_WINDOWS else (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@with_pages_of_the_system
class Lock(CommandTest):
    def setUp(self):
        super().setUp()
        if not self.may_lock(4 * MIB):
            self.skipTest("this user may not lock 4 MiB: ulimit -l")

    def may_lock(self, size):
        """Those with a privilege may, and others within their limit; -1 is none."""
        with open("/proc/self/status", encoding="ascii") as status:
            capabilities = int(re.search(r"^CapEff:\s*(\w+)$", status.read(), re.M).group(1), 16)
        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        return bool(capabilities >> 14 & 1) or (size >= 0 and not 0 <= limit < size)

    def lock(self, *arguments, lines=1, **options):
        """Start it, and wait for so many lines of its answer."""
        process = subprocess.Popen(
            [*COMMAND, "lock", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process, b"".join(process.stdout.readline() for _ in range(lines))

    def status_of(self, process, name):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            return re.search(rf"^{name}:\s*(\w+)", status.read(), re.M).group(1)

    def locked(self, process):
        return int(self.status_of(process, "VmLck")) * 1024

    def stop(self, process, number=STOPPING[0], status=0, message=b""):
        process.send_signal(number)
        self.assertEqual((b"", message), process.communicate(timeout=100))
        self.assertEqual(status, process.returncode)

    def cold(self, name, size):
        self.file(name, os.urandom(size))
        evict(self, name)
        return name


class Locked(Lock):
    def test_in_memory_until_stopped(self):
        self.cold("f", 2 * MIB)
        process, answer = self.lock("f")
        self.assertEqual(b"f: 2.0 MiB of 2.0 MiB locked in memory (was 0 B)\n", answer)
        self.assertEqual(2 * MIB, self.locked(process))
        self.assertTrue(all(resident("f")))
        self.assertEqual(1, self.tome("evict", "-q", "f")[0])
        self.assertTrue(all(resident("f")))
        self.stop(process)
        self.assertEqual(0, self.tome("evict", "-q", "f")[0])
        self.assertFalse(any(resident("f")))

    def test_what_stops_it(self):
        self.file("f", bytes(PAGE))
        for number in STOPPING:
            with self.subTest(signal=number):
                self.stop(self.lock("f")[0], number)

    @not_on_windows("no signal is ignored there that the command heeds")
    def test_ignored_signals_stay_so(self):
        self.file("f", bytes(PAGE))
        process, _ = self.lock("f", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.3)
        self.stop(process)

    def test_a_range_in_whole_pages(self):
        self.cold("f", 2 * MIB)
        process, answer = self.lock("--from", str(MIB - 1), "--to", str(MIB + PAGE), "f")
        self.assertEqual(b"f: 8.0 KiB of 8.0 KiB locked in memory (was 0 B)\n", answer)
        self.assertEqual(2 * PAGE, self.locked(process))
        first = MIB // PAGE - 1
        self.assertEqual([True, True], resident("f")[first : first + 2])
        self.tome("evict", "f")
        self.assertEqual([True, True], resident("f")[first : first + 2])
        self.stop(process)

    def test_the_answer_comes_when_all_files_are_locked(self):
        os.mkdir("d")
        self.cold("d/a", MIB)
        self.cold("d/b", MIB)
        process, answer = self.lock("d")
        self.assertEqual(2 * MIB, self.locked(process))
        answer += process.stdout.readline() + process.stdout.readline()
        self.assertEqual(
            b"d/a: 1.0 MiB of 1.0 MiB locked in memory (was 0 B)\n"
            b"d/b: 1.0 MiB of 1.0 MiB locked in memory (was 0 B)\n"
            b"total: 2.0 MiB of 2.0 MiB locked in memory (was 0 B), 2 files\n",
            answer,
        )
        self.stop(process)

    def test_the_json(self):
        self.cold("f", PAGE)
        process, answer = self.lock("--json", "f", lines=13)
        self.assertEqual(
            [
                {
                    "file": "f",
                    "size": PAGE,
                    "from": 0,
                    "to": PAGE,
                    "pages": PAGE,
                    "hole_bytes": 0,
                    "before": 0,
                    "after": PAGE,
                    "dirty": NOTHING_DIRTY,
                }
            ],
            json.loads(answer),
        )
        self.stop(process)

    def test_more_files_than_may_be_open(self):
        os.mkdir("d")
        for number in range(100):
            self.file(f"d/{number}", b"x")
        process, _ = self.lock(
            "d",
            lines=101,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 1024)),
        )
        self.assertEqual(100 * PAGE, self.locked(process))
        self.stop(process)

    def test_who_may_lock_any_amount_has_no_limit(self):
        if not self.may_lock(resource.RLIM_INFINITY):
            self.skipTest("this needs the privilege to lock any amount, CAP_IPC_LOCK")
        self.file("f", bytes(MIB))
        process, _ = self.lock(
            "f", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (PAGE, PAGE))
        )
        self.assertEqual(MIB, self.locked(process))
        self.stop(process)

    def test_empty_files_and_folders(self):
        os.mkdir("d")
        self.file("f")
        process, answer = self.lock("f")
        self.assertEqual(b"f: 0 B of 0 B locked in memory (was 0 B)\n", answer)
        self.stop(process)
        process, answer = self.lock("d")
        self.assertEqual(b"total: 0 B of 0 B locked in memory (was 0 B), 0 files\n", answer)
        self.assertEqual(0, process.wait(60), "there is nothing to wait for")


class Changed(Lock):
    def test_what_is_added_is_not_locked(self):
        self.file("f", bytes(PAGE))
        process, _ = self.lock("f")
        with open("f", "ab") as file:
            file.write(bytes(MIB))
        self.assertEqual(PAGE, self.locked(process))
        self.stop(process)

    def test_a_file_that_is_cut_is_let_go(self):
        self.file("f", bytes(MIB))
        process, _ = self.lock("f")
        os.truncate("f", PAGE)
        self.assertEqual([True], resident("f"))
        os.truncate("f", 0)
        self.stop(process)

    def test_a_file_that_is_removed(self):
        self.file("f", bytes(MIB))
        process, _ = self.lock("f")
        os.remove("f")
        self.stop(process)


class Failed(Lock):
    def test_what_is_missing_is_told_and_the_rest_is_locked(self):
        self.file("f", bytes(PAGE))
        process, answer = self.lock("missing", "f")
        self.assertIn(b"f: 4.0 KiB of 4.0 KiB locked in memory", answer)
        self.assertEqual(PAGE, self.locked(process))
        self.stop(process, status=2, message=b"tome: missing: no such file\n")

    def test_nothing_to_lock_is_the_end(self):
        self.error("missing: no such file", "lock", "missing")
        self.error(
            "f: --to lies before --from", "lock", "--from", "2", "--to", "1", self.file("f", b"abc")
        )
        self.misuse("lock", "which FILE?")

    def test_an_answer_that_cannot_be_written_is_the_end(self):
        self.file("f", bytes(PAGE))
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*COMMAND, "lock", "f"],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=100,
                check=False,
            )
        self.assertEqual(
            (2, b"tome: standard output: No space left on device\n"), (done.returncode, done.stderr)
        )

    def test_more_than_the_machine_has(self):
        try:
            os.truncate(self.file("f"), 1 << 43)
        except OSError as problem:
            self.skipTest(f"no file of 8 TiB can be made here: {problem}")
        status, answer, message = self.tome("lock", "f")
        self.assertEqual((2, b""), (status, answer))
        self.assertRegex(
            message,
            r"^tome: lock: 8\.0 TiB do not fit the \d+\.\d [MGT]iB of memory that there are; "
            r"choose a part with --from and --to\n$",
        )


@with_pages_of_the_system
@not_on_windows("limits of a process are Unix's")
class Limited(CommandTest):
    """Without the privilege to lock more. Root has it, so the command runs as somebody else."""

    ADVICE = "raise the limit (ulimit -l) as root, or choose a part with --from and --to"

    def setUp(self):
        super().setUp()
        os.chmod(".", 0o755)
        shutil.copy(PROGRAM, "tome")
        os.chmod("tome", 0o755)

    def start(self, soft, hard, *arguments):
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        if os.geteuid() != 0 and limit != resource.RLIM_INFINITY and limit < hard:
            self.skipTest(f"this user may not lock {hard} bytes: ulimit -l")
        process = subprocess.Popen(
            [*EMULATOR, os.path.abspath("tome"), "lock", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft, hard)),
            **who,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def refused(self, message, *arguments):
        process = self.start(64 << 10, 64 << 10, *arguments)
        self.assertEqual((b"", f"tome: {message}\n".encode()), process.communicate(timeout=100))
        self.assertEqual(2, process.returncode)

    def test_more_than_may_be_locked(self):
        self.file("f", bytes(MIB))
        evict(self, "f")
        self.refused(
            "lock: 1.0 MiB are to be locked in memory, but this process may lock 64.0 KiB only; "
            + self.ADVICE,
            "f",
        )
        self.assertFalse(any(resident("f")))  # it is refused before anything is read

    def test_files_count_together(self):
        for name in "abc":
            self.file(name, bytes(6 * PAGE))
        self.refused(
            "lock: 72.0 KiB are to be locked in memory, but this process may lock 64.0 KiB only; "
            + self.ADVICE,
            *"abc",
        )

    def test_a_limit_that_the_user_may_raise_is_raised(self):
        self.file("f", bytes(64 << 10))
        process = self.start(PAGE, 64 << 10, "f")
        self.assertRegex(process.stdout.readline(), rb"^f: .* of 64\.0 KiB locked in memory")
        process.send_signal(signal.SIGTERM)
        self.assertEqual((b"", b""), process.communicate(timeout=100))
        self.assertEqual(0, process.returncode)


if __name__ == "__main__":
    command_harness.main()
