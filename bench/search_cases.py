"""What bench/search_commands.py compares: each case does the same work with Tome's command and with others.

They are written for the lines of tools/demo_log.c; on any other file most of them find nothing, which is work too."""
import dataclasses
import os
import random
import re
import shutil
import sys

from search_measure import ONE_CORE

MEBI = 1 << 20
LENGTHS = (1, 2, 3, 5, 8, 16, 32, 64)
ABSENT = "~Zxjq Quix~jolts vex BK_phlegm^fjord+wQz#cwm@buzz{Jynx}%Kv|hq~Xz"
RARE = "ERROR storage-07 write of block failed: input/output error, retrying"
REGEXES = (
    ("plain, absent", "ERROR .*timeout"),
    ("no literal to begin with, absent", "[a-z]+ing for [a-z]+"),
    ("alternatives, absent", "(GET|PUT|DELETE) /v1/(users|carts)/[0-9]{6} 500"),
    ("runs of digits, 1 line in 400", 'req=0*[0-9]*77 .*"(token|retry)'),
    ("at the line's beginning, absent", "^2026-01-01T0[0-3].* 5[0-9][0-9] [0-9]+ms"),
    ("word's edge, 1 line in 100", r'\b[0-9]{4}B "queued'),
)

# How the bars of the issue read: at most so much of that one's time.
RARE_BAR = ("rg", 0.75)
COUNT_BAR = ("rg", 0.6)
CASE_BAR = ("rg", 0.4)
REGEX_BAR = ("rg", 0.7)
NEEDLES_BAR = ("rg", 0.8)
LINES_BAR = ("wc", 0.45)
DISK_BAR = ("cat", 1.1)
BETWEEN_BAR = ("grep", 0.01)

PYTHON_FIND = """
import mmap, sys
with open(sys.argv[2], "rb") as file:
    data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
at = getattr(data, sys.argv[1])(sys.argv[3].encode())
if at >= 0:
    print(at)
"""

# The usual way: halve the range until the line that holds the middle is the first one not less.
PYTHON_BISECT = """
import mmap, sys
def first(data, key):
    low, high = 0, len(data)
    while low < high:
        begin = data.rfind(b"\\n", 0, (low + high) // 2) + 1
        if data[begin:begin + len(key)] < key:
            low = data.find(b"\\n", begin) + 1 or len(data)
        else:
            high = begin
    return low
with open(sys.argv[1], "rb") as file:
    data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
key = sys.argv[2].encode()
sys.stdout.buffer.write(data[first(data, key):first(data, key + b"\\xff")])
"""


@dataclasses.dataclass
class Case:
    name: str
    path: str  # what is read
    commands: dict  # by the name of the tool
    bar: tuple = None  # (tool, share of its time)
    answer: callable = lambda printed: printed[:2]  # what must agree, of (lines, digest, first line)
    size: int = 0
    less: dict = dataclasses.field(default_factory=dict)  # what a tool counts less than the others, by its name

    def __post_init__(self):
        self.size = self.size or os.path.getsize(self.path)


def number(printed):
    """The first number printed; ripgrep prints none for none."""
    return int(re.search(r"\d+", printed[2] or "0").group())


def ends_in_newline(path):
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


