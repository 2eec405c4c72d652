# shellcheck shell=bash
# ./dev bench: what the calls cost, and the comparison of `tome bench`.

build_release() {
  build release -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF || stop 1 'the build failed'
}

run_bench() {
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
