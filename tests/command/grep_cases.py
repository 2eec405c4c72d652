"""Cases for tome grep and GNU grep to agree on: files, patterns and options by the dice. The same
number always gives the same case.

Left out is what only one of them accepts (a repeated repetition, a repeated anchor), what PCRE2
documents otherwise than POSIX does (a backslash in brackets, lazy and possessive repetition), and
some in which GNU grep 3.8 does not do what it documents: with -w and -x together a part of the line
(-o, --color) holds the line's end; with -w parts are missed, or with several plain texts follow
right behind a letter; with -v and -x parts of other lines are shown; parts of expressions with empty
branches are not always the longest."""
import random

LETTERS = "abcAB1_ -."


class Case:
    """Operands are file names; standard input is bytes, an open file's name, or nothing."""

    def __init__(self, options, patterns, files, stdin=None, piped=True, pattern_file=None):
        self.options = options
        self.patterns = patterns
        self.files = files
        self.stdin = stdin
        self.piped = piped
        self.pattern_file = pattern_file


def some_words(dice, count):
    words = []
    for _ in range(count):
        words.append("".join(dice.choice("abcAB1_") for _ in range(dice.randrange(1, 6))))
    return words


def small_line(dice):
    return "".join(dice.choice(LETTERS) for _ in range(dice.randrange(0, 14))).encode()


def word_line(dice):
    gap = dice.choice([" ", " ", "-", ".", "  ", "_", "\t"])
    return gap.join(some_words(dice, dice.randrange(0, 7))).encode()


def repeated_line(dice):
    return dice.choice([b"a", b"b", b"ab", b"a b ", b"aB", b"_a", b"-"]) * dice.randrange(0, 40)


def binary_line(dice):
    line = bytes(dice.randrange(256) for _ in range(dice.randrange(0, 30)))
    return line.replace(b"\n", b"a")


def zeros_line(dice):
    return bytes(dice.choice(b"ab\0\0 ") for _ in range(dice.randrange(0, 12)))


def high_line(dice):
    return "".join(
        dice.choice("a\u00e4\u00df\u20ac b") for _ in range(dice.randrange(0, 12))
    ).encode()


