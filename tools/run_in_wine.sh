#!/usr/bin/env bash
# Runs a Windows program: run_in_wine.sh PROGRAM ARGUMENT... The system it sees is in build/wine, made when it is missing; WINEPREFIX:
# another place. Nothing is asked for that Tome does not need: no desktop, no .NET, no web pages.
set -euo pipefail
export WINEPREFIX=${WINEPREFIX:-$(realpath "$(dirname "$0")/..")/build/wine}
export WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='

# Wine ends with status 1 and no word where the places that the system chooses at random have taken an address that it needs, as one
# process in three thousand finds it.
wine=(wine)
if setarch --addr-no-randomize true 2>/dev/null; then
  wine=(setarch --addr-no-randomize wine)
fi

# Wine's server and services stay for a minute, so that the next program need not start them again, which takes seconds. They are
# started by a program of their own: whoever waits for the end of what this one writes would wait for them, too.
mkdir -p "$WINEPREFIX"
exec 9>"$WINEPREFIX.lock"
flock 9
if [ ! -e "$WINEPREFIX/made" ] || ! wineserver -k0 >/dev/null 2>&1; then
  wineserver -p60 </dev/null >/dev/null 2>&1 9>&- || true
  if ! "${wine[@]}" wineboot -i </dev/null >/dev/null 2>&1 9>&-; then
    echo "run_in_wine.sh: Wine does not start with $WINEPREFIX" >&2
    exit 125
  fi
  touch "$WINEPREFIX/made"
fi
exec 9>&-
# Wine takes the number of a closed stream for a pipe of its own, and what a program writes there would stop all of Wine.
for stream in 0 1 2; do
  [ -e "/proc/$$/fd/$stream" ] || eval "exec $stream<>/dev/null"
done
exec "${wine[@]}" "$@"
