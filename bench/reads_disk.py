"""The disk under a file: how far it reads ahead, and how fast it is when fio asks."""
import json
import os
import shutil
import stat
import subprocess

from bench_machine import Failed


def queue_of(path):
    """The settings in /sys of the disk that holds the file."""
    number = os.stat(path).st_dev
    if os.major(number) == 0:
        number = number_of_source(number)
    device = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if os.path.exists(f"{device}/partition"):
        device = os.path.dirname(device)
    if not os.path.exists(f"{device}/queue/read_ahead_kb"):
        raise Failed(f"{path} is on no disk that /sys knows")
    return f"{device}/queue"


def number_of_source(number):
    """The device that a file system is mounted from which gives its files a number of its own."""
    wanted = f"{os.major(number)}:{os.minor(number)}"
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields, source = line.split(" - ")[0].split(), line.split(" - ")[1].split()[1]
            if fields[2] == wanted and os.path.exists(source) and stat.S_ISBLK(os.stat(source).st_mode):
                return os.stat(source).st_rdev
    raise Failed("the file system is on no disk of its own")


class ReadAhead:
    """The disk's setting, in KiB. Another process puts it back: it waits for the end of a pipe that closes with this process,
    however that ends, and listens to no signal but KILL."""

    GUARD = 'trap "" HUP INT QUIT TERM; read -r _; printf "%s\\n" "$1" >"$0"'

    def __init__(self, path):
        self.guard = self.why = self.before = None
        self.disk = "an unknown disk"
        try:
            queue = queue_of(path)
            self.disk = os.path.basename(os.path.dirname(queue))
            self.file = f"{queue}/read_ahead_kb"
            self.before = self.now()
        except (Failed, OSError) as failed:
            self.why = str(failed)

    def now(self):
        with open(self.file, encoding="ascii") as file:
            return int(file.read())

    def may_be_set(self):
        """Whether it may; else self.why says why not."""
        try:
            if self.why is None:
                self.set(self.before)
        except (Failed, OSError) as failed:
            self.why = str(failed)
        return self.why is None

    def set(self, kibibytes):
        with open(self.file, "w", encoding="ascii") as file:
            if self.guard is None:
                self.guard = subprocess.Popen(
                    ["/bin/sh", "-c", self.GUARD, self.file, str(self.before)], stdin=subprocess.PIPE, start_new_session=True)
            file.write(str(kibibytes))
        if self.now() != kibibytes:
            raise Failed(f"{self.file} takes no {kibibytes}")

    def put_back(self):
        if self.guard is None:
            return
        self.guard.stdin.close()
        self.guard.wait()
        self.guard = None
        if self.now() != self.before:
            raise Failed(f"{self.file} could not be set back to {self.before}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.put_back()

    def shown(self):
        if self.before is None:
            return "read-ahead unknown"
        return f"read-ahead {kib_shown(self.now())}"


def kib_shown(kibibytes):
    return f"{kibibytes >> 10} MiB" if kibibytes >= 1024 and kibibytes % 1024 == 0 else f"{kibibytes} KiB"


# ---- fio ----

FIO_WAYS = {
    "fio, psync": ["--ioengine=psync"],
    "fio, io_uring at depth 32": ["--ioengine=io_uring", "--iodepth=32"],
}


def has_fio():
    return shutil.which("fio") is not None


def fio(path, folder, offsets, length, engine):
    """How many pieces a second the disk delivers when fio asks for the very pages that hold them, past the page cache."""
    link = os.path.join(folder, "file")
    if not os.path.islink(link):
        os.symlink(os.path.abspath(path), link)
    page = os.sysconf("SC_PAGE_SIZE")
    with open(os.path.join(folder, "iolog"), "w", encoding="ascii") as log:
        log.write("fio version 2 iolog\nfile add\nfile open\n")
        for offset in offsets:
            begin, end = offset // page * page, -(-(offset + length) // page) * page
            log.write(f"file read {begin} {end - begin}\n")
        log.write("file close\n")
    command = ["fio", "--name=reads", "--read_iolog=iolog", "--replay_no_stall=1", "--direct=1", "--output-format=json", *engine]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    try:
        figures = json.loads(done.stdout[done.stdout.index("{"):])["jobs"][0]["read"]
        if done.returncode == 0 and figures["total_ios"] == len(offsets):
            return figures["iops"]
    except (ValueError, KeyError):
        pass
    raise Failed(f"fio: {(done.stderr or done.stdout).strip().splitlines()[:1]}")
