"""NumPy is optional: the package works without it, and says what to install where it is needed."""

import subprocess
import sys

WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
import tome
with tome.open(sys.argv[1], "w+") as f:
    f.append(bytes(16))
    try:
        f.array("f8")
    except ImportError as error:
        print(error)
    try:
        tome.Array
    except ImportError as error:
        print(error)
    print(len(f))
"""


def test_without_numpy_arrays_are_an_importerror_that_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMPY, str(tmp_path / "file")],
        stdout=subprocess.PIPE,
        check=True,
    )
    first, second, size = done.stdout.decode().splitlines()
    assert "pip install numpy" in first
    assert second == first
    assert size == "16"


def test_importing_the_package_imports_neither_numpy_nor_asyncio():
    script = "import sys, tome; print([n for n in ('numpy', 'asyncio') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    assert done.stdout.strip() == b"[]"
