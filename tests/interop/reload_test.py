#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: other certificates, revocation lists and policies for the connections to come, while those at work go on."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402
from reloading import ask, connect, hang_up, log, reload_all  # noqa: E402

LISTENERS = {"release": ("terminal", "daemon"), "intake": ("ipps", "intake"), "report": ("report",)}


def set_up(site):
    site.init()
    site.start_all()
    site.received = scenario.people_and_device(site)


def certificate(site, name):
    return site.root / name / "tls" / "cert.pem"


def serial(path):
    return scenario.command("openssl", "x509", "-in", path, "-noout", "-serial").stdout.strip().removeprefix("serial=")


def shown(site, listener):
    """The serial number of the certificate that a new connection sees, as OpenSSL reads it."""
    result = scenario.command("openssl", "s_client", "-connect", f"127.0.0.1:{site.port(listener)}", "-CAfile",
                              site.root / "public" / "ca.pem", "-showcerts", text="")
    path = site.dir / "shown.pem"
    path.write_text(result.stdout[result.stdout.index("-----BEGIN"):result.stdout.index("-----END CERTIFICATE-----")]
                    + "-----END CERTIFICATE-----\n")
    return serial(path)


def at_terminal(site):
    return connect(site, "terminal", site.root / "devices" / "mfd")


PRINTER_ATTRIBUTES = (b"\x02\x00\x00\x0b\x00\x00\x00\x01\x01" + b"".join(
    bytes([tag]) + len(n).to_bytes(2, "big") + n + len(v).to_bytes(2, "big") + v
    for tag, n, v in ((0x47, b"attributes-charset", b"utf-8"), (0x48, b"attributes-natural-language", b"en"),
                      (0x45, b"printer-uri", b"ipps://localhost/ipp/print"))) + b"\x03")


def test_connections_at_work_go_on_and_new_ones_see_the_new_certificate(site):
    device, people = at_terminal(site), connect(site, "report")
    before = {name: serial(certificate(site, name)) for name in house.DAEMONS}
    assert ask(device, "/v1/jobs") == 401 and ask(people) == 401
    half = connect(site, "ipps")  # in the middle of a request
    half.putrequest("POST", "/ipp/print")
    half.putheader("Content-Type", "application/ipp")
    half.putheader("Content-Length", str(len(PRINTER_ATTRIBUTES)))
    half.endheaders(PRINTER_ATTRIBUTES[:20])

    site.safeq("tls", "renew")
    for name, listeners in LISTENERS.items():
        for listener in listeners:
            assert shown(site, listener) == before[name], "read before it was asked to"
    reload_all(site)
    for name, listeners in LISTENERS.items():
        now = serial(certificate(site, name))
        assert now != before[name]
        for listener in listeners:
            assert shown(site, listener) == now, listener

    half.send(PRINTER_ATTRIBUTES[20:])
    answer = half.getresponse()
    assert answer.status == 200 and answer.read()[2:4] == b"\x00\x00"
    assert ask(device, "/v1/jobs") == 401 and ask(people) == 401
    assert ask(at_terminal(site), "/v1/jobs") == 401

    def told(log, name):
        return [entry["fields"] for entry in scenario.entries(site, log) if entry["kind"] == "credentials_reloaded" and entry["fields"]["name"] == name]
    for name, log in (("intake", "intake"), ("release", "release"), ("report", "release")):
        last = house.wait_until(lambda n=name, of=log: told(of, n), 20, f"the reload of {name} on record")[-1]
        assert (last["name"], last["key"].upper()) == (name, serial(certificate(site, name))), last
    for connection in (device, people, half):
        connection.close()


def test_what_is_in_effect_is_on_record(site):
    """Not the options alone: a policy that is put beside the others, or weakened, shows in the log."""
    def told(name):
        log = "intake" if name == "intake" else "release"
        return [entry["fields"]["configuration"] for entry in scenario.entries(site, log)
                if entry["kind"] in ("daemon_started", "credentials_reloaded") and entry["fields"]["name"] == name]

    def after(act):
        before = {name: len(told(name)) for name in house.DAEMONS}
        act()
        return {name: house.wait_until(lambda n=name: told(n)[before[n]:], 20, f"{name} to record it")[-1] for name in house.DAEMONS}

    def restart():
        for name in house.DAEMONS:
            site.stop(name)
        site.start_all()
    as_it_is = after(lambda: reload_all(site))
    assert after(lambda: reload_all(site)) == as_it_is
    assert after(restart) == as_it_is
    policy = site.root / "public" / "tls-policies" / "floor.policy"
    policy.parent.mkdir(exist_ok=True)
    policy.write_text("name third-floor\nfrom intermediate-2026\nmin version tls1.3\n")
    more = after(lambda: reload_all(site))
    policy.write_text("name third-floor\nfrom intermediate-2026\n")
    weaker = after(lambda: reload_all(site))
    for name in house.DAEMONS:
        assert len({as_it_is[name], more[name], weaker[name]}) == 3, name
    assert after(restart) == weaker
    policy.unlink()
    assert after(lambda: reload_all(site)) == as_it_is
    # What only the release server reads.
    intakes = site.root / "public" / "intakes"
    text = intakes.read_text()
    intakes.write_text(text + "\n")
    now = after(lambda: reload_all(site))
    assert after(restart) == now
    assert now["release"] != as_it_is["release"] and now["intake"] == as_it_is["intake"] and now["report"] == as_it_is["report"]
    intakes.write_text(text)
    assert after(restart) == as_it_is


