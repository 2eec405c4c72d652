"""The README's install commands, without a network, then its classic example; what wheels hold."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LONG = bool(os.environ.get("TOME_TEST_LONG"))
SYSTEM = sys.executable.startswith("/usr/")
# Builds take long: only one of them optimizes, and other interpreters wait for ./dev test --long.
MAY_BUILD = pytest.mark.skipif(
    not SYSTEM and not LONG, reason="only the system's interpreter builds, but for ./dev test --long"
)
HURRY = "-DCMAKE_C_FLAGS_RELEASE=-O0"

sys.path.insert(0, str(ROOT / "packaging"))
import build_backend  # noqa: E402

pytestmark = [
    pytest.mark.skipif(
        bool(os.environ.get("LD_PRELOAD")), reason="what is installed is not built with a sanitizer"
    ),
    pytest.mark.skipif(not shutil.which("cmake"), reason="no cmake here"),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """What a user has who has no network: no Tome on the path, and no place to download from."""
    for name in ("PYTHONPATH", "PYTHONPYCACHEPREFIX", "PIP_FIND_LINKS", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def run(*command, **keywords):
    """The output of a command, which must end well."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **keywords,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def install_commands():
    """The README's, but for apt's."""
    paragraph = README.partition("The Python module, for CPython")[2].partition("## ")[0]
    return re.findall(r"^ {4}((?:python3|\.venv).*)", paragraph, re.MULTILINE)


def run_install_commands(folder):
    """In `folder`, where `.` stands for the project and `python3` is this interpreter."""
    for command in install_commands():
        words = [{".": ROOT, "python3": sys.executable}.get(word, word) for word in command.split()]
        run(*words, cwd=folder)


@MAY_BUILD
def test_the_readmes_install_command_and_then_the_classic_example(tmp_path, monkeypatch):
    pytest.importorskip("ensurepip", reason="no ensurepip here (package python3-venv)")
    if not SYSTEM:
        monkeypatch.setenv("CMAKE_ARGS", HURRY)
    assert len(install_commands()) == 2
    run_install_commands(tmp_path)

    content = b"0123456789" * 200_000 + b"ERROR" + b"." * 200
    (tmp_path / "app.log").write_bytes(content)
    example = re.search(r"^```python\n(import tome as mmap.*?)^```$", README, re.M | re.S)[1]
    printed = run(tmp_path / ".venv" / "bin" / "python", "-c", example, cwd=tmp_path)
    assert printed.splitlines() == [
        repr(content[:100]),
        repr(content[2_000_000:2_000_100]),
        repr(content[1_000_000:1_000_100]),
    ]
    assert (tmp_path / "app.log").read_bytes() == b"HELLO" + content[5:]

    program = "import tome; print(tome.__file__, tome.__version__)"
    where = run(tmp_path / ".venv" / "bin" / "python", "-c", program)
    assert where.startswith(str(tmp_path)) and where.split()[1] == build_backend.version()


@MAY_BUILD
def test_a_wheel_from_the_source_distribution_holds_the_package_and_the_library(tmp_path):
    name = build_backend.build_sdist(tmp_path)
    with tarfile.open(tmp_path / name) as sdist:
        members = sdist.getnames()
        careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        sdist.extractall(tmp_path, **careful)
    base = name[: -len(".tar.gz")]
    assert all(member.startswith(base + "/") for member in members)
    assert f"{base}/PKG-INFO" in members
    assert not [member for member in members if "__pycache__" in member or member.endswith(".so")]

    # Its own backend, from its own folder, as pip calls it.
    program = "import build_backend as b; print(b.build_wheel('.'))"
    path = {**os.environ, "PYTHONPATH": str(tmp_path / base / "packaging"), "CMAKE_ARGS": HURRY}
    wheel = tmp_path / run(sys.executable, "-c", program, env=path).splitlines()[-1]
    with zipfile.ZipFile(wheel) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
    extension = "tome/_tome" + sysconfig.get_config_var("EXT_SUFFIX")
    assert {extension, "tome/__init__.py", "tome/__init__.pyi", "tome/py.typed"} <= set(names)
    assert all(name.startswith(("tome/", "tome-")) for name in names)
    check_extension(wheel, extension, tmp_path)


def check_extension(wheel, extension, folder):
    """libtome is inside it, and of its symbols nothing but Python's entry is to be seen."""
    with zipfile.ZipFile(wheel) as packed:
        file = packed.extract(extension, folder)
    if shutil.which("ldd"):
        assert "libtome" not in run("ldd", file)
    if shutil.which("nm"):
        exported = run("nm", "-D", "--defined-only", file).splitlines()
        assert [line.split()[-1] for line in exported] == ["PyInit__tome"]


def test_a_wheel_is_tagged_for_this_interpreter_alone():
    python = "cp%d%d" % sys.version_info[:2]
    assert re.fullmatch(rf"{python}-{python}[a-z]*-linux_\w+", build_backend.tag())


def test_the_same_files_make_the_same_wheel(tmp_path):
    wheels = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        name = build_backend.write_wheel(tmp_path / folder, {"tome/__init__.py": b"# nothing"})
        wheels.append((tmp_path / folder / name).read_bytes())
    assert wheels[0] == wheels[1]


def test_the_record_of_a_wheel_lists_each_file_with_its_hash_and_size(tmp_path):
    name = build_backend.write_wheel(tmp_path, {"tome/x.py": b"hello"})
    with zipfile.ZipFile(tmp_path / name) as packed:
        base = f"tome-{build_backend.version()}.dist-info"
        lines = packed.read(f"{base}/RECORD").decode().splitlines()
        assert sorted(line.split(",")[0] for line in lines) == sorted(packed.namelist())
    # printf hello | sha256sum, in URL-safe base64 without padding
    assert "tome/x.py,sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ,5" in lines
    assert f"{base}/RECORD,," in lines
