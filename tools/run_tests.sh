# shellcheck shell=bash
# ./dev test: one build for each thing that finds other mistakes, and its tests.
# With --long the same, with many times the faults, kills, states and executions.

results=build/results
failed_builds=()
time_limit=300

# try NAME CTEST_OPTION... -- CMAKE_OPTION...: builds in build/NAME and runs its tests.
# What failed is counted at the end, from the files in $results.
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

run_test() {
  case "$*" in
    '') ;;
    --long)
      export TOME_TEST_LONG=1
      time_limit=7200
      ;;
    *) stop 2 "test takes --long or nothing: $*" ;;
  esac
  rm -rf "$results"
  mkdir -p "$results"
  local address thread
  mapfile -t address < <(sanitized -fsanitize=address,undefined)
  mapfile -t thread < <(sanitized -fsanitize=thread)

  try gcc -- -DCMAKE_C_COMPILER=gcc
  try clang -L unit -- -DCMAKE_C_COMPILER=clang
  try asan -L 'unit|sweep|command|fault|stress|fuzz' -- "${address[@]}"
  try tsan -L threads -- "${thread[@]}"
  if [ -n "${TOME_TEST_LONG:-}" ]; then
    build_fuzzers fuzz -DCMAKE_C_COMPILER=clang
    say "fuzz: testing"
    fuzz_all 5000000 || failed_builds+=("fuzzing")
  fi
  python3 tools/sum_up_tests.py "$results" "${failed_builds[@]}"
}
