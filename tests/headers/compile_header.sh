#!/bin/sh
# compile_header.sh INCLUDE_DIR HEADER STANDARD COMPILER
# Compiles a file that holds nothing but HEADER, twice, without tolerance.
set -eu
include_dir=$1 header=$2 standard=$3 compiler=$4

command -v "$compiler" >/dev/null || { echo "SKIP: no $compiler here"; exit 77; }

case $standard in
  c++*) language=c++ ;;
  *) language=c ;;
esac
printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
  "$compiler" -x "$language" -std="$standard" -pedantic-errors -Wall -Wextra -Wshadow -Wconversion \
    -Wundef -Werror -fsyntax-only -I "$include_dir" -
