#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks; for those that print, it starts a whole installation on loopback first.

bench.py --build FOLDER [--json] [NAME…]
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

build = pathlib.Path(sys.argv[sys.argv.index("--build") + 1])
rest = [a for a in sys.argv[1:] if a not in ("--build", str(build))]
names = [a for a in rest if not a.startswith("-")]
program = [str(build / "tests/bench/safeq_bench"), *rest]
if names and not any(n.startswith(("print", "release")) for n in names):
    sys.exit(subprocess.run(program).returncode)
with house.Installation(build / "daemons") as site:
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    factors = [house.card(scenario.ALICE["card"]), house.pin(scenario.ALICE["pin"])]
    environment = {**os.environ, "SAFEQ_BENCH_URI": scenario.token_uri(site), "SAFEQ_BENCH_PUBLIC": str(site.root / "public"),
                   "SAFEQ_BENCH_TERMINAL": str(site.root / "devices" / "mfd"), "SAFEQ_BENCH_FACTORS": json.dumps({"factors": factors}),
                   "SAFEQ_BENCH_RELEASE": f"https://localhost:{site.port('terminal')}", "SAFEQ_BENCH_SCRATCH": str(site.dir)}
    sys.exit(subprocess.run(program, env=environment).returncode)
