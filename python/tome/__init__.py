"""Memory-mapped files without the traps.

`import tome as mmap` is the one line to change in a program that uses the standard module `mmap`.
`tome.open` is the better way in: a file as a sequence of bytes that grows, searches, knows its lines, and never crashes.
"""

from ._tome import *  # noqa: F403
