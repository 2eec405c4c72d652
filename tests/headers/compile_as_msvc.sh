#!/bin/sh
# compile_as_msvc.sh FILE C|C++ [OPTION...]
# Compiles FILE as Microsoft's compiler would, for both of its processors, as far as clang and mingw-w64's headers can tell: with its
# rules, its types and its branches of the headers, and without tolerance for what only GNU C has.
set -eu
file=$1 language=$2
shift 2
here=$(dirname "$(realpath "$0")")

command -v clang >/dev/null || { echo "SKIP: no clang here"; exit 77; }
for system in /usr/share/mingw-w64/include /usr/x86_64-w64-mingw32/include \
  /usr/x86_64-w64-mingw32/sys-root/mingw/include ''; do
  [ ! -e "$system/windows.h" ] || break
done
[ "$system" ] || { echo "SKIP: no headers of mingw-w64 here"; exit 77; }

case $language in
  C) standard='c -std=c11' ;;
  C++) standard='c++ -std=c++14' ;;
esac
if grep -nE '#[[:space:]]*include <(unistd|pthread|dirent|strings|getopt|libgen|sys/(time|mman|param))\.h>' "$file"; then
  echo "$file: Microsoft has no such header"
  exit 1
fi

# compile TARGET OPTION...
compile() {
  target=$1
  shift
  # shellcheck disable=SC2086 # lists of words
  clang "--target=$target" "$@" -x $standard -fms-extensions -fms-compatibility -fmsc-version=1929 -fsyntax-only \
    -pedantic -Wall -Wextra -Wshadow -Wgnu -Wmicrosoft -Werror -D_UCRT -isystem "$system" \
    -include "$here/msvc_mode.h" $before -include "$here/no_gnu_words.h" "$file"
}
case $file in
  *.h) before='' ;;
  *) before='-include windows_headers.h' ;;
esac
compile x86_64-pc-windows-msvc "$@"
compile i686-pc-windows-msvc -msse2 -D_X86_ "$@"
