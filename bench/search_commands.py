"""Search, whole commands: Tome beside ripgrep, GNU grep, ugrep, wc and CPython, in one run, as tables.

    search_commands.py [--tome PATH] [--library PATH] [--runs N] [--only PART,...] LOG [LARGE_LOG]

LOG is searched warm in every way, LARGE_LOG in some, and cold. --library is tome_bench_search, for the figures inside one
process. Each case first sees to it that all tools give the same answer, then times them in alternation. The columns are
milliseconds, best of the runs (median), and what of processors they used; a ratio is Tome's best to the other's best, and of
the medians."""
import argparse
import contextlib
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
import time

import bench_machine as machine
import search_measure as measure
from bench_machine import Failed
from bench_report import Report
from search_cases import MEBI, Cases
from search_measure import ONE_CORE

SHOWN = ("tome", "tome" + ONE_CORE, "rg", "grep", "ugrep")
LITTLE = 64 * MEBI


def milliseconds(timing):
    if timing is None:
        return ""
    if isinstance(timing, str):
        return timing
    digits = 2 if timing.best < 0.01 else 0
    return f"{timing.best * 1e3:.{digits}f} ({timing.median * 1e3:.{digits}f})"


def processor(timing):
    return f"{min(timing.processor) * 1e3:.0f}" if timed(timing) else "-"


def timed(timing):
    return isinstance(timing, measure.Timing)


