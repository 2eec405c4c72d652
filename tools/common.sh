# shellcheck shell=bash
# What the commands of ./dev share.

bold='' plain=''
if [ -t 1 ]; then
  bold=$'\e[1m' plain=$'\e[0m'
fi

say() {
  printf '%s== %s%s\n' "$bold" "$*" "$plain"
}

# stop STATUS MESSAGE
stop() {
  printf './dev: %s\n' "$2" >&2
  exit "$1"
}

# build NAME CMAKE_OPTION...: configures and builds in build/NAME; tells what happened only if it failed.
# With $targets not all but these.
build() {
  local name=$1 only=()
  [ -z "${targets:-}" ] || read -ra only <<<"--target $targets"
  shift
  mkdir -p "build/$name"
  local log=build/$name/build.log
  say "$name: building"
  if ! { cmake -G Ninja -S . -B "build/$name" "$@" && cmake --build "build/$name" "${only[@]}" -- -k 0; } >"$log" 2>&1; then
    grep -v -e '^\[[0-9/]*\] ' -e '^-- ' "$log" | tail -n 60
    return 1
  fi
}
