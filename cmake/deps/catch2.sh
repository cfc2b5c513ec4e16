#!/usr/bin/env bash
# Catch2 3: the system's when it has version 3, else Debian's own backport, unpacked (not installed) into the
# dependency cache. Prints the prefix to add to CMAKE_PREFIX_PATH, or nothing when the system's is good.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=archive.sh
. "$here/archive.sh"
cache=${SAFEQ_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/safeq}

version=$(dpkg-query -W -f '${Version}' libcatch2-dev 2> /dev/null || dpkg-query -W -f '${Version}' catch2 2> /dev/null || true)
case $version in 3.*) exit 0 ;; esac

prefix=$cache/catch2-3
if [ ! -f "$prefix/.complete" ]; then
    mkdir -p "$prefix"
    private_apt "$cache/apt-backports" bookworm-backports update >&2
    (cd "$prefix" && private_apt "$cache/apt-backports" bookworm-backports download libcatch2-dev catch2 >&2)
    for package in "$prefix"/*.deb; do dpkg-deb -x "$package" "$prefix"; done
    rm -f "$prefix"/*.deb
    touch "$prefix/.complete"
fi
echo "$prefix/usr"
