"""How bench/bench_python.py measures calls: all sides run the same statement, in turn, in one process.

A loop takes 20 ms at least; the sides take turns, every second round backwards, and what is compared is the median of the ratios
of a round. mmap is there twice: as far as it is from itself, so far the rest can be believed."""
import dataclasses
import math
import sys
import timeit

import reads_measure as measure

LEAST = 0.02  # seconds
MMAP, AGAIN, NUMPY, PLAIN = "mmap", "mmap, again", "numpy.memmap", "seek + read"
OURS, FILE = "tome.mmap", "tome.File"


@dataclasses.dataclass
class Case:
    """Something to do: a statement over `m`, which has mmap's interface, and what others have for it."""

    name: str
    statement: str
    others: dict = dataclasses.field(default_factory=dict)  # statements by side
    first: str = "pass"  # done once, before the statement is done `unrolled` times
    unrolled: int = 20
    units: int = 1  # the statement does so many times what is timed
    most: float = None  # asked: the time of ours, of mmap's
    faster: dict = dataclasses.field(default_factory=dict)  # asked: how many times as fast ours is, by side

    def statements(self):
        return {**dict.fromkeys((MMAP, OURS, AGAIN), self.statement), **self.others}


class Loop:
    """A case on one side, as often as takes long enough. All names are local variables of the loop."""

    def __init__(self, case, statement, names):
        setup = "\n".join(f"{name} = {name}_" for name in names)
        text = "\n".join([case.first, *[statement] * case.unrolled])
        self.timer = timeit.Timer(text, setup, globals={f"{name}_": value for name, value in names.items()})
        self.units = case.units * case.unrolled
        self.number = self.enough()

    def enough(self):
        number = 1
        while (took := self.timer.timeit(number)) < LEAST:
            number = max(number + 1, min(number * 10, math.ceil(number * LEAST * 1.2 / took)))
        return number

    def run(self):
        return {"seconds": self.timer.timeit(self.number) / self.number / self.units}


def answers(case, names):
    """What the statement gives on each side, by side: it is to be the same. Nothing if it is no expression. `names` by side."""
    given = {}
    for side, statement in case.statements().items():
        if side not in names:
            continue
        try:
            code = compile(statement, case.name, "eval")
        except SyntaxError:
            continue
        scope = dict(names[side])
        exec(case.first, scope)
        given[side] = eval(code, scope)
    return given


def time_case(case, names, rounds):
    """Runs by side. A side that has no statement is left out."""
    statements = case.statements()
    loops = {side: Loop(case, statements[side], known).run for side, known in names.items() if side in statements}
    return measure.alternate(loops, rounds, lambda: None, lambda *_: None, enough=sys.maxsize)
