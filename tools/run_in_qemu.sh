#!/bin/sh
# run_in_qemu.sh PROCESSOR [option of qemu]... PROGRAM [argument]...: run a Linux program of another processor by qemu's user
# mode, so that it sees what it would see on such a machine, as far as qemu 7.2 goes.
#
# - qemu keeps a note of every page of address space that was ever taken: the usual reservations of 64 GiB would cost it a
#   gigabyte and seconds each. Under a limit they are refused at once, and small ones made. (Its own limit, -R, makes it tell
#   signal handlers wrong addresses.)
# - A big-endian program is told the address of a bus error with its halves swapped; qemu_fault_address.c swaps them back.
# - A fault inside one of the long instructions of s390x goes back to where qemu began to translate, which is the same
#   instruction only if it translates them one by one. The variable has another name since qemu 8.1. Programs that meet no
#   fault are spared that, with TOME_TEST_NO_FAULTS.
# - The same happens inside of what zeroes 512 bytes at once on the 64-bit ARM processor that is qemu's own: memset() then goes on
#   beyond its end. That of a real one zeroes 64, and is where memset() begins anew.
# - Where it is told to use larger pages than its host's (-p), mincore() overruns the program's buffer, and mappings end with the
#   file as it was when it was mapped; qemu_large_pages.c mends both. Its files end in the host's pages; with qemu_page_ends.c
#   zeros follow up to the end of the program's page.
set -eu
processor=$1
shift
limit=34359738368
preloaded=

# preload NAME: tools/NAME.c, built when it is new.
preload() {
  source=$(dirname "$0")/$1.c
  folder=$(dirname "$0")/../build/qemu # which all users of the tests can read
  library=$folder/$1-$(cksum <"$source" | cut -d ' ' -f 1).so
  if [ ! -e "$library" ]; then
    mkdir -p "$folder"
    cc -D_GNU_SOURCE -O2 -shared -fPIC -o "$library.$$" "$source" -ldl
    mv "$library.$$" "$library"
  fi
  preloaded=$preloaded${preloaded:+:}$library
}

if [ "$processor" = s390x ] && [ -z "${TOME_TEST_NO_FAULTS:-}" ]; then
  export QEMU_SINGLESTEP=1 QEMU_ONE_INSN_PER_TB=1
fi
if [ "$1" = -p ]; then
  preload qemu_large_pages
  preload qemu_page_ends
  export TOME_QEMU_PAGE="$2"
  set -- -plugin "$library" "$@"
fi
case $processor in
aarch64) set -- -cpu cortex-a76 "$@" ;;
s390x | ppc64) preload qemu_fault_address ;;
esac

if [ -z "$preloaded" ]; then
  exec prlimit --as=$limit "qemu-$processor" "$@"
fi
exec prlimit --as=$limit env LD_PRELOAD="$preloaded" "qemu-$processor" -U LD_PRELOAD "$@"
