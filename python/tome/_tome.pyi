# The extension: what __init__.pyi describes, and what the package's own files use of it.
from typing import Any, Dict, Optional, Tuple

import tome
from tome import (
    Info as Info,
    Lines as Lines,
    LostBytesError as LostBytesError,
    Match as Match,
    Residency as Residency,
    Stats as Stats,
    UntrackedError as UntrackedError,
    View as View,
    mmap as mmap,
)

__version__: str

def _lines_apart(lines: Lines, /) -> Tuple[Any, ...]: ...
def _lines(file: tome.File, parts: Any, lines: int, slices: Any, /) -> Lines: ...
def _match(offset: int, data: bytes, /) -> Match: ...

class File(tome.File):  # what of it is in C
    _path: Optional[str]
    def _keywords(self) -> Dict[str, Any]: ...
