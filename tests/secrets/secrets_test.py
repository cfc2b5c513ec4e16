#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each case of secrets.cpp under valgrind: the leaky ones must be caught, the others must be silent."""
import argparse
import pathlib
import subprocess
import sys

CAUGHT = 99
parser = argparse.ArgumentParser()
parser.add_argument("--valgrind", required=True)
parser.add_argument("--program", required=True)
parser.add_argument("names", nargs="*")
arguments = parser.parse_args()
suppressions = pathlib.Path(__file__).resolve().parent / "published.supp"
listed = subprocess.run([arguments.program, "--list"], capture_output=True, text=True, check=True).stdout.split()
failed = 0
for name in arguments.names or listed:
    result = subprocess.run([arguments.valgrind, "-q", f"--error-exitcode={CAUGHT}", f"--suppressions={suppressions}",
                             "--num-callers=12", arguments.program, name], capture_output=True, text=True, timeout=120)
    wanted = CAUGHT if name.startswith("leaky-") else 0
    good = result.returncode == wanted
    failed += not good
    print(f"{'ok   ' if good else 'FAIL '} {name}", flush=True)
    if not good:
        print(f"exit {result.returncode}, expected {wanted}\n{result.stderr[-6000:]}", flush=True)
assert any(name.startswith("leaky-") for name in listed)
sys.exit(1 if failed else 0)
