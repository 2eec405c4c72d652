"""How sizes and offsets are written. A complaint of put shows exactly what was understood."""
import command_harness
from command_harness import CommandTest

NOT_A_SIZE = (
    "is not a size; write 4096, 0x1000, 64K or 64KiB (K, M, G, T, P, E: times 1024), 64kB or 1MB "
    "(times 1000)"
)
GOOD = {
    "1": 1,
    "4096": 4096,
    "007": 7,
    "18446744073709551615": 18446744073709551615,
    "0x1": 1,
    "0x1000": 4096,
    "0xff": 255,
    "0xFF": 255,
    "0xE": 14,
    "0x1B": 27,
    "0xfffffffffffffffF": 2**64 - 1,
    "1K": 2**10,
    "64K": 65536,
    "1M": 2**20,
    "1G": 2**30,
    "1T": 2**40,
    "1P": 2**50,
    "1E": 2**60,
    "15E": 15 * 2**60,
    "1KiB": 2**10,
    "3MiB": 3 * 2**20,
    "4GiB": 2**32,
    "1TiB": 2**40,
    "1PiB": 2**50,
    "1EiB": 2**60,
    "1k": 2**10,
    "1kB": 10**3,
    "1KB": 10**3,
    "1MB": 10**6,
    "1GB": 10**9,
    "1TB": 10**12,
    "1PB": 10**15,
    "18EB": 18 * 10**18,
}
BAD = [
    "",
    " ",
    "-",
    "K",
    "x",
    "0x",
    "0xg",
    "0X10",
    "+",
    "+x",
    ".5",
    "1kiB",
    "1KKB",
    "1Ki",
    "1B",
    "1m",
    "1Mb",
    "1e3",
    " 1",
    "1 ",
    "1 K",
    "1KK",
    "0x1K",
    "1KiBs",
    "--1",
    "1_000",
    "1,000",
    "\u0661",
    "1Kib",
    "1Z",
    "0b1",
]
LARGE = [
    "18446744073709551616",
    "99999999999999999999",
    "0x10000000000000000",
    "16E",
    "16EiB",
    "19EB",
    "100E",
    "18014398509481984K",
]


class SizeText(CommandTest):
    def test_what_is_understood(self):
        self.file("empty")
        for text, value in GOOD.items():
            with self.subTest(text=text):
                self.error(
                    f"empty: has only 0 bytes; -{value} would be before its start",
                    "put",
                    "empty",
                    "-" + text,
                    "x",
                )

    def test_zero(self):
        self.file("f", b"ab")
        for text in ("0", "00", "0x0", "0K", "0kB", "-0"):
            self.answer("ab", "slice", "f", text + ":")

    def test_what_is_refused(self):
        self.file("f", b"ab")
        for text in BAD:
            with self.subTest(text=text):
                self.misuse("find", f'"{text}" {NOT_A_SIZE}', f"--from={text}", "a", "f")

    def test_what_is_too_large(self):
        self.file("f", b"ab")
        for text in LARGE:
            with self.subTest(text=text):
                self.misuse(
                    "find",
                    f'"{text}" is too large; sizes end below 16E',
                    f"--from={text}",
                    "a",
                    "f",
                )
                self.misuse(
                    "find",
                    f'"-{text}" is too large; sizes end below 16E',
                    f"--from=-{text}",
                    "a",
                    "f",
                )

    def test_both_ends_of_a_slice_are_checked(self):
        self.file("f", b"ab")
        self.misuse("slice", f'"x:1": "x" {NOT_A_SIZE}', "f", "x:1")
        self.misuse("slice", f'"1:1m": "1m" {NOT_A_SIZE}', "f", "1:1m")

    def test_counts_and_sizes_are_not_negative(self):
        self.file("f", b"ab")
        self.misuse("find", '"-1" cannot be negative', "-m", "-1", "a", "f")
        self.misuse("resize", '"-5" cannot be negative', "f", "-5")
        self.misuse("bench", '"-1" cannot be negative', "--reads", "-1", "f")
        self.misuse("bench", '"-1" cannot be negative', "--length", "-1", "f")

    def test_a_count_is_called_one(self):
        self.file("f", b"ab")
        message = "is not a count; write 100, 0x64 or 64K (times 1024)"
        self.misuse("find", f'"x" {message}', "-m", "x", "a", "f")
        self.misuse("find", f'"-x" {message}', "-m", "-x", "a", "f")
        self.misuse("bench", f'"" {message}', "--reads=", "f")
        self.answer("0\n", "find", "-m", "1K", "a", "f")

    def test_a_sign_or_a_fraction_is_named(self):
        for text in ("+5", "+1G"):
            self.misuse("resize", f'"{text}" begins with +; write the number without it', "f", text)
        for text in ("1.5G", "4.", "0.5"):
            self.misuse(
                "resize",
                f'"{text}" is not a whole number; take a smaller unit: 1536M, not 1.5G',
                "f",
                text,
            )


if __name__ == "__main__":
    command_harness.main()
