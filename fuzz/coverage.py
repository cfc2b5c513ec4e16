#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Line coverage of each parser by its target's own corpus, from a build of the preset `coverage`. Each file of a parser is
to be covered: a small one doesn't hide behind a large one.

coverage.py [--at-least PERCENT, 90] [--also FOLDER] [--missed] [TARGET…]: FOLDER holds corpora that grew while fuzzing.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

top = pathlib.Path(__file__).resolve().parents[1]
build = top / "build" / "coverage"


def parsers():
    """Each target with its files, and of each file the functions that are the parser, or None for all of them."""
    for line in (top / "fuzz" / "parsers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            target, *entries = line.split()
            yield target, [(file, functions.split(",") if functions else None)
                           for file, _, functions in (entry.partition(":") for entry in entries)]


ROW = re.compile(r"(.*?)" + r"\s+(\d+)\s+(\d+)\s+[\d.]+%" * 3 + "$")  # regions, lines, branches: how many, missed, part


def rows_of(report):
    """(function, lines, lines missed) of llvm-cov's report of functions."""
    for line in report.splitlines():
        if (row := ROW.match(line)) and row[1] != "TOTAL":
            yield row[1].replace("(anonymous namespace)::", ""), int(row[4]), int(row[5])


def is_one_of(name, functions):
    """Whether a function, or one inside of it, is among those named; `Class` names all of a class."""
    if functions is None:
        return True
    while (shorter := re.sub(r"<[^<>]*>", "", name)) != name:  # what templates are made for
        name = shorter
    name = name.partition("(")[0].replace("[abi:cxx11]", "")
    return any(re.search(rf"(^|[:\s]){re.escape(wanted)}($|::)", name) for wanted in functions)


def measure(target, files, also, scratch, missed_too):
    program = build / "fuzz" / f"{target}_fuzzer"
    raw, merged = scratch / f"{target}.profraw", scratch / f"{target}.profdata"
    corpora = [top / "fuzz" / "corpus" / target, *[also / target for also in also if (also / target).is_dir()]]
    subprocess.run([program, "-runs=0", *corpora], env={"LLVM_PROFILE_FILE": str(raw)}, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", raw, "-o", merged], check=True)
    measured = []
    for file, functions in files:
        report = subprocess.run(["llvm-cov-19", "report", "-show-functions", "-Xdemangler=c++filt", f"-instr-profile={merged}",
                                 program, str(top / file)], check=True, capture_output=True, text=True).stdout
        rows = [(name, lines, missed) for name, lines, missed in rows_of(report) if is_one_of(name, functions)]
        for wanted in functions or [None]:
            if not any(is_one_of(name, wanted and [wanted]) for name, _, _ in rows):
                sys.exit(f"error: {target} doesn't contain {file}{f', function {wanted}' if wanted else ''}")
        measured.append((file, sum(lines - missed for _, lines, missed in rows), sum(lines for _, lines, _ in rows)))
        if missed_too:
            for name, lines, missed in rows:
                if missed:
                    print(f"  {target}: {file} {name}: {missed} of {lines} lines not reached")
    return measured


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--at-least", type=float, default=90)
    arguments.add_argument("--also", type=pathlib.Path, action="append", default=[])
    arguments.add_argument("--missed", action="store_true", help="name the functions that lack lines, too")
    arguments.add_argument("targets", nargs="*")
    chosen = arguments.parse_args()
    low = []
    print(f"{'target':<24} {'lines':>11} {'covered':>8}  files")
    with tempfile.TemporaryDirectory() as folder:
        for target, files in parsers():
            if chosen.targets and target not in chosen.targets:
                continue
            rows = measure(target, files, chosen.also, pathlib.Path(folder), chosen.missed)
            covered, lines = sum(r[1] for r in rows), sum(r[2] for r in rows)
            percent = 100 * covered / lines
            parts = ", ".join(f"{pathlib.Path(f).name} {100 * c // n} %" for f, c, n in rows)
            print(f"{target:<24} {covered:>5}/{lines:<5} {percent:>7.1f}%  {parts}", flush=True)
            low += [f"{target}: {file} {100 * c / n:.1f} %" for file, c, n in rows if 100 * c < chosen.at_least * n]
    if low:
        sys.exit("\n".join([f"under {chosen.at_least:g} %:", *low]))


if __name__ == "__main__":
    main()
