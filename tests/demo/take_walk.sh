#!/usr/bin/env bash
# take_walk.sh TOME DEMO_LOG FOLDER SIZE [EMULATOR...]: the walk of ./dev demo through a log of SIZE bytes, with these programs, run by
# the emulator if there is one; and at its end the log is cut short while it is read. The examples that ./dev demo ends with are tests
# of their own.
# shellcheck disable=SC1091,SC2034,SC2154 # what is of tools/ is checked there
set -euo pipefail
programs=$1 log_maker=$2 folder=$3 size=$4
shift 4
emulator=("$@")
cd "$(dirname "$(realpath "$0")")/../.."

. tools/common.sh
. tools/run_demo.sh
demo=$folder demo_log=$folder/demo.log

tome() {
  "${emulator[@]}" "$programs" "$@"
}

make_log() {
  "${emulator[@]}" "$log_maker" "$@"
}

step_cut_short() {
  step 'The log is cut short while it is read'
  local kept=$((size / 2 + 12345)) got status
  echo "\$ tome slice $demo_log :    # cut to $kept bytes when the first of them has come"
  got=$(
    tome slice "$demo_log" : 2>"$demo/complaint" | {
      dd bs=1 count=1 status=none
      truncate -s "$kept" "$demo_log"
      cat
    } | cksum
    echo "${PIPESTATUS[0]}"
  )
  status=${got##*$'\n'} got=${got%$'\n'*}
  cat "$demo/complaint"
  conclude 'It gave out what is left of the file, and an error that names the first lost byte.' \
    test "$status: $got: $(tr -d '\r' <"$demo/complaint")" = \
    "2: $(cksum <"$demo_log"): tome: $demo_log: bytes were lost: the file is shorter now (at byte $kept)"
}

demo_log_maker=make_log
rm -rf "$folder"
mkdir -p "$folder"
trap 'rm -rf "$folder"' EXIT
make_demo_log "$size"
walk
step_cut_short
[ "$broken_steps" = 0 ] || stop 1 "$broken_steps of the things shown went wrong"
echo "All $steps steps did what they should."
