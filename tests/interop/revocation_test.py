#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A certificate that is revoked, at each listener that asks for one: let go after SIGHUP, and not let in again."""
import http.client
import pathlib
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402
from reloading import ask, connect, reload_all  # noqa: E402


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    site.safeq("device", "add", "other", "--uri", "ipps://localhost:1/ipp/print", "--key-pin", "sha256:" + "0" * 64, "--rule", "card+pin")


def refused(connection, path):
    """Whether a request on it, or on a new connection where it isn't open, comes to nothing."""
    try:
        connection.request("GET", path)
        connection.getresponse()
    except (ssl.SSLError, ConnectionError, http.client.BadStatusLine):
        return True
    return False


def revoke(site, listener, path, stolen, good, answer, answer_good):
    """Revokes the certificate in the folder `stolen`; the one in `good` is answered as before."""
    theirs, ours = connect(site, listener, stolen), connect(site, listener, good)
    assert (ask(theirs, path), ask(ours, path)) == (answer, answer_good)
    said = site.safeq("tls", "revoke", stolen / "cert.pem").stdout
    assert "send SIGHUP to safeq-intake safeq-release safeq-report" in said, said
    for connection in (theirs, connect(site, listener, stolen)):
        assert ask(connection, path) == answer, "known before it was told"
    reload_all(site)
    assert ask(ours, path) == answer_good
    for connection in (theirs, connect(site, listener, stolen)):
        assert refused(connection, path), f"{listener}: a revoked certificate was answered"
    assert ask(connect(site, listener, good), path) == answer_good
    verified = scenario.command("openssl", "verify", "-crl_check", "-CAfile", site.root / "public" / "ca.pem", "-CRLfile",
                                site.root / "public" / "crl.pem", stolen / "cert.pem")
    assert verified.returncode != 0 and "revoked" in verified.stdout + verified.stderr
    ours.close()


def test_a_terminal_at_the_release_server(site):
    devices = site.root / "devices"
    revoke(site, "terminal", "/v1/jobs", devices / "other", devices / "mfd", 401, 401)


def test_the_intake_at_the_release_server(site):
    revoke(site, "daemon", "/internal/v1/epochs", site.root / "intake" / "tls", site.root / "report" / "tls", 200, 403)


def test_the_report_server_at_the_intake(site):
    revoke(site, "intake", "/log/checkpoint", site.root / "report" / "tls", site.root / "release" / "tls", 200, 403)


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl",))
