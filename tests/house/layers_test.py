#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include of the library against docs/layers.txt."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
floors, foreign = {}, []
for line in (root / "docs/layers.txt").read_text().splitlines():
    if line.startswith("foreign "):
        prefix, folders = line.removeprefix("foreign ").split(": ")
        foreign.append((prefix, folders.split()))
    elif line and not line.startswith("#"):
        floor, room = line.split()
        floors[room] = int(floor)

errors, includes = [], 0
for top in ("include/safeq", "lib"):
    for file in sorted((root / top).rglob("*.[hci]*")):
        room = file.relative_to(root / top).parts[0]
        folder = f"{top}/{room}"
        if room not in floors:
            errors.append(f"{file.relative_to(root)}: '{room}' is no room of docs/layers.txt")
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not match:
                continue
            includes += 1
            where, name = f"{file.relative_to(root)}:{number}", match[1]
            own = re.match(r"(?:safeq/)?(\w+)/", name)
            if own and own[1] in floors:
                other = own[1]
                if other != room and floors[other] >= floors[room]:
                    errors.append(f"{where}: {room} (floor {floors[room]}) includes {other} (floor {floors[other]})")
            for prefix, folders in foreign:
                if name.startswith(prefix) and folder not in folders:
                    errors.append(f"{where}: {name} may be included only by {', '.join(folders)}")
print("\n".join(errors) or f"{includes} includes, {len(floors)} rooms: every one in its place")
if includes == 0:
    errors.append("nothing was checked")
sys.exit(1 if errors else 0)
