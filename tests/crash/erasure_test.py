#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Crypto-erasure: 1,000 jobs (--long: 10,000) are sent, taken away by their owners, and their epoch and owners erased.

A tenth of them is printed first, favourites among them, so that the release server has had documents in the clear. Then nothing of documents, titles, names or keys is on the disk, in the database's write-ahead log, in a backup without the
key folders, or in the memory of a server, and what the backup holds can't be opened with anything that is left."""
import concurrent.futures
import contextlib
import json
import pathlib
import secrets
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

JOBS, LONG_JOBS = 1000, 10_000
PEOPLE = 4
# In every document and title, and in every name; in no program: what would show that something stayed.
CANARY, NAME = secrets.token_hex(8), secrets.token_hex(8)
PIN = "48151623"


def set_up(site):
    site.init()
    site.start_all()
    site.received = scenario.people_and_device(site)
    site.people = []
    for number in range(PEOPLE):
        name, card = f"{NAME}-person-{number}", f"04ca{number:010x}"
        site.safeq("user", "add", name, "--display-name", f"{NAME} display {number}", "--card", card, "--pin", text=f"{PIN}\n")
        site.people.append((name, card, scenario.token_uri(site, name)))


def be_refused(site):
    """Everything that people and operators may be refused with a name in it: what the servers write of it names nobody."""
    name, card, uri = site.people[0]
    other = site.people[1][0]
    told = site.safeq("user", "add", name, "--card", "04caffffffff", check=False)
    assert told.returncode == 1 and "already_exists" in told.stderr and name in told.stderr, told.stderr
    taken = site.dir / "taken"
    taken.write_text(f"{name}:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n")
    told = site.safeq("user", "import", taken, check=False)
    assert told.returncode == 1 and "line 1" in told.stderr, told.stderr
    for refused in (("set", other, "--card", card), ("add", f" {NAME}", "--card", "04cafffffffe"), ("unlock", f"{NAME}-nobody"),
                    ("add", f"{NAME}-new", "--card", "not a card"), ("revoke-token", name, f"{NAME}")):
        assert site.safeq("user", *refused, check=False).returncode == 1, refused
    assert site.safeq("audit", "erase-subject", f"{NAME}-nobody", "--yes", check=False).returncode == 1
    assert site.terminal("mfd").sign_in(house.password(name, f"wrong {NAME}"))[0] in (401, 403)
    assert site.terminal("mfd").sign_in(house.card(card), house.pin("0000"))[0] in (401, 403)
    page = site.dir / "page.pdf"
    page.write_bytes(house.make_pdf(1, CANARY))
    assert site.safeq("print", page, "--uri", uri[:-4] + "AAAA", "--title", f"{CANARY} refused", check=False).returncode == 1
    for path in (taken, page):
        path.unlink()


def print_many(site, person, numbers):
    """One client, one connection."""
    _, _, uri = site.people[person]
    with contextlib.closing(scenario.printing_connection(site)) as connection:
        for number in numbers:
            document = house.make_pdf(1, f"{CANARY} document {number} " + "x" * 500)
            scenario.print_over(connection, uri, f"{CANARY} title {number}", document)


def take_away(site, person):
    """The owner deletes what waits, a page at a time, and prints every tenth job, every twentieth as a favourite."""
    _, card, _ = site.people[person]
    terminal = site.terminal("mfd")
    done = 0
    while True:
        assert terminal.sign_in(house.card(card), house.pin(PIN))[0] == 201
        jobs = terminal.jobs()
        if not jobs:
            return done
        for job in jobs:
            done += 1
            favourite = done % 20 == 0
            if favourite:
                status, answer = terminal.call("PUT", f"/v1/jobs/{job['id']}/favourite")
                assert status == 200, (status, answer)
            if done % 10 == 0:
                status, answer = terminal.release(job["id"])
                assert status == 200 and answer["state"] == ("held" if favourite else "printed"), (status, answer)
                if not favourite:
                    continue
            status, answer = terminal.call("DELETE", f"/v1/jobs/{job['id']}")
            assert status in (200, 204), (status, answer)


