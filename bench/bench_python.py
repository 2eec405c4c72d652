"""The Python module beside mmap, numpy.memmap and file objects, in one run, as tables.

    bench_python.py [--only PART,...] [--case TEXT] [--runs N] [--markdown] [--json FILE] FILE

Runs on the interpreter that it is given to, with the package `tome` on its path. FILE is a log; it is not changed. What is written
lies in a folder beside it, and is removed."""
import argparse
import filecmp
import gc
import json
import os
import signal
import sys
import tempfile

import bench_machine as machine
import python_cases as cases
import python_sides as sides
import reads_measure as measure
from bench_report import Report, TextReport
from python_measure import AGAIN, FILE, MMAP, NUMPY, OURS, PLAIN, answers, time_case
from reads_bars import Bars
from reads_measure import COLD, WARM, ratio, ratio_shown, size_shown, time_shown

PIECE = cases.SEARCHED + cases.BEHIND  # of the log: what calls are measured on
SCRATCH = 64 << 20
HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = (MMAP, OURS, FILE, NUMPY, PLAIN)

GATHERS = ((10000, 100), (100, 4096))
GATHER_WAYS = {
    PLAIN: "seek-read",
    "seek + read, buffered": "seek-read-buffered",
    "slices of mmap": "mmap-slices",
    "slices of numpy.memmap": "numpy-memmap",
    "slices of tome.mmap": "tome-slices",
    "slices of tome.File": "tome-file-slices",
    "gather": "tome-gather",
    "gather into an array": "tome-gather-into",
}
LINES = {"for line in open()": "file", "mmap.readline()": "mmap", "tome.mmap.readline()": "tome-mmap", "for line in f.lines": "tome-file"}
NOBODY, ELSEWHERE = "nobody searches", "another process reads it"
TICKERS = {
    NOBODY: "sleep",
    ELSEWHERE: "elsewhere",
    "mmap.find()": "mmap-find",
    "tome.mmap.find()": "tome-mmap-find",
    "tome.File.find()": "tome-file-find",
    "tome.File.rfind()": "tome-file-rfind",
    "tome.File.count()": "tome-file-count",
    "tome.File.findall()": "tome-file-findall",
    "tome.File.finditer()": "tome-file-finditer",
    "len(tome.File.lines)": "tome-file-lines",
}
LONGEST = 0.020  # seconds that others may stand still