def test_a_daemon_that_is_about_to_serve_reloads_when_it_does(site):
    site.stop("report")
    path = site.logs / "early.log"
    with open(path, "wb") as output:
        child = subprocess.Popen([site.programs / "safeq-report", "--config", site.root / "report" / "report.conf"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=output)
    try:
        # As soon as the program has taken care of the signal, held or caught (proc(5)).
        def careful():
            lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{child.pid}/status").read_text().splitlines())
            return any(int(lines[mask], 16) & 1 for mask in ("SigBlk", "SigCgt"))
        house.wait_until(careful, 20, "the program's first steps")
        child.send_signal(signal.SIGHUP)
        house.wait_until(lambda: " reloaded " in path.read_text(), 20, "the reload")
        assert child.poll() is None
    finally:
        child.terminate()
        child.wait(20)
    site.start("report")


def test_no_request_is_lost_while_daemons_reload_again_and_again(site):
    done, asked, failures = threading.Event(), [], []

    def keep_asking(listener, shows, path, anew):
        connection = connect(site, listener, shows)
        try:
            while not done.is_set():
                if anew:
                    connection = connect(site, listener, shows)
                assert ask(connection, path) == 401
                asked.append(listener)
                if anew:
                    connection.close()
        except Exception as error:  # told by the main thread
            failures.append(f"{listener}: {error!r}")

    threads = [threading.Thread(target=keep_asking, args=(*where, anew)) for anew in (False, True)
               for where in (("terminal", site.root / "devices" / "mfd", "/v1/jobs"), ("report", None, "/"))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            reload_all(site)
        house.wait_until(lambda: failures or len(asked) > 100, 30, "a hundred requests")
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
    assert not failures, failures


def test_a_document_finds_its_way_between_reloads(site):
    document = site.dir / "a.pdf"
    document.write_bytes(house.make_pdf(1, "between reloads"))
    site.safeq("print", document, "--user", "alice", text=scenario.ALICE["password"] + "\n")
    reload_all(site)
    terminal = scenario.sign_in(site)
    (job,) = house.wait_until(terminal.jobs, 30, "the job at the terminal")
    reload_all(site)
    status, answer = terminal.release(job["id"])
    assert status == 200, answer
    assert house.wait_until(lambda: [p for p in site.received.iterdir() if house.sha256(p) == house.sha256(document)], 30, "the document")
    # Report still follows both logs, by its new contexts.
    site.safeq("report", "jobs")
    assert "log-not-followed" not in log(site, "report").split(" reloaded ")[-1]


def test_an_intake_that_was_not_known_is_after_a_reload(site):
    """Its first jobs wait, and are handed over as soon as the release server has read its line."""
    known = site.root / "public" / "intakes"
    line = known.read_text()
    site.stop("release")
    known.write_text("")
    site.start("release")
    document = site.dir / "b.pdf"
    document.write_bytes(house.make_pdf(1, "of a new intake"))
    job = site.safeq("print", document, "--user", "alice", text=scenario.ALICE["password"] + "\n").stdout.strip().splitlines()[-1]
    house.wait_until(lambda: f"hand-over-kept-back job={job}" in log(site, "intake"), 30, "the intake to be told that it isn't known")
    known.write_text("nobody\n")
    said = hang_up(site, "release")["release"]
    assert " reload-refused " in said and "intakes" in said, said
    known.write_text(line)
    assert " reloaded " in hang_up(site, "release")["release"]
    house.wait_until(lambda: [row for row in scenario.job_rows(site) if row["id"] == job], 90, "the job at the release server")
    assert scenario.sign_in(site).call("DELETE", f"/v1/jobs/{job}")[0] == 204


def test_a_file_that_is_bad_changes_nothing(site):
    path = site.root / "public" / "tls-policies"
    path.mkdir(exist_ok=True)
    bad = {"cert.pem": "no certificate\n", "key.pem": "no key\n", "ca.pem": certificate(site, "intake").read_text(), "crl.pem": "torn"}
    for name, listeners in LISTENERS.items():
        before = serial(certificate(site, name))
        open_one = at_terminal(site) if listeners[0] == "terminal" else connect(site, listeners[0])
        request = ("/ipp/print", "POST", PRINTER_ATTRIBUTES) if listeners[0] == "ipps" else ("/v1/jobs",)
        first = ask(open_one, *request)
        for file, content in bad.items():
            target = certificate(site, name).with_name(file)
            own = target.read_text()
            target.write_text(content)
            said = hang_up(site, name)[name]
            target.write_text(own)
            assert f" error safeq-{name} reload-refused kept=former " in said and file in said, said
            assert all(shown(site, listener) == before for listener in listeners)
        target = certificate(site, name).with_name("key.pem")
        target.chmod(0o644)  # others may read it
        said = hang_up(site, name)[name]
        target.chmod(0o600)
        assert " reload-refused " in said and "key.pem" in said and "permission" in said, said
        policy = path / "broken.policy"
        policy.write_text("name broken\nfrom nothing\n")
        said = hang_up(site, name)[name]
        policy.unlink()
        assert " reload-refused " in said and "broken.policy" in said, said
        assert ask(open_one, *request) == first
        open_one.close()
    reload_all(site)


def test_policies_are_read_anew(site):
    folder = site.root / "public" / "tls-policies"
    folder.mkdir(exist_ok=True)
    policy = folder / "printer.policy"
    policy.write_text("name printer\nfrom intermediate-2026\n")
    configuration = site.root / "intake" / "intake.conf"
    configuration.write_text(configuration.read_text().replace('tls-policy-clients="intermediate-2026"', 'tls-policy-clients="printer"'))
    site.stop("intake")
    site.start("intake")

    def speaks(version):
        result = scenario.command("openssl", "s_client", "-connect", f"127.0.0.1:{site.port('ipps')}", version, text="")
        return "Cipher is (NONE)" not in result.stdout
    assert speaks("-tls1_2") and speaks("-tls1_3")
    narrow = "name printer\nfrom intermediate-2026\nmin version tls1.3\n"
    policy.write_text(narrow)
    assert " reloaded " in hang_up(site, "intake")["intake"]
    assert not speaks("-tls1_2") and speaks("-tls1_3")
    # One that our own certificate, ECDSA over SHA-256, doesn't go with, though TLS 1.2 could sign handshakes by its key.
    policy.write_text("name printer\nfrom intermediate-2026\nforbid hash sha256\n")
    said = hang_up(site, "intake")["intake"]
    assert " reload-refused " in said and "signed by ecdsa_secp256r1_sha256, which printer doesn" in said, said
    policy.write_text(narrow)
    assert " reloaded " in hang_up(site, "intake")["intake"]


def short_lived(site, name, days):
    """Puts a certificate for the daemon's own key in place that ends so soon, made by OpenSSL with the authority's key."""
    folder, own = site.root / name / "tls", certificate(site, name).read_text()
    request, extensions = site.dir / "short.csr", site.dir / "short.ext"
    uri = re.search(r"URI:(\S+?)(,|$)", scenario.command("openssl", "x509", "-in", certificate(site, name), "-noout", "-ext",
                                                        "subjectAltName").stdout, re.M).group(1)
    extensions.write_text(f"subjectAltName=DNS:localhost,IP:127.0.0.1,URI:{uri}\nextendedKeyUsage=serverAuth,clientAuth\n")
    for command in (("req", "-new", "-key", folder / "key.pem", "-subj", f"/CN=safeq-{name}", "-out", request),
                    ("x509", "-req", "-in", request, "-CA", site.root / "ca" / "ca.pem", "-CAkey", site.root / "ca" / "ca.key",
                     "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", folder / "cert.pem")):
        made = scenario.command("openssl", *command)
        assert made.returncode == 0, made.stderr
    return own


def test_ends_are_told_before_they_come(site):
    for days, told in ((40, None), (29, "days=2[89]"), (6, "days=[56]"), (1, "days=[01]")):
        own = short_lived(site, "report", days)
        before = len(log(site, "report"))
        try:
            assert " reloaded " in hang_up(site, "report")["report"]
            line = r" warning safeq-report expires-soon what=certificate file=\S+/report/tls/cert\.pem end=\S+ %s renew=\"safeq tls renew\"$"
            if told:
                house.wait_until(lambda: re.search(line % told, log(site, "report")[before:], re.M), 30, f"{told} to be told")
        finally:
            certificate(site, "report").write_text(own)
        assert told or "expires-soon" not in log(site, "report")[before:]
    own = short_lived(site, "report", 0)  # over as soon as it is made
    try:
        before = len(log(site, "report"))
        assert " reloaded " in hang_up(site, "report")["report"]
        line = r" error safeq-report expired what=certificate code=expired where=\S+/report/tls/cert\.pem detail=\"ended .*safeq tls renew"
        house.wait_until(lambda: re.search(line, log(site, "report")[before:]), 30, "the end to be told")
    finally:
        certificate(site, "report").write_text(own)
    assert " reloaded " in hang_up(site, "report")["report"]


def put(path, data, mode=0o600):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(mode)


def test_certificate_and_key_of_a_pkcs12_file(site):
    folder = site.root / "report" / "tls"
    site.safeq("tls", "renew")
    made = scenario.command("openssl", "pkcs12", "-export", "-inkey", folder / "key.pem", "-in", folder / "cert.pem", "-passout",
                            "pass:geheim", "-out", folder / "cert.p12")
    assert made.returncode == 0, made.stderr
    wanted, pem = serial(folder / "cert.pem"), {n: (folder / n).read_text() for n in ("cert.pem", "key.pem")}
    put(folder / "cert.password", "wrong\n")
    said = hang_up(site, "report")["report"]
    assert " reload-refused " in said and "cert.p12" in said and "not several" in said, said
    for name in pem:
        (folder / name).unlink()
    said = hang_up(site, "report")["report"]
    assert " reload-refused " in said and "cert.p12" in said and "the password is wrong" in said, said
    put(folder / "cert.password", "geheim\n", 0o644)
    assert "permission" in hang_up(site, "report")["report"]
    put(folder / "cert.password", "geheim\n")
    said = hang_up(site, "report")["report"]
    assert f" reloaded serial={wanted.lower()} " in said, said
    assert shown(site, "report") == wanted
    assert site.safeq("tls", "renew", "--within", "30").stdout == "nothing is due\n"
    site.stop("report")
    site.start("report")
    assert shown(site, "report") == wanted
    for name in ("cert.p12", "cert.password"):
        (folder / name).unlink()
    for name, text in pem.items():
        put(folder / name, text)
    assert " reloaded " in hang_up(site, "report")["report"]


def test_a_key_in_a_token(site):
    module = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
    folder, tokens = site.root / "intake" / "tls", site.dir / "tokens"
    tokens.mkdir()
    (site.dir / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    env = {**os.environ, "SOFTHSM2_CONF": str(site.dir / "softhsm2.conf")}
    for arguments in (("--init-token", "--free", "--label", "safeq", "--so-pin", "12345678", "--pin", "87654321"),
                      ("--import", folder / "key.pem", "--token", "safeq", "--label", "intake", "--id", "01", "--pin", "87654321")):
        subprocess.run(["softhsm2-util", *map(str, arguments)], env=env, check=True, capture_output=True)
    site.stop("intake")
    key = (folder / "key.pem").read_text()
    (folder / "key.pem").unlink()
    put(site.dir / "pin", "87654321\n")
    uri = f"pkcs11:token=safeq;object=%s?module-path={module}&pin-source=file:{site.dir}/pin\n"
    put(folder / "key.uri", uri % "intake")
    site.start("intake", env=env)
    assert shown(site, "ipps") == serial(folder / "cert.pem")
    # As server to report, and as client of release.
    document = site.dir / "token.pdf"
    document.write_bytes(house.make_pdf(1, "by a key in a token"))
    site.safeq("print", document, "--user", "alice", text=scenario.ALICE["password"] + "\n")
    terminal = scenario.sign_in(site)
    house.wait_until(terminal.jobs, 30, "the job at the terminal")
    # Renewed without the key, and read anew with the token open already.
    before = serial(folder / "cert.pem")
    site.safeq("tls", "renew")
    assert " reloaded " in hang_up(site, "intake")["intake"]
    assert shown(site, "ipps") == serial(folder / "cert.pem") != before
    (folder / "key.uri").write_text(uri % "nobody")
    said = hang_up(site, "intake")["intake"]
    assert " reload-refused " in said and "key.uri" in said and "no such private key" in said, said
    assert shown(site, "ipps") == serial(folder / "cert.pem")
    (folder / "key.uri").unlink()
    put(folder / "key.pem", key)
    assert " reloaded " in hang_up(site, "intake")["intake"]


def test_the_service_manager_is_told(site):
    site.stop("report")
    path = site.dir / "notify"
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(path))
        manager.settimeout(30)
        site.start("report", env={**os.environ, "NOTIFY_SOCKET": str(path)})
        assert manager.recv(4096) == b"READY=1"
        hang_up(site, "report")
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", manager.recv(4096))
        assert manager.recv(4096) == b"READY=1"
        site.stop("report")
        assert manager.recv(4096) == b"STOPPING=1"


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl", "softhsm2-util"))
