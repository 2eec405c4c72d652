#!/bin/sh
# compile_for_darwin.sh SOURCE_DIR TARGET: every file of the library that is built for macOS, compiled for it but not linked, against
# darwin_declarations.h. Without clang: 77.
set -u
source=$1
target=$2
command -v clang > /dev/null || { echo "SKIPPED: there is no clang"; exit 77; }
here=$source/tests/headers
headers=$(mktemp -d) || exit 1
trap 'rm -rf "$headers"' EXIT
mkdir "$headers/sys"
for name in assert errno fcntl libproc pthread sched signal stdio stdlib string time unistd \
  sys/file sys/mman sys/mount sys/param sys/resource sys/stat sys/statvfs sys/sysctl sys/types sys/ucontext; do
  echo '#include "darwin_declarations.h"' > "$headers/$name.h"
done

includes="-I$source/include -I$source/src -I$source/src/os"
for folder in os/posix os/darwin os/generic map read \
  find/kernels find/literal find/patterns find/search find/lines find/sorted; do
  includes="$includes -I$source/src/$folder"
done

failed=0
count=0
for file in "$source"/src/map/*.c "$source"/src/read/*.c "$source"/src/find/*/*.c \
  "$source"/src/os/posix/*.c "$source"/src/os/darwin/*.c "$source"/src/os/generic/*.c; do
  name=$(basename "$file" .c)
  case $name in
    *_generic) [ -e "$source/src/os/darwin/${name%_generic}_darwin.c" ] && continue ;;
    engine_regex | regex_* | expression | expression_class) continue ;; # want PCRE2
    sse2 | avx2 | avx512) case $target in arm64*) continue ;; esac ;;
    neon) case $target in x86_64*) continue ;; esac ;;
  esac
  options=
  [ "$name" = avx2 ] && options="-mavx2 -mbmi -mpopcnt"
  [ "$name" = avx512 ] && options="-mavx512f -mavx512bw -mavx512vl -mbmi -mpopcnt"
  # Freestanding: the compiler's own headers need none of a system then.
  # shellcheck disable=SC2086
  clang -target "$target" -std=c11 -ffreestanding -nostdlibinc -isystem "$headers" -isystem "$here" \
    $includes $options -DTOME_BUILDING -fsyntax-only -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Werror "$file" || failed=$((failed + 1))
  count=$((count + 1))
done
echo "$count files compiled for $target, $failed of them with errors"
[ "$failed" = 0 ]
