#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of one person's may wait: jobs and bytes, counted over both servers, each refusal on record."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


def set_up(site):
    site.init()
    configuration = site.root / "intake" / "intake.conf"
    text = configuration.read_text()
    assert 'user-jobs="0"' in text and 'user-mib="0"' in text, text
    configuration.write_text(text.replace('user-jobs="0"', 'user-jobs="3"').replace('user-mib="0"', 'user-mib="1"'))
    site.start_all()
    site.received = scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)
    site.page = site.dir / "page.pdf"
    site.page.write_bytes(house.make_pdf(1, "small"))


def send(site, page):
    return scenario.command(site.programs / "safeq", "--dir", site.root, "print", page, "--uri", site.uri)


def refusals(site):
    return [line for line in site.safeq("audit", "tail", "intake", "-n", "100").stdout.splitlines() if "quota_refused" in line]


def test_a_fourth_job_is_refused_until_one_is_gone(site):
    for _ in range(3):
        result = send(site, site.page)
        assert result.returncode == 0, result.stderr
    house.wait_until(lambda: len(scenario.job_rows(site, True)) == 3, 20, "the hand-over")
    result = send(site, site.page)
    assert result.returncode == 1 and "account-limit-reached" in result.stderr, (result.returncode, result.stderr)
    house.wait_until(lambda: refusals(site), 20, "the record")
    terminal = scenario.sign_in(site)
    status, _ = terminal.call("DELETE", f"/v1/jobs/{terminal.jobs()[0]['id']}")
    assert status in (200, 204), status
    result = send(site, site.page)
    assert result.returncode == 0, result.stderr


def test_a_document_that_is_too_much_is_refused_and_leaves_nothing(site):
    terminal = scenario.sign_in(site)
    for job in terminal.jobs():
        terminal.call("DELETE", f"/v1/jobs/{job['id']}")
    page = site.dir / "big.pdf"
    page.write_bytes(house.make_pdf(12000, "more than may wait"))
    assert page.stat().st_size > 1 << 20
    result = send(site, page)
    assert result.returncode == 1 and "account-limit-reached" in result.stderr, (result.returncode, result.stderr)
    assert list((site.root / "intake" / "spool").rglob("*.sealed*")) == []
    assert send(site, site.page).returncode == 0


if __name__ == "__main__":
    scenario.main(globals())
