# shellcheck shell=bash
# The interpreters that the Python module is built for and tested with.

# The system's own, for which Debian has packages: pytest, NumPy, mypy.
system_python=/usr/bin/python3

# python_candidates: what may be an interpreter; the first one of a version counts.
python_candidates() {
  local minor
  echo "$system_python"
  for minor in 9 10 11 12 13 14; do
    command -v "python3.$minor" || true
  done
  compgen -G "${HOME:-/root}/.pyenv/versions/3.*/bin/python3" | sort -V || true
}

# about_python CANDIDATE: its version and its path, if the module can be built for it: 3.9 or later, with headers. A name on PATH may
# be a script that starts the interpreter, or finds that there is none.
about_python() {
  "$1" -c 'import os, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
if sys.version_info >= (3, 9) and os.path.exists(header):
    print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null
}

# find_pythons: one interpreter of each version, by path, separated by semicolons as CMake has it.
find_pythons() {
  local candidate version path found='' versions=' '
  while read -r candidate; do
    if read -r version path < <(about_python "$candidate") && [[ $versions != *" $version "* ]]; then
      versions+="$version "
      found+=${found:+;}$path
    fi
  done < <(python_candidates)
  printf '%s\n' "$found"
}
