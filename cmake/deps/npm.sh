#!/usr/bin/env bash
# npm packages that a test speaks with: npm.sh FOLDER, where FOLDER has a package.json and a package-lock.json with
# exact versions and their hashes. Installs them into the dependency cache, never into the tree, without running any
# package's scripts, and prints the folder that holds node_modules.
set -euo pipefail
source=$(cd "$1" && pwd)
cache=${SAFEQ_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/safeq}
fingerprint=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum | cut -c1-12)
prefix=$cache/npm/$(basename "$source")-$fingerprint
if [ ! -f "$prefix/.complete" ]; then
    command -v npm > /dev/null || { echo "error: npm is missing: install the package npm" >&2; exit 1; }
    mkdir -p "$prefix"
    cp "$source/package.json" "$source/package-lock.json" "$prefix/"
    npm ci --prefix "$prefix" --cache "$cache/npm/cache" --ignore-scripts --no-audit --no-fund > "$prefix/install.log" 2>&1 ||
        { tail -n 20 "$prefix/install.log" >&2; exit 1; }
    touch "$prefix/.complete"
fi
echo "$prefix"
