"""tome grep answers as GNU grep does, to the byte, in cases made by the dice. A difference is told with the
commands and the number of the case. Skipped where GNU grep is missing."""
import os
import shlex
import subprocess
import sys

import command_harness
from command_harness import COMMAND, ON_WINDOWS, CommandTest, how_many, so_many
from grep_cases import make_case

SEED = int(os.environ.get("TOME_TEST_SEED", "1"))
ENVIRONMENT = {**os.environ, "LC_ALL": "C"}
COLORS = (None, None, None, "sl=1;33:cx=2:mc=7", "rv:sl=1:cx=2", "mt=4:fn=1:ln=2:bn=3:se=4", "ms=")


# Expressions with repetitions inside others can take PCRE2 more steps than it is given.
TOO_MANY_STEPS = b"needs more steps here than it may take"


class Differential(CommandTest):
    @classmethod
    def setUpClass(cls):
        try:
            version = subprocess.run(["grep", "--version"], stdout=subprocess.PIPE, check=True)
        except (OSError, subprocess.CalledProcessError):
            version = None
        cls.has_grep = version is not None and b"GNU grep" in version.stdout

    def setUp(self):
        super().setUp()
        if not self.has_grep:
            self.skipTest("there is no GNU grep to compare with")

    def arguments(self, case):
        words = [*case.options]
        if case.pattern_file is None:
            for pattern in case.patterns:
                words += [b"-e", pattern]
        else:
            words += ["-f", "patterns"]
        names = sorted(case.files)
        return words + names + (["-"] if case.stdin is not None and names else [])

    def answer_of(self, command, case, colors):
        options = {"input": case.stdin if case.stdin is not None else b""}
        if case.stdin is not None and not case.piped:
            options = {"stdin": open("stdin", "rb")}
        environment = ENVIRONMENT if colors is None else {**ENVIRONMENT, "GREP_COLORS": colors}
        try:
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=30,
                check=False,
                **options,
            )
        finally:
            if "stdin" in options:
                options["stdin"].close()
        return done.returncode, done.stdout, done.stderr

    def as_command_line(self, case):
        """Windows's has characters, not bytes; there the others come in a file, which means the same."""
        if ON_WINDOWS and case.pattern_file is None and not b"".join(case.patterns).isascii():
            case.pattern_file = b"".join(pattern + b"\n" for pattern in case.patterns)

    def write(self, case):
        for name, content in case.files.items():
            self.file(name, content)
        if case.stdin is not None and not case.piped:
            self.file("stdin", case.stdin)
        if case.pattern_file is not None:
            self.file("patterns", case.pattern_file)

    def has_empty_words(self, case):
        """With -w GNU grep 3.8 looks for a shorter match where the longest is no word, but not always
        for an empty one."""
        if "-w" not in case.options or "-F" in case.options:
            return False
        words = [word for pattern in case.patterns for word in (b"-e", pattern)]
        if case.pattern_file is not None:
            words = ["-f", "patterns"]
        return subprocess.run(["grep", "-aqxE", *words], input=b"\n", check=False).returncode == 0

    def compare(self, number, large):
        case = make_case(SEED, number, large)
        self.as_command_line(case)
        self.write(case)
        words = self.arguments(case)
        colors = COLORS[number % len(COLORS)]
        # It aborts itself for some expressions, and takes very long for others.
        try:
            theirs = self.answer_of(["grep", "-a", *words], case, colors)
        except subprocess.TimeoutExpired:
            theirs = (-1, b"", b"")
        ours = self.answer_of([*COMMAND, "grep", *words], case, colors)
        if theirs[:2] == ours[:2] and (not ours[2] or theirs[0] == 2):
            return
        if TOO_MANY_STEPS in ours[2]:
            self.beyond_us += 1
            return
        if theirs[0] < 0 or self.has_empty_words(case):
            self.beyond_them += 1
            return
        shown = " ".join(shlex.quote(os.fsdecode(word)) for word in words)
        self.fail(
            f"TOME_TEST_SEED={SEED}, case {number}{' (large)' * large}, GREP_COLORS={colors}: "
            f"grep {shown}\n"
            f"files: { {name: content[:300] for name, content in case.files.items()} }\n"
            f"standard input: {case.stdin and case.stdin[:300]!r} piped: {case.piped}\n"
            f"patterns: {case.pattern_file!r}\n"
            f"grep: {theirs[0]} {theirs[1][:600]!r}\n"
            f"tome: {ours[0]} {ours[1][:600]!r} {ours[2]!r}\n"
        )

    def compare_all(self, cases, large):
        self.beyond_us = self.beyond_them = 0
        for number in range(cases):
            self.compare(number, large)
        print(
            f"{cases} cases, {self.beyond_us} of them refused, {self.beyond_them} beyond GNU grep",
            end=" ... ",
            flush=True,
        )
        self.assertLessEqual(self.beyond_us + self.beyond_them, cases // 50)

    def test_small_files(self):
        self.compare_all(so_many(how_many(300, 3000)), False)

    def test_files_of_some_mib(self):
        self.compare_all(so_many(how_many(6, 40)), True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        command_harness.main()
    else:
        raise SystemExit("takes no arguments")
