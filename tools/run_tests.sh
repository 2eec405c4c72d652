# shellcheck shell=bash
# ./dev test: one build for each thing that finds other mistakes, and its tests.
# With --long many times the faults, kills and states in the first build, and millions of executions of the fuzz targets.

results=build/results
failed_builds=()
time_limit=300

# try NAME CTEST_OPTION... -- CMAKE_OPTION...: builds in build/NAME and runs its tests.
# With $targets only these are built. What failed is counted at the end, from the files in $results.
try() {
  local name=$1 select=()
  shift
  while [ "$1" != -- ]; do
    select+=("$1")
    shift
  done
  shift
  if ! build "$name" -DTOME_WERROR=ON "$@"; then
    failed_builds+=("$name")
    return
  fi
  say "$name: testing"
  # ThreadSanitizer cannot live with the address space layout of some kernels.
  local run=()
  if setarch -R true 2>/dev/null; then
    run=(setarch -R)
  fi
  "${run[@]}" ctest --test-dir "build/$name" --output-on-failure -j "$(nproc)" --timeout "$time_limit" \
    --no-tests=error --output-junit "$PWD/$results/$name.xml" \
    --test-output-size-passed 1000000 --test-output-size-failed 1000000 "${select[@]}" || true
}

# sanitized FLAGS: the CMake options of a build with a sanitizer.
sanitized() {
  printf '%s\n' -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DCMAKE_C_FLAGS=-O1 -fno-omit-frame-pointer -fno-sanitize-recover=all $1"
}

# python_in_asan: the CMake options for the Python module in a build with AddressSanitizer, for one interpreter. Its runtime must be
# there before the interpreter, which does not know of it, does not free all it has, and must die of a signal where a test wants it to.
python_in_asan() {
  local runtime
  runtime=$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")
  printf '%s\n' "-DTOME_PYTHON=$system_python" "-DTOME_PYTHON_ENVIRONMENT=LD_PRELOAD=$runtime;PYTHONMALLOC=malloc;\
ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_abort=0"
}

# Of the module's tests: what counts Python's own blocks of memory; children of a process with threads, which wait for the runtime's
# locks; locks of memory, which the runtime does away with; what runs nothing that was built here; and NumPy's suite, which stores where
# others do. And of the command's the search of 8 GiB, which is about offsets.
not_in_asan='python\..*\.(leaks|fork|residency|install|types|numpy_suite)|command\.huge_offsets'

# The fuzzers run beside the tests, which wait for the disk half of the time.
start_fuzzing() {
  build_fuzzers fuzz -DCMAKE_C_COMPILER=clang
  fuzz_all 1500000 8500000 >build/fuzz/all.log 2>&1 &
  fuzzing=$!
}

finish_fuzzing() {
  say "fuzz: testing"
  wait "$fuzzing" || failed_builds+=("fuzzing")
  cat build/fuzz/all.log
}

run_test() {
  local long=
  case "$*" in
    '') ;;
    --long)
      long=1
      time_limit=7200
      ;;
    *) stop 2 "test takes --long or nothing: $*" ;;
  esac
  rm -rf "$results"
  mkdir -p "$results"
  [ -z "$long" ] || start_fuzzing
  local address thread
  mapfile -t address < <(sanitized -fsanitize=address,undefined && python_in_asan)
  mapfile -t thread < <(sanitized -fsanitize=thread)

  TOME_TEST_LONG=$long try gcc -- -DCMAKE_C_COMPILER=gcc "-DTOME_PYTHON=$(find_pythons)"
  try clang -L unit -- -DCMAKE_C_COMPILER=clang
  try asan -L 'unit|sweep|command|fault|stress|fuzz|python' -E "$not_in_asan" -- "${address[@]}"
  targets=threads_tests try tsan -L threads -- "${thread[@]}"
  [ -z "$long" ] || finish_fuzzing
  python3 tools/sum_up_tests.py "$results" "${failed_builds[@]}"
}
