#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Epoch keys by hand, and the tools for folders of sealed files: what a destroyed key takes with it, and what not."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


def set_up(site):
    site.init()
    site.start_all()
    site.received = scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)


def send(site, document):
    """Prints, and waits until release holds the job; returns its id."""
    path = site.dir / "page.pdf"
    path.write_bytes(document)
    known = {row["id"] for row in scenario.job_rows(site)}
    site.safeq("print", path, "--uri", site.uri)
    return house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job at release")[0]["id"]


def epochs(site):
    return json.loads(site.safeq("spool", "epochs", "--json").stdout)


def stat(site, folder=None):
    where = [folder] if folder else []
    return {row["file"]: row for row in json.loads(site.safeq("spool", "stat", *where, "--json").stdout)}


def safeq(site, *arguments):
    return scenario.command(site.programs / "safeq", "--dir", site.root, *arguments)


def wait_for_key(site, epoch):
    """Until the intake has a list with that key: from then on it seals to it."""
    key = site.safeq("spool", "key", epoch).stdout.strip()
    site.stop("intake")
    site.start("intake")
    note = site.root / "intake" / "epochs.note"
    house.wait_until(lambda: key in note.read_text(), 30, "the intake's new list")


def copy_everything(site, name):
    """What somebody with the disks has: spool, key folders, databases."""
    copy = site.dir / name
    shutil.copytree(site.root, copy, ignore=shutil.ignore_patterns("*.sock"))
    return copy


def test_a_destroyed_epoch_takes_old_copies_with_it_and_no_waiting_job(site):
    document = house.make_pdf(3, "the canary of the epoch")
    job = send(site, document)
    old = {name: (site.root / "release" / "spool" / name).read_bytes() for name in stat(site)}
    assert len(old) == 2, old.keys()
    before = epochs(site)
    assert len(before) == 1 and before[0]["use"] == "rotating", before
    epoch = before[0]["id"]
    assert {row["epoch"] for row in stat(site).values()} == {epoch}

    # Without --yes nothing happens; an epoch that isn't there is told so.
    refused = safeq(site, "spool", "destroy", epoch)
    assert refused.returncode == 1 and "--yes" in refused.stderr, refused
    assert epochs(site) == before
    assert safeq(site, "spool", "destroy", "0" * 64, "--yes").returncode == 1

    fresh = site.safeq("spool", "rotate").stdout.strip()
    assert re.fullmatch(r"[0-9a-f]{64}", fresh) and fresh != epoch, fresh
    later = site.safeq("spool", "destroy", epoch, "--yes").stdout
    assert "nothing new is sealed to it; it is destroyed after 20" in later, later
    assert epoch in {one["id"] for one in epochs(site)}
    wait_for_key(site, fresh)
    done = site.safeq("spool", "destroy", epoch, "--yes", "--now").stdout
    assert "2 files were re-sealed" in done and "0 jobs" in done, done
    alive = {one["id"]: one["use"] for one in epochs(site)}
    assert epoch not in alive and alive[fresh] == "rotating" and "kept" in alive.values(), alive
    assert {alive[row["epoch"]] for row in stat(site).values()} == {"kept"}

    # The same files as before the destruction, with all that there is now: keys, database, everything.
    copy = copy_everything(site, "stolen")
    for name, data in old.items():
        (copy / "release" / "spool" / name).write_bytes(data)
    thief = scenario.command(site.programs / "safeq", "--dir", copy, "spool", "verify", "--keys")
    assert thief.returncode == 0, thief
    assert thief.stdout.count("can't be opened") == thief.stdout.count("key_destroyed") == 2, thief.stdout
    assert "2 files, 0 damaged, 2 without their key" in thief.stdout, thief.stdout
    # The test can fail: with the files as they are now, the same copy opens both.
    for name in old:
        (copy / "release" / "spool" / name).write_bytes((site.root / "release" / "spool" / name).read_bytes())
    owner = scenario.command(site.programs / "safeq", "--dir", copy, "spool", "verify", "--keys")
    assert owner.returncode == 0 and "2 files, 0 damaged, 0 without their key; every byte" in owner.stdout, owner
    shutil.rmtree(copy)

    # The record of it, signed with the log.
    told = house.wait_until(lambda: [e for e in scenario.entries(site) if e["kind"] == "key_destroyed"], 20, "the checkpoint that holds the record")
    assert len(told) == 1 and epoch in json.dumps(told[0]) and "best-effort" in json.dumps(told[0]), told
    site.safeq("audit", "verify")

    # And the job still prints, after a restart too.
    site.stop("release")
    site.start("release")
    status, answer = scenario.sign_in(site).release(job)
    assert status == 200 and answer["state"] == "printed", (status, answer)
    assert [house.sha256(p) for p in site.received.iterdir()] == [house.sha256(site.dir / "page.pdf")]
    for path in site.received.iterdir():
        path.unlink()


