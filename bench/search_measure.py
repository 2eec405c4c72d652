"""How bench/search_commands.py measures: whole commands by their wall time.

A command runs in a process of its own, with its output in /dev/zero, which throws it away as /dev/null does; but GNU grep
and ugrep know /dev/null, and stop at the first match there. The locale is C for all."""
import contextlib
import hashlib
import os
import shutil
import signal
import statistics
import subprocess
import time

from bench_machine import Failed

SINK = "/dev/zero"
LIMIT = 60.0  # seconds, for one run
ENOUGH = 12.0  # seconds: a command that took so long in all is not run again
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent"}


class Timing:
    """The runs of one command."""

    def __init__(self):
        self.walls, self.processor, self.residue = [], [], []

    @property
    def best(self):
        return min(self.walls)

    @property
    def median(self):
        return statistics.median(self.walls)


@contextlib.contextmanager
def time_limit(pid):
    """A process that takes longer is killed."""
    signal.signal(signal.SIGALRM, lambda _signal, _frame: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def exit_code(code, seconds):
    """Fails unless it says that something, or nothing, was found."""
    if code == -signal.SIGKILL:
        raise Failed(f"over {LIMIT:.0f} s" if seconds >= LIMIT else "killed: not enough memory")
    if code not in (0, 1):
        raise Failed(f"status {code}")
    return code


def run(command, group=None):
    """Run it once: (seconds, seconds of processor). Its exit status may say that nothing was found."""
    command = list(command)
    if group:
        command = ["/bin/sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, *command]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, SINK, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
    ]
    path = shutil.which(command[0]) or command[0]
    begin = time.perf_counter()
    pid = os.posix_spawn(path, command, ENVIRONMENT, file_actions=actions)
    with time_limit(pid):
        _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    exit_code(os.waitstatus_to_exitcode(status), wall)
    return wall, usage.ru_utime + usage.ru_stime


def answer(command):
    """What it prints: (lines, digest, the first line)."""
    begin = time.perf_counter()
    lines, digest, first = 0, hashlib.sha1(), b""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process, time_limit(process.pid):
        while piece := process.stdout.read1(1 << 20):
            first = first or piece.split(b"\n", 1)[0][:200]
            lines += piece.count(b"\n")
            digest.update(piece)
        complaint = process.stderr.read().decode("utf-8", "replace").strip()
        code = process.wait()
    if complaint:
        raise Failed(complaint.splitlines()[0])
    exit_code(code, time.perf_counter() - begin)
    return lines, digest.hexdigest(), first.decode("utf-8", "replace")


ONE_CORE = " on one core"


def alternate(commands, runs, before=None, after=None, group=None):
    """Time commands, a dict by name, in alternation: a dict of Timing or of the reason why there is none. One whose name ends in
    ONE_CORE gets one processor. `before` and `after` are called around each run; what `after` returns is kept."""
    timings = {name: Timing() for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            timing = timings[name]
            if isinstance(timing, str) or sum(timing.walls) > ENOUGH:
                continue
            if before:
                before()
            try:
                with one_core() if name.endswith(ONE_CORE) else contextlib.nullcontext():
                    wall, processor = run(command, group)
            except Failed as failed:
                timings[name] = str(failed)
                continue
            timing.walls.append(wall)
            timing.processor.append(processor)
            if after:
                timing.residue.append(after())
    return timings


@contextlib.contextmanager
def one_core():
    """Commands begun here have one processor."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)
