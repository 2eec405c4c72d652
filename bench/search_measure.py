"""How bench/search_commands.py measures: whole commands by their wall time, what is in the page cache, and the machine.

A command runs in a process of its own, with its output in /dev/zero, which throws it away as /dev/null does; but GNU grep
and ugrep know /dev/null, and stop at the first match there. The locale is C for all."""
import contextlib
import ctypes
import hashlib
import mmap
import os
import shutil
import signal
import statistics
import subprocess
import time

SINK = "/dev/zero"
LIMIT = 60.0  # seconds, for one run
ENOUGH = 12.0  # seconds: a command that took so long in all is not run again
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent"}


class Failed(Exception):
    """A command that did not do its work; the text says why."""


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


# ---- the page cache ----

libc = ctypes.CDLL(None, use_errno=True)
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]


def warm(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def evict(path):
    """Put the file out of the page cache."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


def resident(path):
    """Bytes of the file in the page cache."""
    size = os.path.getsize(path)
    if size == 0:
        return 0
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), size) as mapped:
        pages = ctypes.create_string_buffer((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE)
        begin = ctypes.c_char.from_buffer(mapped)
        result = libc.mincore(ctypes.addressof(begin), size, pages)
        del begin
        if result != 0:
            raise OSError(ctypes.get_errno(), "mincore")
    return pages.raw.translate(bytes(byte & 1 for byte in range(256))).count(1) * mmap.PAGESIZE


# ---- little memory ----


def mounted(kind):
    with open("/proc/mounts", encoding="ascii") as mounts:
        for line in mounts:
            fields = line.split()
            if kind(fields[2], fields[3].split(",")):
                yield fields[1]


@contextlib.contextmanager
def memory_group(limit):
    """A control group that may have `limit` bytes, page cache included: its folder."""
    one = list(mounted(lambda system, options: system == "cgroup" and "memory" in options))
    two = list(mounted(lambda system, options: system == "cgroup2"))
    if one:
        folder, name = one[0], "memory.limit_in_bytes"
    elif two:
        folder, name = two[0], "memory.max"
    else:
        raise Failed("no control groups are mounted")
    group = f"{folder}/tome-bench-search-{os.getpid()}"
    try:
        os.mkdir(group)
        with open(f"{group}/{name}", "w", encoding="ascii") as file:
            file.write(str(limit))
    except OSError as error:
        with contextlib.suppress(OSError):
            os.rmdir(group)
        raise Failed(f"no control group could be made in {folder}: {error.strerror}") from error
    try:
        yield group
    finally:
        os.rmdir(group)


# ---- the machine ----


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


def file_system(path):
    """The type of the file system that holds the file."""
    best = ("", "unknown")
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, folder, kind, *_ = line.split()
            if (os.path.realpath(path) + "/").startswith(folder.rstrip("/") + "/"):
                best = max(best, (folder, kind), key=lambda found: len(found[0]))
    return best[1]


def machine(path):
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    system = os.uname()
    return (
        f"{processor_name()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB of memory, "
        f"{system.sysname} {system.release}, {file_system(path)}"
    )


def version(command):
    """The first line of what `command --version` prints."""
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
