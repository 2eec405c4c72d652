#!/bin/sh
# check_installed.sh PREFIX LIBDIR SYSTEM: the files below PREFIX are those of installed_files.txt, where LIBDIR is "lib"; with
# Windows's names of programs and libraries, and without manual pages and completions there.
set -eu
prefix=$1 libdir=$2 system=$3
manifest=$(dirname "$0")/installed_files.txt

case $system in
  Windows)
    names='/^share\//d; /\.so/d; s|^bin/tome$|bin/libtome-0.dll\n&.exe|; s|^lib/libtome\.a$|&\nlib/libtome.dll.a|'
    ;;
  *) names='' ;;
esac
expected=$(sed "$names" "$manifest")

# Which TomeTargets-*.cmake there is depends on the build type.
actual=$(cd "$prefix" && find . ! -type d | sed "s|^\./||; s|^$libdir/|lib/|; s|Targets-[a-z]*\.cmake|Targets-TYPE.cmake|" |
  LC_ALL=C sort)
[ "$actual" = "$expected" ] && exit 0

echo "Installed files differ from $manifest (left: manifest, right: installed):"
printf '%s\n' "$expected" >"$prefix/../expected_files.txt"
printf '%s\n' "$actual" | diff "$prefix/../expected_files.txt" - || true
echo "If the change is wanted: edit the manifest, and CHANGELOG.md."
exit 1
