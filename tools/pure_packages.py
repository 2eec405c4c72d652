"""Lends this interpreter's test packages to interpreters that have none.

    pure_packages.py FOLDER

Puts links into FOLDER to pytest, hypothesis and what they import, as far as this interpreter has
them. They are pure Python, so that any interpreter with FOLDER on its path can import them, and
nothing is to be had from a network.
"""

import importlib.util
import pathlib
import sys

PACKAGES = (
    "pytest _pytest pluggy iniconfig packaging py exceptiongroup tomli typing_extensions "
    "hypothesis attr attrs sortedcontainers"
).split()


def place_of(package):
    """The folder or the file of a package; None: not here."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    origin = pathlib.Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        link.unlink()
    for place in filter(None, map(place_of, PACKAGES)):
        (folder / place.name).symlink_to(place)


if __name__ == "__main__":
    main(*sys.argv[1:])
