"""Tables as the benches print them."""


class Report:
    """Prints tables, and keeps what held."""

    def __init__(self):
        self.held, self.missed, self.left_out, self.wrong = 0, [], [], []

    def line(self, text=""):
        print(text, flush=True)

    def head(self, title, *columns):
        self.line(f"\n### {title}\n")
        self.line("| " + " | ".join(columns) + " |")
        self.line("|---" + "|---:" * (len(columns) - 1) + "|")

    def row(self, *cells):
        self.line("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")

    def verdict(self, name, fine):
        if fine:
            self.held += 1
            return "holds"
        self.missed.append(name)
        return "**misses**"

    def skip(self, what, why):
        self.left_out.append(what)
        self.line(f"\nSKIPPED {what}: {why}")

    def sum_up(self):
        self.line(f"\n{self.held} bars hold, {len(self.missed)} are missed, {len(self.left_out)} were not tried.")
        for name in self.missed:
            self.line(f"- missed: {name}")
        for name in self.wrong:
            self.line(f"- WRONG ANSWER: {name}")


class TextReport(Report):
    """The same for a terminal: the columns of a table are aligned, for which its rows are kept until it ends."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def line(self, text=""):
        self.end()
        super().line(text)

    def head(self, title, *columns):
        self.line(f"\n{title}\n")
        self.rows = [columns]

    def row(self, *cells):
        self.rows.append([str(cell).replace("**", "") for cell in cells])

    def end(self):
        rows, self.rows = self.rows, []
        widths = [max(map(len, column)) for column in zip(*rows)]
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths)]
            super().line("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