class Bench:
    """A run of the whole."""

    def __init__(self, options, folder):
        self.options, self.report = options, Report()
        self.cases = Cases(options.tome, folder)

    def agreed(self, case):
        """The commands that can do it, all with the same answer, and what is wrong with the others."""
        expected, fine, wrong = None, {}, {}
        # Tome last: the others are the judges.
        for name, command in sorted(case.commands.items(), key=lambda item: item[0].startswith("tome")):
            try:
                answer = None if name == "cat" else case.answer(measure.answer(command))
            except Failed as failed:
                wrong[name] = str(failed)
                continue
            if name in case.less:
                answer += case.less[name]
            if answer is not None and expected is None:
                expected = answer
            if answer in (None, expected):
                fine[name] = command
            else:
                wrong[name] = f"WRONG: {answer}, not {expected}"
                self.report.wrong.append(f"{name}, {case.name}: {answer}, not {expected}")
        return {name: fine[name] for name in case.commands if name in fine}, wrong

    def measured(self, case, **how):
        commands, wrong = self.agreed(case)
        return {**measure.alternate(commands, how.pop("runs", self.options.runs), **how), **wrong}

    def against(self, case, timings, reference):
        """The ratio to another tool, as text and as a number."""
        ours, theirs = timings.get("tome"), timings.get(reference)
        if not timed(ours) or not timed(theirs):
            return "", None
        best, median = ours.best / theirs.best, ours.median / theirs.median
        digits = 4 if best < 0.02 else 2
        return f"{best:.{digits}f} ({median:.{digits}f})", best

    def bar(self, case, timings, title):
        """The bar as text, and whether it holds."""
        if not case.bar:
            return "", ""
        tool, share = case.bar
        text, ratio = self.against(case, timings, tool)
        if ratio is None:
            self.report.left_out.append(f"{title}: {case.name}")
            return f"≤ {share} {tool}", "not tried"
        return f"≤ {share} {tool}", self.report.verdict(f"{title}: {case.name}: {text} of {tool}, bar {share}", ratio <= share)

    def table(self, title, cases, **how):
        self.report.head(
            title, "case", *SHOWN, "others", "processor: tome, rg", "tome, GB/s", "tome / rg", "one core / rg", "tome / other", "bar", "")
        for case in cases:
            self.keep_warm(case, how)
            timings = self.measured(case, **how)
            others = {name: timing for name, timing in timings.items() if name not in SHOWN}
            other = next((name for name in others if timed(others[name])), None)
            ours = timings.get("tome")
            one_core = {**timings, "tome": timings.get("tome" + ONE_CORE)}
            self.report.row(
                case.name,
                *(milliseconds(timings.get(name)) for name in SHOWN),
                ", ".join(f"{name} {milliseconds(timing)}" for name, timing in others.items()),
                ", ".join(processor(timings.get(name)) for name in ("tome", "rg")),
                f"{case.size / ours.best / 1e9:.1f}" if timed(ours) else "",
                self.against(case, timings, "rg")[0],
                self.against(case, one_core, "rg")[0],
                self.against(case, timings, other)[0],
                *self.bar(case, timings, title))

    def keep_warm(self, case, how):
        if "before" not in how and machine.resident(case.path) < os.path.getsize(case.path):
            machine.warm(case.path)

    # ---- warm ----

    def name_machine(self, log):
        self.report.line(f"{machine.describe(log)}")
        for tool in ("rg", "grep", "ugrep", "wc"):
            if tool in self.cases.missing:
                self.report.skip(tool, "it is not installed (packaging/debian-packages.txt)")
            else:
                self.report.line(f"- {tool}: {machine.version(tool)}")
        self.report.line(f"- CPython {sys.version.split()[0]}; load {os.getloadavg()[0]:.1f} at the start; {self.options.runs} runs")
        self.report.line(f"- output goes to {measure.SINK}: it costs what /dev/null does, but no tool stops at the first match for it")
        self.report.line("- milliseconds: best (median); ratios likewise, of whole commands with their start and end")

    def part_literal(self, log, _large):
        self.table(f"Literals in {shown(log)}, warm", self.cases.literals(log))

    def part_case(self, log, _large):
        self.table(f"Ignoring case in {shown(log)}, warm", self.cases.ignoring_case(log))

    def part_needles(self, log, _large):
        self.table(f"Many needles in {shown(log)}, warm", self.cases.needles(log))

    def part_regex(self, log, _large):
        self.table(f"Regular expressions in {shown(log)}, warm", self.cases.regexes(log))

    def part_lines(self, log, _large):
        self.table(f"Lines of {shown(log)}, warm", self.cases.lines(log))

    def part_find(self, log, _large):
        self.table(f"Offsets in {shown(log)}, warm", self.cases.offsets(log))

    def part_adversarial(self, _log, _large):
        self.table("Adversarial files of 128 MiB, warm", self.cases.adversarial())

    def part_large(self, _log, large):
        wanted = ("absent, 5 B", "absent, 16 B", "rare, 5 B", "frequent, `GET`, counted")
        cases = [case for case in self.cases.literals(large) if case.name in wanted]
        cases += [*self.cases.ignoring_case(large)][:1] + [*self.cases.regexes(large)][2:3] + [*self.cases.lines(large)]
        self.table(f"{shown(large)}, warm", cases, runs=min(3, self.options.runs))

    # ---- cold ----

    def can_be_cold(self, path):
        machine.evict(path)
        left = machine.resident(path)
        if left > os.path.getsize(path) // 100:
            self.report.skip(f"cold runs on {path}", f"{left} bytes stay in memory: another process holds them")
            return False
        return True

    def part_between(self, _log, large):
        if not self.can_be_cold(large):
            return
        cases = list(self.cases.between(large))
        if not cases:
            self.report.skip("between", f"{large} has no time stamps like those of the demo")
        for case in cases:
            timings = self.measured(case, runs=min(3, self.options.runs), before=lambda: machine.evict(large),
                                    after=lambda: machine.resident(large))
            self.report.head(f"{case.name}, {shown(large)}", "", "ms", "page cache left, KiB", "tome / it", "bar", "")
            for name, timing in timings.items():
                fine = timed(timing)
                left = max(timing.residue) / 1024 if fine else 0
                bar = self.bar(case, timings, "cold") if name == "grep" else ("", "")
                if name == "tome" and fine:
                    bar = "< 1024 KiB left", self.report.verdict(f"between: {left:.0f} KiB left", left < 1024)
                self.report.row(name, milliseconds(timing), f"{left:.0f}" if fine else "",
                                self.against(case, timings, name)[0], *bar)

    def part_index(self, _log, large):
        with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(large))) as cache:
            measure.ENVIRONMENT["XDG_CACHE_HOME"] = cache
            with contextlib.suppress(Failed):
                self.last_line(large, cache)
            del measure.ENVIRONMENT["XDG_CACHE_HOME"]

    def last_line(self, large, cache):
        try:
            count = int(measure.answer(["wc", "-l", large])[2].split()[0])
            begin = time.perf_counter()
            measure.answer([self.options.tome, "lines", "--index", large])
            built = time.perf_counter() - begin
        except Failed as failed:
            self.report.skip("lines with an index", failed)
            return
        files = [os.path.join(folder, name) for folder, _, names in os.walk(cache) for name in names]
        size = sum(map(os.path.getsize, files))
        share = size / os.path.getsize(large)

        def make_cold():
            for path in [large, *files]:
                machine.evict(path)

        self.report.head(f"The last line by its number, cold, {shown(large)}", "", "ms", "bar", "")
        self.report.row("index built", f"{built * 1e3:.0f}", "", "")
        self.report.row(f"index: {size} bytes, {share:.4%} of the file", "", "< 0.1 %",
                        self.report.verdict(f"index: {share:.4%}", share < 0.001))
        for case in self.cases.last_line(large, count):
            for name, timing in self.measured(case, runs=min(5, self.options.runs), before=make_cold).items():
                bar = ("", "")
                if name == "tome" and timed(timing):
                    bar = "< 5 ms", self.report.verdict(f"lines LAST: {milliseconds(timing)} ms", timing.best < 0.005)
                self.report.row(name, milliseconds(timing), *bar)

    def part_scan(self, _log, large):
        if not self.can_be_cold(large):
            return
        runs = min(3, self.options.runs)
        self.table(f"The whole of {shown(large)}, cold", self.cases.cold_scans(large), runs=runs,
                   before=lambda: machine.evict(large))
        try:
            with machine.memory_group(LITTLE) as group:
                self.table(f"The same in a control group of {LITTLE // MEBI} MiB", self.cases.cold_scans(large), runs=runs,
                           before=lambda: machine.evict(large), group=group)
        except Failed as failed:
            self.report.skip(f"a control group of {LITTLE // MEBI} MiB", failed)

    # ---- inside one process ----

    def part_library(self, log, _large):
        if not self.options.library:
            self.report.skip("the library", "no --library")
            return
        machine.warm(log)
        done = subprocess.run([self.options.library, log, str(self.options.runs)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            self.report.skip("the library", f"tome_bench_search ended with status {done.returncode}")
        python = PythonFind(log, self.options.runs)
        cases = {}
        for line in done.stdout.splitlines():
            place, name, length, needle, way, size, count, best, median = line.split("\t")
            ways = cases.setdefault((place, name, int(length), needle, int(size), int(count)), {})
            ways[way] = float(best), float(median)
        ways = ("sum", "tome_find", "tome_rfind", "tome_count", "glibc")
        self.report.head("In one process and thread, warm: GB/s of processor time, best (median)", "searched", "needle", "bytes", "matches", *ways,
                         "CPython", "find / sum", "rfind / sum", "count / sum", "find / glibc", "find / CPython", "bars", "")
        for key, figures in cases.items():
            self.library_row(key, figures, ways, python)

    def library_row(self, key, figures, ways, python):
        place, name, length, needle, size, count = key
        cells = [f"{size / figures[way][0] / 1e9:.2f} ({size / figures[way][1] / 1e9:.2f})" if way in figures else "" for way in ways]
        ours = figures.get("tome_find", figures["tome_count"])[0]
        to_sum = [f"{figures['sum'][0] / figures[way][0]:.2f}" if way in figures else "" for way in ways[1:4]]
        theirs = python.seconds(needle, size) if name.startswith("absent") else None
        bars = []
        if place != "log":
            bars.append((size / ours / 1e9, 1, "GB/s"))
        elif name.startswith("absent") and length >= 2:
            bars.append((figures["sum"][0] / ours, 0.85, "sum"))
            if theirs and length in (2, 5):
                bars += [(figures["glibc"][0] / ours, 3, "memmem"), (theirs / ours, 10, "CPython")]
        elif name.startswith("commonest letters"):
            bars.append((figures["sum"][0] / ours, 0.4, "sum"))
        what = f"library: {place}, {name}, {length} B"
        self.report.row(
            place, name, length, count, *cells, f"{size / theirs / 1e9:.2f}" if theirs else "", *to_sum,
            f"{figures['glibc'][0] / ours:.1f}", f"{theirs / ours:.1f}" if theirs else "",
            ", ".join(f"≥ {least} {unit}" for _, least, unit in bars),
            ", ".join(self.report.verdict(f"{what}: {got:.2f} {unit}, bar {least}", got >= least) for got, least, unit in bars))


class PythonFind:
    """CPython's mmap.find in this process, over a mapping that has been touched."""

    def __init__(self, path, runs):
        self.path, self.runs = path, runs

    def seconds(self, needle, size):
        best = None
        with open(self.path, "rb") as file, mmap.mmap(
                file.fileno(), size, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ) as data:
            for _ in range(min(self.runs, 3)):
                begin = time.thread_time()
                data.find(bytes.fromhex(needle))
                took = time.thread_time() - begin
                best = min(best or took, took)
        return best


def shown(path):
    return f"{os.path.getsize(path) / (1 << 30):.4g} GiB"


PARTS = ("library", "literal", "case", "needles", "regex", "lines", "find", "adversarial", "large", "between", "index", "scan")


def parse():
    parser = argparse.ArgumentParser(description="Search, whole commands: Tome beside others.")
    parser.add_argument("--tome", default=shutil.which("tome") or "tome")
    parser.add_argument("--library")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default=",".join(PARTS), help="of " + ",".join(PARTS))
    parser.add_argument("log")
    parser.add_argument("large", nargs="?")
    options = parser.parse_args()
    options.large = options.large or options.log
    unknown = set(options.only.split(",")) - set(PARTS)
    if unknown or options.runs < 1:
        parser.error(f"no such part: {', '.join(sorted(unknown))}" if unknown else "--runs is at least 1")
    return options


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="search-", dir=os.path.dirname(os.path.abspath(options.log))) as folder:
        bench = Bench(options, folder)
        bench.name_machine(options.log)
        for part in options.only.split(","):
            getattr(bench, f"part_{part}")(options.log, options.large)
        bench.report.sum_up()
        sys.exit(1 if bench.report.wrong else 0)


if __name__ == "__main__":
    main()
