"""Help, version, and every way to get an option wrong."""
import re

import command_harness
from command_harness import VERBS, CommandTest


class Help(CommandTest):
    def test_help_lists_every_verb(self):
        status, answer, message = self.tome("--help")
        self.assertEqual((0, ""), (status, message))
        self.assertTrue(answer.startswith(b"Usage: tome VERB"))
        self.assertEqual(
            list(VERBS), re.findall(r"^  ([a-z]+) ", answer.decode(), re.M)[: len(VERBS)]
        )

    def test_each_verb_has_help(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                status, answer, message = self.tome(verb, "--help")
                self.assertEqual((0, ""), (status, message))
                self.assertTrue(answer.startswith(f"Usage: tome {verb} ".encode()))
                self.assertIn(b"--help", answer)
                self.assertLessEqual(max(map(len, answer.decode("ascii").split("\n"))), 90)

    def test_help_comes_before_anything_is_done(self):
        self.file("f", b"abc")
        self.assertEqual(0, self.tome("resize", "f", "0", "--help")[0])
        self.assertEqual(0, self.tome("put", "--help", "f", "0", "X")[0])
        self.assertEqual(b"abc", self.content("f"))

    def test_help_can_be_asked_for_in_other_words(self):
        for words in (("-h",), ("help",)):
            self.answer(self.tome("--help")[1], *words)
        for verb in VERBS:
            with self.subTest(verb=verb):
                expected = self.tome(verb, "--help")[1]
                if verb != "grep":  # where -h is another option
                    self.answer(expected, verb, "-h")
                self.answer(expected, "help", verb)
        self.error('frob: unknown verb\nTry "tome --help".', "help", "frob")
        self.error("help: one VERB only", "help", "find", "put")

    def test_version(self):
        status, answer, message = self.tome("--version")
        self.assertEqual((0, ""), (status, message))
        self.assertRegex(answer, rb"^tome \d+\.\d+\.\d+\n$")

    def test_nothing_at_all_shows_the_help_as_an_error(self):
        status, answer, message = self.tome()
        self.assertEqual((2, b""), (status, answer))
        self.assertEqual(self.tome("--help")[1].decode(), message)


class Misuse(CommandTest):
    def test_unknown_verb(self):
        for verb in ("slcie", "", "Slice", "helpp"):
            self.error(f'{verb}: unknown verb\nTry "tome --help".', verb)

    def test_unknown_option_in_place_of_the_verb(self):
        self.error('--hex: unknown option\nTry "tome --help".', "--hex", "slice")

    def test_unknown_long_option(self):
        self.file("f", b"abc")
        for verb in VERBS:
            self.misuse(verb, "unknown option --frob", "--frob", "f")
            self.misuse(verb, "unknown option --frob=1", "f", "--frob=1")

    def test_unknown_letter(self):
        for verb in VERBS:
            self.misuse(verb, "unknown option -y", "-y")
        self.misuse("find", "unknown option -x", "-cx", "a", "f")

    def test_ambiguous_beginning(self):
        self.misuse("slice", "ambiguous option --he: --hex or --help?", "--he")
        self.misuse("put", "ambiguous option --h=1: --hex or --help?", "--h=1")

    def test_missing_value(self):
        self.misuse("find", "-m wants a value", "-m")
        self.misuse("find", "-m wants a value", "-cm")
        for verb, option in (
            ("find", "--max-count"),
            ("find", "--from"),
            ("find", "--to"),
            ("bench", "--reads"),
            ("bench", "--length"),
        ):
            self.misuse(verb, f"{option} wants a value", option)

    def test_value_where_none_belongs(self):
        for verb, option in (
            ("info", "--json"),
            ("slice", "--hex"),
            ("find", "--count"),
            ("find", "--last"),
            ("find", "--hex"),
            ("put", "--hex"),
            ("put", "--grow"),
            ("put", "--create"),
            ("append", "--hex"),
            ("append", "--create"),
            ("resize", "--create"),
            ("bench", "--json"),
            ("resize", "--help"),
        ):
            self.misuse(verb, f"{option} takes no value", f"{option}=1")

    def test_an_option_that_belongs_to_another_verb(self):
        self.misuse("append", "unknown option --grow", "--grow", "f", "x")

    def test_options_end_at_double_dash(self):
        self.file("--json", b"abc")
        self.assertEqual(0, self.tome("info", "--", "--json")[0])
        self.error("--json: no such file", "info", "--", "--json", cwd="/")


if __name__ == "__main__":
    command_harness.main()
