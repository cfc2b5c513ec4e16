#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""curl and `openssl s_client` against each listener: what TLS must refuse, and what it must speak."""
import json
import pathlib
import re
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

OPEN = ("ipps", "report")            # server certificate only
MUTUAL = ("intake", "terminal", "daemon")  # client certificate needed


def set_up(site):
    site.init()
    with (site.root / "intake" / "intake.conf").open("a") as configuration:
        configuration.write("tls-tickets=true\n")
    site.start_all()
    scenario.people_and_device(site)


def s_client(site, listener, *arguments, text="", config_legacy=False):
    legacy = ["-cipher", "ALL:@SECLEVEL=0"] if config_legacy else []
    return scenario.command("openssl", "s_client", "-connect", f"127.0.0.1:{site.port(listener)}", "-CAfile",
                            site.root / "public" / "ca.pem", "-verify_return_error", *legacy, *arguments, text=text, timeout=20)


def device_certificate(site):
    folder = site.root / "devices" / "mfd"
    return "-cert", folder / "cert.pem", "-key", folder / "key.pem"


def test_only_the_expected_ports_listen(site):
    """No daemon listens anywhere but where the configuration says (CVE-2022-23862)."""
    pids = {p.child.pid for n, p in site.processes.items() if n in house.DAEMONS}
    inodes = set()
    for pid in pids:
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            target = str(fd.readlink()) if fd.is_symlink() else ""
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (fields[3] == "0A" or table.startswith("udp")):
                found.add((table, fields[1]))
    expected = {("tcp", f"0100007F:{site.port(name):04X}") for name in OPEN + MUTUAL}
    assert found == expected, f"listening: {sorted(found)}, expected {sorted(expected)}"


def test_tls_1_3_and_1_2_with_the_right_certificate(site):
    for listener in OPEN + MUTUAL:
        for version in ("-tls1_2", "-tls1_3"):
            own = device_certificate(site) if listener in MUTUAL else ()
            result = s_client(site, listener, version, *own)
            refused = version == "-tls1_2" and listener in MUTUAL
            if refused:  # our own daemons and terminals speak 1.3 among themselves
                assert "Cipher is (NONE)" in result.stdout or result.returncode != 0, f"{listener} {version}\n{result.stdout}"
            else:
                assert "Verification: OK" in result.stdout, f"{listener} {version}\n{result.stdout}{result.stderr}"
                assert "Cipher is (NONE)" not in result.stdout, f"{listener} {version}"


def test_tls_1_1_and_1_0_are_refused(site):
    for listener in OPEN + MUTUAL:
        for version in ("-tls1_1", "-tls1"):
            result = s_client(site, listener, version, config_legacy=True)
            assert result.returncode != 0 and "Cipher is (NONE)" in result.stdout, f"{listener} {version}\n{result.stdout}"
            assert "alert protocol version" in result.stderr or "handshake failure" in result.stderr, result.stderr


