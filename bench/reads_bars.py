"""What Tome asks of itself when it reads, and whether a run of bench/reads_commands.py has seen it."""
from reads_measure import ratio, ratio_shown, size_shown

READ_ALL, PREAD, AGAIN, MAPPING = "read all of it", "pread", "pread, again", "mapping"
ONE, GATHER = "tome_read", "tome_gather"
DEEP = "fio, io_uring at depth 32"

# How much may be seen where "no slower" or "the same" is asked; more, where pread differs more from itself, but not without end.
NOISE, TOO_MUCH_NOISE = 1.03, 1.1


class Bars:
    """Collects them in the order of the numbers, and prints a table."""

    def __init__(self, report):
        self.report, self.rows = report, []

    def ask(self, number, what, asked, seen, fine):
        """`fine` is None where it could not be tried."""
        verdict = "not tried" if fine is None else self.report.verdict(f"{number}. {what}: asked {asked}, seen {seen}", fine)
        if fine is None:
            self.report.left_out.append(f"{number}. {what}")
        self.rows.append({"number": number, "what": what, "asked": asked, "seen": seen, "holds": fine, "verdict": verdict})

    def at_most(self, number, what, most, seen, text=None):
        """`text` is how the bar reads, if not as a number."""
        self.ask(number, what, f"≤ {text or ratio_shown(most)}", ratio_shown(seen), None if seen is None else seen <= most)

    def at_least(self, number, what, least, seen):
        self.ask(number, what, f"≥ {ratio_shown(least)}", ratio_shown(seen), None if seen is None else seen >= least)

    def print(self):
        if not self.rows:
            return
        self.report.head("What was asked, and what was seen", "", "asked", "seen", "")
        for row in sorted(self.rows, key=lambda row: row["number"]):
            self.report.row(f"{row['number']}. {row['what']}", row["asked"], row["seen"], row["verdict"])

    # ---- of random reading ----

    def hundred_reads(self, results, at, kibibytes):
        """100 reads of 4 KiB, cold."""
        gather, everything = results.get(GATHER), results.get(READ_ALL)
        what = f"100 x 4 KiB, {at}"
        self.at_most(1, f"{what}: time, of pread's", 1 / 3, ratio(gather, results.get(PREAD)), "1/3")
        for wanted, part in ((128, 8), (8192, 100)):
            if kibibytes == wanted:
                self.at_most(1, f"{what}: time, of the mapping's", 1 / part, ratio(gather, results.get(MAPPING)), f"1/{part}")
        left = gather.median("left") if gather else None
        self.ask(1, f"{what}: page cache left", "< 1 MiB", size_shown(left), None if left is None else left < 1 << 20)
        self.at_most(1, f"{what}: time, of reading all of it", 1 / 2000, ratio(gather, everything), "1/2000")
        self.at_most(1, f"{what}: memory and page cache, of reading all of it", 1 / 4000, held_ratio(gather, everything), "1/4000")

    def ten_thousand_reads(self, results, at):
        """10,000 reads of 100 bytes, cold."""
        gather, what = results.get(GATHER), f"10,000 x 100 B, {at}"
        self.at_most(2, f"{what}: time, of pread's", 1 / 4, ratio(gather, results.get(PREAD)), "1/4")
        self.at_least(2, f"{what}: rate, of fio's at depth 32", 0.8, ratio(results.get(DEEP), gather))

    def one_by_one(self, results, name, at):
        ours, theirs = results.get(ONE), results.get(PREAD)
        again = ratio(results.get(AGAIN), theirs) or 1
        noise, seen = max(NOISE, again, 1 / again), ratio(ours, theirs)
        what = f"{name}, {at}, one by one: time, of pread's"
        if noise <= TOO_MUCH_NOISE:
            self.at_most(3, what, noise, seen)
        else:
            self.ask(3, f"{what} (pread differs from itself by {noise:.2f}: too noisy to tell)", f"≤ {NOISE}", ratio_shown(seen), None)
        self.at_most(3, f"{name}, {at}, one by one: page cache left, of pread's", NOISE, ratio(ours, theirs, "left"))

    # ---- of the rest ----

    def gathered_warm(self, count, seen):
        self.at_most(4, f"{count:,} x 100 B, warm and mapped: gather's time, of memcpy's", 1.3, seen)

    def scanned(self, way, state, seen):
        self.at_least(5, f"{way}, {state}: rate, of the best of read and advised mappings", 0.95, seen)

    def stayed(self, way, used, share):
        self.ask(5, f"{way}: a warm second file, {used}, stays in memory", "≥ 95 %", f"{share:.1%}", share >= 0.95)


def held(runs):
    """What a way holds of memory, its own and the page cache."""
    if not runs or runs.median("left") is None:
        return None
    return runs.median("memory") + runs.median("left")


def held_ratio(ours, theirs):
    mine, other = held(ours), held(theirs)
    return mine / other if mine is not None and other else None
