#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`safeq init` with its options: an installation that others reach by names and an address of theirs works as any other."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402
from scenario import ALICE  # noqa: E402

HOSTS, OUTSIDE = ("print.example.org", "print"), "127.0.0.2"


def set_up(site):
    named = [word for host in HOSTS for word in ("--host", host)]
    site.summary = site.init(*named, "--address", OUTSIDE, "--listen", OUTSIDE)
    site.host = OUTSIDE
    site.start_all()
    site.received = scenario.people_and_device(site)
    site.page = site.dir / "page.pdf"
    site.page.write_bytes(house.make_pdf(1, "CANARY init page"))


def shown(site, listener, address, name=None):
    """The certificate that a listener shows, verified for that name."""
    trust = site.trust()
    if listener in ("terminal", "intake", "daemon"):
        trust.load_cert_chain(site.root / "report" / "tls" / "cert.pem", site.root / "report" / "tls" / "key.pem")
    with socket.create_connection((address, site.port(listener)), 20) as connection:
        with trust.wrap_socket(connection, server_hostname=name or address) as session:
            return session.getpeercert()


def test_what_others_reach_listens_there_and_bears_all_names(site):
    for listener in ("ipps", "terminal", "report"):
        for name in (*HOSTS, "localhost", OUTSIDE, "127.0.0.1", "::1"):
            shown(site, listener, OUTSIDE, name)
        try:
            socket.create_connection(("127.0.0.1", site.port(listener)), 5).close()
            raise AssertionError(f"{listener} listens at 127.0.0.1")
        except ConnectionRefusedError:
            pass
    for listener in ("intake", "daemon"):  # between our servers, all on this machine
        shown(site, listener, "127.0.0.1", "localhost")


def test_the_summary_says_where(site):
    first = HOSTS[0]
    for line in (f"ipps://{first}:{site.port('ipps')}/ipp/print", f"https://{first}:{site.port('terminal')} for terminals",
                 f"https://{first}:{site.port('report')}/", f"at {OUTSIDE}"):
        assert line in site.summary, site.summary
    assert f"ipps://{first}:{site.port('ipps')}/ipp/t/" in scenario.token_uri(site)


def test_a_document_goes_through_and_the_report_reads_both_logs(site):
    site.safeq("print", site.page, "--user", "alice", "--uri", f"ipps://{OUTSIDE}:{site.port('ipps')}/ipp/print",
               text=ALICE["password"] + "\n")
    terminal = scenario.sign_in(site)
    jobs = house.wait_until(terminal.jobs, 20, "the job at the terminal")
    status, answer = terminal.release(jobs[0]["id"])
    assert status == 200, (status, answer)
    house.wait_until(lambda: house.files_holding(site.received, [b"CANARY init page"]), 20, "the page at the device")

    def followed():
        lines = site.safeq("report", "status").stdout.splitlines()
        assert not any("TAMPERED" in line for line in lines), lines
        return [line.split()[0] for line in lines if "  verified 2" in line] == ["intake", "release"]
    house.wait_until(followed, 20, "both logs to be followed")


def test_what_nobody_can_listen_at_is_refused_and_leaves_nothing(site):
    for wrong in ("print.example.org", "127.0.0.1:80", "::1::2", ""):
        folder = site.dir / "other"
        result = scenario.command(site.programs / "safeq", "init", folder, "--listen", wrong)
        assert result.returncode == 1 and "listen" in result.stderr, (wrong, result.stdout, result.stderr)
        assert not folder.exists()


if __name__ == "__main__":
    scenario.main(globals())
