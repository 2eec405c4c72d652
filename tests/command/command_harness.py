"""What the tests of the command share: running it, files to run it on, and a loud skip."""
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

if "TOME_COMMAND" not in os.environ:
    sys.exit("TOME_COMMAND must be the path of the command that is to be tested")
PROGRAM = os.path.abspath(os.environ["TOME_COMMAND"])
# What runs programs of another system or processor, as words of a shell; nothing for programs of this one.
EMULATOR = shlex.split(os.environ.get("TOME_EMULATOR", ""))
COMMAND = [*EMULATOR, PROGRAM]
# Whether the command was built for Linux, not from what POSIX has alone.
FOR_LINUX = "linux" in os.environ.get("TOME_SYSTEMS", "linux").split("+")
ON_WINDOWS = PROGRAM.endswith(".exe")
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
VERBS = ("info", "slice", "read", "find", "grep", "lines", "between", "tail", "put", "append", "resize", "warm", "evict", "lock", "bench")
NOT_MAPPABLE = "cannot be mapped: not a regular file, block device or shared memory"
SKIPPED = 77
# How the command ends when nobody reads its answer any more.
NOBODY_READS = 141 if ON_WINDOWS else -signal.SIGPIPE

IN_WINE = ON_WINDOWS and bool(EMULATOR)
# How it ends when Ctrl-C ends it.
INTERRUPTED = 0 if IN_WINE else 0xC000013A if ON_WINDOWS else -signal.SIGINT

LONG_WORD = 30000 if ON_WINDOWS else 100000  # Windows's command lines have 32767 characters at most

UNIX_FILES = "pipes, sockets and links in the file system, /dev and /proc are Unix's"
NOT_TOLD_BY_WINE = "Wine does not tell that nobody reads from a pipe of Unix any more, before something is written into it"
UNIX_RIGHTS = "users and permissions of Unix"
UNIX_NAMES = "names hold no bytes but those of text, and none of < > : \" / \\ | ? * or control characters"


def address_bits():
    """How many bits addresses have in the command that is tested; 64 where its kind of file does not tell in its first bytes."""
    with open(PROGRAM, "rb") as program:
        return 32 if program.read(5) == b"\x7fELF\x01" else 64


BITS = address_bits()


def how_many(few, many):
    """`few` in an ordinary run, `many` in a long one."""
    return many if os.environ.get("TOME_TEST_LONG") else few


def so_many(cases):
    """Of cases that are all alike, each with a run of its own: a run in Wine takes up to a second."""
    return max(cases // 5, 2) if IN_WINE and not os.environ.get("TOME_TEST_LONG") else cases


def not_on_windows(reason):
    """Decorates tests, or a class of them, of what there is not on Windows."""
    return unittest.skipIf(ON_WINDOWS, f"on Windows: {reason}")


def not_emulated(reason):
    """Decorates tests, or a class of them, that would meet the emulator."""
    return unittest.skipIf(EMULATOR, f"in an emulator: {reason}")


class CommandTest(unittest.TestCase):
    """Each test runs in an empty folder of its own."""

    maxDiff = None
    folder_parent = None  # where the folder is made; None: the system's choice

    def setUp(self):
        before = os.getcwd()
        self.folder = tempfile.mkdtemp(prefix="tome-command-", dir=self.folder_parent)
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)

    def file(self, name, content=b""):
        with open(name, "wb") as file:
            file.write(content)
        return name

    def content(self, name):
        with open(name, "rb") as file:
            return file.read()

    def tome(self, *arguments, stdin=b"", **options):
        """Run it; returns (exit status, standard output, standard error)."""
        if isinstance(stdin, bytes):
            options["input"] = stdin
        else:
            options["stdin"] = stdin
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=500 if EMULATOR else 100,
            check=False,
            **options,
        )
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace")

    def answer(self, expected, *arguments, status=0, **options):
        """The answer is exactly this, and nothing is complained about."""
        if isinstance(expected, str):
            expected = expected.encode()
        self.assertEqual((status, expected, ""), self.tome(*arguments, **options))

    def error(self, message, *arguments, answer=b"", **options):
        """The command fails with exactly this message (after "tome: "), having answered only
        `answer`."""
        self.assertEqual((2, answer, f"tome: {message}\n"), self.tome(*arguments, **options))

    def misuse(self, verb, message, *arguments):
        """The command line is refused, with a pointer to the help."""
        self.error(f'{verb}: {message}\nTry "tome {verb} --help".', verb, *arguments)


def main():
    """Run the tests of the script. A skipped test makes the whole script skipped, so that nobody
    overlooks it."""
    run = unittest.main(verbosity=2, exit=False).result
    for test, reason in run.skipped:
        print(f"SKIPPED {test}: {reason}")
    if not run.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if run.skipped else 0)
