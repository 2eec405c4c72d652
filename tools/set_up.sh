# shellcheck shell=bash
# The machine: what packages are needed, and how they get there.

# packages_for USE...
packages_for() {
  awk -v uses=" $* " '!/^#/ { for (i = 2; i <= NF; i++) if (index(uses, " " $i " ")) { print $1; break } }' \
    packaging/debian-packages.txt
}

# missing_packages USE...
missing_packages() {
  local wanted
  mapfile -t wanted < <(packages_for "$@")
  # dpkg-query fails for a package it never heard of, but tells about the others.
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | sort)
}

# set_up USE...: installs what commands or targets need. On a system without dpkg, the build says what it misses.
set_up() {
  command -v dpkg-query >/dev/null || return 0
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null ||
      stop 2 "some packages are missing; as root, run:
apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}
