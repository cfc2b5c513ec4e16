#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What happens to the files under running daemons: damaged, swapped, forged, and a full disk. Nothing that was changed
reaches a device, and nothing that was acknowledged is lost."""
import contextlib
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

CHUNK = 4096
EPOCH_AT = range(92, 124)  # where a file names its epoch


def set_up(site):
    site.init()
    set_floor(site, 0)  # the disk itself is to be full
    site.start_all()
    site.received = scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)
    site.safeq("user", "add", "bob", "--card", "0b0b0b0b", "--pin", text="90909090\n")
    site.bob_uri = scenario.token_uri(site, "bob")


def set_floor(site, mebibytes):
    for name in ("intake", "release"):
        configuration = site.root / name / f"{name}.conf"
        text, count = re.subn(r"(?m)^free-floor-mib=.*$", f'free-floor-mib="{mebibytes}"', configuration.read_text())
        assert count == 1, text
        configuration.write_text(text)


def send(site, document, uri=None):
    """Prints, and waits until release holds the job; returns its id."""
    path = site.dir / "page.pdf"
    path.write_bytes(document)
    known = {row["id"] for row in scenario.job_rows(site)}
    site.safeq("print", path, "--uri", uri or site.uri)
    return house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job at release")[0]["id"]


def sealed(site, job, number=1):
    return site.root / "release" / "spool" / f"{job}.{number}.sealed"


def release(site, job):
    status, answer = scenario.sign_in(site).release(job)
    assert status == 200, (status, answer)
    return answer["state"]


def nothing_received(site):
    return list(site.received.iterdir()) == []


def test_a_damaged_or_cut_file_is_not_printed(site):
    chooser = random.Random(7)
    document = house.make_pdf(200, "damaged")
    for number in (0, 1):
        for damage in ("head", "body", "last", "cut head", "cut body", "longer", "empty"):
            job = send(site, document)
            path = sealed(site, job, number)
            data = bytearray(path.read_bytes())
            if damage == "head":
                data[chooser.choice([at for at in range(200) if at not in EPOCH_AT])] ^= 1
            elif damage == "body":
                data[len(data) // 2] ^= 0x80
            elif damage == "last":
                data[-1] ^= 1
            elif damage == "cut head":
                del data[chooser.randrange(1, 200):]
            elif damage == "cut body":
                del data[max(CHUNK * (len(data) // CHUNK), len(data) - CHUNK):]
            elif damage == "longer":
                data += b"\0" * 16
            else:
                data.clear()
            path.write_bytes(data)
            state = release(site, job)
            assert state == "aborted", (number, damage, state)
            assert nothing_received(site), (number, damage)


def test_a_job_waits_for_an_epoch_that_is_not_known(site):
    """Nobody can tell a damaged name from that of a key which was left out when a folder was put back."""
    for number in (0, 1):
        job = send(site, house.make_pdf(3, "waits"))
        path = sealed(site, job, number)
        good = path.read_bytes()
        data = bytearray(good)
        data[EPOCH_AT[7]] ^= 1
        path.write_bytes(data)
        assert release(site, job) == "held"
        assert nothing_received(site)
        path.write_bytes(good)
        assert release(site, job) == "printed"
        for path in site.received.iterdir():
            path.unlink()


def test_a_file_in_another_s_place_is_not_printed(site):
    mine, other = send(site, house.make_pdf(3, "mine")), send(site, house.make_pdf(3, "other"))
    bobs = send(site, house.make_pdf(3, "bob's own"), site.bob_uri)
    for number in (0, 1):
        for stranger in (other, bobs):
            job = send(site, house.make_pdf(3, "mine again"))
            sealed(site, job, number).write_bytes(sealed(site, stranger, number).read_bytes())
            assert release(site, job) == "aborted"
    # The parts of one job in each other's place.
    job = send(site, house.make_pdf(3, "exchanged"))
    ticket, document = sealed(site, job, 0).read_bytes(), sealed(site, job, 1).read_bytes()
    sealed(site, job, 0).write_bytes(document)
    sealed(site, job, 1).write_bytes(ticket)
    assert release(site, job) == "aborted"
    assert nothing_received(site)
    assert release(site, mine) == "printed" and release(site, other) == "printed"
    for path in site.received.iterdir():
        path.unlink()


def test_a_file_of_another_tenant_is_not_printed(site):
    with house.Installation(site.programs) as stranger:
        stranger.init()
        stranger.start_all()
        scenario.people_and_device(stranger)
        stranger.uri = scenario.token_uri(stranger)
        theirs = send(stranger, house.make_pdf(3, "theirs"))
        job = send(site, house.make_pdf(3, "ours"))
        for number in (0, 1):
            sealed(site, job, number).write_bytes(sealed(stranger, theirs, number).read_bytes())
        assert release(site, job) == "aborted"
        assert nothing_received(site)


def test_a_file_that_is_gone_is_told(site):
    job = send(site, house.make_pdf(3, "gone"))
    sealed(site, job).unlink()
    assert release(site, job) == "aborted"
    assert nothing_received(site)


def test_a_forged_epoch_list_is_not_used(site):
    """The intake seals for keys of a list that the pinned key has signed, and for no others: neither one that it kept,
    nor one that is served to it."""
    site.stop("intake")
    note, pin = site.root / "intake" / "epochs.note", site.root / "public" / "epoch-list.vkey"
    page = site.dir / "epoch.pdf"
    page.write_bytes(house.make_pdf(1, "for nobody"))
    good, pinned = note.read_text(), pin.read_text()
    stranger = house.Installation(site.programs)
    with stranger:
        stranger.init()
        pin.write_text((stranger.root / "public" / "epoch-list.vkey").read_text())
    head, _ = good.rsplit("\n\n", 1)
    for what, content in {"other key": good, "unsigned": head + "\n", "empty": "", "cut": good[:len(good) // 2]}.items():
        note.write_text(content)
        intake = site.start("intake")
        result = scenario.command(site.programs / "safeq", "--dir", site.root, "print", page, "--uri", site.uri)
        assert result.returncode != 0, what
        assert spool_files(site, "intake") == [], what
        assert "no-epoch-list" in intake.log.read_text(errors="replace"), what
        site.stop("intake")
    pin.write_text(pinned)
    site.start("intake")
    assert release(site, send(site, page.read_bytes())) == "printed"
    for path in site.received.iterdir():
        path.unlink()


def spool_files(site, daemon):
    return sorted(p.name for p in (site.root / daemon / "spool").rglob("*") if p.is_file() and p.name != ".lock")


@contextlib.contextmanager
def small_disk(folder, mebibytes):
    """A tmpfs in place of a folder; the daemon that uses it must be stopped."""
    folder.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", str(folder)], check=True)
    try:
        yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}m", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def can_mount():
    if os.geteuid() == 0:
        return True
    print("note: the full-disk tests need root for a tmpfs, and were left out", flush=True)
    return False


def test_a_full_disk_at_the_intake_loses_nothing_that_was_taken(site):
    if not can_mount():
        return
    site.stop("intake")
    with small_disk(site.root / "intake" / "spool", 4):
        site.start("intake")
        send(site, house.make_pdf(1, "so that the intake knows alice"))
        known = {row["id"] for row in scenario.job_rows(site, True)}
        site.stop("release")
        page = site.dir / "big.pdf"
        page.write_bytes(house.make_pdf(6000, "takes space"))
        taken, refused = 0, 0
        for _ in range(12):
            result = scenario.command(site.programs / "safeq", "--dir", site.root, "print", page, "--uri", site.uri)
            taken, refused = taken + (result.returncode == 0), refused + (result.returncode != 0)
        assert taken > 0 and refused > 0, (taken, refused)
        # Two files a job that was taken, and nothing of the others.
        assert len([name for name in spool_files(site, "intake") if name.endswith(".sealed")]) == 2 * taken
        assert len(spool_files(site, "intake")) == 2 * taken, spool_files(site, "intake")
        assert "disk_full" in site.processes["intake"].log.read_text(errors="replace")
        site.start("release")
        rows = house.wait_until(
            lambda: (lambda r: r if len(r) == taken else None)([r for r in scenario.job_rows(site, True) if r["id"] not in known]),
            30, "what was taken to be handed over")
        assert {row["state"] for row in rows} == {"held"}
        house.wait_until(lambda: spool_files(site, "intake") == [], 20, "the intake's copies to go")
        send(site, page.read_bytes())  # there is space again
        site.stop("intake")
    site.start("intake")
    for row in rows:
        assert release(site, row["id"]) == "printed"
    assert len(list(site.received.iterdir())) == taken
    for path in site.received.iterdir():
        path.unlink()


def test_a_full_disk_at_the_release_server_keeps_jobs_at_the_intake(site):
    if not can_mount():
        return
    terminal = scenario.sign_in(site)
    for job in terminal.jobs():
        assert terminal.call("DELETE", f"/v1/jobs/{job['id']}")[0] in (200, 204)
    known = scenario.job_rows(site)  # bob's
    site.stop("release")
    with small_disk(site.root / "release" / "spool", 1) as grow:
        site.start("release")
        page = site.dir / "big.pdf"
        page.write_bytes(house.make_pdf(12000, "more than there is space for"))
        assert page.stat().st_size > 1 << 20
        site.safeq("print", page, "--uri", site.uri)
        house.wait_until(lambda: "disk_full" in site.processes["release"].log.read_text(errors="replace"), 20, "the refusal")
        assert scenario.job_rows(site) == known
        assert [name for name in spool_files(site, "intake") if name.endswith(".sealed")], "the intake kept nothing"
        grow(64)
        row = house.wait_until(lambda: [r for r in scenario.job_rows(site) if r not in known], 30, "the hand-over")[0]
        assert release(site, row["id"]) == "printed"
        assert [house.sha256(p) for p in site.received.iterdir()] == [house.sha256(page)]
        site.stop("release")
    site.start("release")
    for path in site.received.iterdir():
        path.unlink()


def test_documents_leave_the_last_of_a_disk_free(site):
    if not can_mount():
        return
    site.stop("intake")
    set_floor(site, 6)
    spool = site.root / "intake" / "spool"
    with small_disk(spool, 9):
        site.start("intake")
        send(site, house.make_pdf(1, "so that the intake knows bob"), site.bob_uri)
        site.stop("release")
        page = site.dir / "big.pdf"
        page.write_bytes(house.make_pdf(6000, "takes space"))
        outcomes = [scenario.command(site.programs / "safeq", "--dir", site.root, "print", page, "--uri", site.bob_uri).returncode
                    for _ in range(12)]
        assert 0 in outcomes and 1 in outcomes, outcomes
        assert shutil.disk_usage(spool).free >= 6 << 20, shutil.disk_usage(spool)
        assert "the last 6 MiB are kept" in site.processes["intake"].log.read_text(errors="replace")
        site.start("release")
        house.wait_until(lambda: spool_files(site, "intake") == [], 30, "the hand-over")
        site.stop("intake")
    set_floor(site, 0)
    site.start("intake")


def test_the_logs_verify_after_all_that(site):
    result = site.safeq("audit", "verify")
    assert result.returncode == 0, result.stdout + result.stderr


if __name__ == "__main__":
    scenario.main(globals())
