#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report's page and data: only for the auditor, nothing in them but text, and a tampered log is noticed."""
import base64
import datetime
import http.client
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    document = site.dir / "page.pdf"
    document.write_bytes(house.make_pdf(1, "report"))
    for title in ("<script>alert(1)</script>", "=HYPERLINK(1)"):
        site.safeq("print", document, "--uri", scenario.token_uri(site), "--title", title)
    house.wait_until(lambda: len(json.loads(site.safeq("report", "jobs", "--json").stdout)["jobs"]) == 2, 20, "two jobs in the report")


def get(site, path, user=None, password=None, address="127.0.0.1"):
    connection = http.client.HTTPSConnection("localhost", site.port("report"), context=site.trust(), timeout=20,
                                             source_address=(address, 0))
    headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()} if user else {}
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


def auditor(site):
    return "auditor", (site.root / "report" / "auditor.txt").read_text().strip()


def test_nobody_else_gets_in(site):
    for path in ("/", "/style.css", "/v1/jobs", "/v1/jobs.csv", "/v1/logs/release/checkpoint", "/nothing", "/admin/v1/jobs"):
        for _ in range(5):
            status, headers, body = get(site, path)
            assert status == 401 and body == "", (path, status, body)
            assert headers["WWW-Authenticate"].startswith("Basic"), headers
    assert get(site, "/", "auditor", "wrong password")[0] == 401
    assert get(site, "/", "alice", scenario.ALICE["password"])[0] == 401


def test_the_page_holds_only_text(site):
    status, headers, body = get(site, "/", *auditor(site))
    assert status == 200 and "default-src 'none'" in headers["Content-Security-Policy"], (status, headers)
    assert "&lt;script&gt;" in body and "<script" not in body
    status, _, body = get(site, "/v1/jobs.csv", *auditor(site))
    assert status == 200 and "'=HYPERLINK" in body, body
    assert get(site, "/admin/v1/jobs", *auditor(site))[0] in (403, 404)


def test_the_checkpoint_is_cosigned(site):
    note = house.wait_until(lambda: (r := get(site, "/v1/logs/release/checkpoint", *auditor(site)))[0] == 200 and r[2], 20, "a checkpoint")
    signers = [line.split()[1] for line in note.splitlines() if line.startswith("\u2014 ")]
    assert len(signers) == 2 and signers[1].endswith("/witness"), note


def on_record(site, *kinds, since=""):
    """What the release server's log says of the report server, of those kinds: kind, and reason or name."""
    of_kind = [(e["kind"], e["fields"]) for e in scenario.entries(site) if e["kind"] in kinds and e["at"] >= since]
    return [(kind, fields.get("reason") or fields.get("factors")) for kind, fields in of_kind if "report" in (fields.get("method"), fields.get("name"))]


def now():
    """As the log writes times; what is told of an earlier moment may be published after this one."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_who_signs_in_and_who_is_refused_is_on_record(site):
    start = now()
    for _ in range(5):
        assert get(site, "/", *auditor(site), "127.0.0.5")[0] == 200
    assert get(site, "/", "auditor", "wrong password", "127.0.0.6")[0] == 401
    assert get(site, "/", "nobody", "wrong password", "127.0.0.7")[0] == 401
    expected = [("sign_in", "password"), *[("sign_in_refused", "credential_wrong")] * 2]
    house.wait_until(lambda: on_record(site, "sign_in", "sign_in_refused", since=start) == expected, 20, "the records")


def test_nobody_is_let_in_unrecorded(site):
    runs = ("daemon_started", "daemon_stopped")
    assert on_record(site, *runs) == [("daemon_started", None)]
    site.stop("report")
    site.start("report")
    house.wait_until(lambda: [kind for kind, _ in on_record(site, *runs)] == [runs[0], runs[1], runs[0]], 20, "the records")

    site.stop("release")  # which publishes all that it has
    sign_ins = len(on_record(site, "sign_in"))
    for password in (auditor(site)[1], "wrong password"):
        status, headers, body = get(site, "/", "auditor", password, "127.0.0.8")
        assert status == 503 and body.startswith("Unavailable") and "WWW-Authenticate" not in headers, (status, headers, body)
    # It starts all the same; then the start must be on record before anybody gets in.
    site.stop("report")
    site.start("report")
    assert get(site, "/", *auditor(site))[0] == 503
    assert len(on_record(site, "sign_in")) == sign_ins
    site.start("release")
    house.wait_until(lambda: get(site, "/", *auditor(site))[0] == 200, 20, "the auditor to be let in")
    house.wait_until(lambda: on_record(site, *runs, "sign_in")[-2:] == [("daemon_started", None), ("sign_in", "password")], 20, "the records")


def test_guesses_from_everywhere_lock_no_auditor_out_also_after_a_restart(site):
    assert get(site, "/", *auditor(site))[0] == 200
    answers = [get(site, "/", "auditor", "wrong password", f"127.0.1.{i}")[0] for i in range(1, 25)]
    assert answers[0] == 401 and answers[-1] == 429 and set(answers) == {401, 429}, answers
    site.stop("report")
    site.start("report")
    assert get(site, "/", *auditor(site), "127.0.1.100")[0] == 429
    assert get(site, "/", *auditor(site))[0] == 200


def test_the_auditor_gets_another_password(site):
    first = auditor(site)
    refused = site.safeq("report", "password", text="auditorauditor99\n", check=False)
    assert refused.returncode == 1 and "auditorauditor" not in refused.stderr, refused.stderr
    assert (site.root / "report" / "auditor.txt").exists()
    site.safeq("report", "password", text="a password of the auditor\n")
    assert not (site.root / "report" / "auditor.txt").exists()
    assert get(site, "/", *first)[0] == 200, "until the next start"
    site.stop("report")
    site.start("report")
    assert get(site, "/", *first)[0] == 401
    assert get(site, "/", "auditor", "a password of the auditor")[0] == 200


def test_a_changed_log_is_noticed(site):
    site.stop("release")
    bundle = max((site.root / "release" / "log").rglob("entries/*.p/*"), key=lambda path: int(path.name))
    data = bytearray(bundle.read_bytes())
    data[40] ^= 1
    bundle.write_bytes(data)
    result = site.safeq("audit", "verify", "release", check=False)
    assert result.returncode == 1 and "NOT verified" in result.stdout + result.stderr, result.stdout + result.stderr


if __name__ == "__main__":
    scenario.main(globals())
