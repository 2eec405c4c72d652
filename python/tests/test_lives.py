"""What kills the interpreter with the standard module, and does not with this one.

Each case is done in a child of a fresh interpreter, once with each module: with the standard one it
must die of a signal, which proves that the fault struck; with tome it must end in what the case
says.
"""

import importlib.util
import json
import mmap
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest

import tome

# Does each case in a child and prints, as JSON, what came of it: "signal 7", "LostBytesError" or
# the repr of the result.
SCRIPT = """
import importlib, json, os, re, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
mmap = importlib.import_module(sys.argv[1])
folder = sys.argv[2]
P = mmap.PAGESIZE
CONTENT = b"0123456789abcdef" * (4 * P // 16)

def new_file(name, content=CONTENT):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path

def new_map(name, *arguments, **keywords):
    path = new_file(name)
    with open(path, "r+b") as file:
        return path, mmap.mmap(file.fileno(), *(arguments or (0,)), **keywords)

def outcome(code):
    names = dict(globals())
    try:
        exec(code, names)
    except BaseException as error:
        return type(error).__name__
    return repr(names.get("result"))

def done_in_child(code):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = outcome(code)
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else told

print(json.dumps({name: done_in_child(code) for name, code in json.load(sys.stdin).items()}))
"""

CUT = """
path, m = new_map("cut")
m.read(3)
os.truncate(path, 0)
"""

# What touches bytes that are not in the file any more raises LostBytesError.
USES = {
    "item": "m[0]",
    "last item": "m[-1]",
    "slice": "m[:10]",
    "large slice": "m[:]",
    "slice with steps": "m[::3]",
    "slice with large steps": "m[::5000]",
    "iteration": "list(m)",
    "in": "b'z' in m",
    "find": "m.find(b'not there')",
    "find of one byte": "m.find(b'z')",
    "rfind": "m.rfind(b'not there')",
    "read": "m.read()",
    "read a little": "m.read(5)",
    "read_byte": "m.read_byte()",
    "readline": "m.readline()",
    "assigned item": "m[0] = 1",
    "assigned slice": "m[:4] = b'abcd'",
    "assigned slice with steps": "m[:8:2] = b'abcd'",
    "write": "m.write(b'abcd')",
    "large write": "m.write(bytes(2 * P))",
    "write_byte": "m.write_byte(7)",
    "move": "m.move(0, P, 100)",
}

# Through a buffer nothing can be raised: zeros are read, what is stored is gone, and check() tells.
THROUGH_BUFFERS = {
    "a byte of a memoryview": "result = view[0]",
    "the last byte of a memoryview": "result = view[len(m) - 1]",
    "bytes of a memoryview": "result = sum(bytes(view))",
    "a hash": "import zlib; result = zlib.crc32(view) and 0",
    "an expression": "result = int(re.search(b'z', view) is not None)",
    "a store in a memoryview": "view[5] = 7; result = 0",
    "a comparison": "result = int(view == CONTENT)",
}

NUMPY = {
    "a sum by NumPy": "result = int(a.sum())",
    "a store by NumPy": "a[:] = 1; result = 0",
    "an item by NumPy": "result = int(a[3])",
    "a search by NumPy": "result = int((a == 1).any())",
}

CHECK = """
try:
    m.check()
except mmap.LostBytesError as error:
    assert error.offset >= 0 and error.length > 0 and isinstance(error, OSError)
    result = (result, "told")
"""


def numpy_is_here():
    return importlib.util.find_spec("numpy") is not None


def after_cut(make, uses):
    """Each use as a case, of what was made before the file is cut."""
    cut = CUT.replace("os.truncate", make + "\nos.truncate")
    return {name: f"{cut}{code}\n" for name, code in uses.items()}


RAISING = after_cut("", USES)
READING = after_cut("view = memoryview(m)", THROUGH_BUFFERS)
ARRAYS = after_cut("import numpy\na = numpy.frombuffer(m, dtype=numpy.uint8)", NUMPY)

# The rest, each with what tome makes of it.
OTHERS = {
    "resize to nothing": (
        """
path, m = new_map("nothing")
try:
    m.resize(0)
except (OSError, ValueError):
    pass
result = len(m) and m[0]
""",
        "48",
    ),
    "what anonymous memory has grown by": (
        "m = mmap.mmap(-1, P)\nm.resize(3 * P)\nm[2 * P] = 7\nresult = m[2 * P]",
        "7",
    ),
    "a read without permission": (
        "path, m = new_map('none', 0, prot=0)\nm[0]",
        "PermissionError",
    ),
    "a slice without permission": (
        "path, m = new_map('none', 0, prot=0)\nm[:4]",
        "PermissionError",
    ),
    "a search without permission": (
        "path, m = new_map('none', 0, prot=0)\nm.find(b'1')",
        "PermissionError",
    ),
    "a file cut in the middle": (CUT.replace("path, 0", "path, P") + "m[P:]", "LostBytesError"),
    "a private map of a file that is cut": (
        CUT.replace('"cut"', '"cut", 0, access=mmap.ACCESS_COPY') + "m[0] = 1",
        "LostBytesError",
    ),
    "a map for reading of a file that is cut": (
        CUT.replace('"cut"', '"cut", 0, access=mmap.ACCESS_READ') + "m[:4]",
        "LostBytesError",
    ),
}


