#!/bin/sh
# check_exported.sh LIBRARY: the dynamic symbols that LIBRARY defines are those of exported_symbols.txt.
set -eu
library=$1
manifest=$(dirname "$0")/exported_symbols.txt

command -v nm >/dev/null || { echo "SKIP: no nm here (package binutils)"; exit 77; }

actual=$(nm -D --defined-only "$library" | sed 's/.* //' | LC_ALL=C sort)
[ "$actual" = "$(cat "$manifest")" ] && exit 0

echo "Exported symbols differ from $manifest (left: manifest, right: library):"
printf '%s\n' "$actual" | diff "$manifest" - || true
echo "If the change is wanted: edit the manifest, and CHANGELOG.md."
exit 1
