"""Reading, in every way there is: read(2), mappings, CPython, NumPy, fio and Tome, in one run, as tables.

    reads_commands.py --program PATH [--only PART,...] [--runs N] [--full] [--markdown] [--json FILE] FILE

--program is tome_bench_reads. Each run is a process of its own, on a file whose state in the page cache was made and proved before;
the ways take turns; all read the same places and must read the right bytes."""
import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time

import bench_machine as machine
import reads_disk
import reads_measure as measure
from bench_machine import Failed
from bench_report import Report, TextReport
from reads_bars import AGAIN, GATHER, PREAD, READ_ALL, Bars
from reads_measure import COLD, HALF_WARM, WARM, Runs, best_ratio, ratio, ratio_shown, size_shown, time_shown

MEBI, GIBI = 1 << 20, 1 << 30
READ_AHEADS = (128, 8192)  # KiB
HEADLINES = ((100, 4096), (10000, 100))
COUNTS, COUNTED = (1, 10, 100, 1000, 10000, 100000), 100
LENGTHS = (16, 100, 1024, 4096, 65536, MEBI)
MOST_BYTES = 256 * MEBI  # of all pieces of a case

SCANS = {
    "read, 1 MiB": "read",
    "mapping": "mapping",
    "mapping, MADV_SEQUENTIAL": "mapping-sequential",
    "mapping, populated by pieces": "mapping-populated",
    "tome_find": "tome-find",
    "tome_count": "tome-count",
    "tome_read, 1 MiB": "tome-read",
}
RIVALS = ("read, 1 MiB", "mapping, MADV_SEQUENTIAL", "mapping, populated by pieces")
SECOND_FILE_SCANS = ("read, 1 MiB", "mapping", "mapping, MADV_SEQUENTIAL", "tome_find", "tome_count", "tome_read, 1 MiB")
NO_SCAN = "no scan, for as long"
SPARSE_SIZES = (GIBI, 4 * GIBI, 16 * GIBI)
SPARSE_READS = (10000, 100)
GATHERED = (10000, 1000000)