def python(script, *arguments, told="", wrapper=()):
    """Runs a script in a fresh interpreter: a subprocess.CompletedProcess."""
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script)]
    return subprocess.run(
        [*wrapper, *command, *map(str, arguments)],
        input=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def run_cases(module, cases, folder):
    process = python(SCRIPT, module, folder, told=json.dumps(cases))
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What came of all cases: {module: {case: outcome}}."""
    cases = dict(RAISING, **READING, **(ARRAYS if numpy_is_here() else {}))
    cases.update({name: code for name, (code, _) in OTHERS.items()})
    folder = tmp_path_factory.mktemp("lives")
    result = {"mmap": run_cases("mmap", cases, folder)}
    told = {name: code + CHECK for name, code in cases.items() if name in READING or name in ARRAYS}
    result["tome"] = run_cases("tome", {**cases, **told}, folder)
    shutil.rmtree(folder)
    return result


def died(outcome):
    return outcome.startswith("signal ")


@pytest.mark.parametrize("case", RAISING)
def test_a_lost_page_is_an_exception(case, outcomes):
    assert died(outcomes["mmap"][case]), "the fault did not strike"
    assert outcomes["tome"][case] == "LostBytesError"


@pytest.mark.parametrize("case", READING)
def test_a_buffer_of_lost_pages_reads_zeros_and_check_tells(case, outcomes):
    assert died(outcomes["mmap"][case]), "the fault did not strike"
    assert outcomes["tome"][case] == "(0, 'told')"


@pytest.mark.parametrize("case", ARRAYS)
def test_an_array_of_lost_pages_reads_zeros_and_check_tells(case, outcomes):
    if not numpy_is_here():
        pytest.skip(f"{sys.executable} has no NumPy")
    assert died(outcomes["mmap"][case]), "the fault did not strike"
    assert outcomes["tome"][case] == "(0, 'told')"


@pytest.mark.parametrize("case", OTHERS)
def test_other_deaths_are_none(case, outcomes):
    assert died(outcomes["mmap"][case]), "the fault did not strike"
    assert outcomes["tome"][case] == OTHERS[case][1]


# ---- with faulthandler ----

FAULTHANDLER = """
    import faulthandler, os, sys, threading, tome as mmap
    when, where, path = sys.argv[1:]
    if when == "before":
        faulthandler.enable()
    with open(path, "w+b") as file:
        file.write(bytes(8192).replace(b"\\0", b"x"))
        file.flush()
        m = mmap.mmap(file.fileno(), 0)
    if when == "after":
        faulthandler.enable()
    os.truncate(path, 0)

    def use():
        with memoryview(m) as view:
            assert view[5000] == 0
            view[0] = 1
        try:
            m.check()
        except mmap.LostBytesError as error:
            print("told", error.length > 0)

    if where == "main":
        use()
    else:
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
"""


@pytest.mark.parametrize("where", ["main", "thread"])
@pytest.mark.parametrize("when", ["never", "before", "after"])
def test_a_lost_page_is_survived_with_faulthandler_enabled(when, where, tmp_path):
    process = python(FAULTHANDLER, when, where, tmp_path / "file")
    assert (process.stdout, process.returncode) == ("told True\n", 0), process.stderr
    if when != "after":
        assert "Fatal" not in process.stderr


def test_faulthandler_still_tells_of_other_faults():
    script = """
        import faulthandler, tome
        m = tome.mmap(-1, 4096)
        faulthandler.enable()
        faulthandler._sigsegv()
    """
    process = python(script)
    assert process.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in process.stderr


@pytest.mark.parametrize("number", [signal.SIGBUS, signal.SIGSEGV])
def test_a_signal_that_is_sent_ends_the_process_as_ever(number):
    script = """
        import os, sys, tome
        m = tome.mmap(-1, 4096)
        os.kill(os.getpid(), int(sys.argv[1]))
    """
    assert python(script, int(number)).returncode == -number


# ---- a script in which the file is cut under everything ----

UNDER_EVERYTHING = """
    import importlib, os, sys
    mmap = importlib.import_module(sys.argv[1])
    folder, ways = sys.argv[2], sys.argv[3:]

    def cut(name):
        path = os.path.join(folder, name)
        with open(path, "w+b") as file:
            file.write(b"0123456789abcdef" * 1024)
            file.flush()
            m = mmap.mmap(file.fileno(), 0)
        return m, lambda: os.truncate(path, 100)

    def slice(m, truncate):
        truncate()
        m[4000:9000]

    def find(m, truncate):
        truncate()
        m.find(b"not there")

    def view(m, truncate):
        with memoryview(m) as view:
            truncate()
            sum(view[8000:])
        m.close()

    def array(m, truncate):
        import numpy
        array = numpy.frombuffer(m, numpy.uint8)
        truncate()
        array.sum()
        del array
        m.close()

    for way in ways:
        try:
            globals()[way](*cut(way))
        except OSError as error:
            print(way, type(error).__name__, error.offset, error.length)
"""
WAYS = ["slice", "find", "view", "array"]


@pytest.mark.parametrize("way", WAYS)
def test_a_file_cut_under_a_map_ends_with_an_exception_and_status_0(way, tmp_path):
    if way == "array" and not numpy_is_here():
        pytest.skip(f"{sys.executable} has no NumPy")
    dies = python(UNDER_EVERYTHING, "mmap", tmp_path, way)
    assert dies.returncode == -signal.SIGBUS, "the fault did not strike"
    process = python(UNDER_EVERYTHING, "tome", tmp_path, way)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(f"{way} LostBytesError ")


def test_a_script_may_lose_bytes_again_and_again(tmp_path):
    ways = [way for way in WAYS if way != "array" or numpy_is_here()] * 3
    process = python(UNDER_EVERYTHING, "tome", tmp_path, *ways)
    assert process.returncode == 0, process.stderr
    told = [line.split()[:2] for line in process.stdout.splitlines()]
    assert told == [[way, "LostBytesError"] for way in ways]


# ---- a full disk ----

FULL_DISK = """
    import importlib, os, sys
    mmap = importlib.import_module(sys.argv[1])
    path = os.path.join(sys.argv[2], "sparse")
    with open(path, "w+b") as file:
        file.truncate(1 << 20)
        m = mmap.mmap(file.fileno(), 0)
    filled = open(os.path.join(sys.argv[2], "filled"), "wb", buffering=0)
    try:
        while filled.write(bytes(4096)) == 4096:
            pass
    except OSError:
        pass

    def store():
        m[5000] = 1

    def store_slice():
        m[8000:20000] = bytes(12000)

    def write():
        m.seek(30000)
        m.write(b"some bytes")

    def hold():
        memoryview(m)

    {how}()
"""


@pytest.mark.parametrize("how", ["store", "store_slice", "write", "hold"])
def test_a_full_disk_is_an_exception(how, tmp_path):
    mount = f"mount -t tmpfs -o size=64k tome {tmp_path} && exec \"$@\""
    wrapper = ["unshare", "-m", "sh", "-c", mount, "sh"]
    try:
        possible = subprocess.run([*wrapper, "true"], stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        possible = False
    if not possible:
        pytest.skip("no small file system can be mounted here")
    script = textwrap.dedent(FULL_DISK).replace("{how}", how)
    if how != "hold":  # with the standard type a store into the buffer dies later
        dies = python(script, "mmap", tmp_path, wrapper=wrapper)
        assert dies.returncode == -signal.SIGBUS, "the fault did not strike"
    process = python(script, "tome", tmp_path, wrapper=wrapper)
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith("OSError: [Errno 28]")


# ---- what the standard module does to files ----


def new_map(kind, path, size, *arguments, **keywords):
    path.write_bytes(b"0123456789abcdef" * (size // 16))
    with open(path, "r+b") as file:
        return kind(file.fileno(), *arguments, **keywords)


def test_a_resized_small_map_leaves_the_rest_of_its_file(tmp_path):
    path = tmp_path / "file"
    for kind, left in [(mmap.mmap, 8), (tome.mmap, 12288)]:
        with new_map(kind, path, 12288, 16) as m:
            m.resize(8)
            assert len(m) == 8
        assert path.stat().st_size == left


def test_a_private_map_never_cuts_its_file(tmp_path):
    path = tmp_path / "file"
    with new_map(mmap.mmap, path, 12288, 0, flags=mmap.MAP_PRIVATE) as m:
        m.resize(4096)
    assert path.stat().st_size == 4096
    with new_map(tome.mmap, path, 12288, 0, flags=mmap.MAP_PRIVATE) as m:
        with pytest.raises(TypeError):
            m.resize(4096)
    assert path.stat().st_size == 12288


def test_a_refused_resize_to_nothing_leaves_the_file(tmp_path):
    path = tmp_path / "file"
    with new_map(tome.mmap, path, 12288, 0) as m:
        with pytest.raises((OSError, ValueError)):
            m.resize(0)
        assert m[:4] == b"0123"
    assert path.stat().st_size == 12288


def test_a_search_does_not_look_behind_the_last_byte(tmp_path):
    # Debian's Python 3.11.2 does, and dies where nothing is mapped there.
    script = """
        import importlib, sys
        mmap = importlib.import_module(sys.argv[1])
        with open(sys.argv[2], "w+b") as file:
            file.write(b"ab" * mmap.PAGESIZE)
            file.flush()
            m = mmap.mmap(file.fileno(), 0)
        m.resize(mmap.PAGESIZE)
        print(m.find(b"bbb"), m.find(b"abaa"), m.rfind(b"bbb"))
    """
    process = python(script, "tome", tmp_path / "file")
    assert (process.stdout, process.returncode) == ("-1 -1 -1\n", 0), process.stderr
