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
set -eu
processor=$1
shift
limit=34359738368

case $processor in
s390x)
  if [ -z "${TOME_TEST_NO_FAULTS:-}" ]; then
    export QEMU_SINGLESTEP=1 QEMU_ONE_INSN_PER_TB=1
  fi
  ;;
ppc64) ;;
*) exec prlimit --as=$limit "qemu-$processor" "$@" ;;
esac

source=$(dirname "$0")/qemu_fault_address.c
folder=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tome-qemu
library=$folder/fault_address-$(cksum <"$source" | cut -d ' ' -f 1).so
if [ ! -e "$library" ]; then
  mkdir -p "$folder"
  cc -D_GNU_SOURCE -O2 -shared -fPIC -o "$library.$$" "$source" -ldl
  mv "$library.$$" "$library"
fi
exec prlimit --as=$limit env LD_PRELOAD="$library" "qemu-$processor" -U LD_PRELOAD "$@"
