#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Favourites stay when they have been printed; a restricted job is not there for its owner; an operator gives one up."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)
    site.page = site.dir / "page.pdf"
    site.page.write_bytes(house.make_pdf(2, "again and again"))


def send(site):
    """Prints; the job's id once release holds it."""
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    return house.wait_until(lambda: [r for r in scenario.job_rows(site, True) if r["id"] not in known], 20, "the job")[0]["id"]


def row(site, job):
    return json.loads(site.safeq("job", "show", job).stdout)


def reported(site, job):
    """What the report tells of the job, if it knows of it."""
    rows = json.loads(site.safeq("report", "jobs", "--json").stdout)["jobs"]
    return next((row for row in rows if row["job"] == job), None)


def numbers(site):
    """The numbers of the open jobs that the intake shows their owner."""
    shown = scenario.command("ipptool", "-tv", "-T", "30", site.uri, "get-jobs.test")
    assert shown.returncode == 0, shown
    return re.findall(r"job-id \(integer\) = (\d+)", shown.stdout)


def test_a_favourite_is_printed_again_and_again(site):
    job = send(site)
    ordinary = row(site, job)
    assert ordinary["favourite"] is False
    terminal = scenario.sign_in(site)
    status, answer = terminal.call("PUT", f"/v1/jobs/{job}/favourite")
    assert status == 200 and answer["favourite"] is True and answer["expires"] > ordinary["expires"], answer
    for _ in range(2):
        status, answer = terminal.release(job)
        assert status == 200 and answer["state"] == "held", (status, answer)
    printed = [path.read_bytes() for path in (site.dir / "mfd").iterdir()]
    assert printed == [site.page.read_bytes()] * 2
    # It goes on over a restart; as an ordinary job again it ends with its print.
    site.stop("release")
    site.start("release")
    terminal = scenario.sign_in(site)
    assert [(j["id"], j["favourite"]) for j in terminal.jobs()] == [(job, True)]
    status, answer = terminal.call("DELETE", f"/v1/jobs/{job}/favourite")
    assert status == 200 and answer["favourite"] is False, answer
    status, answer = terminal.release(job)
    assert status == 200 and answer["state"] == "printed", answer
    assert terminal.call("PUT", f"/v1/jobs/{job}/favourite")[0] == 409
    assert not list((site.root / "release" / "spool").rglob(f"*{job}*"))


def test_nobody_makes_another_s_job_a_favourite(site):
    job = send(site)
    site.safeq("user", "add", "bob", "--card", "0b0b0b0b", "--pin", text="90909090\n")
    terminal = site.terminal("mfd")
    assert terminal.sign_in(house.card("0b0b0b0b"), house.pin("90909090"))[0] == 201
    assert terminal.call("PUT", f"/v1/jobs/{job}/favourite")[0] == 404
    assert row(site, job)["favourite"] is False
    scenario.sign_in(site).call("DELETE", f"/v1/jobs/{job}")


def test_a_restricted_job_is_frozen(site):
    job = send(site)
    assert site.safeq("job", "restrict", job).stdout.strip() == f"restricted {job}"
    terminal = scenario.sign_in(site)
    assert terminal.jobs() == []
    assert numbers(site) == []
    assert terminal.release(job)[0] == 404
    assert terminal.call("DELETE", f"/v1/jobs/{job}")[0] == 404
    assert terminal.call("PUT", f"/v1/jobs/{job}/favourite")[0] == 404
    assert row(site, job)["restricted"] is True and row(site, job)["state"] == "held"
    # The report counts it, and names neither the document nor whose it is.
    frozen = house.wait_until(lambda: (r := reported(site, job)) and r["title_state"] == "restricted" and r, 20, "the report")
    assert frozen["outcome"] == "held" and frozen["title"] is None and frozen["user"] is None, frozen
    site.safeq("job", "unrestrict", job)
    again = house.wait_until(lambda: (r := reported(site, job))["title_state"] == "known" and r, 20, "the report")
    assert again["user"] == "alice" and again["title"], again
    assert len(numbers(site)) == 1
    assert [j["id"] for j in terminal.jobs()] == [job]
    status, answer = terminal.release(job)
    assert status == 200 and answer["state"] == "printed", answer
    assert "conflict" in site.safeq("job", "restrict", job, check=False).stderr
    site.stop("release")
    kinds = [entry["kind"] for entry in scenario.entries(site)]
    assert kinds.count("job_kept") == kinds.count("job_unkept") == 1
    assert kinds.count("job_restricted") == kinds.count("job_unrestricted") >= 1
    site.start("release")


def test_an_operator_gives_a_job_up(site):
    job = send(site)
    assert site.safeq("job", "cancel", job).stdout.strip() == f"cancelled {job}"
    assert not list((site.root / "release" / "spool").rglob(f"*{job}*"))
    assert numbers(site) == []
    assert "illegal_transition" in site.safeq("job", "cancel", job, check=False).stderr


if __name__ == "__main__":
    scenario.main(globals())
