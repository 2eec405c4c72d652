"""The completions of zsh and fish are read by these shells without complaint. Skipped where a shell
is missing."""
import os
import shutil
import subprocess

import command_harness
from command_harness import SOURCE, VERBS, CommandTest

COMPLETIONS = os.path.join(SOURCE, "packaging", "completions")


class CompletionShells(CommandTest):
    def shell(self, name, *arguments):
        if not shutil.which(name):
            self.skipTest(f"{name} is not installed")
        done = subprocess.run(
            [name, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
            env={**os.environ, "HOME": self.folder},
        )
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        return done.stdout.decode()

    def test_zsh_reads_it(self):
        self.shell("zsh", "-f", "-n", os.path.join(COMPLETIONS, "_tome"))

    def test_fish_completes_verbs_and_options(self):
        source = f"source {os.path.join(COMPLETIONS, 'tome.fish')}; "
        verbs = self.shell("fish", "--no-config", "-c", source + "complete -C 'tome '")
        self.assertEqual({*VERBS, "help"}, {line.split("\t")[0] for line in verbs.splitlines()})
        options = self.shell("fish", "--no-config", "-c", source + "complete -C 'tome put --'")
        self.assertEqual(
            {"--hex", "--grow", "--create", "--help"},
            {line.split("\t")[0] for line in options.splitlines()},
        )


if __name__ == "__main__":
    command_harness.main()
