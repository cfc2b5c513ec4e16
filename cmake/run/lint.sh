#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formatting, shell scripts, house rules. Exits non-zero with every finding.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
status=0
sources=$(git ls-files '*.cpp' '*.hpp')
echo "── formatting (clang-format)"
# shellcheck disable=SC2086
clang-format-19 --dry-run --Werror $sources || status=1
echo "── shell scripts (shellcheck)"
shellcheck -x -P SCRIPTDIR run .ci/run cmake/deps/*.sh cmake/run/*.sh fuzz/*.sh || status=1
echo "── floors, error table, tenants, fail points, fuzz targets, guide, threats"
for rule in layers errors tenants fail_points fuzzers guide threat_model; do
    python3 "tests/house/${rule}_test.py" . || status=1
done
echo "── words that mark something unfinished"
# shellcheck disable=SC2086
if grep -nE '\b(TODO|FIXME|XXX)\b' $sources; then status=1; fi
exit $status
