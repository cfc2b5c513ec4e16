#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemons are killed at every named fail point, with two seeds each (--long: 20): nothing acknowledged is lost, nothing
is printed twice unasked, no plaintext lies on disk, no file stays that nobody needs, and the logs verify. SAFEQ_CRASH_POINTS is a
regular expression: only the points whose whole name it matches."""
import contextlib
import json
import os
import pathlib
import random
import re
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SEED = 20261124
SEEDS, LONG_SEEDS = 2, 20
ROUNDS = 12  # of the work, within which a point must have been met
MARK = "wait for their owner"


class Ledger:
    """What the outside world was told, and what it therefore may expect."""

    def __init__(self, site, received):
        self.site, self.received = site, received
        self.digests = {}      # acknowledged jobs, by the document's digest
        self.ended = set()     # whose removal was asked for
        self.number = 0
        self.people = 0
        self._terminal = None
        self._seen = {}

    def copies(self, digest):
        """How often a document reached the device completely."""
        for path in self.received.iterdir():
            if not path.name.endswith(".part") and path.name not in self._seen:
                self._seen[path.name] = house.sha256(path)
        return sum(each == digest for each in self._seen.values())

    def terminal(self):
        if self._terminal is None or self._terminal.call("GET", "/v1/jobs")[0] != 200:
            self._terminal = scenario.sign_in(self.site)
        return self._terminal

    def refresh_intake(self):
        """Has the intake fetch the list of epochs now, and not within ten seconds."""
        note = self.site.root / "intake" / "epochs.note"
        before = note.stat().st_mtime_ns
        self.site.kill("intake")
        self.site.start("intake")
        house.wait_until(lambda: note.stat().st_mtime_ns != before, 10, "the intake to fetch the list of epochs")

    def print(self, chooser):
        self.number += 1
        path = self.site.dir / "job.pdf"
        path.write_bytes(house.make_pdf(1 + self.number % 3, f"{MARK} {self.number} " + "x" * chooser.randrange(60000)))
        result = self.site.safeq("print", path, "--uri", self.site.uri, check=False)
        if result.returncode != 0:
            return None
        job = result.stdout.strip().splitlines()[-1]
        self.digests[job] = house.sha256(path)
        return job

    def held(self, chooser):
        """A job that waits at the release server."""
        job = self.print(chooser)
        if job is None:
            return None
        house.wait_until(lambda: any(r["id"] == job for r in scenario.job_rows(self.site)), 10, "the job to be held")
        return job


# What people do, once: each may end anywhere, when the daemon does.
def work_print(ledger, chooser):
    ledger.print(chooser)


def work_hold(ledger, chooser):
    ledger.held(chooser)


def work_release(ledger, chooser):
    if job := ledger.held(chooser):
        ledger.terminal().release(job)


def work_delete(ledger, chooser):
    if job := ledger.held(chooser):
        ledger.ended.add(job)
        ledger.terminal().call("DELETE", f"/v1/jobs/{job}")


def work_keep(ledger, chooser):
    if job := ledger.held(chooser):
        terminal = ledger.terminal()
        terminal.call("PUT", f"/v1/jobs/{job}/favourite")
        terminal.call("DELETE", f"/v1/jobs/{job}/favourite")


def work_sign_in(ledger, _):
    scenario.sign_in(ledger.site)


def work_people(ledger, _):
    ledger.people += 1
    name = f"guest{ledger.people}"
    ledger.site.safeq("user", "add", name, "--card", f"04{ledger.people:012x}")
    ledger.site.safeq("user", "set", name, "--card", f"06{ledger.people:012x}")
    ledger.site.safeq("user", "token", name, "--label", "crash")
    ledger.site.safeq("audit", "erase-subject", name, "--yes")


def work_device(ledger, _):
    ledger.people += 1
    ledger.site.safeq("device", "add", f"mfd{ledger.people}", "--uri", "ipps://127.0.0.1:9/ipp/print", "--key-pin",
                      "sha256:" + "00" * 32, "--rule", "card")


def work_device_change(ledger, _):
    ledger.people += 1
    public = ledger.site.root / "public"
    ledger.site.safeq("device", "add", f"mfd{ledger.people}", "--uri", "ipps://127.0.0.1:9/ipp/print", "--authority",
                      public / "ca.pem", "--rule", "card")
    ledger.site.safeq("device", "set", f"mfd{ledger.people}", "--crl", public / "crl.pem")
    ledger.site.safeq("device", "remove", f"mfd{ledger.people}")


def work_keys(ledger, chooser):
    """What waits is re-sealed, and the oldest epoch ends: as docs/spool.md has it, when the intake knows the next one."""
    ledger.held(chooser)
    ledger.site.safeq("spool", "rotate")
    ledger.refresh_intake()
    epochs = json.loads(ledger.site.safeq("spool", "epochs", "--json").stdout)
    ledger.site.safeq("spool", "destroy", epochs[0]["id"], "--yes", "--now")


def work_lose(ledger, chooser):
    """An epoch ends that the intake still seals to: what docs/spool.md warns of, and the one way to lose a document."""
    fresh = ledger.site.safeq("spool", "rotate").stdout.strip()
    for epoch in json.loads(ledger.site.safeq("spool", "epochs", "--json").stdout):
        if epoch["id"] != fresh and epoch["use"] != "kept":
            ledger.site.safeq("spool", "destroy", epoch["id"], "--yes", "--now")
    ledger.digests.pop(ledger.print(chooser), None)


def work_wait(ledger, chooser):
    """A document, and the second in which the checkpoint is written."""
    ledger.print(chooser)
    house.wait_until(lambda: not alive(ledger.site), 2, "the checkpoint")


# By the beginning of the point's name, the longest that fits: the daemons that meet it, the work that leads there, and the
# point, daemon and work of an earlier end that a start must find.
PLANS = {
    "admin.": (("release",), work_people),
    "admin.device": (("release",), work_device),
    "admin.device_change": (("release",), work_device_change),
    "admin.device_remov": (("release",), work_device_change),
    "blob.": (("intake", "release"), work_hold),
    "blob.leftover": (("intake", "release"), work_hold, ("blob.created", work_hold)),
    "blob.un": (("intake", "release"), work_delete),
    "custody.": (("release",), work_hold),
    "custody.swept": (("release",), work_hold, ("desk.discard", work_release)),
    "database.": (("release",), work_hold),
    "desk.": (("release",), work_release),
    "epochs.": (("release",), work_keys),
    "file.": (("intake", "release"), work_wait),
    "file.overwritten": (("release",), work_keys),
    "file.unlinked": (("release",), work_keys),
    "handover.": (("intake",), work_print),
    "handover.orphan": (("intake",), work_print, ("submit.document_sealed", work_print)),
    "handover.given_up": (("intake",), work_lose),
    "jobs.": (("release",), work_release),
    "jobs.keep": (("release",), work_keep),
    "jobs.settle": (("release",), work_delete),
    "journal.": (("intake", "release"), work_hold),
    "keeper.": (("release",), work_keys),
    "log.": (("intake", "release"), work_wait),
    "recovery.": (("release",), work_hold, ("jobs.finished", work_release)),
    "recovery.settle": (("release",), work_hold, ("desk.begun", work_release)),
    "sign_in.": (("release",), work_sign_in),
    "submit.": (("intake",), work_print),
    "survivors.": (("release",), work_keys),
}
# Met once in a process's life, or once in a round of long work.
ONCE = ("admin.", "blob.leftover", "custody.swept", "epochs.", "file.overwritten", "file.unlinked", "handover.given_up", "handover.orphan",
        "journal.part", "keeper.", "log.journal", "log.tiles_resumed", "recovery.", "survivors.")
# After which a person is to be gone.
ERASING = ("admin.erasure_begun", "admin.erasure_recorded", "admin.account_erased", "admin.jobs_ended", "admin.key_erased")
# Before anybody could print: where a server makes its first keys.
FIRST = ("epochs.first_marked", "epochs.first_root")


def points():
    found = set()
    for path in (SOURCE / "lib").rglob("*.cpp"):
        found |= set(re.findall(r'SAFEQ_FAIL_POINT\("([a-z_.]+)"\)', path.read_text()))
    return sorted(found)


def plan_of(point):
    return PLANS[max((prefix for prefix in PLANS if point.startswith(prefix)), key=len)]


def alive(site):
    return all(site.processes[name].running() for name in ("intake", "release"))


def die(site, ledger, chooser, daemon, point, times, work):
    """Runs the daemon with the point armed, and the work until it has died there."""
    if daemon in site.processes:  # it may have died on purpose before
        site.kill(daemon)
    try:
        site.start(daemon, env={**os.environ, "SAFEQ_FAIL_POINT": f"{point}:{times}"})
    except RuntimeError as error:
        assert "ended with -9" in str(error), error
        return
    why = None
    for _ in range(ROUNDS):
        try:
            work(ledger, chooser)
        except (OSError, AssertionError, RuntimeError, ValueError, house.http.client.HTTPException) as error:
            why = error  # the daemon has died under it, or is about to
        if not alive(site):
            break
    died = site.processes[daemon]
    assert not died.running(), f"{point}:{times} of {daemon} was not met: {why}\n{died.tail()}"
    site.stop(daemon)
    assert died.child.returncode == -9, f"{point}: {daemon} ended with {died.child.returncode}\n{died.tail()}"


def check(site, ledger):
    """Everything that was acknowledged is there, or came out once; then the owner clears up."""
    def arrived():
        rows = {row["id"]: row["state"] for row in scenario.job_rows(site, all_states=True)}
        return [rows] if set(ledger.digests) <= set(rows) else None  # there may be none yet
    [rows] = house.wait_until(arrived, 30, "all acknowledged jobs at release")
    house.wait_until(lambda: not list((site.root / "intake" / "spool").rglob("*.sealed")), 20, "the intake's spool to drain")
    terminal = ledger.terminal()
    open_jobs = {job["id"]: job["state"] for job in terminal.jobs()}
    for job, digest in ledger.digests.items():
        copies = ledger.copies(digest)
        assert copies <= 1, f"{job} was printed {copies} times unasked"
        state = open_jobs.get(job, rows[job])
        assert state in ("held", "uncertain", "printed") or (state == "deleted" and job in ledger.ended), f"{job} is {state}"
        assert state != "printed" or copies == 1, f"{job} is said to be printed"
        assert state != "held" or copies == 0, f"{job} waits, and was printed"
        if state == "uncertain" and copies == 1:
            assert terminal.call("POST", f"/v1/jobs/{job}/resolve", {})[0] == 200
        elif state == "uncertain":
            status, answer = terminal.call("POST", f"/v1/jobs/{job}/release", {"again": True})
            assert status == 200 and answer["state"] == "printed", (status, answer)
            assert ledger.copies(digest) == 1
    # The others that a client was never told of: what has no acknowledgement may be there, or not.
    for job in terminal.jobs():
        assert terminal.call("DELETE", f"/v1/jobs/{job['id']}")[0] in (200, 204), job
    left = [p for p in (site.root / "release" / "spool").rglob("*") if p.is_file() and p.name != ".lock"]
    assert left == [], f"orphans: {left}"
    ledger.digests.clear()
    ledger.ended.clear()


def check_erasures(site, ledger, point):
    """An erasure that was begun is finished by the start: no account of that name, and no key."""
    if point not in ERASING:
        return
    names = [user["name"] for user in json.loads(site.safeq("user", "list", "--json").stdout)]
    assert f"guest{ledger.people}" not in names, "the log says erased"
    site.stop("release")  # which has its database to itself
    with contextlib.closing(sqlite3.connect(f"file:{site.root}/release/release.db?mode=ro", uri=True)) as database:
        database.execute("ATTACH ? AS keys", (f"file:{site.root}/release/subjects.db?mode=ro",))
        erased = database.execute("SELECT erasing, wrapped IS NULL FROM account JOIN keys.subject_key USING (tenant, subject)"
                                  " WHERE disabled").fetchall()
    site.start("release")
    assert erased and set(erased) == {(0, 1)}, f"erased people who have their key: {erased}"


def audit(site):
    verified = site.safeq("audit", "verify", check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    plain = house.files_holding(site.root, [MARK.encode(), b"%PDF-1.7"])
    assert plain == [], f"plaintext on disk: {plain}"


def set_up(site):
    scenario.printing_site(site)


def test_each_point_has_its_plan(site):
    names = points()
    assert len(names) >= 60, len(names)
    for point in names:
        if point not in FIRST:
            plan_of(point)
    assert set(ERASING) <= set(names)


def test_a_daemon_may_die_at_every_point(site):
    seeds = LONG_SEEDS if site.long else SEEDS
    wanted = [p for p in points() if p not in FIRST]
    if only := os.environ.get("SAFEQ_CRASH_POINTS"):
        wanted = [p for p in wanted if re.fullmatch(only, p)]
    ledger = Ledger(site, site.received)
    kills = 0
    for seed in range(seeds):
        chooser = random.Random(SEED + seed)
        for point in chooser.sample(wanted, len(wanted)):
            daemons, work, *before = plan_of(point)
            daemon = daemons[seed % len(daemons)]
            if before:
                [(earlier, earlier_work)] = before
                die(site, ledger, chooser, daemon, earlier, 1, earlier_work)
                kills += 1
            times = 1 if point.startswith(ONCE) else chooser.randrange(1, 4)
            try:
                die(site, ledger, chooser, daemon, point, times, work)
                site.start(daemon)
                check(site, ledger)
                check_erasures(site, ledger, point)
            except Exception:
                print(f"      at {point}:{times} of {daemon}, seed {seed}", flush=True)
                raise
            kills += 1
        audit(site)
        if site.long:
            print(f"      seed {seed}: {kills} kills so far", flush=True)
    print(f"      {kills} kills at {len(wanted)} points, {seeds} seeds, {ledger.number} documents")


def test_first_keys_survive_a_death(site):
    """The first start of all, killed while it makes its keys: the next one makes them."""
    for point in FIRST:
        with house.Installation(site.programs) as other:
            other.init()
            try:
                other.start("release", env={**os.environ, "SAFEQ_FAIL_POINT": point})
            except RuntimeError as error:
                assert "ended with -9" in str(error), error
            else:
                raise AssertionError(f"{point} was not met")
            other.start("release")


if __name__ == "__main__":
    scenario.main(globals())
