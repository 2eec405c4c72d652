# The extension: what __init__.pyi describes, and what the package's own files use of it.
from typing import Any, Dict, Optional

import tome
from tome import (
    Info as Info,
    Lines as Lines,
    LostBytesError as LostBytesError,
    Match as Match,
    Residency as Residency,
    Stats as Stats,
    View as View,
    mmap as mmap,
)

__version__: str

class File(tome.File):  # what of it is in C
    _path: Optional[str]
    def _keywords(self) -> Dict[str, Any]: ...