def test_static_rsa_and_cbc_are_refused(site):
    for listener in OPEN:
        for suite in ("AES128-GCM-SHA256", "AES256-SHA256", "AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "NULL-SHA256", "ADH-AES128-SHA"):
            result = s_client(site, listener, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
            assert result.returncode != 0 and "Cipher is (NONE)" in result.stdout, f"{listener} {suite}\n{result.stdout}"


def test_no_certificate_is_refused_where_mutual(site):
    for listener in MUTUAL:
        result = scenario.command("curl", "-sS", "--cacert", site.root / "public" / "ca.pem",
                                  f"https://localhost:{site.port(listener)}/")
        assert result.returncode in (35, 52, 55, 56, 58), f"{listener}: curl exit {result.returncode} {result.stdout}{result.stderr}"
        assert result.stdout == "", f"{listener} answered: {result.stdout}"


def test_a_stranger_s_certificate_is_refused_where_mutual(site):
    key, cert = site.dir / "stranger.key", site.dir / "stranger.pem"
    made = scenario.command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                            "-subj", "/CN=intake", "-addext", "subjectAltName=URI:safeq:daemon:intake", "-keyout", key, "-out", cert)
    assert made.returncode == 0, made.stderr
    for listener in MUTUAL:
        result = scenario.command("curl", "-sS", "--cacert", site.root / "public" / "ca.pem", "--cert", cert, "--key", key,
                                  f"https://localhost:{site.port(listener)}/")
        assert result.returncode != 0 and result.stdout == "", f"{listener}: {result.returncode} {result.stdout}"


def test_a_device_is_no_daemon(site):
    """A certificate of ours with the wrong role reaches nothing."""
    folder = site.root / "devices" / "mfd"
    for listener, path in (("daemon", "/internal/v1/epochs"), ("intake", "/log/checkpoint")):
        result = scenario.command("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", site.root / "public" / "ca.pem",
                                  "--cert", folder / "cert.pem", "--key", folder / "key.pem",
                                  f"https://localhost:{site.port(listener)}{path}")
        assert result.stdout in ("403", "404"), f"{listener}{path}: {result.stdout}{result.stderr}"


def ask(site, listener, *arguments):
    """One request through s_client: tickets come before the answer, so that what it prints is complete."""
    return s_client(site, listener, "-ign_eof", *arguments,
                    text="GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").stdout


def test_every_ticket_is_good_at_its_own_listener_alone(site):
    """Open listeners give tickets in TLS 1.3; elsewhere, and after a change of the certificate, they open nothing."""
    saved = {}
    for listener in OPEN + MUTUAL:
        own = device_certificate(site) if listener in MUTUAL else ()
        saved[listener] = site.dir / f"{listener}.session"
        first = ask(site, listener, "-tls1_3", "-sess_out", saved[listener], *own)
        assert "HTTP/1.1 " in first, first
        given = "Post-Handshake New Session Ticket" in first
        assert given == (listener in OPEN), f"{listener} {'gave a' if given else 'gave no'} ticket\n{first}"
        assert not given or "Max Early Data: 0" in first, first
    tried = 0
    for listener in OPEN + MUTUAL:
        if not saved[listener].exists():
            assert listener in MUTUAL
            continue
        for other in OPEN + MUTUAL:
            own = device_certificate(site) if other in MUTUAL else ()
            again = ask(site, other, "-sess_in", saved[listener], *own)
            assert "HTTP/1.1 " in again, f"{listener}'s ticket at {other} was an error\n{again}"
            good = listener == other and listener in OPEN
            assert ("Reused, TLSv1.3" in again) == good, f"{listener}'s ticket at {other}\n{again}"
            tried += 1
        for other in MUTUAL:  # a ticket stands for no certificate
            bare = ask(site, other, "-sess_in", saved[listener])
            assert "HTTP/1.1 " not in bare and "Reused" not in bare, f"{listener}'s ticket at {other}\n{bare}"
    assert tried >= len(OPEN) * len(OPEN + MUTUAL), f"{tried} tickets were tried"


def test_printing_clients_are_given_tickets_only_where_the_operator_says(site):
    with house.Installation(site.programs) as other:
        other.init()
        other.start("release")
        other.start("intake")
        first = ask(other, "ipps", "-tls1_3")
        assert "HTTP/1.1 " in first and "New Session Ticket" not in first, first


def test_a_daemon_whose_own_certificate_is_revoked_says_so_and_resumes_nothing(site):
    with house.Installation(site.programs) as other:
        other.init()
        other.start("report")
        saved = other.dir / "report.session"
        assert "HTTP/1.1 " in ask(other, "report", "-tls1_3", "-sess_out", saved)
        assert "Reused, TLSv1.3" in ask(other, "report", "-sess_in", saved)
        certificate = other.root / "report" / "tls" / "cert.pem"
        other.safeq("tls", "revoke", certificate)
        assert "Reused, TLSv1.3" in ask(other, "report", "-sess_in", saved), "known before it was told"
        report = other.processes["report"]
        assert " revoked " not in report.log.read_text()
        report.child.send_signal(signal.SIGHUP)
        house.wait_until(lambda: " reloaded " in report.log.read_text(), 30, "the reload")
        told = re.compile(rf"^.* error safeq-report revoked what=certificate code=certificate_revoked where={certificate} "
                          r"detail=\"serial [0-9a-f]+ is on the revocation list: .*$", re.M)
        assert told.search(report.log.read_text()), report.log.read_text()
        for _ in range(2):
            again = ask(other, "report", "-sess_in", saved, "-sess_out", saved)
            assert "HTTP/1.1 " in again and "Reused" not in again and "New Session Ticket" not in again, again
        other.stop("report")
        other.start("report")
        assert told.search(other.processes["report"].log.read_text())


def test_tls_1_2_resumes_nothing(site):
    for listener in OPEN:
        saved = site.dir / f"{listener}-12.session"
        first = ask(site, listener, "-tls1_2", "-sess_out", saved)
        assert "HTTP/1.1 " in first and "TLS session ticket:" not in first, first
        if saved.exists():
            again = ask(site, listener, "-tls1_2", "-sess_in", saved)
            assert "HTTP/1.1 " in again and "Reused" not in again, again


def test_plain_text_gets_nothing(site):
    for listener in OPEN + MUTUAL:
        with socket.create_connection(("127.0.0.1", site.port(listener)), 5) as connection:
            connection.settimeout(10)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            data = b""
            try:
                while chunk := connection.recv(4096):
                    data += chunk
            except ConnectionError:
                pass
            assert b"HTTP" not in data, f"{listener} spoke HTTP without TLS: {data!r}"


def test_the_hybrid_group_is_spoken(site):
    """openssl 3.0 has no X25519MLKEM768: X25519 must work for it; the hybrid is shown by our own client."""
    result = s_client(site, "ipps", "-tls1_3", "-groups", "X25519")
    assert "Verification: OK" in result.stdout
    result = s_client(site, "ipps", "-tls1_3", "-groups", "ffdhe2048")
    assert "Cipher is (NONE)" in result.stdout, "a group that no policy has was accepted"



def raw_client(site, listener, manner, path):
    """A client of our own that keeps no rules; (whether it was asked for a certificate, what it was answered)."""
    program = site.programs.parent / "tests" / "interop" / "raw_tls_client"
    result = scenario.command(program, site.port(listener), manner, path, timeout=40)
    assert result.returncode == 0, f"{listener} {manner}: {result.stderr}"
    said = json.loads(result.stdout)
    return said["asked"], said["status"]


def test_a_request_before_the_client_has_proved_itself_reaches_nothing(site):
    """CVE-2026-34582: application data before Finished, with no certificate, against every mutual listener."""
    paths = {"intake": "/log/checkpoint", "terminal": "/v1/jobs", "daemon": "/internal/v1/epochs"}
    assert set(paths) == set(MUTUAL)
    # The client is right: where no certificate is asked for, it is answered.
    asked, status = raw_client(site, "report", "rules", "/")
    assert not asked and status.startswith("HTTP/1.1 "), status
    before = {name: site.processes[name].log.read_text() for name in ("intake", "release")}
    for listener, path in paths.items():
        for manner in ("application-keys", "handshake-keys", "clear", "finished-only", "no-certificate"):
            asked, status = raw_client(site, listener, manner, path)
            assert asked and status == "", f"{listener} {manner}: {status}"
    for listener in OPEN:  # nor anywhere else
        for manner in ("application-keys", "handshake-keys", "clear"):
            _, status = raw_client(site, listener, manner, "/")
            assert status == "", f"{listener} {manner}: {status}"
    # No request was even looked at: a refusal of one would be logged.
    for name, log in before.items():
        new = site.processes[name].log.read_text()[len(log):]
        assert "refused route" not in new, new


def test_tickets_outlive_a_reload_but_no_certificate(site):
    def reload(name):
        process = site.processes[name]
        before = len(process.log.read_text())
        process.child.send_signal(signal.SIGHUP)
        house.wait_until(lambda: " reloaded " in process.log.read_text()[before:], 30, f"{name} to reload")

    daemon = {"ipps": "intake", "report": "report"}
    assert set(daemon) == set(OPEN)
    for listener, name in daemon.items():
        saved = site.dir / f"{listener}-reload.session"
        assert "Reused" not in ask(site, listener, "-tls1_3", "-sess_out", saved)
        reload(name)
        assert "Reused, TLSv1.3" in ask(site, listener, "-sess_in", saved), f"{listener} forgot its tickets"
    site.safeq("tls", "renew")
    for listener, name in daemon.items():
        reload(name)
        again = ask(site, listener, "-sess_in", site.dir / f"{listener}-reload.session")
        assert "HTTP/1.1 " in again and "Reused" not in again and "Verification: OK" in again, again


if __name__ == "__main__":
    scenario.main(globals(), needs=("curl", "openssl"))
