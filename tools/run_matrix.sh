# shellcheck shell=bash
# ./dev matrix: the tests on every system and processor that can be had on this machine.

matrix_list=tools/matrix_targets.txt
matrix_results=build/matrix/results

matrix_targets() {
  awk '!/^#/ && (!ci || $3 != "-") { print $1 }' ci="${1:-}" "$matrix_list"
}

# target_field TARGET NUMBER
target_field() {
  awk -v target="$1" -v number="$2" '!/^#/ && $1 == target { print $number }' "$matrix_list"
}

# target_options TARGET: CMake's, a line each.
target_options() {
  local toolchain options=()
  toolchain=$(target_field "$1" 2)
  if [ "$toolchain" != - ]; then
    printf '%s\n' "-DCMAKE_TOOLCHAIN_FILE=$PWD/cmake/toolchains/$toolchain.cmake" \
      "-DTOME_TARGET_PREFIX=$PWD/build/target-libraries/$toolchain"
  fi
  read -ra options < <(sed -n "s/^$1 \+[^ ]\+ \+[^ ]\+ *//p" "$matrix_list")
  [ ${#options[@]} = 0 ] || printf '%s\n' "${options[@]}"
}

# set_up_targets TARGET...: installs the compilers, emulators and libraries. A lot: so it asks, unless told that it may.
set_up_targets() {
  command -v dpkg-query >/dev/null || return 0
  local missing answer
  mapfile -t missing < <(missing_packages matrix "$@")
  if [ ${#missing[@]} -gt 5 ] && [ -z "$matrix_yes" ]; then
    echo "To be installed: ${missing[*]}"
    echo "With what they need that may take 3 GB, and build/matrix as much again."
    [ -t 0 ] || stop 2 'nobody can be asked; say --yes to install it'
    read -rp 'Install it? [y/N] ' answer
    [[ $answer == [yY]* ]] || stop 2 'nothing was installed'
  fi
  set_up matrix "$@"
}

# run_target TARGET: builds it and runs its tests; what came of it is in $matrix_results.
run_target() {
  local target=$1 toolchain options select=() begin=$SECONDS
  toolchain=$(target_field "$target" 2)
  if [ "$toolchain" != - ] && ! { fetch_sources && build_libraries "$toolchain"; }; then
    echo failed >"$matrix_results/$target.build"
    return
  fi
  mapfile -t options < <(target_options "$target")
  if ! targets=${matrix_core:+core_tests} build "matrix/$target" -DTOME_WERROR=ON "${options[@]}"; then
    echo failed >"$matrix_results/$target.build"
    return
  fi
  echo built >"$matrix_results/$target.build"
  if [ -e "build/matrix/$target/tests" ]; then
    say "$target: testing"
    echo tested >"$matrix_results/$target.build"
    [ -z "$matrix_core" ] || select=(-L core)
    [ "$matrix_core$(target_field "$target" 3)" != 1brief ] || select+=(-LE '^windows$')
    ctest --test-dir "build/matrix/$target" --output-on-failure -j "$(nproc)" --timeout 600 --no-tests=error \
      --output-junit "$PWD/$matrix_results/$target.xml" \
      --test-output-size-passed 1000000 --test-output-size-failed 1000000 "${select[@]}" || true
  fi
  echo $((SECONDS - begin)) >"$matrix_results/$target.seconds"
}

run_matrix() {
  local chosen=() target
  matrix_yes='' matrix_core=''
  while [ $# -gt 0 ]; do
    case $1 in
      --yes) matrix_yes=1 ;;
      --core) matrix_core=1 ;;
      -*) stop 2 "matrix takes --yes, --core and names of targets: $1" ;;
      *)
        [ -n "$(target_field "$1" 1)" ] || stop 2 "no such target: $1 ($(matrix_targets | paste -sd ' '))"
        chosen+=("$1")
        ;;
    esac
    shift
  done
  [ ${#chosen[@]} -gt 0 ] || mapfile -t chosen < <(matrix_targets "$matrix_core")
  set_up_targets "${chosen[@]}"
  mkdir -p "$matrix_results"
  for target in "${chosen[@]}"; do
    rm -f "$matrix_results/$target".*
    run_target "$target"
  done
  python3 tools/matrix_table.py "$matrix_results" "${chosen[@]}"
}
