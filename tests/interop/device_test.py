#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Release to CUPS's reference printer, ippeveprinter, over IPPS; and to devices that are false or go away."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


class ReferencePrinter:
    """ippeveprinter with its own key; keeps what it printed."""

    def __init__(self, site):
        self.folder = site.dir / "eve"
        (self.folder / "keys").mkdir(parents=True)
        (self.folder / "spool").mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.keep = self.folder / "keep.sh"
        self.keep.write_text(f"#!/bin/sh\ncat \"$1\" > {self.folder}/printed.$$\n")
        self.keep.chmod(0o755)
        self.services = []
        if not self._bus_answers():
            pathlib.Path("/run/dbus").mkdir(parents=True, exist_ok=True)
            self.BUS.unlink(missing_ok=True)  # of a bus that is gone
            self._start(["dbus-daemon", "--system", "--nofork", "--nopidfile"])
            house.wait_until(self._bus_answers, 10, "the system bus")
        if subprocess.run(["avahi-daemon", "--check"], capture_output=True).returncode != 0:
            self._start(["avahi-daemon", "--no-chroot", "--no-rlimits", "--no-drop-root"])
            house.wait_until(lambda: subprocess.run(["avahi-daemon", "--check"], capture_output=True).returncode == 0, 20, "avahi")
        self.log = open(site.logs / "ippeveprinter.log", "wb")
        # It accepts any format, hands the document to a command, and makes its certificate in -K's folder.
        self.printer = self._start(["ippeveprinter", "-p", str(self.port), "-n", "localhost", "-K", str(self.folder / "keys"),
                                    "-d", str(self.folder / "spool"), "-f", "application/pdf,image/pwg-raster,image/jpeg",
                                    "-c", str(self.keep), "-v", "Safe Printer"], self.log)
        house.wait_until(self._listening, 20, "ippeveprinter to listen")
        self.uri = f"ipps://localhost:{self.port}/ipp/print"

    BUS = pathlib.Path("/run/dbus/system_bus_socket")

    def _bus_answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.BUS)) == 0

    def _start(self, arguments, output=subprocess.DEVNULL):
        child = subprocess.Popen(arguments, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self.services.append(child)
        return child

    def _listening(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def key_pin(self):
        """sha256 of the SubjectPublicKeyInfo that it shows, as an operator would read it off with openssl."""
        shown = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{self.port}", "-servername", "localhost"], input=b"",
                               capture_output=True, timeout=20)
        key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=shown.stdout, capture_output=True, timeout=20)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, timeout=20)
        assert der.returncode == 0 and der.stdout, der.stderr
        import hashlib
        return "sha256:" + hashlib.sha256(der.stdout).hexdigest()

    def printed(self):
        return sorted(self.folder.glob("printed.*"))

    def close(self):
        for child in reversed(self.services):
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.log.close()


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)


def send(site, document, name="page.pdf", mime="application/pdf"):
    """Prints, and waits until release holds the job; returns its id."""
    path = site.dir / name
    path.write_bytes(document)
    known = {row["id"] for row in scenario.job_rows(site)}
    site.safeq("print", path, "--uri", site.uri)
    rows = house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job at release")
    return rows[0]["id"]


def test_release_to_ippeveprinter_gives_identical_bytes(site):
    printer = ReferencePrinter(site)
    try:
        site.safeq("device", "add", "eve", "--uri", printer.uri, "--key-pin", printer.key_pin(), "--rule", "card+pin")
        document = house.make_pdf(40, "identical bytes")
        job = send(site, document)
        terminal = scenario.sign_in(site, "eve")
        status, answer = terminal.release(job)
        assert status == 200 and answer["state"] == "printed", (status, answer)
        printed = house.wait_until(printer.printed, 20, "the printed file")
        assert [p.read_bytes() == document for p in printed] == [True]
    finally:
        printer.close()


def test_a_device_with_another_key_gets_nothing(site):
    folder, device = site.start_device("false", )
    site.safeq("device", "add", "false", "--uri", device["uri"], "--key-pin", "sha256:" + "0" * 64, "--rule", "card+pin")
    job = send(site, house.make_pdf(1, "not for a false device"))
    terminal = scenario.sign_in(site, "false")
    status, answer = terminal.release(job)
    assert status == 200 and answer["state"] == "held", (status, answer)
    assert list(folder.iterdir()) == []


