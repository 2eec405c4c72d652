#!/bin/sh
# consume_with_pkg_config.sh PREFIX LIBDIR COMPILER shared|static
# Builds consumer.c with nothing but a compiler and what pkg-config says, and runs it.
set -eu
prefix=$1 libdir=$2 compiler=$3 linking=$4
source=$(dirname "$(realpath "$0")")/consumer.c

for tool in pkg-config "$compiler"; do
  command -v "$tool" >/dev/null || { echo "SKIP: no $tool here"; exit 77; }
done
export PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig"
case $compiler in
  *++) language='c++ -std=c++17' ;;
  *) language='c -std=c11' ;;
esac
case $linking in
  static) options='--static' link='-static' ;;
  shared) options='' link="-Wl,-rpath,$prefix/$libdir" ;;
esac

here=pkg_config_${compiler##*/}_$linking
rm -rf "$here"
mkdir "$here"
cd "$here"
# shellcheck disable=SC2046,SC2086 # each of these is a list of words
"$compiler" -x $language -Wall -Wextra -Werror "$source" -x none $link \
  $(pkg-config $options --cflags --libs tome) -o consumer
./consumer

needed=$(readelf -d consumer | grep -c 'NEEDED.*\[libtome\.so\.0\]' || true)
case $linking$needed in
  shared1 | static0) ;;
  *) echo "linked $linking, but it needs libtome.so.0 $needed times"; exit 1 ;;
esac
