#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The intake is killed at random moments while people print: no acknowledged job is lost, the log verifies."""
import concurrent.futures
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

PRINTS = 200
SEED = 20261122


def set_up(site):
    scenario.printing_site(site)


def test_no_acknowledged_job_is_lost(site):
    prints = PRINTS * 5 if site.long else PRINTS
    chooser = random.Random(SEED)
    acknowledged, lock, done = set(), threading.Lock(), threading.Event()
    kills = 0

    def print_one(number):
        path = site.dir / f"job-{number:04}.pdf"
        path.write_bytes(house.make_pdf(1 + number % 3, f"job {number}" + "x" * (number * 97 % 40000)))
        result = site.safeq("print", path, "--uri", site.uri, check=False)
        if result.returncode == 0:
            with lock:
                acknowledged.add(result.stdout.strip().splitlines()[-1])

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(print_one, n) for n in range(prints)]
        threading.Thread(target=lambda: (concurrent.futures.wait(futures), done.set()), daemon=True).start()
        while not done.wait(chooser.uniform(0.02, 0.3)):
            site.kill("intake")
            kills += 1
            site.start("intake")
    assert kills >= 5, f"only {kills} kills"
    assert len(acknowledged) >= prints // 4, f"only {len(acknowledged)} of {prints} prints were acknowledged"

    def held():
        jobs = [row["id"] for row in scenario.job_rows(site)]
        return jobs if acknowledged <= set(jobs) else None
    jobs = house.wait_until(held, 60, "all acknowledged jobs at release")
    house.wait_until(lambda: not list((site.root / "intake" / "spool").rglob("*.sealed")), 20, "the intake's spool to drain")
    left = [p for p in (site.root / "intake" / "spool").rglob("*") if p.is_file() and p.name != ".lock"]
    assert left == [], f"orphans after restart: {left}"
    verified = site.safeq("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    print(f"      {kills} kills, {len(acknowledged)} of {prints} prints acknowledged, {len(jobs)} jobs held")


if __name__ == "__main__":
    scenario.main(globals())
