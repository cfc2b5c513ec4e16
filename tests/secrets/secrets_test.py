#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each case of the program secrets under valgrind: the leaky ones must be caught, the others must be silent."""
import argparse
import pathlib
import re
import subprocess
import sys

CAUGHT = 99
# How often a suppression excuses a branch in a case that uses it. That a GCM tag is right is one branch of Botan's: a
# comparison that stops at the first difference would branch once for each of the tag's 16 bytes. Unwrapping a key asks
# for the check value, for both bounds of the length, and for the end of the padding.
EXCUSED = {"aead-open": {"gcm-tag-is-wrong-or-right": 1}, "key-wrap": {"key-wrap-check-value": 4}}


def excused(report):
    """Suppression → how many errors it hid, of what valgrind says at its end."""
    found = re.findall(r"used_suppression:\s+([\d,]+) ([\w-]+)", report)
    return {name: int(count.replace(",", "")) for count, name in found if "ml-kem" not in name}


parser = argparse.ArgumentParser()
parser.add_argument("--valgrind", required=True)
parser.add_argument("--program", required=True)
parser.add_argument("names", nargs="*")
arguments = parser.parse_args()
suppressions = pathlib.Path(__file__).resolve().parent / "published.supp"
listed = subprocess.run([arguments.program, "--list"], capture_output=True, text=True, check=True).stdout.split()
failed = 0
for name in arguments.names or listed:
    result = subprocess.run([arguments.valgrind, "-s", f"--error-exitcode={CAUGHT}", f"--suppressions={suppressions}",
                             "--num-callers=12", arguments.program, name], capture_output=True, text=True, timeout=120)
    wanted = CAUGHT if name.startswith("leaky-") else 0
    hidden = excused(result.stderr)
    good = result.returncode == wanted and hidden == EXCUSED.get(name, {})
    failed += not good
    print(f"{'ok   ' if good else 'FAIL '} {name}", flush=True)
    if not good:
        print(f"exit {result.returncode}, expected {wanted}; excused {hidden}, expected {EXCUSED.get(name, {})}\n{result.stderr[-6000:]}", flush=True)
assert any(name.startswith("leaky-") for name in listed)
sys.exit(1 if failed else 0)
