#!/bin/sh
# check_exported.sh LIBRARY: the dynamic symbols that LIBRARY defines are those of exported_symbols.txt.
set -eu
library=$1
manifest=$(dirname "$0")/exported_symbols.txt

command -v objdump >/dev/null || { echo "SKIP: no objdump here (package binutils)"; exit 77; }

case $library in
  *.dll) exported=$(objdump -p "$library" | sed -n '/^\[Ordinal\/Name Pointer\]/,/^$/s/.*\[ *[0-9]*\] //p') ;;
  # Some C libraries export from what every library begins and ends with.
  *) exported=$(nm -D --defined-only "$library" | sed 's/.* //' | grep -vx -e _init -e _fini) ;;
esac
actual=$(printf '%s\n' "$exported" | LC_ALL=C sort)
[ "$actual" = "$(cat "$manifest")" ] && exit 0

echo "Exported symbols differ from $manifest (left: manifest, right: library):"
printf '%s\n' "$actual" | diff "$manifest" - || true
echo "If the change is wanted: edit the manifest, and CHANGELOG.md."
exit 1
