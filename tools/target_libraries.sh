# shellcheck shell=bash
# The libraries that a target of the matrix has no packages of: built from Debian's source packages, statically.

target_sources=build/target-sources
target_libraries=(cmocka jansson pcre2)

# fetch_sources: unpacks the source packages in $target_sources, once. The package manager's own lists stay as they are.
fetch_sources() {
  [ ! -e "$target_sources/done" ] || return 0
  local at=$PWD/$target_sources
  rm -rf "$at"
  mkdir -p "$at/lists/partial" "$at/cache/archives/partial"
  # shellcheck source=/dev/null
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian \
$(. /etc/os-release && echo "$VERSION_CODENAME") main" >"$at/sources.list"
  local apt=(apt-get -q -o "Dir::Etc::SourceList=$at/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$at/lists"
    -o "Dir::Cache=$at/cache" -o APT::Sandbox::User=)
  (cd "$at" && "${apt[@]}" update && "${apt[@]}" source "${target_libraries[@]}") >"$at/log" 2>&1 ||
    { tail -n 20 "$at/log" >&2 && return 1; }
  touch "$at/done"
}

# build_libraries TARGET: installs them in build/target-libraries/TARGET, with cmake/toolchains/TARGET.cmake.
build_libraries() {
  local target=$1 prefix=$PWD/build/target-libraries/$1 name
  [ ! -e "$prefix/done" ] || return 0
  rm -rf "$prefix"
  mkdir -p "$prefix"
  for name in "${target_libraries[@]}"; do
    local source=("$target_sources/$name"-*/)
    (cmake -G Ninja -S "${source[0]}" -B "$prefix/build/$name" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/toolchains/$target.cmake" \
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF \
      -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DTOME_TARGET_PREFIX="$prefix" \
      -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF -DJANSSON_EXAMPLES=OFF -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON \
      -DPCRE2_SUPPORT_JIT=ON -DPCRE2_BUILD_PCRE2GREP=OFF -DPCRE2_BUILD_TESTS=OFF &&
      cmake --build "$prefix/build/$name" && cmake --install "$prefix/build/$name") >"$prefix/$name.log" 2>&1 ||
      { tail -n 20 "$prefix/$name.log" >&2 && return 1; }
  done
  touch "$prefix/done"
}
