#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CUPS's ipptool with its own test files against the intake, over ipps."""
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
    site.token_uri = scenario.token_uri(site)
    site.pdf = site.dir / "page.pdf"
    site.pdf.write_bytes(house.make_pdf(1, "interop"))


def ipptool(site, uri, test, *arguments):
    result = scenario.command("ipptool", "-tv", "-T", "30", "-f", site.pdf, "-d", "filetype=application/pdf",
                              "-d", f"user=alice", *arguments, uri, test)
    assert result.returncode == 0, f"{test}: {result.returncode}\n{result.stdout[-6000:]}{result.stderr}"
    assert "FAIL" not in result.stdout, result.stdout[-6000:]
    return result.stdout


def printer_uri(site):
    return f"ipps://localhost:{site.port('ipps')}/ipp/print"


def test_get_printer_attributes_needs_no_credential(site):
    ipptool(site, printer_uri(site), "get-printer-attributes.test")
    ipptool(site, site.token_uri, "get-printer-attributes.test")


def test_validate_job(site):
    ipptool(site, site.token_uri, "validate-job.test")


def test_print_job(site):
    before = len(scenario.job_rows(site))
    ipptool(site, site.token_uri, "print-job.test")
    house.wait_until(lambda: len(scenario.job_rows(site)) == before + 1, 20, "the job at the release server")


def test_create_job(site):
    ipptool(site, site.token_uri, "create-job.test")


def test_get_jobs(site):
    ipptool(site, site.token_uri, "print-job.test")
    out = ipptool(site, site.token_uri, "get-jobs.test")
    assert "job-id" in out


def test_an_address_reaches_only_what_came_by_it(site):
    """Jobs that came by another address of hers, or with her password, are not listed by this one."""
    site.safeq("print", site.pdf, "--user", "alice", text=scenario.ALICE["password"] + "\n")
    ipptool(site, site.token_uri, "print-job.test")
    fresh = scenario.token_uri(site)
    ipptool(site, fresh, "print-job.test")
    listed = ipptool(site, fresh, "get-jobs.test")
    assert len(re.findall(r"^\s+job-id \(integer\) = ", listed, re.M)) == 1, listed


def test_cancel_current_job(site):
    ipptool(site, site.token_uri, "print-job.test")
    ipptool(site, site.token_uri, "cancel-current-job.test")


def test_basic_authentication_prints(site):
    before = len(scenario.job_rows(site))
    site.safeq("print", site.pdf, "--user", "alice", text=scenario.ALICE["password"] + "\n")
    house.wait_until(lambda: len(scenario.job_rows(site)) == before + 1, 20, "the job at the release server")


def test_a_wrong_password_prints_nothing(site):
    result = site.safeq("print", site.pdf, "--user", "alice", text="wrong password\n", check=False)
    assert result.returncode != 0
    assert "denied" in result.stderr and "wrong password" not in result.stderr, result.stderr


def test_no_credential_prints_nothing(site):
    result = scenario.command("ipptool", "-tv", "-T", "10", "-f", site.pdf, "-d", "filetype=application/pdf", printer_uri(site),
                              "print-job.test", text="")
    assert result.returncode != 0, result.stdout


def test_a_revoked_token_prints_nothing(site):
    uri = scenario.token_uri(site)
    listed = site.safeq("user", "tokens", "alice", "--json").stdout
    import json
    newest = sorted(json.loads(listed), key=lambda t: t["created"])[-1]
    site.safeq("user", "revoke-token", "alice", newest["id"])
    result = scenario.command("ipptool", "-tv", "-T", "10", "-f", site.pdf, "-d", "filetype=application/pdf", uri, "print-job.test")
    assert result.returncode != 0, result.stdout


def test_printing_goes_on_while_release_is_stopped(site):
    """Nothing is lost: the jobs wait at the intake, sealed, and are handed over when release is back."""
    before = len(scenario.job_rows(site))
    ipptool(site, site.token_uri, "print-job.test")  # the intake now remembers this credential
    house.wait_until(lambda: len(scenario.job_rows(site)) == before + 1, 20, "the first job")
    site.stop("release")
    for _ in range(3):
        ipptool(site, site.token_uri, "print-job.test")
    waiting = list((site.root / "intake" / "spool").glob("*.sealed"))
    assert len(waiting) == 6, f"a ticket and a document for each of three jobs, found {waiting}"
    site.start("release")
    house.wait_until(lambda: len(scenario.job_rows(site)) == before + 4, 60, "the jobs that waited")
    house.wait_until(lambda: not list((site.root / "intake" / "spool").glob("*.sealed")), 20, "the intake's copies to go")


if __name__ == "__main__":
    scenario.main(globals(), needs=("ipptool",))