def long_line(dice):
    size = dice.choice([4095, 4096, 4097, 20000, 70000, 300000])
    start = dice.randrange(0, 400)
    line = bytearray((repeated_line(dice) + b"x" + small_line(dice)) * (size // 8 + 1))
    return bytes(line[start : start + size])


KINDS = [small_line, word_line, repeated_line, binary_line, zeros_line, high_line]


def make_file(dice):
    """The contents of a file of up to some hundred lines."""
    form = dice.randrange(20)
    if form == 0:
        return dice.choice([b"", b"\n", b"a", b"\n\n\n", b"a\n", b"\0", b"\r\n"])
    kinds = [dice.choice(KINDS) for _ in range(dice.randrange(1, 3))]
    count = dice.choice([1, 2, 3, 5, 8, 20, 60, 200])
    lines = [dice.choice(kinds)(dice) for _ in range(count)]
    if form == 1:
        lines[dice.randrange(count)] = long_line(dice)
    end = b"\r\n" if form == 2 else b"\n"
    return end.join(lines) + (end if dice.randrange(4) else b"")


def make_large_file(dice):
    """Some MiB: several of the pieces in which the library searches."""
    part = make_file(dice)
    size = dice.choice([1 << 20, (4 << 20) - 1, 4 << 20, 9 << 20])
    data = bytearray(part * (size // (len(part) or 1) + 1))[:size] if part else bytearray(size)
    for _ in range(dice.randrange(0, 30)):
        at = dice.randrange(len(data))
        data[at : at + 3] = dice.choice([b"a\nb", b"aaa", b"\nab", b"Ab\n"])
    return bytes(data)


def make_literal(dice, data):
    """Usually a piece of the file; something that an argument can hold."""
    line = dice.choice(data.split(b"\n")) if data else b""
    start = dice.randrange(len(line) + 1)
    piece = line[start : start + dice.choice([1, 1, 2, 3, 4, 6, 10, 40])]
    if dice.randrange(5) == 0 or b"\0" in piece:
        piece = small_line(dice)[: dice.randrange(0, 6)]
    if dice.randrange(40) == 0:
        piece = line[:2000]
    return piece.replace(b"\0", b"a").replace(b"\r", b"a")


ATOMS = ["a", "b", "c", "A", "1", "_", " ", "-", "\\.", "ab", "ba", "."]
ATOMS += ["[ab]", "[^a]", "[a-c]", "[^a-c]", "[[:alpha:]]", "[[:digit:]_]", "[^[:space:]]", "[]a]"]
ATOMS += ["[^]a]", "[^-c]", "[-a]", "[a-]", "[[:upper:]b]", "\\w", "\\W", "\\s", "\\S"]
ATOMS += ["[[:punct:]]", "[1-9.]"]
BORDERS = ["^", "$", "\\<", "\\>", "\\b", "\\B"]
REPEATS = ["*", "+", "?", "{2}", "{0,1}", "{1,}", "{,2}", "{2,3}", "{0}", "{1}"]


def make_piece(dice, depth, careful):
    kind = dice.randrange(12)
    if kind == 0 and not (careful and depth):
        return dice.choice(BORDERS)
    if kind <= 3 and depth < 3:
        piece = "(" + make_expression(dice, depth + 1, careful) + ")"
    else:
        piece = dice.choice(ATOMS)
        if len(piece) == 2 and piece.isalnum():
            return piece
    if dice.randrange(3) == 0:
        piece += dice.choice(REPEATS)
    return piece


def make_expression(dice, depth, careful):
    branches = []
    for _ in range(dice.choice([1, 1, 1, 2, 2, 3])):
        count = dice.choice([1, 2, 2, 3, 4]) if careful or dice.randrange(15) else 0
        branches.append("".join(make_piece(dice, depth, careful) for _ in range(count)))
    return "|".join(branches)


def make_backward(dice):
    """A group that comes again."""
    atoms = [dice.choice(ATOMS) + dice.choice(["", "", "*", "+", "?"]) for _ in range(3)]
    shape = dice.choice(["({})\\1", "^({}).*\\1$", "({}){}\\1", "({})({})\\2\\1", "({}|{})\\1"])
    return shape.format(*atoms)


def make_patterns(dice, data, fixed, careful):
    count = dice.choice([1] * 8 + [2, 2, 3, 12, 60])
    if not fixed and not careful and dice.randrange(12) == 0:
        return [make_backward(dice).encode()]
    patterns = []
    for _ in range(count):
        if fixed or dice.randrange(6) == 0:
            literal = make_literal(dice, data)
            if not fixed:
                special = b"\\^$.[]|()*+?{}"
                literal = b"".join(
                    b"\\" + bytes([byte]) if byte in special else bytes([byte]) for byte in literal
                )
            patterns.append(literal)
        else:
            patterns.append(make_expression(dice, 0, careful).encode())
    return patterns


def make_options(dice):
    options = []
    for option, one_in in (
        ("-i", 5),
        ("-v", 5),
        ("-w", 6),
        ("-x", 8),
        ("-n", 4),
        ("-b", 4),
        ("-o", 5),
        ("-c", 8),
        ("-H", 8),
        ("-h", 8),
        ("-Z", 12),
        ("-l", 20),
        ("-L", 20),
        ("-q", 25),
        ("-s", 20),
        ("--color=always", 5),
    ):
        if dice.randrange(one_in) == 0:
            options.append(option)
    for option, one_in in (("-m", 6), ("-A", 6), ("-B", 6), ("-C", 10)):
        if dice.randrange(one_in) == 0:
            options += [option, str(dice.choice([0, 1, 1, 2, 3, 10, 1000]))]
    if dice.randrange(40) == 0:
        options.append("-" + str(dice.choice([0, 1, 2, 12])))
    return options


def drop(options, unwanted):
    return [option for option in options if option != unwanted]


def make_case(seed, number, large=False):
    dice = random.Random(f"{seed}:{number}")
    contents = [make_file(dice) for _ in range(dice.choice([1, 1, 1, 2, 3]))]
    if large:
        contents[0] = make_large_file(dice)
    options = make_options(dice)
    fixed = dice.randrange(3) == 0
    options.append("-F" if fixed else "-E")
    parts = "-o" in options or "--color=always" in options
    patterns = make_patterns(dice, contents[0][:100000], fixed, parts)
    if parts and "-v" in options:
        options = drop(options, "-x")
    if parts and "-w" in options:
        options = drop(options, "-x")
        options = options if fixed and len(patterns) == 1 else drop(options, "-w")
    files = {f"f{i}": content for i, content in enumerate(contents)}
    case = Case(options, patterns, files)
    if dice.randrange(5) == 0:
        case.pattern_file = b"\n".join(patterns) + (b"\n" if dice.randrange(3) else b"")
        if dice.randrange(20) == 0:
            case.pattern_file = b""
    if dice.randrange(5) == 0:
        case.stdin = files.pop("f0")
        case.piped = dice.randrange(3) > 0
    return case
