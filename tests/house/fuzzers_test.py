#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every fuzz target states what it attacks and its property, has a corpus and a dictionary, a line in fuzz/parsers.txt
and a row in fuzz/README.md; and the other way round.

fuzzers_test.py SOURCE_FOLDER [--write]: --write makes the table of fuzz/README.md anew.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
fuzz = root / "fuzz"
begin, end = "<!-- targets -->\n", "<!-- end of targets -->\n"


def stated(path):
    """What is under test, and the property, of the comment at the top."""
    lines = []
    for line in path.read_text().splitlines()[1:]:
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    match = re.match(r"Under test: (.*?)\.? (?:The (?:first byte|input) .*?)?Property: (.*)$", " ".join(lines))
    return (match.group(1), match.group(2)) if match else None


problems, rows = [], []
targets = sorted(p.name.removesuffix("_fuzzer.cpp") for p in fuzz.glob("*_fuzzer.cpp"))
listed = {line.split()[0]: [entry.partition(":")[0] for entry in line.split()[1:]] for line in (fuzz / "parsers.txt").read_text().splitlines() if line and not line.startswith("#")}
for target in targets:
    text = stated(fuzz / f"{target}_fuzzer.cpp")
    if not text:
        problems.append(f"{target}: no `Under test: … Property: …` at its top")
        continue
    if not list((fuzz / "corpus" / target).glob("*")):
        problems.append(f"{target}: no corpus")
    if not (fuzz / "dict" / f"{target}.dict").exists():
        problems.append(f"{target}: no dictionary")
    rows.append(f"| `{target}` | {text[0]} | {text[1]} | `./run fuzz {target} 60` |\n")
for target in set(targets) ^ set(listed):
    problems.append(f"{target}: in fuzz/ or in fuzz/parsers.txt, but not in both")
for target, files in listed.items():
    problems += [f"{target}: {file} is not there" for file in files if not (root / file).exists()]
table = "| target | under test | property | run |\n|---|---|---|---|\n" + "".join(rows)
readme = (fuzz / "README.md").read_text()
head, rest = readme.split(begin)
tail = rest.split(end)[1]
if "--write" in sys.argv:
    (fuzz / "README.md").write_text(head + begin + table + end + tail)
elif rest.split(end)[0] != table:
    problems.append("fuzz/README.md: the table isn't what the targets say; tests/house/fuzzers_test.py . --write makes it")
print("\n".join(problems) or f"{len(targets)} fuzz targets, each as it should be")
sys.exit(bool(problems))
