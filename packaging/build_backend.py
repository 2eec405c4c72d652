"""Makes wheels and source distributions of the Python module, as pip asks for (PEP 517, PEP 660).

CMake compiles the extension and gathers the package, as it does for the tests; what is left to do
is to pack files. So this needs no setuptools, and an installation needs no network. Options for
CMake may be given in CMAKE_ARGS, as in CMAKE_ARGS="-DTOME_REGEX=OFF" pip install .
"""

import base64
import hashlib
import io
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a build from source needs, and the module's tests.
SOURCES = (
    "CHANGELOG.md CMakeLists.txt LICENSE README.md pyproject.toml "
    "cli cmake docs/man docs/python.md include packaging python src "
    "tools/pure_packages.py tools/run_pytest.py"
).split()

METADATA = """\
Metadata-Version: 2.1
Name: tome
Version: {version}
Summary: Memory-mapped files without the traps
License: MIT
Classifier: Development Status :: 4 - Beta
Classifier: License :: OSI Approved :: MIT License
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: C
Classifier: Programming Language :: Python :: 3 :: Only
Classifier: Programming Language :: Python :: Implementation :: CPython
Classifier: Typing :: Typed
Requires-Python: >=3.9
Provides-Extra: numpy
Requires-Dist: numpy; extra == "numpy"
Description-Content-Type: text/markdown

{readme}"""

WHEEL = """\
Wheel-Version: 1.0
Generator: tome
Root-Is-Purelib: false
Tag: {tag}
"""


def version():
    """The project's, from its one home."""
    return re.search(r"project\(tome VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]


def metadata():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return METADATA.format(version=version(), readme=readme).encode()


def tag():
    """Which interpreters a wheel is for: this version and its ABI, this system."""
    python = "cp{}{}".format(*sys.version_info[:2])
    system = re.sub(r"[-.]", "_", sysconfig.get_platform())
    return f"{python}-{python}{sys.abiflags}-{system}"


# ---- compiling ----


def cmake(*arguments):
    """Runs CMake. What it says goes where pip wants it; pip shows it if the build fails."""
    program = shutil.which("cmake")
    if program is None:
        sys.exit("Tome is built by CMake 3.21 or later: apt install gcc cmake ninja-build")
    if subprocess.run([program, *arguments], check=False).returncode:
        sys.exit("cmake failed; what it needs is in the section on installing of README.md")


def compile_package(build_folder):
    """Builds the package for this interpreter. Returns its folder, importable where it lies."""
    options = [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DBUILD_TESTING=OFF",
        "-DTOME_COMMAND=OFF",
        "-DTOME_TESTS=OFF",
        "-DTOME_STATIC_PCRE2=ON",
        f"-DTOME_PYTHON={sys.executable}",
        *shlex.split(os.environ.get("CMAKE_ARGS", "")),
    ]
    if "CMAKE_GENERATOR" not in os.environ and shutil.which("ninja"):
        options += ["-G", "Ninja"]
    cmake("-S", str(ROOT), "-B", str(build_folder), *options)
    target = "tome_python{}{}".format(*sys.version_info[:2])
    cmake("--build", str(build_folder), "--target", target, "--parallel", str(os.cpu_count() or 1))
    return build_folder / "python" / "{}.{}".format(*sys.version_info[:2]) / "tome"


# ---- wheels ----


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def information():
    """The files of a wheel that say what it is: {name: content}."""
    folder = f"tome-{version()}.dist-info"
    return {
        f"{folder}/LICENSE": (ROOT / "LICENSE").read_bytes(),
        f"{folder}/METADATA": metadata(),
        f"{folder}/WHEEL": WHEEL.format(tag=tag()).encode(),
    }


def write_wheel(wheel_directory, files):
    """Packs files, {name: content}, and the information. Returns the wheel's name.

    The same files give the same bytes: times are left out.
    """
    files = {**files, **information()}
    record = f"tome-{version()}.dist-info/RECORD"
    lines = [record_line(name, content) for name, content in files.items()] + [f"{record},,\n"]
    files[record] = "".join(lines).encode()

    name = f"tome-{version()}-{tag()}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100755 if ".so" in path else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with tempfile.TemporaryDirectory() as build_folder:
        package = compile_package(pathlib.Path(build_folder))
        paths = [path for path in sorted(package.iterdir()) if path.is_file()]
        files = {f"tome/{path.name}": path.read_bytes() for path in paths}
    return write_wheel(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """The package stays in the build folder, with links to what is Python in the sources."""
    package = compile_package(ROOT / "build" / f"editable-{tag()}")
    return write_wheel(wheel_directory, {"tome_editable.pth": f"{package.parent}\n".encode()})


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    for name, content in information().items():
        path = pathlib.Path(metadata_directory, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return f"tome-{version()}.dist-info"


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


# ---- source distributions ----


def source_files():
    """Paths of all sources, below ROOT."""
    for source in SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            name = file.relative_to(ROOT)
            left_behind = any(part.startswith((".", "__pycache__")) for part in name.parts)
            if file.is_file() and not left_behind:
                yield name


def build_sdist(sdist_directory, config_settings=None):
    base = f"tome-{version()}"
    name = f"{base}.tar.gz"
    with tarfile.open(pathlib.Path(sdist_directory, name), "w:gz") as sdist:
        information = tarfile.TarInfo(f"{base}/PKG-INFO")
        content = metadata()
        information.size = len(content)
        sdist.addfile(information, io.BytesIO(content))
        for path in source_files():
            sdist.add(ROOT / path, f"{base}/{path.as_posix()}", filter=without_owner)
    return name


def without_owner(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
