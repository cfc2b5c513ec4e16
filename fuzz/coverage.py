#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Line coverage of each parser by its target's own corpus, from a build of the preset `coverage`.

coverage.py [--at-least PERCENT] [--also FOLDER] [TARGET…]: FOLDER holds corpora that grew while fuzzing.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

top = pathlib.Path(__file__).resolve().parents[1]
build = top / "build" / "coverage"


def parsers():
    for line in (top / "fuzz" / "parsers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            target, *files = line.split()
            yield target, files


def measure(target, files, also, scratch):
    program = build / "fuzz" / f"{target}_fuzzer"
    raw, merged = scratch / f"{target}.profraw", scratch / f"{target}.profdata"
    corpora = [top / "fuzz" / "corpus" / target, *[also / target for also in also if (also / target).is_dir()]]
    subprocess.run([program, "-runs=0", *corpora], env={"LLVM_PROFILE_FILE": str(raw)}, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", raw, "-o", merged], check=True)
    report = subprocess.run(["llvm-cov-19", "export", "-summary-only", f"-instr-profile={merged}", program,
                             *[str(top / file) for file in files]], check=True, capture_output=True, text=True).stdout
    rows = {pathlib.Path(f["filename"]).relative_to(top).as_posix(): f["summary"]["lines"] for f in json.loads(report)["data"][0]["files"]}
    missing = [file for file in files if file not in rows]
    if missing:
        sys.exit(f"error: {target} doesn't contain {', '.join(missing)}")
    return [(file, rows[file]["covered"], rows[file]["count"]) for file in files]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--at-least", type=float, default=0)
    arguments.add_argument("--also", type=pathlib.Path, action="append", default=[])
    arguments.add_argument("targets", nargs="*")
    chosen = arguments.parse_args()
    low = []
    print(f"{'target':<24} {'lines':>11} {'covered':>8}  files")
    with tempfile.TemporaryDirectory() as folder:
        for target, files in parsers():
            if chosen.targets and target not in chosen.targets:
                continue
            rows = measure(target, files, chosen.also, pathlib.Path(folder))
            covered, lines = sum(r[1] for r in rows), sum(r[2] for r in rows)
            percent = 100 * covered / lines
            parts = ", ".join(f"{pathlib.Path(f).name} {100 * c // n} %" for f, c, n in rows)
            print(f"{target:<24} {covered:>5}/{lines:<5} {percent:>7.1f}%  {parts}", flush=True)
            if percent < chosen.at_least:
                low.append(target)
    if low:
        sys.exit(f"under {chosen.at_least} %: {', '.join(low)}")


if __name__ == "__main__":
    main()
