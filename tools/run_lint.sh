# shellcheck shell=bash
# ./dev lint: what can be said about the sources without running them.

failed_checks=()

# check TITLE FUNCTION
check() {
  say "$1"
  "$2" || failed_checks+=("$1")
}

# sources PATTERN...: the files of the project, also new ones.
sources() {
  git ls-files --cached --others --exclude-standard --deduplicate -- "$@" |
    while read -r file; do
      [ ! -f "$file" ] || printf '%s\n' "$file"
    done
}

check_format() {
  sources '*.c' '*.h' | xargs clang-format --dry-run -Werror
}

# in_database FOLDER: the sources that are compiled in a build. What is for other systems and processors is in none.
in_database() {
  sed -n "s|^ *\"file\": \"$PWD/\(.*\)\",\?|\1|p" "$1/compile_commands.json" | sort -u
}

# What Linux is built of, and of the POSIX fallback what that has not.
check_tidy() {
  local settings
  # clang-tidy by itself goes on without settings that it cannot read.
  for settings in $(sources '*.clang-tidy'); do
    clang-tidy --config-file="$settings" --list-checks >/dev/null || return 1
  done
  # shellcheck disable=SC2046 # words
  tidy build/lint $(in_database build/lint) &&
    tidy build/lint-posix $(comm -13 <(in_database build/lint) <(in_database build/lint-posix))
}

# tidy BUILD FILE...
tidy() {
  printf '%s\n' "${@:2}" |
    xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$1" 2> >(grep -v 'warnings\? generated' >&2)
}

check_cppcheck() {
  cppcheck --project=build/lint/compile_commands.json --quiet -j "$(nproc)" --inline-suppr --library=python \
    --enable=warning,performance,portability --error-exitcode=1 --template=gcc
}

check_scripts() {
  shellcheck --external-sources --check-sourced dev &&
    sources .ci/run packaging/completions/tome.bash '*.sh' ':!tools' | xargs shellcheck
}

check_manual() {
  sources 'docs/man/*' | xargs -r mandoc -T lint -W warning
}

# The package's types, as users' checkers see them; and what is imported or named without need anywhere.
check_python() {
  "$system_python" -m mypy --cache-dir build/lint/mypy python/tome &&
    sources python/'*.py' tools/'*.py' packaging/'*.py' bench/'*.py' ':!python/tome' | xargs "$system_python" -m pyflakes
}

# But for headers that each system has one of.
check_names() {
  local twice
  twice=$(sources | sed 's|.*/||' | sort | uniq -d |
    grep -vx -e CMakeLists.txt -e .clang-tidy -e calls.h -e fence.h -e os_platform.h -e system_calls.h || true)
  [ -z "$twice" ] || {
    echo "more than one file has the name ${twice//$'\n'/, }"
    return 1
  }
}

check_length() {
  local long
  long=$(sources '*.c' '*.h' '*.sh' '*.py' '*.cmake' dev | xargs wc -l |
    awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines, of at most 600" }')
  [ -z "$long" ] || {
    printf '%s\n' "$long"
    return 1
  }
}

run_lint() {
  mkdir -p build/lint build/lint-posix
  { cmake -G Ninja -S . -B build/lint -DCMAKE_C_COMPILER=clang -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    "-DTOME_PYTHON=$system_python" >build/lint/configure.log &&
    cmake -G Ninja -S . -B build/lint-posix -DCMAKE_C_COMPILER=clang -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
      '-DTOME_OS=posix;generic' >build/lint-posix/configure.log; } || stop 1 'the project cannot be configured'

  check 'format (clang-format)' check_format
  check 'sources (clang-tidy)' check_tidy
  check 'sources (cppcheck)' check_cppcheck
  check 'scripts (shellcheck)' check_scripts
  check 'manual pages (mandoc)' check_manual
  check 'Python (mypy --strict, pyflakes)' check_python
  check 'file names are unique' check_names
  check 'no file is long' check_length

  [ ${#failed_checks[@]} = 0 ] || stop 1 "lint found something: $(printf '%s; ' "${failed_checks[@]}")"
  say 'lint found nothing'
}
