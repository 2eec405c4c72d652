#!/bin/sh
# check_installed.sh PREFIX LIBDIR: the files below PREFIX are those of installed_files.txt, where LIBDIR is "lib".
set -eu
prefix=$1 libdir=$2
manifest=$(dirname "$0")/installed_files.txt

# Which TomeTargets-*.cmake there is depends on the build type.
actual=$(cd "$prefix" && find . ! -type d | sed "s|^\./||; s|^$libdir/|lib/|; s|Targets-[a-z]*\.cmake|Targets-TYPE.cmake|" |
  LC_ALL=C sort)
[ "$actual" = "$(cat "$manifest")" ] && exit 0

echo "Installed files differ from $manifest (left: manifest, right: installed):"
printf '%s\n' "$actual" | diff "$manifest" - || true
echo "If the change is wanted: edit the manifest, and CHANGELOG.md."
exit 1
