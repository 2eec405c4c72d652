"""The calls that bench/bench_python.py measures, and what each side has for the same.

Statements are over `m` (the side), and the names that python_sides.py gives: places a, b and i, `places` at random, data d16 and so on
(n16: as NumPy has it), the `end` of what is searched, `half` of that, and functions."""
from python_measure import FILE, MMAP, NUMPY, PLAIN, Case

KIBI, MEBI = 1 << 10, 1 << 20
SEARCHED = 256 * MEBI
BEHIND = 4 * KIBI  # more of the file behind that: mmap.find() of CPython 3.11.2 reads a byte past the end of what it is given
PLACES = 1000
DATA = (16, 4 * KIBI, MEBI)

# None is in the log, but all their letters are.
NEEDLES = {1: b"~", 2: b"qz", 5: b"zebra", 16: b"connection reads"}

SLACK = 1.10  # of mmap's time


def shown(length):
    return f"{length} B" if length < KIBI else f"{length >> 10} KiB" if length < MEBI else f"{length >> 20} MiB"


def often(length):
    """How often a statement stands in a loop: as often as it is short."""
    return 20 if length < MEBI else 1


# ---- reading ----


def reading():
    yield Case("m[i]", "m[i]", {FILE: "m[i]", NUMPY: "m[i]", PLAIN: "m.seek(i); m.read(1)[0]"}, most=SLACK)
    for length in (16, 4 * KIBI, 64 * KIBI, MEBI, 64 * MEBI):
        yield Case(
            f"m[a:b], {shown(length)}", "m[a:b]",
            {FILE: "m[a:b]", NUMPY: "m[a:b].tobytes()", PLAIN: f"m.seek(a); m.read({length})"},
            first=f"b = a + {length}", unrolled=often(length), most=SLACK if length in (16, 4 * KIBI) else None)
    yield Case(
        "m[i], at random", "for a in places: m[a]",
        {FILE: "for a in places: m[a]", NUMPY: "for a in places: m[a]", PLAIN: "for a in places: m.seek(a); m.read(1)"},
        unrolled=1, units=PLACES)
    for length in (16, 4 * KIBI):
        loop = f"for a in places: m[a:a + {length}]"
        yield Case(
            f"m[a:b], {shown(length)}, at random", loop,
            {FILE: loop, NUMPY: f"{loop}.tobytes()", PLAIN: f"for a in places: m.seek(a); m.read({length})"}, unrolled=1, units=PLACES)
    yield from opening()
    yield from in_order()


def reading_zeros():
    """A file whose pages are all zeros: they may have been cut off, so Tome asks."""
    yield Case("m[i]", "m[i]", {FILE: "m[i]", NUMPY: "m[i]", PLAIN: "m.seek(i); m.read(1)[0]"})
    for length in (16, 4 * KIBI):
        yield Case(
            f"m[a:b], {shown(length)}", "m[a:b]", {FILE: "m[a:b]", NUMPY: "m[a:b].tobytes()", PLAIN: f"m.seek(a); m.read({length})"},
            first=f"b = a + {length}")


def opening():
    """`new` is what makes another map of the file, which is in memory; its pages are new to the map."""
    yield Case("open, close", "new(path).close()", {FILE: "new(path).close()", NUMPY: "m = new(path); del m", PLAIN: "new(path).close()"})
    first_touch = "m = new(path); [m[a:a + 16] for a in places]; m.close()"
    yield Case(
        "open, m[a:b] at random, 16 B, close", first_touch,
        {FILE: first_touch, NUMPY: "m = new(path); [m[a:a + 16].tobytes() for a in places]; del m",
         PLAIN: "m = new(path); [(m.seek(a), m.read(16)) for a in places]; m.close()"}, unrolled=1, units=PLACES)


def in_order():
    for length in (16, 4 * KIBI):
        yield Case(f"m.read(n), {shown(length)}", f"m.read({length})", {PLAIN: f"m.read({length})"}, first="m.seek(0)")
    yield Case("m.read_byte()", "m.read_byte()", {PLAIN: "m.read(1)[0]"}, first="m.seek(0)")
    yield Case("m.readline()", "m.readline()", first="m.seek(0)", unrolled=200)
    yield Case("m.seek(i), m.tell()", "m.seek(i); m.tell()", {PLAIN: "m.seek(i); m.tell()"})
    yield Case("len(m)", "len(m)", {FILE: "len(m)", NUMPY: "len(m)"})
    unpack = "unpack(m, a)"
    yield Case("struct.unpack_from('<Q', m, a)", unpack, {FILE: unpack, NUMPY: unpack})
    view = "memoryview(m).release()"
    yield Case("memoryview(m), release", view, {FILE: view, NUMPY: view})


