"""A disk that is soon full, for the tests: a small tmpfs. Needs root."""

import contextlib
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(folder, size):
    """Mount a file system of so many bytes on a new folder; skips the test if it cannot."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, stderr=subprocess.PIPE)
    except OSError as error:
        pytest.skip(f"no small disk: {error}")
    if done.returncode != 0:
        pytest.skip(f"no small disk: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
