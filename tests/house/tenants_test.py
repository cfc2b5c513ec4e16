#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every SQL statement on a table with tenants names the tenant: no query sees another's rows.

tenants_test.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
schema = (root / "lib/store/schema.cpp").read_text()
tenanted = {m.group(1) for m in re.finditer(r"CREATE TABLE (\w+) \((.*?)\) STRICT", schema, re.S) if re.search(r"\btenant\b", m.group(2))}
tables = set(re.findall(r"CREATE TABLE (\w+)", schema))

# Statements that don't choose by tenant, each with its reason.
ALLOWED = {
    "SELECT tenant FROM job WHERE id = ?": "tells a job of another tenant from one that is there already",
    "INSERT INTO job ({})": "every column, the tenant among them",
    "INSERT OR REPLACE INTO report_job ({}, {})": "every column, the tenant among them",
    "SELECT {} FROM report_job{}{}": "the first condition is the tenant: where() of report_store.cpp",
    "SELECT {0}, count(*)": "likewise",
    "SELECT hash, id, kind, tenant, subject, device, label, created, idle_deadline, expires FROM token WHERE hash = ?":
        "whoever knows the 256-bit token is told whose it is; the tenant is checked with it",
    "SELECT id, selector, current, device_key, tenant, subject, created, idle_deadline, expires FROM refresh_family WHERE selector = ?":
        "likewise",
    "DELETE FROM token WHERE idle_deadline <= ? OR expires <= ?": "what is over is over for everybody",
    "DELETE FROM refresh_family WHERE idle_deadline <= ? OR expires <= ?": "likewise",
    "DELETE FROM pairing WHERE expires <= ?": "likewise",
    "DELETE FROM revocation WHERE forget_at <= ?": "likewise",
    "SELECT key, token, forget_at FROM spent": "the key is a digest over the tenant, too; `token` is a column here",
    "INSERT INTO spent (key, token, forget_at)": "likewise",
}

statement = re.compile(r'"((?:SELECT|INSERT|UPDATE|DELETE|REPLACE)\b(?:[^"\\]|\\.|"\s*\n\s*")*)"')
found, wrong = 0, []
for path in sorted((root / "lib/store").glob("*.cpp")):
    if path.name == "schema.cpp":
        continue
    for match in statement.finditer(path.read_text()):
        sql = re.sub(r'"\s*\n\s*"', "", match.group(1))
        touched = {t for t in tables if re.search(rf"\b{t}\b", re.sub(r"\([^()]*\{\}[^()]*\)", "", sql))}
        if not touched & tenanted:
            continue
        found += 1
        chooses = sql if sql.startswith("INSERT") else sql.partition(" WHERE ")[2]
        if not re.search(r"\btenant\b", chooses) and not sql.startswith(tuple(ALLOWED)):
            wrong.append(f"{path.relative_to(root)}: {sql}")
if found < 30 or " WHERE tenant = ?" not in (root / "lib/store/report_store.cpp").read_text():
    wrong.append(f"only {found} statements found: this test no longer reads what it should")
print("\n".join(wrong) or f"{found} statements on {len(tenanted)} tables with tenants: every one names the tenant")
sys.exit(bool(wrong))