# ---- writing ----


def writing():
    yield Case("m[i] = v", "m[i] = v", {FILE: "m[i] = v", NUMPY: "m[i] = v", PLAIN: "m.seek(i); m.write(d1)"}, most=SLACK)
    for length in DATA:
        most = SLACK if length < MEBI else None
        store = f"m[a:b] = d{length}"
        yield Case(
            f"m[a:b] = d, {shown(length)}", store, {FILE: store, NUMPY: f"m[a:b] = n{length}", PLAIN: f"m.seek(a); m.write(d{length})"},
            first=f"b = a + {length}", unrolled=often(length), most=most)
        write = f"m.write(d{length})"
        yield Case(f"m.write(d), {shown(length)}", write, {PLAIN: write}, first="m.seek(0)", unrolled=often(length), most=most)
    yield Case("m.write_byte(v)", "m.write_byte(v)", first="m.seek(0)")
    for length in (4 * KIBI, 16 * MEBI):
        move = f"m.move(half, 0, {length})"
        yield Case(f"m.move(), {shown(length)}", move, {FILE: move}, unrolled=often(length))
    flush = "m[i] = v; m.flush()"
    yield Case(
        flush, flush, {FILE: "m[i] = v; m.flush(durable=True)", NUMPY: flush, PLAIN: "m.seek(i); m.write(d1); fsync(m)"}, unrolled=1)


def growing():
    """`grow` opens a file of one page, makes it larger, STEPS times, and closes it."""
    for step, text in ((4 * KIBI, "4 KiB"), (MEBI, "1 MiB")):
        for filled in (False, True):
            statement = f"grow({step}, {filled})"
            yield Case(
                f"m.resize(), {text} more{', and written' if filled else ''}", statement,
                dict.fromkeys((FILE, NUMPY, PLAIN), statement), unrolled=1, units=STEPS)


STEPS = 100


# ---- searching ----


def searching(version):
    """The bars are those on Python 3.11: later ones search faster themselves."""
    asked = {MMAP: 10} if version == (3, 11) else {}
    for find, lengths in (("find", NEEDLES), ("rfind", (1, 5, 16))):
        for length in lengths:
            needle = NEEDLES[length]
            search = f"m.{find}({needle!r}, 0, end)"
            yield Case(
                f"m.{find}(), {length} B", search,
                {FILE: search, NUMPY: f"m[:end].tobytes().{find}({needle!r})", PLAIN: f"m.seek(0); m.read(end).{find}({needle!r})"},
                unrolled=1, faster=asked if find == "find" and length in (2, 5) else {})
    yield Case("m.find(), in the next 100 B", "m.find(b'req=0', a)", {FILE: "m.find(b'req=0', a)"})
    yield Case("m.rfind(), in the last 100 B", "m.rfind(b'req=0', 0, a)", {FILE: "m.rfind(b'req=0', 0, a)"})


def searching_all():
    """What mmap has no call for: people write loops, or use re."""
    yield Case(
        "how often ERROR is there", "how_often(m, b'ERROR', end)",
        {FILE: "m.count(b'ERROR', 0, end)", NUMPY: "m[:end].tobytes().count(b'ERROR')", PLAIN: "m.seek(0); m.read(end).count(b'ERROR')"},
        unrolled=1)
    yield Case(
        "each place of ERROR", "sum(places_of(m, b'ERROR', end))",
        {FILE: "sum(m.findall(b'ERROR', 0, end))", NUMPY: "sum(places_of(m[:end].tobytes(), b'ERROR', end))"}, unrolled=1)
    yield Case(
        "each match of ERROR .*timeout", "sum(match.start() for match in regex.finditer(m, 0, end))",
        {FILE: "sum(match.start() for match in m.finditer(regex.pattern, 0, end))",
         NUMPY: "sum(match.start() for match in regex.finditer(m, 0, end))"}, unrolled=1)


# ---- lines ----


def reading_lines(count):
    """`lines` gives what a for loop goes over."""
    loop = "for line in lines(m): pass"
    yield Case("each line", loop, {FILE: loop, PLAIN: loop}, unrolled=1, units=count, faster={PLAIN: 1.5})
