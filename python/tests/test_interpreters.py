"""The module in several interpreters of one process: each has its own types, and from Python 3.12
on its own lock.
"""

import subprocess
import sys
import textwrap

import pytest

# What every script begins with: run(code, own_lock) runs code in a new interpreter, and ends that.
PRELUDE = """
import sys, threading, os, importlib
path = sys.argv[1]

def import_one_of(*names):
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            pass
    print("no interpreters")
    sys.exit(77)

interpreters = import_one_of("_interpreters", "_xxsubinterpreters")
SETUP = f"path = {path!r}\\n"

def new_interpreter(own_lock):
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if own_lock else "legacy")
    return interpreters.create(isolated=own_lock)

def run(code, own_lock=sys.version_info >= (3, 12)):
    interpreter = new_interpreter(own_lock)
    try:
        failure = interpreters.run_string(interpreter, SETUP + code)
        if failure is not None:
            raise RuntimeError(getattr(failure, "formatted", failure))
    finally:
        interpreters.destroy(interpreter)
"""

USE = """
import os, sys, tome
sys.unraisablehook = lambda told: None
with open(path, "wb") as file:
    file.write(b"a line of bytes\\n" * 1000)
with open(path, "r+b") as file:
    m = tome.mmap(file.fileno(), 0)
f = tome.open(path, "r+", grow=True)
assert m[:6] == f[:6] == b"a line"
assert m.find(b"bytes") == f.find(b"bytes") == 10
assert f.count(b"line") == 1000 == len(f.lines) == len(list(f.finditer(b"l.ne")))
f.append(b"more")
assert f.gather([(0, 6)]) == [b"a line"]
assert f.residency().pages > 0 and f.stats().calls >= 0
view = memoryview(m)
os.truncate(path, 0)
try:
    m[:10000]
    raise AssertionError("nothing lost")
except tome.LostBytesError as error:
    assert isinstance(error, OSError) and error.length > 0
assert view[9000] == 0
"""


def python(script, path):
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRELUDE + textwrap.dedent(script), path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=300,
    )
    if process.returncode == 77:
        pytest.skip("this Python makes no interpreters from Python code")
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


ROUNDS = """
for _ in range(10):
    run(USE)
exec(SETUP + USE)
run(USE)
print("done")
"""


def make(use, rest):
    return f"USE = {use!r}\n{rest}"


def test_interpreters_use_the_module_one_after_the_other(tmp_path):
    assert python(make(USE, ROUNDS), str(tmp_path / "file")) == "done\n"


def test_each_interpreter_has_types_of_its_own(tmp_path):
    script = """
        import tome
        reading, writing = os.pipe()
        SETUP += f"pipe = {writing}\\n"
        types = "[id(tome.mmap), id(tome.LostBytesError)]"
        run(f"import os, tome; os.write(pipe, str({types}).encode())")
        assert eval(os.read(reading, 1000).decode()) != eval(types)
        print("done")
    """
    assert python(script, str(tmp_path / "file")) == "done\n"


PARALLEL = """
import tome
failures = []

def work(number):
    try:
        for _ in range(5):
            run(USE.replace("path", "own_path").replace("own_path", f"(path + '{number}')"))
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures, failures
print("done")
"""


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="interpreters have a lock of their own from Python 3.12 on"
)
def test_interpreters_with_locks_of_their_own_run_at_the_same_time(tmp_path):
    assert python(make(USE, PARALLEL), str(tmp_path / "file")) == "done\n"


SHARED_FILE = """
import tome
with open(path, "wb") as file:
    file.write(bytes(8))
f = tome.open(path, "r+")
run("import tome; tome.open(path, 'r+')[3] = 7")
assert f[:] == bytes([0, 0, 0, 7, 0, 0, 0, 0])
print("done")
"""


def test_interpreters_see_each_other_s_stores(tmp_path):
    assert python(SHARED_FILE, str(tmp_path / "file")) == "done\n"


LEFT_OPEN = """
for _ in range(10):
    run('''
import sys, tome
sys.unraisablehook = lambda told: None
with open(path, "wb") as file:
    file.write(bytes(10000))
class Derived(tome.mmap):
    pass
with open(path, "r+b") as file:
    m = Derived(file.fileno(), 0)
m.itself = m
class File(tome.File):
    pass
f = File(path, "r+")
f.everything = [f, f.lines, f.findall(b"a"), memoryview(m), f.view(0, 10), tome, tome._tome]
import os
os.truncate(path, 0)
f.everything[3][5000]
''')
import tome
print(tome.mmap(-1, 10)[:3])
"""


def test_an_interpreter_may_end_with_everything_open_and_bytes_lost(tmp_path):
    assert python(LEFT_OPEN, str(tmp_path / "file")) == "b'\\x00\\x00\\x00'\n"


IMPORTED_AGAIN = """
import gc
with open(path, "wb") as file:
    file.write(bytes(10000))
for _ in range(10):
    import tome
    sys.unraisablehook = lambda told: None

    class File(tome.File):
        pass

    f = File(path, "r+")
    f.itself = f, tome, tome._tome
    view = memoryview(f)
    os.truncate(path, 0)
    view[5000]
    os.truncate(path, 10000)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tome"]:
        del sys.modules[name]
    del tome, f, view, File
    gc.collect()
print("done")
"""


def test_a_module_that_is_thrown_away_and_imported_again_leaves_its_objects_intact(tmp_path):
    assert python(IMPORTED_AGAIN, str(tmp_path / "file")) == "done\n"


def test_the_interpreter_ends_with_threads_in_calls(tmp_path):
    script = """
        import tome
        with open(path, "wb") as file:
            file.truncate(1 << 28)
        f = tome.open(path)

        def search():
            while True:
                f.find(b"not there")

        for _ in range(3):
            threading.Thread(target=search, daemon=True).start()
        f.find(b"not there")
        print("done")
    """
    assert python(script, str(tmp_path / "file")) == "done\n"
