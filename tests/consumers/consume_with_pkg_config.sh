#!/bin/sh
# consume_with_pkg_config.sh PREFIX LIBDIR COMPILER shared|static [EMULATOR...]
# Builds consumer.c with nothing but a compiler and what pkg-config says, and runs it.
# TARGET_LIBRARIES: where the libraries are that Tome needs, if not this machine's own. TARGET_OPTIONS: what tells the compiler
# which processor it compiles for.
set -eu
prefix=$1 libdir=$2 compiler=$3 linking=$4
shift 4
source=$(dirname "$(realpath "$0")")/consumer.c

for tool in pkg-config "$compiler"; do
  command -v "$tool" >/dev/null || { echo "SKIP: no $tool here"; exit 77; }
done
export PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig"
if [ "${TARGET_LIBRARIES:-}" ]; then
  export PKG_CONFIG_LIBDIR="$TARGET_LIBRARIES/lib/pkgconfig"
fi
case $compiler in
  *++*) language='c++ -std=c++17' ;;
  *) language='c -std=c11' ;;
esac
case $linking in
  static) options='--static' link='-static' ;;
  shared) options='' link="-Wl,-rpath,$prefix/$libdir" ;;
esac
case $compiler in
  *mingw*) link=${link#-Wl,-rpath,*} link=${link#"$prefix/$libdir"} ;;
esac

here=pkg_config_${compiler##*/}_$linking
rm -rf "$here"
mkdir "$here"
cd "$here"
# shellcheck disable=SC2086 # a list of words
if [ "${TARGET_OPTIONS:-}" ] && ! echo 'int main(void) { return 0; }' | "$compiler" $TARGET_OPTIONS -x ${language%% *} - -o plain; then
  echo "SKIP: $compiler has no library here to link with for $TARGET_OPTIONS"
  exit 77
fi
# shellcheck disable=SC2046,SC2086 # each of these is a list of words
"$compiler" ${TARGET_OPTIONS:-} -x $language -Wall -Wextra -Werror "$source" -x none $link \
  $(pkg-config $options --cflags --libs tome) -o consumer.exe
if [ "$linking" = shared ] && [ -e "$prefix/bin/libtome-0.dll" ]; then
  cp "$prefix/bin/libtome-0.dll" . # a program of Windows finds its libraries beside it
fi
"$@" ./consumer.exe

needed=$(objdump -p consumer.exe | grep -cE 'NEEDED +libtome\.so\.0|DLL Name: libtome-0\.dll' || true)
case $linking$needed in
  shared1 | static0) ;;
  *) echo "linked $linking, but it needs the library $needed times"; exit 1 ;;
esac
