#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Examples stand alone on public headers within 80 lines, and the guide shows only lines of its examples, in their order;
the error codes that it names exist, and so does every file that a page of the documentation leads to."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
PARTS = {"tls": "tls_policy", "credentials": "hash_password", "tokens": "issue_token", "spool": "seal_document",
         "jobs": "job_lifecycle", "audit": "audit_log", "pull_print": "pull_print"}
MAX_LINES = 80
wrong = []
codes = set(re.findall(r"^SAFEQ_ERROR_CODE\((\w+),", (root / "include/safeq/core/error_codes.inc").read_text(), re.M))


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def differences(snippet, example):
    """The snippet's lines that the example doesn't have behind the line before; `// …` stands for what is left out."""
    at, missing = 0, []
    for line in snippet:
        if line == "// …":
            continue
        if line in example[at:]:
            at += example[at:].index(line) + 1
        else:
            missing.append(line)
    return missing


# Examples.
recipe = (root / "examples/CMakeLists.txt").read_text()
for name in PARTS.values():
    text = (root / f"examples/{name}.cpp").read_text()
    if text.count("\n") > MAX_LINES:
        wrong.append(f"examples/{name}.cpp: {text.count(chr(10))} lines, more than {MAX_LINES}")
    if f"safeq_example({name} " not in recipe:
        wrong.append(f"examples/{name}.cpp: not built by examples/CMakeLists.txt")
for path in [root / "examples/example.hpp", *(root / f"examples/{name}.cpp" for name in PARTS.values())]:
    for quote, header in re.findall(r'^#include ([<"])([^>"]+)', path.read_text(), re.M):
        public = header.startswith("fmt/") or "/" not in header or (root / "include" / header).is_file()
        if not public or (quote == '"' and header != "example.hpp"):
            wrong.append(f"{path.relative_to(root)}: <{header}> is no public header")

# The guide.
pages = {path.stem for path in (root / "docs/guide").glob("*.md")}
if pages != set(PARTS):
    wrong.append(f"docs/guide: has {sorted(pages)}, should have {sorted(PARTS)}")
for part in sorted(pages & set(PARTS)):
    page, name = f"docs/guide/{part}.md", PARTS[part]
    text = (root / page).read_text()
    snippets = re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)
    shown = [line for snippet in snippets for line in lines_of(snippet)]
    if f"(../../examples/{name}.cpp)" not in text:
        wrong.append(f"{page}: doesn't lead to examples/{name}.cpp")
    if not 8 <= len(shown) <= 20:
        wrong.append(f"{page}: shows {len(shown)} lines of code, should be about ten")
    example = lines_of((root / f"examples/{name}.cpp").read_text())
    wrong += [f"{page}: not a line of examples/{name}.cpp there: {line}" for s in snippets for line in differences(lines_of(s), example)]
    if shown and not differences([*lines_of(snippets[0])[:-1], "no.such(line);"], example):
        wrong.append(f"{page}: a line that isn't in the example would go unnoticed")
    headings = re.findall(r"^## (.+)$", text, re.M)
    for heading in ("Threads", "Errors", "What it doesn't do"):
        if heading not in headings:
            wrong.append(f"{page}: has no section '{heading}'")
    errors = re.findall(r"^\| ([^|]+) \|", text.partition("\n## Errors\n")[2].partition("\n## ")[0], re.M)
    named = [code for cell in errors for code in re.findall(r"`(\w+)`", cell)]
    if len(named) < 3:
        wrong.append(f"{page}: names {len(named)} error codes")
    wrong += [f"{page}: no such error code: {code}" for code in named if code not in codes]

# The same for the one snippet of the README.
example = lines_of((root / "examples/hash_password.cpp").read_text())
snippets = re.findall(r"^```cpp\n(.*?)^```$", (root / "README.md").read_text(), re.M | re.S)
wrong += [f"README.md: not a line of examples/hash_password.cpp there: {line}" for s in snippets for line in differences(lines_of(s), example)]

# Public headers are free of foreign ones, as docs/compatibility.md promises.
for path in (root / "include/safeq").rglob("*.hpp"):
    for header in re.findall(r"^#\s*include [<\"]([^>\"]+)", path.read_text(), re.M):
        asio = header.startswith("asio/") and path.parent.name == "net"
        if not (header.startswith("safeq/") or "/" not in header and "." not in header or header.startswith("sys/") or asio):
            wrong.append(f"{path.relative_to(root)}: includes {header}, a foreign header")

# Links.
links = 0
for path in [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "fuzz").glob("*.md")]:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        links += 1
        if not (path.parent / target).exists():
            wrong.append(f"{path.relative_to(root)}: leads to {target}, which isn't there")
if links < 20:
    wrong.append(f"only {links} links found: this test no longer reads what it should")
print("\n".join(wrong) or f"{len(PARTS)} examples and pages agree; {links} links lead somewhere")
sys.exit(bool(wrong))
