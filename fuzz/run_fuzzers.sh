#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run_fuzzers.sh list | all|TARGET [SECONDS]: runs libFuzzer targets of build/fuzz one after the other; a finding stops
# with its input kept in build/fuzz/findings. New inputs go to build/fuzz/corpus; the tree's corpus is read only. A target
# that runs fewer than 1,000 inputs a second finds little: it fails too, where it had the time to show it (30 s).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
what=${1:-all} seconds=${2:-60}
least=1000 slow=()
programs=build/fuzz/fuzz
mapfile -t targets < <(find fuzz -maxdepth 1 -name '*_fuzzer.cpp' -printf '%f\n' | sed 's/_fuzzer\.cpp$//' | sort)
if [ "$what" = list ]; then
    printf '%s\n' "${targets[@]}"
    exit 0
fi
[ "$what" = all ] || targets=("$what")
mkdir -p build/fuzz/findings
if "$programs/canary" -max_total_time=60 -artifact_prefix=build/fuzz/findings/canary- > build/fuzz/findings/canary.log 2>&1; then
    echo "error: the canary lives: these targets aren't instrumented, and would find nothing" >&2
    exit 1
fi
if ! grep -q 'AddressSanitizer: heap-buffer-overflow' build/fuzz/findings/canary.log; then
    tail -n 20 build/fuzz/findings/canary.log >&2
    echo "error: the canary ended, but not by what it was made to find" >&2
    exit 1
fi
rm -f build/fuzz/findings/canary-*
for target in "${targets[@]}"; do
    [ -x "$programs/${target}_fuzzer" ] || { echo "error: no fuzz target '$target'; ./run fuzz list shows them" >&2; exit 2; }
    mkdir -p "build/fuzz/corpus/$target"
    dict=()
    [ -f "fuzz/dict/$target.dict" ] && dict=("-dict=fuzz/dict/$target.dict")
    log=build/fuzz/findings/$target.log
    if ! "$programs/${target}_fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/findings/$target-" "${dict[@]}" "build/fuzz/corpus/$target" "fuzz/corpus/$target" > "$log" 2>&1; then
        tail -n 40 "$log"
        echo "FAIL $target: the input is in build/fuzz/findings" >&2
        exit 1
    fi
    rate=$(awk '/average_exec_per_sec/ { print $2 }' "$log")
    printf 'ok   %-24s %10s runs  %8s/s\n' "$target" "$(awk '/number_of_executed_units/ { print $2 }' "$log")" "$rate"
    if [ "$seconds" -ge 30 ] && [ "$rate" -lt "$least" ]; then slow+=("$target"); fi
done
if [ ${#slow[@]} -gt 0 ]; then
    echo "FAIL fewer than $least a second: ${slow[*]}" >&2
    exit 1
fi
