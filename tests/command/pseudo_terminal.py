"""A pseudo-terminal: what the command draws on it and nowhere else."""
import fcntl
import os
import pty
import select
import struct
import termios

from command_harness import ON_WINDOWS, CommandTest


class Terminal(CommandTest):
    def setUp(self):
        super().setUp()
        if ON_WINDOWS:
            self.skipTest("on Windows: a pseudo-terminal of Unix is no console of Windows")
        try:
            self.screen, self.terminal = pty.openpty()
        except OSError as problem:
            self.skipTest(f"no pseudo-terminal to be had: {problem}")
        self.addCleanup(os.close, self.screen)
        self.addCleanup(lambda: self.terminal is None or os.close(self.terminal))
        attributes = termios.tcgetattr(self.terminal)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(self.terminal, termios.TCSANOW, attributes)

    def resize(self, columns, rows):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)

    def read_screen(self, seconds):
        """What is new on the screen; nothing may come within that time."""
        if not select.select([self.screen], [], [], seconds)[0]:
            return b""
        return os.read(self.screen, 65536)

    def all_of_screen(self):
        """What is new on the screen once all that was written to it has got there."""
        end = b"\0 nothing else \0"
        os.write(self.terminal, end)
        seen = b""
        while not seen.endswith(end):
            seen += os.read(self.screen, 65536)
        return seen[: -len(end)]

    def rest_of_screen(self):
        os.close(self.terminal)
        self.terminal = None
        seen = b""
        while True:
            try:
                part = os.read(self.screen, 65536)
            except OSError:
                return seen
            if not part:
                return seen
            seen += part