def test_verify_names_what_is_damaged_and_repair_sets_it_aside(site):
    good, bad = send(site, house.make_pdf(40, "good")), send(site, house.make_pdf(40, "bad"))
    clean = site.safeq("spool", "verify").stdout
    assert "4 files, 0 damaged" in clean and "bodies were not opened" in clean, clean
    busy = safeq(site, "spool", "verify", "--keys")
    assert busy.returncode == 1 and "stop it first" in busy.stderr, busy
    busy = safeq(site, "spool", "verify", "--repair")
    assert busy.returncode == 1 and "stop it before --repair" in busy.stderr, busy
    site.stop("release")
    folder = site.root / "release" / "spool"
    body = folder / f"{bad}.1.sealed"
    data = bytearray(body.read_bytes())
    data[1412 + 100] ^= 1
    body.write_bytes(data)
    assert safeq(site, "spool", "verify").returncode == 0  # without keys a body can't be told
    found = safeq(site, "spool", "verify", "--keys")
    assert found.returncode == 2, found
    assert f"{bad}.1.sealed: damaged at offset 1412:" in found.stdout, found.stdout
    # A job of which one file is damaged is moved as a whole; put back, it is as it was.
    moved = safeq(site, "spool", "verify", "--keys", "--repair")
    assert moved.returncode == 2 and moved.stdout.count("damaged at") == 1 and moved.stdout.count("moved to") == 2, moved
    for path in (folder / "quarantine").iterdir():
        path.rename(folder / path.name)
    head = folder / f"{bad}.0.sealed"
    data = bytearray(head.read_bytes())
    data[60] ^= 1
    head.write_bytes(data)
    found = safeq(site, "spool", "verify")
    assert found.returncode == 2 and f"{bad}.0.sealed: damaged at offset 12" in found.stdout, found.stdout
    fixed = safeq(site, "spool", "verify", "--keys", "--repair")
    assert fixed.returncode == 2 and fixed.stdout.count("moved to") == 2, fixed
    assert sorted(p.name for p in (folder / "quarantine").iterdir()) == [f"{bad}.0.sealed", f"{bad}.1.sealed"]
    again = site.safeq("spool", "verify", "--keys").stdout
    assert "2 files, 0 damaged, 0 without their key; every byte was authenticated" in again, again
    site.start("release")
    terminal = scenario.sign_in(site)
    assert terminal.release(good)[1]["state"] == "printed"
    assert terminal.release(bad)[1]["state"] == "aborted"
    for path in site.received.iterdir():
        path.unlink()


def test_a_damaged_job_at_the_intake_ends_in_its_log_and_nothing_is_lost(site):
    send(site, house.make_pdf(1, "the intake now remembers this credential"))
    site.stop("release")
    path = site.dir / "page.pdf"
    path.write_bytes(house.make_pdf(2, "a ticket that breaks"))
    site.safeq("print", path, "--uri", site.uri)
    site.stop("intake")
    folder = site.root / "intake" / "spool"
    [ticket] = folder.glob("*.0.sealed")
    job = ticket.name.removesuffix(".0.sealed")
    document = (folder / f"{job}.1.sealed").read_bytes()
    data = bytearray(ticket.read_bytes())
    data[60] ^= 1
    ticket.write_bytes(data)
    fixed = safeq(site, "spool", "verify", folder, "--repair")
    assert fixed.returncode == 2 and fixed.stdout.count("moved to") == 2, fixed
    site.start("release")
    site.start("intake")
    def told():
        return [e for e in scenario.entries(site, "intake") if e["kind"] == "job_failed" and e["job"] == job]
    [record] = house.wait_until(told, 20, "the end of the job on record")
    assert record["fields"]["reason"] == "set_aside", record
    assert (folder / "quarantine" / f"{job}.1.sealed").read_bytes() == document
    assert not [row for row in scenario.job_rows(site) if row["id"] == job]