class Bench:
    """A run of the whole."""

    def __init__(self, options, folder, read_ahead):
        self.options, self.folder, self.read_ahead, self.path = options, folder, read_ahead, options.file
        self.size = os.path.getsize(self.path)
        self.report = Report() if options.markdown else TextReport()
        self.bars, self.records, self.scan_seconds = Bars(self.report), [], 0
        self.program = os.path.abspath(options.program)

    def name_machine(self):
        self.report.line(f"{machine.describe(self.path)} on {self.read_ahead.disk}, {self.read_ahead.shown()}")
        fio = machine.version("fio") if reads_disk.has_fio() else "no fio"
        self.report.line(f"- {self.path}, {size_shown(self.size)}; CPython {sys.version.split()[0]}; {fio}")
        self.report.line(f"- load {os.getloadavg()[0]:.1f} at the start; at most {self.options.runs} runs of each; "
                         "a time is that of opening and reading, median and best")
        if self.size < 4 * GIBI:
            self.report.line("- the bars are those for a file of 4 GiB: this one is smaller")
        self.report.line()
        self.ways = measure.Ways(self.program, self.report)

    # ---- what several parts need ----

    def with_read_aheads(self, wanted=READ_AHEADS):
        """Set the disk's read-ahead to each of these, one after the other; gives KiB (None: unknown) and how to call it."""
        if tuple(wanted) == (self.read_ahead.before,):
            yield self.read_ahead.before, self.read_ahead.shown()
            return
        if not self.read_ahead.may_be_set():
            what = "other settings of the disk's read-ahead"
            if what not in self.report.left_out:
                self.report.skip(what, self.read_ahead.why)
            yield self.read_ahead.before, self.read_ahead.shown()
            return
        try:
            for kibibytes in wanted:
                self.read_ahead.set(kibibytes)
                yield kibibytes, self.read_ahead.shown()
        finally:
            self.read_ahead.put_back()

    def case(self, count, length):
        """None where the file is too small for it, or all the pieces too large."""
        if length * count > min(MOST_BYTES, self.size // 4):
            return None
        return measure.Case(self.path, self.folder, count, length)

    def cases(self, wanted):
        for count, length in wanted:
            case = self.case(count, length)
            if case is None:
                self.report.skip(f"{count:,} reads of {size_shown(length)}", "more than a quarter of the file, or than 256 MiB")
            else:
                yield case

    def measured(self, ways, case, state, rounds, enough=measure.ENOUGH):
        results = measure.read_in_all_ways(ways, case, state, rounds, enough)
        self.record(results, "reads", state=state, count=case.count, length=case.length)
        return results

    def record(self, results, what, **where):
        for name, runs in results.items():
            self.records.append({"what": what, "way": name, "read_ahead": self.read_ahead.shown(), **where, "failed": runs.failed, "runs": runs.runs})
            if runs.wrong:
                self.report.wrong.append(f"{name}, {what} {where}")

    def table(self, title, results, reference, left=True):
        """A row for each way; ratios are to the time of `reference`."""
        self.report.head(title, "", "median", "best", f"of {reference}'s", "best, of its", *(["page cache left"] if left else []),
                         "from the disk", "memory")
        base = results.get(reference)
        for name, runs in results.items():
            if not runs.runs:
                self.report.row(name, runs.failed, *[""] * (6 if left else 5))
                continue
            self.report.row(
                name, time_shown(runs.median()), time_shown(runs.best()), ratio_shown(ratio(runs, base)),
                ratio_shown(best_ratio(runs, base)), *([size_shown(runs.median("left"))] if left else []),
                size_shown(runs.median("disk")), size_shown(runs.median("memory")))

    # ---- here and there ----

    def part_random(self):
        for kibibytes, at in self.with_read_aheads():
            for case in self.cases(HEADLINES):
                # What is quick is run more often: the disk's answers vary.
                rounds = self.options.runs * (3 if case.count == 100 else 1)
                results = self.measured(self.ways.all, case, COLD, rounds)
                self.table(f"{case.name}, cold, {at}", results, PREAD)
                if case.count == 100:
                    self.bars.hundred_reads(results, at, kibibytes)
                else:
                    self.bars.ten_thousand_reads(results, at)
                self.bars.one_by_one(results, case.name, at)

    def part_states(self):
        ways = self.ways.without(READ_ALL, "fio")
        for state in (HALF_WARM, WARM):
            for case in self.cases(HEADLINES):
                results = self.measured(ways, case, state, self.options.runs)
                self.table(f"{case.name}, {state}, {self.read_ahead.shown()}", results, PREAD, left=state != WARM)

    def part_lengths(self):
        if self.options.full:
            self.whole_matrix()
            return
        lengths = [(1000 if length < MEBI else 100, length) for length in LENGTHS]
        self.matrix([(count, COUNTED) for count in COUNTS], COLD, self.read_ahead.shown())
        self.matrix(lengths, COLD, self.read_ahead.shown())

    def whole_matrix(self):
        for _, at in self.with_read_aheads():
            for state in (COLD, HALF_WARM, WARM):
                for length in LENGTHS:
                    self.matrix([(count, length) for count in COUNTS], state, at)

    def matrix(self, wanted, state, at):
        """A row for each case, a column for each way: the times, and what they left."""
        ways = self.ways.without(READ_ALL, AGAIN, "seek", "fio")
        done = []
        for case in self.cases(wanted):
            done.append((case.name, self.measured(ways, case, state, min(3, self.options.runs), enough=2.5)))
        self.report.head(f"Time, {state}, {at} (of pread's)", "", *ways)
        for name, results in done:
            base = results.get(PREAD)
            self.report.row(name, *(self.time_and_ratio(runs, base) for runs in results.values()))
        for figure, title in (("left", "Page cache left"), ("memory", "Memory")):
            if state == WARM and figure == "left":
                continue
            self.report.head(f"{title}, {state}, {at}", "", *ways)
            for name, results in done:
                self.report.row(name, *(size_shown(runs.median(figure)) for runs in results.values()))

    @staticmethod
    def time_and_ratio(runs, base):
        return f"{time_shown(runs.median())} ({ratio_shown(ratio(runs, base))})" if runs.runs else runs.failed

    # ---- in order ----

    def part_sequential(self):
        before = self.read_ahead.before
        for _, at in self.with_read_aheads(READ_AHEADS if self.options.full or before is None else (before,)):
            for state in (COLD, WARM):
                self.scan(state, at)
        self.second_file()

    def scan(self, state, at):
        make = measure.make_cold if state == COLD else measure.make_warm
        ways = {name: (lambda way=way: measure.run([self.program, "scan", way, self.path])) for name, way in SCANS.items()}

        def after(_, figures):
            figures["left"] = machine.resident(self.path)

        results = measure.alternate(ways, min(3, self.options.runs), lambda: make(self.path), after, enough=20.0)
        self.record(results, "scan", state=state)
        self.table(f"{size_shown(self.size)} searched in order, {state}, {at}", results, RIVALS[0])
        rivals = [results[name] for name in RIVALS if results[name].runs]
        best = min(rivals, key=lambda runs: runs.median(), default=None)
        for name, runs in results.items():
            if name.startswith("tome"):
                self.bars.scanned(f"{name}, {at}", state, ratio(best, runs))

    def second_file(self):
        """Whether a file that is in memory stays there while another one is looked through, and both do not fit."""
        limit, title = self.size * 3 // 4, "a warm file beside a scan, with little memory"
        try:
            with machine.memory_group(limit) as group, tempfile.NamedTemporaryFile(dir=self.folder) as second:
                second.truncate(self.size // 4)
                self.report.head(f"A second file of {size_shown(self.size // 4)}, in memory, after {size_shown(self.size)} were searched "
                                 f"in a control group of {size_shown(limit)}: what is still there", "", "read once", "read three times")
                for name in (*SECOND_FILE_SCANS, NO_SCAN):
                    shares = [self.still_there(name, group, second.name, times) for times in (1, 3)]
                    self.report.row(name, *(f"{share:.1%}" for share in shares))
                    if name in ("tome_find", "tome_count"):
                        self.bars.stayed(name, "read once", shares[0])
                        self.bars.stayed(name, "read three times", shares[1])
        except Failed as failed:
            self.report.skip(title, failed)

    def still_there(self, name, group, second, times):
        """Pages count for the group whose process has read them: both files are read by processes in it."""
        measure.make_cold(self.path)
        before = self.warm_in_group(group, second, times)
        if name == NO_SCAN:
            time.sleep(self.scan_seconds)
        else:
            self.scan_seconds = measure.run([self.program, "scan", SCANS[name], self.path], group)["seconds"]
        share = machine.resident(second) / before
        self.records.append({"what": "second file", "way": name, "read_times": times, "still_there": share})
        return share

    def warm_in_group(self, group, path, times):
        """How much is in memory then. The system may take some back at once: that is tried again."""
        for _ in range(5):
            measure.make_cold(path)
            measure.run([self.program, "warm", times, path], group)
            there = machine.resident(path)
            if there >= os.path.getsize(path) * 0.99:
                return there
        raise Failed("the second file does not stay in memory even before")

    # ---- memory ----

    def part_memory(self):
        """Sparse files, which cost no disk. Little read-ahead, as it would fill the memory with zeros."""
        for _, at in self.with_read_aheads((128,)):
            for size in SPARSE_SIZES:
                with tempfile.NamedTemporaryFile(dir=self.folder) as sparse, contextlib.suppress(OSError):
                    sparse.truncate(size)
                    self.memory_after(sparse.name, size, at)

    def memory_after(self, path, size, at):
        case = measure.Case(path, self.folder, *SPARSE_READS)
        self.report.head(
            f"{case.name} of a sparse file of {size_shown(size)}, {at}: memory of the process after them, and after the same once more",
            "", "of the file (RssFile)", "again", "its own (RssAnon)", "again", "page tables (VmPTE)", "again", "page cache left")
        for name, way in (("pread", "pread"), ("mapping", "mapping"), ("mapping, MADV_RANDOM", "mapping-random"), ("tome_read", "tome-read"),
                          ("tome_gather", "tome-gather")):
            try:
                if way == "mapping" and not at.endswith(" KiB") and size > machine.available() // 4:
                    raise Failed("it would fill the memory")
                measure.make_cold(path)
                figures = measure.run([self.program, "memory", way, path, case.offsets_file, case.length])
            except Failed as failed:
                self.report.row(name, failed, *[""] * 6)
                continue
            figures["left"] = machine.resident(path)
            self.records.append({"what": "memory", "way": name, "size": size, "read_ahead": at, **figures})
            kinds = [f"{kind}-{turn}" for kind in ("RssFile", "RssAnon", "VmPTE") for turn in (1, 2)]
            self.report.row(name, *(size_shown(max(figures[kind], 0)) for kind in kinds), size_shown(figures["left"]))
        machine.evict(path)

    # ---- gather, warm ----

    def part_gather(self):
        for count in GATHERED:
            case = self.case(count, 100)
            if case is None:
                self.report.skip(f"gather of {count:,} pieces, warm", "more than a quarter of the file")
                continue
            try:
                measure.make_warm(self.path)
                times = self.gathered(case)
            except Failed as failed:
                self.report.skip(f"gather of {count:,} pieces, warm", failed)
                continue
            self.report.head(f"{case.name}, warm, in one process that has read them before",
                             "", "median", "best", "each", "of memcpy's", "best, of its")
            base = times["memcpy"]
            for name, runs in times.items():
                self.report.row(name, time_shown(runs.median()), time_shown(runs.best()), time_shown(runs.median() / count),
                                ratio_shown(ratio(runs, base)), ratio_shown(best_ratio(runs, base)))
            self.bars.gathered_warm(count, ratio(times["tome_gather"], base))

    def gathered(self, case):
        """Lines of a way and its seconds; the first gather maps what the later ones find mapped."""
        names = {"memcpy": "memcpy", "tome-gather": GATHER, "tome-gather-first": "tome_gather, the first", "tome-read": "tome_read", "pread": PREAD}
        times = {name: Runs() for name in names.values()}
        rounds = 2 * self.options.runs + 1
        for way, seconds in measure.lines([self.program, "gather", rounds, case.path, case.offsets_file, case.length]):
            times[names[way]].runs.append({"seconds": seconds})
        self.record(times, "gather", count=case.count, length=case.length)
        return times


def parse():
    parts = [name[len("part_"):] for name in vars(Bench) if name.startswith("part_")]
    parser = argparse.ArgumentParser(description="Reading, in every way there is.")
    parser.add_argument("--program", required=True, help="tome_bench_reads")
    parser.add_argument("--only", default=",".join(parts), help="of " + ",".join(parts))
    parser.add_argument("--runs", type=int, default=5, help="of each way, at most; 5")
    parser.add_argument("--full", action="store_true", help="every count, length and state, at both read-aheads: takes hours")
    parser.add_argument("--markdown", action="store_true", help="tables to paste")
    parser.add_argument("--json", help="also write all runs here")
    parser.add_argument("file")
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - set(parts)
    if unknown or options.runs < 1:
        parser.error(f"no such part: {', '.join(sorted(unknown))}" if unknown else "--runs is at least 1")
    return options


def end_by_signal(number, _frame):
    """So that what was set and made is put back and removed."""
    sys.exit(128 + number)


def main():
    options = parse()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    beside = os.path.dirname(os.path.abspath(options.file))
    with tempfile.TemporaryDirectory(prefix="reads-", dir=beside) as folder, reads_disk.ReadAhead(options.file) as read_ahead:
        bench = Bench(options, folder, read_ahead)
        bench.name_machine()
        for part in options.only.split(","):
            getattr(bench, f"part_{part}")()
        bench.bars.print()
        bench.report.sum_up()
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": machine.describe(options.file), "file": options.file, "size": bench.size, "bars": bench.bars.rows,
                           "skipped": bench.report.left_out, "wrong": bench.report.wrong, "runs": bench.records}, file, indent=1)
        sys.exit(1 if bench.report.wrong else 0)


if __name__ == "__main__":
    main()