class Cases:
    """Makes them, with the tools that are there."""

    def __init__(self, tome, folder):
        self.tome, self.folder = tome, folder
        self.missing = [tool for tool in ("rg", "grep", "ugrep", "wc", "cat") if not shutil.which(tool)]

    def there(self, commands):
        return {name: command for name, command in commands.items() if command and name not in self.missing}

    def grep(self, name, path, options, bar=None, counted=False, more=None, size=0):
        """The same with every tool: options that all of them know."""
        options = (["-c"] if counted else []) + options
        commands = {
            "tome": [self.tome, "grep", *options, path],
            "tome" + ONE_CORE: [self.tome, "grep", *options, path],
            "rg": ["rg", "--no-config", "--no-unicode", "-a", *options, path],
            "grep": ["grep", "-a", *(["-E"] if "-F" not in options else []), *options, path],
            "ugrep": ["ugrep", "-a", *options, path],
            **(more or {}),
        }
        case = Case(name, path, self.there(commands), bar, size=size)
        if counted:
            case.answer = number
        return case

    def python(self, method, path, needle):
        return {"python": [sys.executable, "-I", "-S", "-c", PYTHON_FIND, method, path, needle]}

    def literals(self, path):
        for length in LENGTHS:
            needle = ABSENT[:length]
            yield self.grep(f"absent, {length} B", path, ["-F", "-e", needle], RARE_BAR, more=self.python("find", path, needle))
        for length in LENGTHS[3:]:
            yield self.grep(f"rare, {length} B", path, ["-F", "-e", RARE[:length]], RARE_BAR)
        yield self.grep("absent, commonest letters, 8 B", path, ["-F", "-e", "eresetse"])
        yield self.grep("absent, commonest bytes, 8 B", path, ["-F", "-e", "01001000 0"])
        for needle in ("queued for worker", "GET"):
            yield self.grep(f"frequent, `{needle}`, lines printed", path, ["-F", "-e", needle])
            yield self.grep(f"frequent, `{needle}`, counted", path, ["-F", "-e", needle], COUNT_BAR, counted=True)

    def ignoring_case(self, path):
        yield self.grep("-i, absent", path, ["-F", "-i", "-e", "xylophone"], CASE_BAR)
        yield self.grep("-i, absent, common letters", path, ["-F", "-i", "-e", "stresses"], CASE_BAR)
        yield self.grep("-i, rare", path, ["-F", "-i", "-e", "error"], CASE_BAR)

    def regexes(self, path):
        for name, regex in REGEXES:
            yield self.grep(f"`{regex}` ({name})", path, ["-e", regex], REGEX_BAR)

    def needle_file(self, name, needles):
        file_name = os.path.join(self.folder, name)
        with open(file_name, "w", encoding="ascii") as file:
            file.writelines(needle + "\n" for needle in needles)
        return file_name

    def needles(self, path):
        pick = random.Random(4)
        words = ["".join(pick.choices("abcdefghijklmnopqrstuvwxyz", k=pick.randint(6, 12))) for _ in range(1000)]
        words[0] = "ERROR"
        for count in (2, 10, 100, 1000):
            file = self.needle_file(f"words.{count}", words[:count])
            yield self.grep(f"{count} words", path, ["-F", "-f", file], NEEDLES_BAR if count == 1000 else None)
        requests = [f"req={pick.randrange(10**10):010d}" for _ in range(1000)]
        file = self.needle_file("requests", requests)
        yield self.grep("1000 request numbers, all beginning alike", path, ["-F", "-f", file], NEEDLES_BAR)

    def lines(self, path):
        commands = {
            "tome": [self.tome, "lines", "--count", path],
            "tome" + ONE_CORE: [self.tome, "lines", "--count", path],
            "rg": ["rg", "--no-config", "--no-unicode", "-a", "-c", "^", path],
            "grep": ["grep", "-a", "-c", "^", path],
            "wc": ["wc", "-l", path],
        }
        case = Case("lines counted", path, self.there(commands), LINES_BAR, number)
        case.less = {"wc": 1 - ends_in_newline(path)}
        yield case

    def offsets(self, path):
        needle = ABSENT[:8]
        for name, options, method in (("first", [], "find"), ("last", ["--last"], "rfind")):
            command = [self.tome, "find", *options, needle, path]
            commands = {"tome": command, "tome" + ONE_CORE: command, **self.python(method, path, needle)}
            yield Case(f"tome find, {name} of an absent one, 8 B", path, commands)

    def adversarial(self):
        """Files on which a simple search does the same work again and again."""
        size = 128 * MEBI
        one = os.path.join(self.folder, "one-byte.log")
        with open(one, "wb") as file:
            for _ in range(size // MEBI):
                file.write(b"a" * (MEBI - 1) + b"\n")
        for name, needle in (("first", "b" + "a" * 31), ("middle", "a" * 16 + "b" + "a" * 15), ("last", "a" * 31 + "b")):
            yield self.grep(f"lines of a MiB of `a`; 32 B, the {name} one is `b`", one, ["-F", "-e", needle], RARE_BAR)
        yield self.grep("the same; -i", one, ["-F", "-i", "-e", "A" * 31 + "b"], CASE_BAR)
        yield self.grep("the same; `(a|aa)+b`", one, ["-e", "(a|aa)+b"], REGEX_BAR)

    def cold_scans(self, path):
        needle = ABSENT[:8]
        case = self.grep("cold, absent, 8 B", path, ["-F", "-e", needle], DISK_BAR, more={"cat": ["cat", path]})
        for name in ("tome" + ONE_CORE, "ugrep"):
            case.commands.pop(name, None)
        yield case

    def between(self, path):
        """Ten seconds out of the file, at six tenths of it."""
        with open(path, "rb") as file:
            file.seek(os.path.getsize(path) // 10 * 6)
            file.readline()
            stamp = file.readline()[:18].decode("ascii", "replace")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d", stamp):
            return
        commands = {
            "tome": [self.tome, "between", path, stamp + "0Z", stamp + "9.999Z"],
            "grep": ["grep", "-a", "^" + stamp, path],
            "rg": ["rg", "--no-config", "--no-unicode", "-a", "^" + stamp, path],
            "python": [sys.executable, "-I", "-S", "-c", PYTHON_BISECT, path, stamp],
        }
        yield Case("between, cold, 10 s of the log", path, self.there(commands), BETWEEN_BAR)

    def last_line(self, path, count):
        commands = {
            "tome": [self.tome, "lines", path, str(count)],
            "sed": ["sed", "-n", "$p", path],
            "tail": ["tail", "-n", "1", path],
        }
        yield Case("the last line by its number, cold, with an index", path, commands)