def test_files_for_another_site_change_their_envelope_only(site):
    job = send(site, house.make_pdf(5, "roaming"))
    site.stop("release")
    with house.Installation(site.programs) as other:
        other.init()
        other.start("release")
        [theirs] = json.loads(other.safeq("spool", "epochs", "--json").stdout)
        key = other.dir / "epoch.pub"
        key.write_text(other.safeq("spool", "key", theirs["id"]).stdout)
        other.stop("release")
        out = site.dir / "roaming"
        done = site.safeq("spool", "reseal", "--to", key, "--out", out, "--job", job).stdout
        assert "2 files re-sealed to epoch " + theirs["id"] in done, done
        for number in (0, 1):
            ours = (site.root / "release" / "spool" / f"{job}.{number}.sealed").read_bytes()
            copy = (out / f"{job}.{number}.sealed").read_bytes()
            assert len(ours) == len(copy) and ours[:92] == copy[:92] and ours[1292:] == copy[1292:]
            assert ours[92:1292] != copy[92:1292]
        assert {row["epoch"] for row in stat(site, out).values()} == {theirs["id"]}
        # They open there, by who knows our intake; who doesn't can't tell whether they are damaged, and moves none.
        strange = scenario.command(other.programs / "safeq", "--dir", other.root, "spool", "verify", out, "--keys", "--repair")
        assert strange.returncode == 0 and strange.stdout.count("key_unknown") == 2, strange
        assert "2 files, 0 damaged, 2 without their key" in strange.stdout, strange
        shutil.copy(site.root / "public" / "intakes", other.root / "public" / "intakes")
        opened = scenario.command(site.programs / "safeq", "--dir", other.root, "spool", "verify", out, "--keys")
        assert opened.returncode == 0 and "2 files, 0 damaged, 0 without their key; every byte" in opened.stdout, opened
    site.start("release")


def config(site, line):
    path = site.root / "release" / "release.conf"
    option = line.split("=")[0]
    text = "".join(each for each in path.read_text().splitlines(keepends=True) if not each.startswith(option))
    path.write_text(text + line + "\n")


def test_an_epoch_that_cannot_end_keeps_no_server_from_starting(site):
    job = send(site, house.make_pdf(2, "of an intake that is gone"))
    intakes = site.root / "public" / "intakes"
    known = intakes.read_text()
    site.stop("release")
    intakes.write_text("")
    site.start("release")
    epoch = next(row["epoch"] for name, row in stat(site).items() if name.startswith(job))
    fresh = site.safeq("spool", "rotate").stdout.strip()
    refused = safeq(site, "spool", "destroy", epoch, "--yes", "--now")
    assert refused.returncode == 1 and "key_unknown" in refused.stderr, refused

    # It is to be ended at each start from now on, and can't be: then there is no room for what is sealed anew.
    for line in ("", known):
        site.stop("release")
        intakes.write_text(line)
        if line:
            config(site, "free-floor-mib=1000000")
        site.start("release")
        assert {epoch, fresh} <= {one["id"] for one in epochs(site)}, epochs(site)
    site.stop("release")
    config(site, "free-floor-mib=64")
    site.start("release")
    assert epoch not in {one["id"] for one in epochs(site)}, epochs(site)
    wait_for_key(site, fresh)
    assert scenario.sign_in(site).release(job)[1]["state"] == "printed"
    for path in site.received.iterdir():
        path.unlink()


