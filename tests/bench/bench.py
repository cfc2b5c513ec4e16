#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks; for those that print or release, it starts a whole installation on loopback first.

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
WHOLE = ("print.jobs", "release", "auth.flood")  # those that need an installation
PEOPLE = 1000
BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"  # "correct horse", by libxcrypt


def doors(site):
    """People and devices for the flood of sign-ins; the devices' folders."""
    people = pathlib.Path(site.dir) / "people"
    people.write_text("".join(f"person{i}:{BCRYPT}\n" for i in range(PEOPLE)))
    site.safeq("user", "import", people)
    for i in range(4):
        site.safeq("device", "add", f"door{i}", "--uri", "ipps://127.0.0.1:1/ipp/print", "--key-pin", "sha256:" + "0" * 64,
                   "--rule", "password")
    return [str(site.root / "devices" / f"door{i}") for i in range(4)]


if names and not any(w.startswith(n) or n.startswith(w) for n in names for w in WHOLE):
    sys.exit(subprocess.run(program).returncode)
with house.Installation(build / "daemons") as site:
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    factors = [house.card(scenario.ALICE["card"]), house.pin(scenario.ALICE["pin"])]
    wanted = not names or any("auth.flood".startswith(n) or n.startswith("auth.flood") for n in names)
    environment = {
        **os.environ,
        "SAFEQ_BENCH_URI": scenario.token_uri(site),
        "SAFEQ_BENCH_PUBLIC": str(site.root / "public"),
        "SAFEQ_BENCH_TERMINAL": str(site.root / "devices" / "mfd"),
        "SAFEQ_BENCH_FACTORS": json.dumps({"factors": factors}),
        "SAFEQ_BENCH_RELEASE": f"https://localhost:{site.port('terminal')}",
        "SAFEQ_BENCH_RELEASE_PID": str(site.processes["release"].child.pid),
        "SAFEQ_BENCH_DOORS": " ".join(doors(site)) if wanted else "",
        "SAFEQ_BENCH_PEOPLE": str(PEOPLE),
        "SAFEQ_BENCH_SCRATCH": str(site.dir),
    }
    sys.exit(subprocess.run(program, env=environment).returncode)
