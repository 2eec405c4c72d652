"""Forbid the command some system calls, by a seccomp filter: they fail with EPERM."""
import ctypes
import os
import platform
import struct

# What the kernel calls the architecture in a filter, and the numbers of the calls there.
ARCHITECTURES = {
    "x86_64": (0xC000003E, {"cachestat": 451, "mincore": 27, "inotify_init1": 294, "lseek": 8}),
    "aarch64": (0xC00000B7, {"cachestat": 451, "mincore": 232, "inotify_init1": 26, "lseek": 62}),
}
EPERM = 1
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2


def filter_program(architecture, refused):
    """The instructions: the listed calls fail with EPERM, all others are allowed."""
    load, equal, answer = 0x20, 0x15, 0x06
    refuse, allow = 0x00050000 | EPERM, 0x7FFF0000
    last = len(refused) + 3
    lines = [(load, 0, 0, 4), (equal, 0, last - 2, architecture), (load, 0, 0, 0)]
    for number in refused:
        lines.append((equal, last - len(lines), 0, number))
    lines += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def install(program):
    """In the process that is to become the command."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_char_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    given = Program(len(program) // 8, program)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(given)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def refusing(test, *names):
    """Options for the process that is to become the command. Skips the test on a machine whose
    numbers are not known here."""
    if platform.machine() not in ARCHITECTURES:
        test.skipTest(f"the numbers of system calls on {platform.machine()} are not known here")
    architecture, numbers = ARCHITECTURES[platform.machine()]
    program = filter_program(architecture, [numbers[name] for name in names])
    return {"preexec_fn": lambda: install(program)}