def new_site(site):
    """Another installation, whose release server has never run."""
    other = house.Installation(site.programs)
    other.init()
    return other


def use_and_stop(other, env=None):
    """One destruction under that root; what it was worth."""
    other.start("release", env)
    [first] = json.loads(other.safeq("spool", "epochs", "--json").stdout)
    other.safeq("spool", "destroy", first["id"], "--yes", "--now")
    assert first["id"] not in {one["id"] for one in epochs(other)}
    other.stop("release")
    other.start("release", env)
    assert len(epochs(other)) == 2, epochs(other)
    other.stop("release")


def test_root_keys_under_a_passphrase_or_a_credential(site):
    secrets = site.dir / "credentials"
    secrets.mkdir(mode=0o700)
    for name, text in {"good": "correct horse battery\n", "wrong": "correct horse batterz\n", "short": "short\n"}.items():
        path = secrets / name
        path.write_text(text)
        path.chmod(0o600)
    with new_site(site) as other:
        config(other, f"root-key=passphrase-file:{secrets}/good")
        use_and_stop(other)
        for name, why in {"wrong": "authentication_failed", "short": "weak_parameters", "missing": "not_found"}.items():
            config(other, f"root-key=passphrase-file:{secrets}/{name}")
            refused = scenario.command(other.programs / "safeq-release", "--config", other.root / "release" / "release.conf")
            assert refused.returncode != 0 and why in refused.stdout + refused.stderr, (name, refused)
        config(other, "root-key=files")
        refused = scenario.command(other.programs / "safeq-release", "--config", other.root / "release" / "release.conf")
        assert refused.returncode != 0 and "not a plain root key" in refused.stdout + refused.stderr, refused
        # The same passphrase as a credential of systemd's.
        config(other, "root-key=credential:good")
        refused = scenario.command(other.programs / "safeq-release", "--config", other.root / "release" / "release.conf")
        assert refused.returncode != 0 and "no credentials" in refused.stdout + refused.stderr, refused
        # Root's, with an ACL for the service's user: its mask shows as the group's rights.
        if os.geteuid() == 0:
            (secrets / "good").chmod(0o440)
        other.start("release", {**os.environ, "CREDENTIALS_DIRECTORY": str(secrets)})
        other.stop("release")
        if os.geteuid() == 0:
            config(other, f"root-key=passphrase-file:{secrets}/good")
            refused = scenario.command(other.programs / "safeq-release", "--config", other.root / "release" / "release.conf")
            assert refused.returncode != 0 and "permission" in refused.stdout + refused.stderr, refused


def test_root_keys_in_a_token(site):
    modules = [path for path in (pathlib.Path("/usr/lib/softhsm/libsofthsm2.so"),) if path.exists()]
    if not modules:
        print("note: SoftHSM isn't installed; the test of a token was left out", flush=True)
        return
    tokens = site.dir / "tokens"
    tokens.mkdir()
    (site.dir / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    env = {**os.environ, "SOFTHSM2_CONF": str(site.dir / "softhsm2.conf")}
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "safeq", "--so-pin", "12345678", "--pin", "87654321"],
                   env=env, check=True, stdout=subprocess.DEVNULL)
    pin = site.dir / "pin"
    pin.write_text("87654321\n")
    pin.chmod(0o600)
    with new_site(site) as other:
        config(other, f"root-key=pkcs11:token=safeq?module-path={modules[0]}&pin-source=file:{pin}")
        use_and_stop(other, env)
        folder = other.root / "release" / "epochs"
        assert [p.name for p in folder.iterdir() if p.name.startswith("root")] == [], list(folder.iterdir())
        # Without the token the folder is nothing.
        shutil.rmtree(tokens)
        tokens.mkdir()
        refused = subprocess.run([other.programs / "safeq-release", "--config", other.root / "release" / "release.conf"],
                                 env=env, capture_output=True, text=True, timeout=60)
        assert refused.returncode != 0 and "no token fits" in refused.stdout + refused.stderr, refused


if __name__ == "__main__":
    scenario.main(globals())
