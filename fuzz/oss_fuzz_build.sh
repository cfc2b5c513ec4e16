#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds all fuzz targets for a fuzzing service: $CC, $CXX and $LIB_FUZZING_ENGINE say how, $CFLAGS and $CXXFLAGS carry the
# instrumentation, $OUT takes the programs with their corpora (zip), dictionaries and the libraries that they load. Botan is
# built by the same compiler with the same flags; a target whose peer (libcups, Boost) isn't there is left out, and said so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${CC:?}" "${CXX:?}" "${LIB_FUZZING_ENGINE:?}"
out=${OUT:-$PWD/build/oss-fuzz/out}
work=${WORK:-$PWD/build/oss-fuzz/work}
mkdir -p "$out/lib" "$work"
botan=$(SAFEQ_BOTAN_CXX=$CXX SAFEQ_BOTAN_CXXFLAGS=${CXXFLAGS:-} cmake/deps/botan.sh)
# The programs are moved to where nothing is installed: what they load lies beside them.
# shellcheck disable=SC2016  # $ORIGIN is the loader's
cmake -G Ninja -S . -B "$work" -DCMAKE_BUILD_TYPE=None -DCMAKE_PREFIX_PATH="$botan" -DSAFEQ_FUZZ=ON -DSAFEQ_TESTS=OFF \
    -DSAFEQ_DAEMONS=OFF -DSAFEQ_EXAMPLES=OFF -DSAFEQ_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" \
    -DCMAKE_BUILD_RPATH='$ORIGIN/lib' > "$work/configure.log"
cmake --build "$work"
built=0
for source in fuzz/*_fuzzer.cpp; do
    target=$(basename "$source" .cpp)
    unit=${target%_fuzzer}
    if [ ! -x "$work/fuzz/$target" ]; then
        echo "note: $target was left out: what it compares with isn't installed" >&2
        continue
    fi
    cp "$work/fuzz/$target" "$out/"
    cp "fuzz/dict/$unit.dict" "$out/$target.dict"
    python3 -m zipfile -c "$out/${target}_seed_corpus.zip" "fuzz/corpus/$unit"/*
    # All but the C library's own, which are everywhere.
    ldd "$work/fuzz/$target" | awk '$3 ~ /^\// && $1 !~ /^(libc|libm|libpthread|libdl|librt|libresolv|ld-linux.*)\.so/ { print $3 }' |
        xargs -r cp -Lu -t "$out/lib"
    built=$((built + 1))
done
[ "$built" -ge 16 ] || { echo "error: only $built targets were built" >&2; exit 1; }
echo "$built targets in $out"
