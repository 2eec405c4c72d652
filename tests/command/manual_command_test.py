"""The help of each verb, the manual page and the completions of three shells name the same verbs
and options."""
import os
import re
import subprocess

import command_harness
from command_harness import SOURCE, VERBS, CommandTest

COMPLETIONS = os.path.join(SOURCE, "packaging", "completions")


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


class Manual(CommandTest):
    def options_of(self, verb):
        """From the list in its help: the options as they are written, without their values."""
        return {option for pair in self.listed_options(verb) for option in pair if option}

    def listed_options(self, verb):
        return re.findall(
            r"^  (?:(-\w), |    )(--[a-z-]+)", self.tome(verb, "--help")[1].decode(), re.M
        )

    def help_options(self, verb):
        """-h is another option of some verbs."""
        return {"--help", "-h"} if ("-h", "--help") in self.listed_options(verb) else {"--help"}

    def with_a_letter(self, verb):
        """The long options that have a letter, too: a usage line shows the letter alone."""
        return {name for letter, name in self.listed_options(verb) if letter}

    def test_help_lists_what_the_usage_line_shows(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                usage = self.tome(verb, "--help")[1].decode().split("\n\n")[0]
                shown = set(
                    re.findall(
                        r"(?<!-)(--?[A-Za-z][a-z-]*)", " ".join(re.findall(r"\[(-[^]]*)\]", usage))
                    )
                )
                self.assertLessEqual(shown, self.options_of(verb))
                long_only = {option for option in self.options_of(verb) if option.startswith("--")}
                self.assertLessEqual(long_only - shown, self.with_a_letter(verb) | {"--help"})

    def test_each_listed_option_exists(self):
        for verb in VERBS:
            for option in self.options_of(verb):
                self.assertNotIn("unknown", self.tome(verb, option)[2])

    def test_manual_page(self):
        page = read("docs", "man", "tome.1")
        for verb in VERBS:
            with self.subTest(verb=verb):
                section = re.search(rf"^\.Ss {verb}\n(.*?)^\.S[sh] ", page, re.M | re.S).group(1)
                lists = "\n".join(re.findall(r"^\.It (Fl .*)$", section, re.M))
                described = {"-" + name for name in re.findall(r"Fl (-?[A-Za-z-]+)", lists)}
                self.assertEqual(self.options_of(verb) - self.help_options(verb), described)
                synopsis = re.search(rf"^\.Cm {verb}\n(.*?)^\.Nm", page, re.M | re.S).group(1)
                shown = {"-" + name for name in re.findall(r"Fl (-?[A-Za-z-]+)", synopsis)}
                self.assertEqual(
                    self.options_of(verb) - self.help_options(verb) - self.with_a_letter(verb),
                    shown,
                )

    def test_manual_page_names_every_field_of_the_json(self):
        self.file("f", b"abc")
        page = read("docs", "man", "tome.1")
        for verb in ("info", "warm", "evict", "bench"):
            section = re.search(rf"^\.Ss {verb}\n(.*?)^\.S[sh] ", page, re.M | re.S).group(1)
            described = set(re.findall(r"\w+", " ".join(re.findall(r"^\.Li (.*)$", section, re.M))))
            fields = set(re.findall(r'"(\w+)":', self.tome(verb, "--json", "f")[1].decode()))
            self.assertLessEqual(fields, described)

    def test_bash_completes_every_verb_and_option(self):
        def complete(*words):
            script = (
                f'source {COMPLETIONS}/tome.bash\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n'
                "_tome\n"
                "printf '%s\\n' \"${COMPREPLY[@]}\""
            )
            done = subprocess.run(
                ["bash", "-c", script, "bash", "tome", *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                check=True,
            )
            self.assertEqual(b"", done.stderr)
            return done.stdout.decode().split()

        self.assertEqual({*VERBS, "help", "-h", "--help", "--version"}, set(complete("")))
        self.assertEqual(set(VERBS), set(complete("help", "")))
        self.assertEqual(["slice"], complete("sl"))
        for verb in VERBS:
            self.assertEqual(
                self.options_of(verb), {word.rstrip("=") for word in complete(verb, "-")}
            )
        self.assertEqual(["--last"], complete("find", "--la"))
        self.file("some file")
        self.assertEqual("some file".split(), complete("slice", "so"))
        self.assertEqual([], complete("find", "--from", ""))

    def test_zsh_names_every_verb_and_option(self):
        text = read("packaging", "completions", "_tome")
        self.assertEqual([*VERBS, "help"], re.findall(r"^    '([a-z]+):", text, re.M))
        shared = {
            name: re.search(rf"local (?:-a )?{name}=(.*)$", text, re.M).group(1)
            for name in ("help", "hex", "create")
        }
        for verb in VERBS:
            with self.subTest(verb=verb):
                block = re.search(rf"^    {verb}\)\n(.*?);;", text, re.M | re.S).group(1)
                for name, value in shared.items():
                    block = block.replace(f"${name}", value)
                block = block.replace("_arguments -s", "")
                # What an option excludes stands in parentheses before it.
                block = re.sub(r"'\([^)]*\)", "'", block)
                self.assertEqual(
                    self.options_of(verb), set(re.findall(r"(?<![\w-])(--?[A-Za-z][a-z-]*)", block))
                )

    def test_fish_names_every_verb_and_option(self):
        lines = read("packaging", "completions", "tome.fish").split("\n")
        first = [line for line in lines if line.startswith('complete -c tome -n "not ')]
        self.assertEqual(
            [*VERBS, "help"], [word for line in first for word in re.findall(r" -a (\w+)", line)]
        )
        self.assertEqual(
            ["help", "version"], [word for line in first for word in re.findall(r" -l (\w+)", line)]
        )
        for verb in VERBS:
            with self.subTest(verb=verb):
                mine = [
                    line
                    for line in lines
                    if re.search(rf'seen_subcommand_from (\$verbs|[a-z ]*\b{verb}\b[a-z ]*)"', line)
                    and line not in first
                ]
                named = {
                    "--" + word for line in mine for word in re.findall(r" -l ([a-z-]+)", line)
                }
                named |= {"-" + word for line in mine for word in re.findall(r" -s (\w)", line)}
                self.assertEqual(self.options_of(verb), named)


if __name__ == "__main__":
    command_harness.main()