def memory_holding(process, needles):
    """Where a process's writable memory holds one of the byte strings: what a core of it would."""
    found = []
    pid = process.child.pid
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            where, rights, _, _, _, *name = line.split()
            if "w" not in rights or "r" not in rights:
                continue
            begin, end = (int(number, 16) for number in where.split("-"))
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except OSError:
                continue
            for needle in needles:
                at = data.find(needle)
                if at >= 0:
                    found.append((name[0] if name else "anonymous", data.count(needle), data[max(0, at - 60):at + 100]))
    return found


def test_nothing_stays(site):
    be_refused(site)
    jobs = LONG_JOBS if site.long else JOBS
    with concurrent.futures.ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(lambda person: print_many(site, person, range(person, jobs, PEOPLE)), range(PEOPLE)))
    spool = site.root / "release" / "spool"
    house.wait_until(lambda: not list((site.root / "intake" / "spool").glob("*.sealed")), 120, "the hand-over")
    assert len(list(spool.glob("*.sealed"))) == 2 * jobs

    # A backup as docs/operations.md has it: everything but keys.
    backup = site.dir / "backup"
    shutil.copytree(site.root, backup, ignore=shutil.ignore_patterns("keys", "epochs", "subjects.db*", "ca", "*.sock", "admin.socket"))
    epochs = json.loads(site.safeq("spool", "epochs", "--json").stdout)
    keys = [path.read_bytes() for path in (site.root / "release" / "epochs").iterdir() if path.name.startswith("root.")]
    assert keys and epochs

    taken = sum(take_away(site, person) for person in range(PEOPLE))
    assert taken == jobs, f"{taken} of {jobs} were taken away"
    # Outside of the installation: what a device does with its pages is its own matter.
    printed = list(site.received.iterdir())
    assert len(printed) == sum(len(range(person, jobs, PEOPLE)) // 10 for person in range(PEOPLE))
    assert all(CANARY.encode() in path.read_bytes() for path in printed)
    fresh = site.safeq("spool", "rotate").stdout.strip()
    for epoch in epochs:
        site.safeq("spool", "destroy", epoch["id"], "--yes", "--now")
    for name, _, _ in site.people:
        site.safeq("audit", "erase-subject", name, "--yes")
    assert site.safeq("audit", "verify").returncode == 0

    # The disk, with the write-ahead log of the running database; what the servers wrote; the backup.
    assert (site.root / "release" / "release.db-wal").exists()
    needles = [CANARY.encode(), NAME.encode(), *keys]
    for folder in (site.root, site.logs, backup):
        found = house.files_holding(folder, needles)
        assert found == [], f"on the disk: {[(str(path), needle[:16]) for path, needle in found]}"
    for name in house.DAEMONS:
        # An intake remembers for five minutes who showed a credential (service::IdentityCache).
        found = memory_holding(site.processes[name], [CANARY.encode(), *keys] if name == "intake" else needles)
        assert found == [], f"in the memory of {name}: {found}"

    # What the backup holds is closed for good.
    site.stop("release")
    verified = site.safeq("spool", "verify", backup / "release" / "spool", "--keys", check=False).stdout
    summary = verified.strip().splitlines()[-1]
    assert summary.startswith(f"{2 * jobs} files, 0 damaged, {2 * jobs} without their key"), summary
    assert verified.count("key_destroyed") == 2 * jobs, verified[-500:]
    # Put back, the database knows nobody who was erased after it was copied.
    for name in ("release.db", "release.db-wal"):
        (site.root / "release" / name).unlink(missing_ok=True)
        if (backup / "release" / name).exists():
            shutil.copy(backup / "release" / name, site.root / "release" / name)
    site.start("release")
    users = [user["name"] for user in json.loads(site.safeq("user", "list", "--json").stdout)]
    users.remove("alice")  # whom nobody erased
    assert len(users) == len(site.people) and all(user.startswith("erased-") for user in users), users
    print(f"      {jobs} jobs, {len(epochs)} epochs, fresh {fresh[:8]}…: {summary}")


if __name__ == "__main__":
    scenario.main(globals())
