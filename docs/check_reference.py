#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is public has a comment: fails on every warning of Doxygen but those about members whose names may say it all.
These are data members, enum values, friends, constructors, destructors, operators, what is defaulted or deleted,
overrides (their port has the comment) and accessors, `name() const`, that can't fail.

check_reference.py DOXYGEN_LOG HTML_FOLDER
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[1]
log, html = map(pathlib.Path, sys.argv[1:])
undocumented = re.compile(r"(?P<file>.+):(?P<line>\d+): warning: Member (?P<what>.+) \((?P<kind>[a-z ]+)\) of [a-z]+ "
                          r"(?P<scope>.+) is not documented\.")


def can_fail(file, line, name):
    """Whether the function declared at that line of a header returns a Result; one that isn't found might."""
    lines = [re.sub(r"//.*", "", text) for text in pathlib.Path(file).read_text().splitlines()]
    here = " ".join(lines[line - 1:line + 2])
    at = re.search(rf"\b{name}\s*\(", here)
    before = " ".join(lines[:line - 1]) + " " + here[:at.start() if at else 0]
    return at is None or "Result<" in re.split(r"[;{}]|\b(?:public|protected):", before)[-1]


def excused(match):
    what, kind, owner = match["what"], match["kind"], re.sub(r"<.*", "", match["scope"]).split("::")[-1].strip()
    if kind != "function":
        return kind in ("variable", "enumvalue", "friend")
    name, after = what.partition("(")[0].strip(), what.rpartition(")")[2]  # after: const noexcept override =default
    if name in (owner, "~" + owner) or re.match(r"operator\b", name) or re.search(r"\boverride\b|= ?(default|delete)\b", after):
        return True
    accessor = re.fullmatch(r"\w+\( *\)", what.removesuffix(after)) and re.search(r"\bconst\b", after)
    return bool(accessor) and not re.search(r"= ?0", after) and not can_fail(match["file"], int(match["line"]), name)


wrong, excuses = [], 0
for entry in dict.fromkeys(line for line in log.read_text().splitlines() if line.strip()):
    match = undocumented.fullmatch(entry)
    if match and excused(match):
        excuses += 1
    else:
        wrong.append(entry.removeprefix(f"{root}/"))

# Where a namespace has no comment, Doxygen says nothing of the functions and types in it.
headers = sorted((root / "include/safeq").rglob("*.hpp"))
described = set(re.findall(r"^/// @namespace (\S+)", (root / "docs/namespaces.dox").read_text(), re.M))
for header in headers:
    outer = "safeq"
    for comment, name in re.findall(r"^(///.*\n)?namespace ([\w:]+) \{", header.read_text(), re.M):
        outer = name if name.startswith("safeq") else outer
        full = name if name == outer else f"{outer}::{name}"
        if name not in ("detail", "std") and not comment and full not in described:
            wrong.append(f"{header.relative_to(root)}: docs/namespaces.dox has nothing on {full}")

# A run that came to nothing has no warnings either.
pages = len(list(html.glob("*_8hpp.html")))
classes = sum(not page.stem.endswith("-members") for kind in ("class", "struct") for page in html.glob(f"{kind}safeq*.html"))
if pages != len(headers) or classes < 400 or excuses < 400:
    wrong.append(f"{html} has {pages} of {len(headers)} headers and {classes} classes, {log} {excuses} warnings about members "
                 "that need no comment: Doxygen didn't look at everything")
print("\n".join(wrong) or f"{classes} classes of {len(headers)} headers: what needs a comment has one")
sys.exit(f"error: {len(wrong)} gaps or mistakes in the reference" if wrong else 0)
