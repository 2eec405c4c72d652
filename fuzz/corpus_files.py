#!/usr/bin/env python3
"""A corpus as text, one input in hexadecimal a line, and as the folder of files that fuzzers want.

    corpus_files.py unpack CORPUS.txt FOLDER
    corpus_files.py pack FOLDER CORPUS.txt
"""
import pathlib
import sys


def unpack(text, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(text.read_text().splitlines()):
        if not line.startswith("#"):
            (folder / f"{number:04}").write_bytes(bytes.fromhex(line))


def pack(folder, text):
    """Short ones first, so that what a replay finds is found in a short one."""
    inputs = {file.read_bytes() for file in folder.iterdir() if file.is_file()}
    lines = [data.hex() for data in sorted(inputs, key=lambda data: (len(data), data)) if data]
    text.write_text("# Made by corpus_files.py: one input a line, in hexadecimal.\n" + "\n".join(lines) + "\n")


def main():
    jobs = {"unpack": unpack, "pack": pack}
    if len(sys.argv) != 4 or sys.argv[1] not in jobs:
        sys.exit(__doc__)
    jobs[sys.argv[1]](pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))


if __name__ == "__main__":
    main()
