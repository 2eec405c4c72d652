# shellcheck shell=bash
# ./dev bench: what the calls cost, and the comparison of `tome bench`; ./dev bench search: searching beside others;
# ./dev bench reads: ways of reading beside each other; ./dev bench python: the Python module beside mmap, NumPy and files.

search_log=build/demo/search.log
search_size=$((1 << 30))

build_release() {
  build release -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF || stop 1 'the build failed'
}

# run_bench_search [FILE]: FILE instead of both logs.
run_bench_search() {
  [ $# -le 1 ] || stop 2 "bench search takes one file: $2"
  build_release
  local logs=("$search_log" "$demo_log")
  if [ $# = 1 ]; then
    logs=("$1")
  else
    make_demo_log "$demo_size"
    demo_log=$search_log make_demo_log "$search_size"
  fi
  say 'searching, beside others'
  python3 bench/search_commands.py --tome build/release/cli/tome \
    --library build/release/bench/tome_bench_search "${logs[@]}"
}

# run_bench_reads [OPTION]... [FILE]: FILE instead of the log.
run_bench_reads() {
  local options=() files=()
  while [ $# -gt 0 ]; do
    case $1 in
      --only | --runs | --json)
        [ $# -ge 2 ] || stop 2 "bench reads: $1 what?"
        options+=("$1" "$2")
        shift
        ;;
      -*) options+=("$1") ;;
      *) files+=("$1") ;;
    esac
    shift
  done
  [ ${#files[@]} -le 1 ] || stop 2 "bench reads takes one file: ${files[1]}"
  build_release
  if [ ${#files[@]} = 0 ]; then
    make_demo_log "$demo_size"
    files=("$demo_log")
  fi
  say 'reading, in every way'
  python3 -B bench/reads_commands.py --program build/release/bench/tome_bench_reads \
    "${options[@]}" -- "${files[@]}"
}

# The interpreter to measure on, if none is named: one that has NumPy, if there is one.
python_for_bench() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import numpy' 2>/dev/null; then
      command -v "$python"
      return
    fi
  done
  command -v python3 || stop 2 'bench python needs Python 3'
}

# run_bench_python [--python INTERPRETER] [OPTION]... [FILE]: FILE instead of the log.
run_bench_python() {
  local options=() files=() python=''
  while [ $# -gt 0 ]; do
    case $1 in
      --python | --only | --case | --runs | --json)
        [ $# -ge 2 ] || stop 2 "bench python: $1 what?"
        if [ "$1" = --python ]; then python=$2; else options+=("$1" "$2"); fi
        shift
        ;;
      -*) options+=("$1") ;;
      *) files+=("$1") ;;
    esac
    shift
  done
  [ ${#files[@]} -le 1 ] || stop 2 "bench python takes one file: ${files[1]}"
  python=${python:-$(python_for_bench)}
  local version
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || stop 2 "no such interpreter: $python"
  build "bench-python$version" -DCMAKE_BUILD_TYPE=Release -DTOME_COMMAND=OFF -DTOME_TESTS=OFF \
    "-DTOME_PYTHON=$python" || stop 1 'the build failed'
  if [ ${#files[@]} = 0 ]; then
    make_demo_log "$demo_size"
    files=("$demo_log")
  fi
  say 'Python, in every way'
  PYTHONPATH=build/bench-python$version/python/$version "$python" -B bench/bench_python.py \
    "${options[@]}" -- "${files[@]}"
}

run_bench() {
  if [ "${1:-}" = search ] || [ "${1:-}" = reads ] || [ "${1:-}" = python ]; then
    local what=$1
    shift
    "run_bench_$what" "$@"
    return
  fi
  [ $# -le 1 ] || stop 2 "bench takes one file: $2"
  build_release
  local file=${1:-$demo_log}
  [ $# = 1 ] || make_demo_log "$demo_size"
  say 'what a call costs'
  build/release/bench/tome_bench_micro "$file"
  say 'beside read and write, with and without much memory'
  build/release/bench/tome_bench_memory build 256 5
  say "ways to read the same places of $file"
  build/release/cli/tome bench "$file"
}
