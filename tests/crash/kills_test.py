#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Intake and release server are killed 1,000 times (--long: 10,000) at random moments, while people print and release.

No acknowledged job is lost, none printed twice unasked, no plaintext on the disk, the log verifies."""
import collections
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

KILLS, LONG_KILLS = 1000, 10_000
SEED = 20261124
PRINTERS = 2
WAITING = 60  # printers pause when more jobs than this wait for their owner
CANARY = "canary-8d1f"
LOOK_EVERY = 100  # kills; then the disk is searched for plaintext
# What a client meets whose server was killed.
CUT_OFF = (OSError, RuntimeError, ValueError, house.http.client.HTTPException)


def set_up(site):
    scenario.printing_site(site)


class Shelf:
    """What the device has received, by title; each file is counted once and taken away."""

    def __init__(self, folder):
        self.folder = folder
        self.counts = collections.Counter()
        self.titles = {}

    def expect(self, title, document):
        self.titles[house.hashlib.sha256(document).hexdigest()] = title

    def look(self):
        for path in self.folder.iterdir():
            if not path.name.endswith(".part"):
                self.counts[self.titles[house.sha256(path)]] += 1
                path.unlink()
        return self.counts


class People:
    """Printers, and the owner at the device; all of them go on whatever happens to the servers."""

    def __init__(self, site):
        self.site = site
        self.lock = threading.Lock()
        self.closing, self.stop, self.signed_in = threading.Event(), threading.Event(), threading.Event()
        self.shelf = Shelf(site.received)
        self.acknowledged, self.asked_again = set(), collections.Counter()
        self.open = {}
        self.cut_off = 0
        self.failures = []
        self.threads = [threading.Thread(target=self.guarded, args=(self.print_on, n), daemon=True) for n in range(PRINTERS)]
        self.owner = threading.Thread(target=self.guarded, args=(self.release_on,), daemon=True)
        for thread in [*self.threads, self.owner]:
            thread.start()

    def guarded(self, work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:  # a thread that ends with an assertion must fail the test
            self.failures.append(error)
            raise

    def print_on(self, printer):
        chooser = random.Random(SEED + printer)
        number = 0
        while not self.closing.is_set():
            with self.lock:
                waiting = len(self.acknowledged) - len(self.shelf.look())
            if waiting > WAITING:
                self.closing.wait(0.05)
                continue
            title = f"{printer}-{number}"
            number += 1
            document = house.make_pdf(1, f"{CANARY} {title} " + "x" * chooser.randrange(60_000))
            with self.lock:
                self.shelf.expect(title, document)
            try:
                scenario.print_directly(self.site, self.site.uri, title, document)
                with self.lock:
                    self.acknowledged.add(title)
            except CUT_OFF:
                self.cut_off += 1
                self.closing.wait(0.02)

    def release_on(self):
        # A session outlives its server, and nobody is killed while it begins: an attempt that is cut off counts as wrong.
        while not self.stop.is_set():
            try:
                if not self.signed_in.is_set():
                    terminal = scenario.sign_in(self.site)
                    self.signed_in.set()
                status, answer = terminal.call("GET", "/v1/jobs")
                if status != 200:
                    self.signed_in.clear()
                    continue
                jobs = answer["jobs"]
                self.open = {job["title"]: job["state"] for job in jobs}
                if self.closing.is_set() and not jobs and not self.handed_over():
                    return
                for job in jobs:
                    self.release(terminal, job)
                self.stop.wait(0 if jobs else 0.05)
            except CUT_OFF:
                self.stop.wait(0.02)

    def handed_over(self):
        return list((self.site.root / "intake" / "spool").rglob("*.sealed"))

    def release(self, terminal, job):
        if job["state"] == "held":
            terminal.release(job["id"])
        elif job["state"] == "uncertain":
            # Only the owner leads out of doubt, and looks at the device first.
            with self.lock:
                printed = self.shelf.look()[job["title"]] > 0
                self.asked_again[job["title"]] += 0 if printed else 1
            if printed:
                terminal.call("POST", f"/v1/jobs/{job['id']}/resolve", {})
            else:
                terminal.call("POST", f"/v1/jobs/{job['id']}/release", {"again": True})


def test_nothing_is_lost_nor_printed_twice(site):
    kills = LONG_KILLS if site.long else KILLS
    chooser = random.Random(SEED)
    people = People(site)
    for number in range(1, kills + 1):
        name = chooser.choice(("intake", "release"))
        people.stop.wait(chooser.uniform(0, 0.25))
        assert people.signed_in.wait(60) and not people.failures, people.failures
        site.kill(name)
        if number % LOOK_EVERY == 0:
            found = house.files_holding(site.root, [CANARY.encode()])
            assert found == [], f"after kill {number}: plaintext in {found}"
            print(f"      {number} kills, {len(people.acknowledged)} acknowledged, {len(people.shelf.counts)} printed", flush=True)
        site.start(name)
    people.closing.set()
    for thread in people.threads:
        thread.join(120)
    people.owner.join(300)
    assert not people.owner.is_alive() and not people.failures, (people.open, people.failures)

    counts = people.shelf.look()
    lost = [title for title in people.acknowledged if counts[title] == 0]
    assert lost == [], f"acknowledged and never printed: {lost}"
    twice = {title: n for title, n in counts.items() if n > 1 + people.asked_again[title]}
    assert twice == {}, f"printed more often than asked: {twice}"
    for server in ("intake", "release"):
        house.wait_until(lambda: not list((site.root / server / "spool").rglob("*.sealed")), 20, f"the spool of {server} to be empty")
    left = [p for s in ("intake", "release") for p in (site.root / s / "spool").rglob("*") if p.is_file() and p.name != ".lock"]
    assert left == [], f"orphans: {left}"
    assert house.files_holding(site.root, [CANARY.encode()]) == []
    verified = site.safeq("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    print(f"      {kills} kills: {len(people.acknowledged)} prints acknowledged, {people.cut_off} cut off, {sum(counts.values())} printed, "
          f"{sum(people.asked_again.values())} of them asked for again in doubt")


if __name__ == "__main__":
    scenario.main(globals())
