#!/bin/sh
# install_fresh.sh CMAKE BUILD_DIR PREFIX: installs the build into an empty PREFIX.
set -eu
rm -rf "$3"
"$1" --install "$2" --prefix "$3"
