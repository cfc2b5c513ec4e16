#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The error table in docs/errors.md is the one in include/safeq/core/error_codes.inc; --write makes it so."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
source = (root / "include/safeq/core/error_codes.inc").read_text()
rows = re.findall(r'^(?:// (.+)|SAFEQ_ERROR_CODE\((\w+), "(.+)"\))$', source, re.M)
table = []
for heading, name, meaning in rows:
    if heading and not heading.startswith(("SPDX", "Every", "same")):
        table += ["", f"## {heading}", "", "| code | meaning |", "|---|---|"]
    elif name:
        table.append(f"| `{name}` | {meaning} |")
page = "\n".join([
    "# Errors", "",
    "Every failure of the library is a value `Error{code, where, detail}`. The code is stable; `where` names the field, file",
    "or option; `detail` says what was found. A peer is told `denied` at most: the rest is for callers and logs.",
    *table, ""])
file = root / "docs/errors.md"
if "--write" in sys.argv:
    file.write_text(page)
elif len([r for r in rows if r[1]]) < 10 or not file.exists() or file.read_text() != page:
    sys.exit("docs/errors.md differs from include/safeq/core/error_codes.inc: run tests/house/errors_test.py . --write")
