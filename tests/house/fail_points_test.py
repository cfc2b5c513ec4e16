#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail points: at least 60, a name at one place alone, none outside of the rooms that compile them, and none in a release.

fail_points_test.py SOURCE_FOLDER
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
wrong = []

places = collections.defaultdict(list)
for folder in ("lib", "daemons", "examples", "include"):
    for path in sorted((root / folder).rglob("*.[ch]pp")):
        for name in re.findall(r'SAFEQ_FAIL_POINT\("([^"]*)"\)', path.read_text()):
            places[name].append(path.relative_to(root))

rooms = re.search(r"foreach\(room IN ITEMS ([a-z ]+)\)\s+target_compile_definitions\(\S+ PRIVATE SAFEQ_FAIL_POINTS\)",
                  (root / "CMakeLists.txt").read_text())
compiled = {f"lib/{room}" for room in rooms.group(1).split()} if rooms else set()
for name, files in places.items():
    if len(files) > 1:
        wrong.append(f"{name} stands in {', '.join(map(str, files))}")
    if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name):
        wrong.append(f"{name}: not of the form act.moment")
    wrong += [f"{name}: {file} is in no room that compiles fail points" for file in files if str(file.parent) not in compiled]
if len(places) < 60:
    wrong.append(f"only {len(places)} fail points")

# A release: the option is off, and without it a point is nothing.
if not re.search(r"option\(SAFEQ_FAIL_POINTS .* OFF\)", (root / "CMakeLists.txt").read_text()):
    wrong.append("SAFEQ_FAIL_POINTS isn't off by itself")
for preset in json.loads((root / "CMakePresets.json").read_text())["configurePresets"]:
    if preset.get("cacheVariables", {}).get("SAFEQ_FAIL_POINTS") == "ON" and preset["name"] not in ("dev", "asan", "tsan"):
        wrong.append(f"preset {preset['name']} compiles fail points")
source = '#include <safeq/core/fail_point.hpp>\nvoid f() { SAFEQ_FAIL_POINT("a.b"); }\n'
text = subprocess.run(["c++", "-std=c++23", "-E", "-P", "-x", "c++", f"-I{root / 'include'}", "-"], input=source,
                      capture_output=True, text=True, check=True).stdout
if text.count("reach_fail_point") != 1:
    wrong.append("without SAFEQ_FAIL_POINTS a fail point is still a call")

print("\n".join(wrong) or f"{len(places)} fail points, each at one place, none in a release")
sys.exit(1 if wrong else 0)
