# shellcheck shell=bash
# ./dev fuzz: the fuzzers, from the corpora in fuzz/ on. What they find is left in build/fuzz/found/.

fuzz_targets=(model arguments line_index kernels keys pattern)

# build_fuzzers NAME CMAKE_OPTION...
build_fuzzers() {
  local targets=${fuzz_targets[*]/%/_fuzzer}
  build "$@" -DTOME_FUZZ=ON -DBUILD_TESTING=OFF || stop 1 'the build failed'
}

# fuzz_options TARGET: options of libFuzzer.
fuzz_options() {
  case $1 in
    model) echo -max_len=400 ;;
    line_index) echo -max_len=60 ;;
    kernels) echo -max_len=200 ;;
    keys) echo -max_len=2000 ;;
    pattern) echo -max_len=300 ;;
    arguments) echo -max_len=200 -dict=fuzz/arguments.dict ;;
  esac
}

# unpack_corpus TARGET: as files, in build/fuzz/corpus/TARGET
unpack_corpus() {
  python3 fuzz/corpus_files.py unpack "fuzz/$1_corpus.txt" "build/fuzz/corpus/$1"
}

# fuzz_one TARGET RUNS
fuzz_one() {
  local options
  read -ra options <<<"$(fuzz_options "$1")"
  unpack_corpus "$1"
  build/fuzz/fuzz/"$1"_fuzzer "${options[@]}" -runs="$2" -timeout=20 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/found/$1-" "build/fuzz/corpus/$1" >"build/fuzz/$1.log" 2>&1
}

# executions TARGET: how many there were.
executions() {
  sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$1.log" | tail -n 1
}

# fuzz_all RUNS...: each target so many times, the last number for all that are left, side by side. The status is 1 if one of them
# found something.
fuzz_all() {
  local target status=0 jobs=()
  mkdir -p build/fuzz/found
  for target in "${fuzz_targets[@]}"; do
    fuzz_one "$target" "$1" &
    jobs+=($!)
    [ $# = 1 ] || shift
  done
  for target in "${!jobs[@]}"; do
    if ! wait "${jobs[target]}"; then
      tail -n 30 "build/fuzz/${fuzz_targets[target]}.log"
      status=1
    fi
  done
  for target in "${fuzz_targets[@]}"; do
    echo "figure   executions of the fuzz target $target: $(executions "$target")"
  done
  return "$status"
}

# fuzz_with_afl SECONDS: AFL++ instead, one target after the other.
fuzz_with_afl() {
  local target status=0 dictionary
  build_fuzzers afl -DCMAKE_C_COMPILER=afl-clang-fast
  for target in "${fuzz_targets[@]}"; do
    unpack_corpus "$target"
    mkdir -p build/afl/out
    dictionary=()
    [ ! -f "fuzz/$target.dict" ] || dictionary=(-x "fuzz/$target.dict")
    AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
      afl-fuzz -i "build/fuzz/corpus/$target" -o "build/afl/out/$target" -V "$1" "${dictionary[@]}" \
      -- "build/afl/fuzz/${target}_fuzzer" >"build/afl/$target.log" 2>&1 || status=1
    echo "figure   executions of the fuzz target $target with AFL++: $(afl_stat "$target" execs_done)"
    [ "$(afl_stat "$target" saved_crashes)$(afl_stat "$target" saved_hangs)" = 00 ] || status=1
  done
  return "$status"
}

# afl_stat TARGET NAME
afl_stat() {
  sed -n "s/^$2 *: //p" "build/afl/out/$1/default/fuzzer_stats"
}

run_fuzz() {
  case ${1:---runs} in
    --runs)
      build_fuzzers fuzz -DCMAKE_C_COMPILER=clang
      say "fuzzing"
      fuzz_all "${2:-1000000}" || stop 1 'the fuzzers found something: build/fuzz/found/'
      ;;
    --afl)
      mkdir -p build/fuzz
      say "fuzzing with AFL++"
      fuzz_with_afl "${2:-600}" || stop 1 'AFL++ found something: build/afl/out/'
      ;;
    *) stop 2 "fuzz takes --runs N or --afl SECONDS: $1" ;;
  esac
}
