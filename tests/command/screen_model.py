"""What a terminal shows of what it was sent. It knows the few control sequences that the command may use, and
fails at any other."""
import re

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Page:
    def __init__(self, rows):
        self.lines = [""] * rows
        self.row = self.column = 0


class Screen:
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.usual, self.other = Page(rows), None
        self.cursor_is_shown = self.wraps = True
        self.attributes = ""
        self.pictures = 0  # how often something was begun at the top of the other page
        self.bytes_left = b""

    @property
    def page(self):
        return self.other or self.usual

    @property
    def is_sane(self):
        return not self.other and self.cursor_is_shown and self.wraps and not self.attributes

    def lines(self):
        """Without those at the end that are empty."""
        return "\n".join(line.rstrip() for line in self.page.lines).rstrip("\n").split("\n")

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        for page in filter(None, (self.usual, self.other)):
            page.lines = (page.lines + [""] * rows)[:rows]
            page.row = min(page.row, rows - 1)

    def feed(self, sent):
        """What is cut in the middle of a character or a sequence waits for the rest."""
        sent = self.bytes_left + sent
        end = len(sent)
        escape = sent.rfind(b"\x1b")
        if escape >= 0 and not SEQUENCE.match(sent[escape:].decode("latin-1")):
            end = escape
        while True:
            try:
                text = sent[:end].decode()
                break
            except UnicodeDecodeError as problem:
                if end - problem.start > 3:
                    raise
                end = problem.start
        self.bytes_left = sent[end:]
        at = 0
        while at < len(text):
            at = self.take(text, at)

    def take(self, text, at):
        found = SEQUENCE.match(text, at)
        if found:
            self.obey(*found.groups())
            return found.end()
        character = text[at]
        if character == "\r":
            self.page.column = 0
        elif character == "\n":
            self.end_line()
        elif character < " " or character == "\x7f":
            raise AssertionError(f"the terminal was sent {character!r}")
        else:
            self.put(character)
        return at + 1

    def end_line(self):
        """As a terminal does it for programs that leave that to it: with a carriage return."""
        page = self.page
        page.column = 0
        page.row += 1
        if page.row == self.rows:
            page.lines = [*page.lines[1:], ""]
            page.row -= 1

    def put(self, character):
        if self.page.column == self.columns:
            if self.wraps:
                self.end_line()
            else:
                self.page.column -= 1
        page = self.page
        line = page.lines[page.row].ljust(page.column)
        page.lines[page.row] = line[: page.column] + character + line[page.column + 1 :]
        page.column += 1

    def wipe_line(self):
        page = self.page
        page.lines[page.row] = page.lines[page.row][: page.column]

    def obey(self, private, number, letter):
        sequence, page = private + number + letter, self.page
        if sequence in ("?1049h", "?1049l"):
            self.other = Page(self.rows) if letter == "h" else None
        elif sequence in ("?25h", "?25l"):
            self.cursor_is_shown = letter == "h"
        elif sequence in ("?7h", "?7l"):
            self.wraps = letter == "h"
        elif sequence == "H":
            page.row = page.column = 0
            self.pictures += 1
        elif sequence == "K":
            self.wipe_line()
        elif sequence == "J":
            self.wipe_line()
            page.lines[page.row + 1 :] = [""] * (self.rows - page.row - 1)
        elif letter == "m" and not private:
            self.attributes = "" if number in ("", "0") else number
        else:
            raise AssertionError(f"the terminal was sent ESC [ {sequence}")