class Bench:
    """A run of the whole."""

    def __init__(self, options, folder):
        self.options, self.folder, self.path = options, folder, options.file
        self.report = Report() if options.markdown else TextReport()
        self.bars, self.records = Bars(self.report), []
        self.piece = None

    def name_machine(self):
        numpy = f"NumPy {sides.numpy.__version__}" if sides.numpy else "no NumPy"
        self.report.line(f"{machine.describe(self.path)}, load {os.getloadavg()[0]:.1f} at the start")
        self.report.line(f"- {self.path}, {size_shown(os.path.getsize(self.path))}; CPython {sys.version.split()[0]}, {numpy}, "
                         f"Tome {sides.tome.__version__}")
        self.report.line(f"- {self.options.runs} rounds of what is short, {self.few} of what is long")
        if sys.version_info[:2] != (3, 11):
            self.report.line("- the bars of searching are those for CPython 3.11")
        if not sides.numpy:
            self.report.skip(NUMPY, "this interpreter has no NumPy (packaging/debian-packages.txt)")

    @property
    def few(self):
        """Rounds of what takes long."""
        return max(3, self.options.runs // 5)

    # ---- calls, in this process ----

    def copy(self, name, length):
        """The first `length` bytes of the log, or all of it, as a file of its own."""
        path = os.path.join(self.folder, name)
        with open(self.path, "rb") as source, open(path, "wb") as target:
            while target.tell() < length and (data := source.read(min(1 << 20, length - target.tell()))):
                target.write(data)
        return path

    def first_piece(self):
        """The piece of the log that calls are measured on, in memory."""
        if self.piece is None:
            self.piece = self.copy("piece", PIECE)
            machine.evict(self.piece)  # written back, so that nobody does that meanwhile
        measure.make_warm(self.piece)
        return self.piece

    def names(self, things, path_of):
        """What statements may use, by side."""
        given = {}
        for name, thing in things.items():
            path = path_of(name)
            common = sides.common_names(path)
            given[name] = {"m": thing, **common, **sides.own_names(sides.SIDES[name], os.path.join(self.folder, "grown"))}
        return given

    def measure_cases(self, title, wanted, names, rounds):
        """A row for each case; ratios are to the time of mmap."""
        wanted = [case for case in wanted if self.options.case in case.name]
        if wanted:
            self.head(title)
        for case in wanted:
            try:
                self.check(case, answers(case, names))
                gc.collect()
                results = time_case(case, names, rounds)
            except (AttributeError, NotImplementedError, TypeError) as failed:
                self.report.row(case.name, f"{type(failed).__name__}: {failed}", *[""] * 8)
                self.report.wrong.append(f"{case.name}: {failed}")
                continue
            self.record("call", results, case=case.name)
            self.row(case, results)
            self.ask(case, results)

    def head(self, title):
        self.report.head(title, "", MMAP, OURS, "of mmap's", FILE, "of mmap's", NUMPY, "of mmap's", PLAIN, "of mmap's", AGAIN)

    def row(self, case, results):
        base, cells = results.get(MMAP), []
        for side in COLUMNS:
            runs = results.get(side)
            cells.append(time_shown(runs.median()) if runs else "")
            if side != MMAP:
                cells.append(ratio_shown(ratio(runs, base)))
        self.report.row(case.name, *cells, ratio_shown(ratio(results.get(AGAIN), base)))

    def ask(self, case, results):
        if case.most:
            self.bars.at_most(2, f"{case.name}: time, of mmap's", case.most, ratio(results[OURS], results[MMAP]))
        for other, least in case.faster.items():
            mine = OURS if other == MMAP else FILE
            self.bars.at_least(2, f"{case.name}: {mine} as fast as {other}", least, ratio(results[other], results[mine]))

    def check(self, case, given):
        """All sides give the same."""
        for side, answer in given.items():
            if answer != given[MMAP]:
                self.report.wrong.append(f"{case.name}: {side}")

    def record(self, what, results, **where):
        for name, runs in results.items():
            self.records.append({"what": what, "way": name, **where, "failed": runs.failed, "runs": runs.runs})

    def part_reading(self):
        path = self.first_piece()
        with sides.opened(lambda name: path) as things:
            self.measure_cases(f"Reading {size_shown(os.path.getsize(path))} that are in memory: a call", cases.reading(),
                               self.names(things, lambda name: path), self.options.runs)
        self.zeros()

    def zeros(self):
        path = os.path.join(self.folder, "zeros")
        with open(path, "wb") as file:
            file.write(bytes(1 << 20))
        with sides.opened(lambda name: path) as things:
            self.measure_cases("Reading zeros: a call", cases.reading_zeros(), self.names(things, lambda name: path), self.options.runs)

    def part_writing(self):
        paths = {name: self.copy(f"written-{i}", SCRATCH) for i, name in enumerate(sides.SIDES)}
        with sides.opened(paths.get, writable=True) as things:
            self.measure_cases(f"Writing to {size_shown(SCRATCH)} that are in memory: a call", cases.writing(),
                               self.names(things, paths.get), self.options.runs)
        if not filecmp.cmp(paths[MMAP], paths[OURS], shallow=False):
            self.report.wrong.append("what tome.mmap has written")
        for path in paths.values():
            os.unlink(path)

    def part_growing(self):
        path = self.copy("small", 1 << 20)
        with sides.opened(lambda name: path) as things:
            self.measure_cases("Making a file larger: a step", cases.growing(), self.names(things, lambda name: path), self.few)

    def part_searching(self):
        path = self.first_piece()
        with sides.opened(lambda name: path) as things:
            names, size = self.names(things, lambda name: path), size_shown(os.path.getsize(path))
            self.measure_cases(f"Searching {size} that are in memory, for what is not there", cases.searching(sys.version_info[:2]),
                               names, self.options.runs)
            self.measure_cases(f"Finding everything in {size} that are in memory", cases.searching_all(), names, self.few)

    # ---- lines ----

    def part_lines(self):
        path = self.first_piece()
        with open(path, "rb") as file:
            count = sum(1 for _ in file)
        with sides.opened(lambda name: path) as things:
            things.pop(NUMPY, None)
            self.measure_cases(f"Lines of {size_shown(os.path.getsize(path))} that are in memory: a line", cases.reading_lines(count),
                               self.names(things, lambda name: path), self.few)
        for state in (WARM, COLD):
            self.all_lines(state)

    def all_lines(self, state):
        """Of the whole log, in processes of their own."""
        make = measure.make_cold if state == COLD else measure.make_warm
        results = self.alone("lines", LINES, 3, lambda: make(self.path))
        size, base = size_shown(os.path.getsize(self.path)), results["for line in open()"]
        self.report.head(f"Lines of {size}, {state}", "", "median", "best", "of the file object's")
        for name, runs in results.items():
            self.report.row(name, runs.failed or time_shown(runs.median()), time_shown(runs.best()), ratio_shown(ratio(runs, base)))
        if len({sums for runs in results.values() for sums in runs.all("sum")}) > 1:
            self.report.wrong.append(f"the last line, {state}")
        if state == WARM:
            seen = ratio(base, results["for line in f.lines"])
            self.bars.at_least(2, f"each line of {size}: {FILE} as fast as the file object", 1.5, seen)

    def alone(self, what, ways, rounds, before):
        """Runs by way, each in a process of its own."""
        script = os.path.join(HERE, "python_alone.py")
        bound = {name: (lambda way=way: measure.run([sys.executable, "-B", script, what, way, self.path])) for name, way in ways.items()}
        results = measure.alternate(bound, rounds, before, lambda *_: None, enough=60)
        self.record(what, results)
        return results

    # ---- many ranges ----

    def part_gather(self):
        script = os.path.join(HERE, "reads_python.py")
        ways = {name: (lambda case, way=way: measure.Ways.checked(case, [sys.executable, "-B", script, way]))
                for name, way in GATHER_WAYS.items() if sides.numpy or way != "numpy-memmap"}
        for count, length in GATHERS:
            case = measure.Case(self.path, self.folder, count, length)
            for state in (COLD, WARM):
                results = measure.read_in_all_ways(ways, case, state, max(5, self.few), measure.ENOUGH)
                self.record("gather", results, case=case.name, state=state)
                self.gather_table(f"{case.name}, {state}", results)
                if state == COLD and count == 10000:
                    for name in ("gather", "gather into an array"):
                        seen = ratio(results[name], results[PLAIN])
                        self.bars.at_most(3, f"{case.name}, cold, {name}: time, of seek + read's", 1 / 4, seen, "1/4")

    def gather_table(self, title, results):
        self.report.head(title, "", "median", "best", f"of {PLAIN}'s", "page cache left", "memory")
        for name, runs in results.items():
            if runs.wrong:
                self.report.wrong.append(f"{title}: {name}")
            self.report.row(name, runs.failed or time_shown(runs.median()), time_shown(runs.best()),
                            ratio_shown(ratio(runs, results[PLAIN])), size_shown(runs.median("left")), size_shown(runs.median("memory")))

    # ---- others ----

    def part_ticker(self):
        self.ticker(WARM, TICKERS, lambda: measure.make_warm(self.path))
        ways = {name: way for name, way in TICKERS.items() if way == "elsewhere" or way.endswith("-find")}
        self.ticker(COLD, ways, lambda: measure.make_cold(self.path))

    def ticker(self, state, ways, before):
        results = self.alone("ticker", ways, 3, before)
        size = size_shown(os.path.getsize(self.path))
        self.report.head(f"Another thread, while {size} are searched, {state}", "", "the call takes", "stands still at most",
                         "but for want of a processor", "in all", "ticks")
        for name, runs in results.items():
            longest, kept = (max(runs.all(figure), default=None) for figure in ("longest", "kept"))
            self.report.row(name, runs.failed or time_shown(runs.median()), time_shown(longest), time_shown(kept),
                            time_shown(runs.median("still")), f"{runs.median('ticks') or 0:.0f}")
            if name.startswith(("tome", "len(tome")):
                noise = max(results[ELSEWHERE].all("kept"), default=0)
                self.ask_ticker(f"{name} of {size}, {state}: another thread stands still", kept, noise)

    def ask_ticker(self, what, kept, noise):
        fine = None if kept is None else kept <= LONGEST
        if fine is False and noise > LONGEST / 2:
            what, fine = f"{what} (for {time_shown(noise)} even if another process reads: too noisy to tell)", None
        self.bars.ask(4, what, f"≤ {time_shown(LONGEST)}", time_shown(kept), fine)


def parse():
    parts = [name[len("part_"):] for name in vars(Bench) if name.startswith("part_")]
    parser = argparse.ArgumentParser(description="The Python module beside others.")
    parser.add_argument("--only", default=",".join(parts), help="of " + ",".join(parts))
    parser.add_argument("--case", default="", help="only the calls whose names hold this")
    parser.add_argument("--runs", type=int, default=15, help="rounds of each call; 15")
    parser.add_argument("--markdown", action="store_true", help="tables to paste")
    parser.add_argument("--json", help="also write all runs here")
    parser.add_argument("file")
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - set(parts)
    if unknown or options.runs < 1:
        parser.error(f"no such part: {', '.join(sorted(unknown))}" if unknown else "--runs is at least 1")
    return options


def main():
    options = parse()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    beside = os.path.dirname(os.path.abspath(options.file))
    with tempfile.TemporaryDirectory(prefix="python-", dir=beside) as folder:
        bench = Bench(options, folder)
        bench.name_machine()
        for part in options.only.split(","):
            getattr(bench, f"part_{part}")()
        bench.bars.print()
        bench.report.sum_up()
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": machine.describe(options.file), "python": sys.version, "file": options.file, "bars": bench.bars.rows,
                           "skipped": bench.report.left_out, "wrong": bench.report.wrong, "runs": bench.records}, file, indent=1)
    sys.exit(1 if bench.report.wrong else 0)


if __name__ == "__main__":
    main()
