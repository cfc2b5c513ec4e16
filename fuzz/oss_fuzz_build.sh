#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds all fuzz targets for a fuzzing service: $CC, $CXX and $LIB_FUZZING_ENGINE say how, $CFLAGS and $CXXFLAGS carry the
# instrumentation, $OUT takes the programs with their corpora (zip) and dictionaries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${CC:?}" "${CXX:?}" "${LIB_FUZZING_ENGINE:?}"
out=${OUT:-$PWD/build/oss-fuzz/out}
work=${WORK:-$PWD/build/oss-fuzz/work}
mkdir -p "$out" "$work"
botan=$(cmake/deps/botan.sh)
cmake -G Ninja -S . -B "$work" -DCMAKE_BUILD_TYPE=None -DCMAKE_PREFIX_PATH="$botan" -DSAFEQ_FUZZ=ON -DSAFEQ_TESTS=OFF \
    -DSAFEQ_DAEMONS=OFF -DSAFEQ_EXAMPLES=OFF -DSAFEQ_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" > "$work/configure.log"
cmake --build "$work"
for source in fuzz/*_fuzzer.cpp; do
    target=$(basename "$source" .cpp)
    unit=${target%_fuzzer}
    cp "$work/fuzz/$target" "$out/"
    cp "fuzz/dict/$unit.dict" "$out/$target.dict"
    python3 -m zipfile -c "$out/${target}_seed_corpus.zip" "fuzz/corpus/$unit"/*
done
