#!/bin/sh
# compile_as_posix.sh SOURCE_DIR COMPILER: the layer for any POSIX system, with nothing but POSIX.1-2008 and its X/Open part
# visible in this system's headers and the few names beyond it that beyond_posix.h has. Without the compiler: 77.
set -u
source=$1
compiler=$2
command -v "$compiler" > /dev/null || { echo "SKIPPED: there is no $compiler"; exit 77; }
failed=0
count=0
for file in "$source"/src/os/posix/*.c "$source"/src/os/generic/*.c; do
  "$compiler" -std=c11 -D_XOPEN_SOURCE=700 -D_FILE_OFFSET_BITS=64 -DTOME_BUILDING \
    -include "$source/tests/headers/beyond_posix.h" -I "$source/include" -I "$source/src" -I "$source/src/os" \
    -I "$source/src/os/posix" -I "$source/src/os/generic" \
    -fsyntax-only -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Werror "$file" || failed=$((failed + 1))
  count=$((count + 1))
done
echo "$count files compiled as POSIX.1-2008, $failed of them with errors"
[ "$failed" = 0 ]
