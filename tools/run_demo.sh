# shellcheck shell=bash
# ./dev demo: makes a large log and walks through what Tome does with it. Each step shows a command, what it
# printed and what to make of that, and checks it by other means. tests/demo takes the same walk.

demo=build/demo
demo_log_maker=build/release/tools/demo_log
demo_log=$demo/demo.log
demo_size=$((4 << 30))
steps=0
broken_steps=0

step() {
  printf '\n%s%d. %s%s\n' "$bold" $((++steps)) "$1" "$plain"
}

# show COMMAND...: runs a command before the reader's eyes; what it printed is in $output.
show() {
  printf '$ %s\n' "$*"
  local status=0
  "$@" | tee "$demo/output" || status=$?
  output=$(<"$demo/output")
  [ -z "$(tail -c 1 "$demo/output")" ] || echo
  return "$status"
}

# conclude SENTENCE CONDITION...: prints the sentence if the condition is true.
conclude() {
  local sentence=$1
  shift
  if "$@"; then
    printf '%s\n' "$sentence"
  else
    broken
  fi
}

broken() {
  broken_steps=$((broken_steps + 1))
  printf '%sThis is not what should have come out.%s\n' "$bold" "$plain"
}

in_words() {
  numfmt --to=iec-i --suffix=B --format=%.1f "$1"
}

# bytes_at OFFSET LENGTH: of the log, by other means than ours.
bytes_at() {
  dd if="$demo_log" iflag=skip_bytes,count_bytes skip="$1" count="$2" status=none
}

# make_demo_log SIZE: makes the log, unless one of that size is there from the last time.
make_demo_log() {
  local size=$1 had=0 free
  mkdir -p "$demo"
  [ ! -f "$demo_log" ] || had=$(stat -c %s "$demo_log")
  free=$(($(df --output=avail -B1 "$demo" | tail -n 1) + had))
  if [ "$size" -gt $((free * 4 / 5)) ]; then
    size=$((free * 4 / 5))
    echo "The disk has $(in_words "$free") to spare. The log takes $(in_words "$size"), so that a fifth stays free."
  fi
  if [ "$size" = "$had" ]; then
    echo "$demo_log, $(in_words "$size"), is kept from the last time."
    return
  fi
  rm -f "$demo_log"
  local begin=$SECONDS
  $demo_log_maker "$demo_log.part" "$size" || stop 1 'the log could not be made'
  mv "$demo_log.part" "$demo_log"
  echo "$demo_log, $(in_words "$size"), was made in $((SECONDS - begin)) s."
}

step_compare() {
  step 'A hundred small reads all over the file, in four ways'
  show tome bench "$demo_log" || broken
  echo 'Tome takes from the disk only what is asked for (page cache), and what is in memory it reads as memory (warm).'
}

step_first_bytes() {
  step 'The first 100 bytes'
  show tome slice "$demo_log" :100 || broken
  conclude 'Only the page that holds them was asked for.' test "$output" = "$(bytes_at 0 100)"
}

step_find() {
  step 'The first ERROR'
  show tome find -m 1 ERROR "$demo_log" || broken
  local at=$output
  conclude "It is $(in_words "$at") into the file; grep finds it in the same place." \
    test "$at:ERROR" = "$(LC_ALL=C grep -obUam1 ERROR "$demo_log" | head -n 1)"
  show tome slice "$demo_log" "$((at - 40)):$((at + 79))" || broken
  conclude 'This is the line.' grep -q '^2026-.* ERROR ' <<<"$output"
}

step_jump() {
  step 'A jump over a million bytes'
  show tome slice "$demo_log" 1000000:1000100 || broken
  conclude 'What lies before was not looked at.' test "$output" = "$(bytes_at 1000000 100)"
}

step_put() {
  step 'Five bytes changed, durably'
  bytes_at 1000000 5 >"$demo/old_bytes"
  show tome put "$demo_log" 1000000 HELLO || broken
  show tome slice "$demo_log" 999990:1000020 || broken
  conclude 'The bytes are in the file, and would survive a power cut now.' \
    test "$(bytes_at 1000000 5)" = HELLO
  tome put "$demo_log" 1000000 <"$demo/old_bytes"
  conclude '(The old bytes are back.)' cmp -s "$demo/old_bytes" <(bytes_at 1000000 5)
}

# step_example TITLE PROGRAM SENTENCE: a program of examples/, which checks itself.
step_example() {
  step "$1"
  if show "$2" "$demo/scratch.data"; then
    printf '%s (examples/%s.c)\n' "$3" "$2"
  else
    broken
  fi
  rm -f "$demo/scratch.data"
}

# The steps that need no more than the command.
walk() {
  step_compare
  step_first_bytes
  step_find
  step_jump
  step_put
}

walk_examples() {
  step_example 'A file that grows under a pointer' grow_pointer \
    'The pointer was taken once, at the start, and stayed good.'
  step_example 'Two processes, one file' two_processes \
    'Each sees what the other stores at once, and the other one making the file longer.'
  step_example 'A file that is cut short while it is read' cut_short \
    'The reader got an error that names the lost bytes. With a plain mapping it would be dead of SIGBUS.'
}

run_demo() {
  local size=$demo_size
  if [ $# -gt 0 ]; then
    if [ $# != 2 ] || [ "$1" != --size ]; then
      stop 2 'demo takes one option: --size SIZE'
    fi
    local number=${2%B}
    size=$(numfmt --from=iec "${number%i}" 2>/dev/null) || stop 2 "not a size: $2 (200M, 4GiB ...)"
    [ "$size" -ge $((4 << 20)) ] || stop 2 'the log needs at least 4 MiB'
  fi
  build_release
  PATH=$PWD/build/release/cli:$PWD/build/release/examples:$PATH
  make_demo_log "$size"

  walk
  walk_examples

  [ "$broken_steps" = 0 ] || stop 1 "$broken_steps of the things shown went wrong"
  printf '\nAll %d steps did what they should. The log stays in %s; %s.\n' "$steps" "$demo_log" \
    'the command is build/release/cli/tome'
}
