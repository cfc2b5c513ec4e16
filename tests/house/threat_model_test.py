#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each threat of docs/threat-model.md names what shows its answer: files of tests, fuzz targets or benchmarks that exist;
and so does every path that a page of the documentation puts between backticks.

threat_model_test.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
wrong = []
benchmarks = " ".join(path.read_text() for path in (root / "tests/bench").glob("*.cpp"))


def shows(name):
    """Whether it is a test's file, a fuzz target or a benchmark of this tree; a folder shows nothing."""
    if "/" in name:
        return (root / name).is_file()
    return (root / f"fuzz/{name}_fuzzer.cpp").is_file() or f'"{name}"' in benchmarks


def unshown(rows):
    out = []
    for threat, shown in rows:
        names = [name for name in re.findall(r"`([^`]+)`", shown) if re.fullmatch(r"[\w./]+", name)]
        out += [f"{threat}: there is no {name}" for name in names if not shows(name)]
        if not any(shows(name) for name in names):
            out.append(f"{threat}: names no test")
    return out


text = (root / "docs/threat-model.md").read_text()
rows = []
for table in text.split("| threat | answer | shown by |\n")[1:]:
    for line in table.split("\n\n")[0].splitlines()[1:]:
        threat, _, shown = (cell.strip() for cell in line.strip("|").split("|"))
        rows.append((threat, shown))
if len(rows) < 45:
    wrong.append(f"only {len(rows)} threats found: this test no longer reads what it should")
if len(unshown([("a", "`tests/unit`"), ("b", "trust us"), ("c", "`tests/unit/no_such_test.cpp`")])) != 5:
    wrong.append("a threat without a test would go unnoticed")
wrong += [f"docs/threat-model.md: {problem}" for problem in unshown(rows)]

for page in [*root.glob("*.md"), *root.glob("docs/**/*.md"), root / "fuzz/README.md"]:
    for path in re.findall(r"`((?:tests|fuzz|lib|include|examples|daemons|docs|cmake)/[\w./-]+)`", page.read_text()):
        stem = root / path
        if not stem.exists() and not list(stem.parent.glob(f"{stem.name}.*")):
            wrong.append(f"{page.relative_to(root)}: there is no {path}")
print("\n".join(wrong) or f"{len(rows)} threats, each with its test")
sys.exit(bool(wrong))
