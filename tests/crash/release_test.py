#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The release server is killed at random moments while people release: no job is lost, none printed twice unasked."""
import collections
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

RELEASES = 200
SEED = 20261123


def set_up(site):
    scenario.printing_site(site)


def printed(site):
    """How often each document reached the device completely."""
    return collections.Counter(house.sha256(p) for p in site.received.iterdir() if not p.name.endswith(".part"))


def test_no_job_is_lost_and_none_printed_twice(site):
    releases = RELEASES * 5 if site.long else RELEASES
    chooser = random.Random(SEED)
    digests = {}
    for number in range(releases):
        path = site.dir / f"job-{number:04}.pdf"
        path.write_bytes(house.make_pdf(1, f"job {number}" + "y" * (number * 131 % 60000)))
        printed_as = site.safeq("print", path, "--uri", site.uri).stdout.strip().splitlines()[-1]
        digests[printed_as] = house.sha256(path)
    house.wait_until(lambda: len(scenario.job_rows(site)) == releases, 60, "all jobs held")

    stop, kills = threading.Event(), 0
    progress = threading.Semaphore(0)  # counts the releases that were answered

    def owner():
        # A session outlives its server; a sign-in that is cut off would count as a wrong one.
        while not stop.is_set():
            try:
                waiting = [j for j in terminal.jobs() if j["state"] == "held"]
                if not waiting and not [j for j in terminal.jobs() if j["state"].startswith("releasing")]:
                    return
                for job in waiting:
                    terminal.release(job["id"])
                    progress.release()
            except (OSError, AssertionError, RuntimeError, ValueError, house.http.client.HTTPException):
                stop.wait(0.05)  # the server is being restarted

    terminal = scenario.sign_in(site)
    person = threading.Thread(target=owner, daemon=True)
    person.start()
    while person.is_alive():
        # After a few releases, at a random moment of the next one.
        for _ in range(chooser.randrange(1, 12)):
            while person.is_alive() and not progress.acquire(timeout=0.2):
                pass
        person.join(chooser.uniform(0, 0.06))
        if person.is_alive():
            site.kill("release")
            kills += 1
            site.start("release")
    stop.set()
    person.join(60)
    assert kills >= 5, f"only {kills} kills"

    counts = printed(site)
    twice = [name for name, digest in digests.items() if counts[digest] > 1]
    assert twice == [], f"printed twice unasked: {twice}"
    open_jobs = {row["id"]: row["state"] for row in scenario.job_rows(site)}
    lost = [n for n, d in digests.items() if counts[d] == 0 and n not in open_jobs]
    assert lost == [], f"neither printed nor waiting: {lost}"
    assert all(state == "uncertain" for state in open_jobs.values()), open_jobs

    # Only the owner leads out of doubt.
    for job in terminal.jobs():
        done = counts[digests[job["id"]]] == 1
        status, answer = (terminal.call("POST", f"/v1/jobs/{job['id']}/resolve", {}) if done
                          else terminal.call("POST", f"/v1/jobs/{job['id']}/release", {"again": True}))
        assert status == 200 and answer["state"] == "printed", (status, answer)
    counts = printed(site)
    assert all(counts[d] == 1 for d in digests.values()), counts
    left = [p for p in (site.root / "release" / "spool").rglob("*") if p.is_file() and p.name != ".lock"]
    assert left == [], f"orphans: {left}"
    verified = site.safeq("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    print(f"      {kills} kills, {releases} jobs, {len(open_jobs)} were uncertain")


if __name__ == "__main__":
    scenario.main(globals())
