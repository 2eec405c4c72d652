"""Forbid the command some system calls, by a seccomp filter: they fail with EPERM."""
import ctypes
import platform
import struct

from command_harness import BITS, EMULATOR

# What the kernel calls the architecture in a filter, and the numbers of the calls there.
ARCHITECTURES = {
    "x86_64": (0xC000003E, {"cachestat": 451, "mincore": 27, "inotify_init1": 294, "lseek": 8}),
    "i386": (0x40000003, {"cachestat": 451, "mincore": 218, "inotify_init1": 332, "lseek": 140}),
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
    if EMULATOR:
        test.skipTest("in an emulator: it needs the calls itself that are to be forbidden")
    machine = platform.machine()
    if BITS == 32 and machine == "x86_64":
        machine = "i386"
    if machine not in ARCHITECTURES:
        test.skipTest(f"the numbers of system calls on {machine} are not known here")
    architecture, numbers = ARCHITECTURES[machine]
    program = filter_program(architecture, [numbers[name] for name in names])
    return {"preexec_fn": lambda: install(program)}