def test_a_device_that_is_off_leaves_the_job_held(site):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site.safeq("device", "add", "off", "--uri", f"ipps://localhost:{port}/ipp/print", "--key-pin", "sha256:" + "1" * 64,
               "--rule", "card+pin")
    job = send(site, house.make_pdf(1, "patience"))
    terminal = scenario.sign_in(site, "off")
    status, answer = terminal.release(job)
    assert status == 200 and answer["state"] == "held", (status, answer)


def test_a_device_that_hangs_up_in_the_middle_leaves_it_uncertain(site):
    """Bytes have left: only the owner may say whether it is to be printed again."""
    folder, device = site.start_device("broken", "--hang-up-after", "200000")
    site.safeq("device", "add", "broken", "--uri", device["uri"], "--key-pin", device["key_pin"], "--rule", "card+pin")
    document = house.make_pdf(4000, "half way")
    assert len(document) > 500_000
    job = send(site, document)
    terminal = scenario.sign_in(site, "broken")
    status, answer = terminal.release(job)
    assert status == 200 and answer["state"] == "uncertain", (status, answer)
    status, answer = terminal.release(job)
    assert status == 409, f"released again unasked: {status} {answer}"
    site.processes.pop("broken").stop()
    good = scenario.sign_in(site, "mfd")
    status, answer = good.call("POST", f"/v1/jobs/{job}/release", {"again": True})
    assert status == 200 and answer["state"] == "printed", (status, answer)
    import hashlib
    digest = hashlib.sha256(document).hexdigest()
    assert [p for p in (site.dir / "mfd").iterdir() if house.sha256(p) == digest], "not printed at the good device"


def test_a_device_moves_asks_for_something_else_and_goes(site):
    _, first = site.start_device("first")
    folder, second = site.start_device("second")
    site.safeq("device", "add", "hall", "--uri", first["uri"], "--key-pin", first["key_pin"], "--rule", "card+pin")
    terminal = scenario.sign_in(site, "hall")
    site.safeq("device", "set", "hall", "--uri", second["uri"], "--key-pin", second["key_pin"])
    assert terminal.call("GET", "/v1/jobs")[0] == 200
    document = house.make_pdf(2, "to where it stands now")
    status, answer = terminal.release(send(site, document))
    assert status == 200 and answer["state"] == "printed", (status, answer)
    assert any(p.read_bytes() == document for p in folder.iterdir()), "not printed where it stands now"

    site.safeq("device", "set", "hall", "--rule", "password")
    assert terminal.call("GET", "/v1/jobs")[0] == 401
    assert terminal.sign_in(house.card(scenario.ALICE["card"]), house.pin(scenario.ALICE["pin"]))[0] == 403
    assert terminal.sign_in(house.password("alice", scenario.ALICE["password"]))[0] == 201

    # Its terminal shows another certificate, which is mfd's no more than another's.
    other = site.root / "devices" / "mfd" / "cert.pem"
    assert "already_exists" in site.safeq("device", "set", "hall", "--terminal", other, check=False).stderr
    site.safeq("device", "add", "spare", "--uri", second["uri"], "--key-pin", second["key_pin"], "--rule", "card+pin")
    spare = site.dir / "spare"
    shutil.copytree(site.root / "devices" / "spare", spare)
    site.safeq("device", "remove", "spare")
    assert not (site.root / "devices" / "spare").exists()
    site.safeq("device", "set", "hall", "--terminal", spare / "cert.pem")
    assert terminal.call("GET", "/v1/jobs")[0] == 403
    moved = site.terminal("hall")
    moved.context.load_cert_chain(spare / "cert.pem", spare / "key.pem")
    assert moved.sign_in(house.password("alice", scenario.ALICE["password"]))[0] == 201

    site.safeq("device", "remove", "hall")
    assert moved.call("GET", "/v1/jobs")[0] == 403
    assert "not_found" in site.safeq("device", "remove", "hall", check=False).stderr
    assert "hall" not in site.safeq("device", "list").stdout

    def of_hall():
        return [e for e in scenario.entries(site) if e.get("fields", {}).get("name") == "hall"]
    house.wait_until(lambda: any(e["kind"] == "device_removed" for e in of_hall()), 20, "the records")
    changed = [e["fields"]["changed"] for e in of_hall() if e["kind"] == "device_changed"]
    assert changed == ["uri+key_pin", "rule", "terminal"], changed


if __name__ == "__main__":
    scenario.main(globals(), needs=("ippeveprinter", "openssl", "dbus-daemon", "avahi-daemon"))
