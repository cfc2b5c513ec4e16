#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS policies in the daemons: every pathway by the name that its option gives, an old device by its exception alone."""
import datetime
import hashlib
import json
import pathlib
import select
import signal
import socket
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


class OldDevice:
    """Before a device of ours stands one that knows TLS 1.2 with CBC and nothing newer."""

    def __init__(self, site, behind):
        self.behind = behind
        certificate, key = site.dir / "old.pem", site.dir / "old.key"
        made = scenario.command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                                "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate)
        assert made.returncode == 0, made.stderr
        public = scenario.command("openssl", "x509", "-in", certificate, "-pubkey", "-noout").stdout
        self.pin = "sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(
            public.replace("PUBLIC KEY", "CERTIFICATE").strip())).hexdigest()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers("ECDHE-RSA-AES128-SHA256")
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"ipps://localhost:{self.listener.getsockname()[1]}/ipp/print"
        self.spoken = []  # version and suite of each connection, or that there was none
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        raw.settimeout(20)
        try:
            near = self.context.wrap_socket(raw, server_side=True)
        except OSError:
            self.spoken.append(None)
            return
        self.spoken.append(near.cipher()[:2])
        # Two names for one device: the far one knows itself by its own.
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with near, socket.create_connection(("127.0.0.1", self.behind), 20) as far_raw, trusting.wrap_socket(far_raw) as far:
            other = {near: far, far: near}
            while True:
                ready = [s for s in other if s.pending()] or select.select(list(other), [], [], 20)[0]
                for side in ready:
                    try:
                        data = side.recv(65536)
                        if not data:
                            return
                        other[side].sendall(data)
                    except OSError:
                        return
                if not ready:
                    return

    def close(self):
        self.listener.close()


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)
    site.plain_config = config(site, "release").read_text()
    folder, facts = site.start_device("behind")
    site.old = OldDevice(site, int(facts["uri"].split(":")[2].split("/")[0]))
    site.old_prints = folder
    site.safeq("device", "add", "old", "--uri", site.old.uri, "--key-pin", site.old.pin, "--rule", "card+pin")
    site.old_id = next(row["id"] for row in json.loads(site.safeq("device", "list", "--json").stdout) if row["name"] == "old")
    site.page = site.dir / "page.pdf"
    site.page.write_bytes(house.make_pdf(2, "for an old device"))


def config(site, name):
    return site.root / name / f"{name}.conf"


def exception(site, policy="legacy-mfd-2026", until=None, because="firmware 3.1 has no GCM, order 4711"):
    day = until or datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=30)
    return f"{site.old_id} {policy} until {day} because {because}\n"


def with_table(site, text):
    """Starts release anew with a table of exceptions."""
    table = site.dir / "exceptions"
    table.write_text(text)
    site.stop("release")
    config(site, "release").write_text(site.plain_config + f'tls-exceptions="{table}"\n')
    site.start("release")


def print_there(site):
    """Prints on the old device; what became of the job, and its id."""
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    job = house.wait_until(lambda: [r for r in scenario.job_rows(site, True) if r["id"] not in known and r["state"] == "held"], 20,
                           "the job at release")[0]["id"]
    terminal = scenario.sign_in(site, "old")
    status, answer = terminal.release(job)
    assert status == 200, answer
    terminal.call("DELETE", f"/v1/jobs/{job}")
    return answer["state"]


def uses(site):
    out = site.safeq("audit", "export", "release", "--format", "jsonl").stdout
    entries = [json.loads(line)["entry"] for line in out.splitlines()]
    return [entry for entry in entries if entry["kind"] == "policy_exception_used"]


def test_without_an_exception_it_gets_nothing(site):
    assert print_there(site) == "held"
    assert site.old.spoken == [None] and list(site.old_prints.iterdir()) == []


def test_an_exception_is_used_and_on_record(site):
    with_table(site, exception(site))
    assert print_there(site) == "printed"
    assert set(site.old.spoken[1:]) == {("ECDHE-RSA-AES128-SHA256", "TLSv1.2")}
    assert [path.read_bytes() for path in site.old_prints.iterdir()] == [site.page.read_bytes()]
    noted = house.wait_until(lambda: uses(site), 20, "the record")
    assert len(noted) == 1 and noted[0]["device"] == site.old_id, noted
    assert "legacy-mfd-2026" in json.dumps(noted[0]) and "order 4711" in json.dumps(noted[0])


def test_an_exception_ends_by_itself(site):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    with_table(site, exception(site, until=today))
    before = len(site.old.spoken)
    assert print_there(site) == "held"
    assert site.old.spoken[before:] == [None]
    assert "exception-expired" in site.processes["release"].log.read_text()


def test_a_table_is_read_anew_while_the_server_runs(site):
    with_table(site, "")
    release, table = site.processes["release"], site.dir / "exceptions"

    def read_anew(text, told):
        before = len(release.log.read_text())
        table.write_text(text)
        release.child.send_signal(signal.SIGHUP)
        return house.wait_until(lambda: told in release.log.read_text()[before:] and release.log.read_text()[before:], 20, told)
    assert print_there(site) == "held"
    read_anew(exception(site), " reloaded ")
    assert print_there(site) == "printed"
    assert str(table) in read_anew("no table\n", " reload-refused ")
    assert print_there(site) == "printed"  # by the one that was good
    read_anew("", " reloaded ")
    assert print_there(site) == "held"


def test_other_devices_stay_under_the_strict_policy(site):
    """The exception is the old device's alone: one that TLS 1.2 with CBC would suit, too, isn't talked to by it."""
    with_table(site, exception(site))
    other = OldDevice(site, site.old.behind)
    site.safeq("device", "add", "other", "--uri", other.uri, "--key-pin", other.pin, "--rule", "card+pin")
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    job = house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job")[0]["id"]
    status, answer = scenario.sign_in(site, "other").release(job)
    assert status == 200 and answer["state"] == "held", answer
    assert other.spoken == [None]
    other.close()


def test_an_operator_s_own_policies_have_names(site):
    folder = site.root / "public" / "tls-policies"
    folder.mkdir()
    (folder / "floor.policy").write_text("name third-floor\nfrom intermediate-2026\nmin version tls1.3\n")
    own = config(site, "intake").read_text()
    port = site.port("ipps")

    def offers(version):
        shown = scenario.command("openssl", "s_client", "-connect", f"localhost:{port}", version, text="")
        return "Cipher is (NONE)" not in shown.stdout
    assert offers("-tls1_2") and offers("-tls1_3")
    site.stop("intake")
    config(site, "intake").write_text(own.replace("intermediate-2026", "third-floor"))
    site.start("intake")
    assert not offers("-tls1_2") and offers("-tls1_3")
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job")
    config(site, "intake").write_text(own)


def test_a_wrong_policy_stops_the_start(site):
    def refusal(name, text):
        path = config(site, name)
        own = path.read_text()
        path.write_text(text(own))
        result = scenario.command(site.programs / f"safeq-{name}", "--config", path, timeout=20)
        path.write_text(own)
        assert result.returncode == 1, result.stderr
        return result.stderr
    for name in ("intake", "release", "report"):
        site.stop(name)
    config(site, "release").write_text(site.plain_config)
    for name, option in (("intake", "tls-policy-clients"), ("release", "tls-policy-terminals"), ("report", "tls-policy-people"),
                         ("release", "tls-policy-devices"), ("intake", "tls-policy-daemons")):
        def changed(text, to, option=option):
            return "".join(f'{option}="{to}"\n' if line.startswith(option + "=") else line for line in text.splitlines(True))
        said = refusal(name, lambda text: changed(text, "modern"[::-1]))
        assert option in said and "safeq tls list" in said, said
        said = refusal(name, lambda text: changed(text, "obsolete-mfd-2026"))
        assert option in said and "only for named devices" in said, said
    table = site.dir / "bad-exceptions"
    table.write_text("# devices\n" + exception(site, "no-such-policy"))
    said = refusal("release", lambda text: text + f'tls-exceptions="{table}"\n')
    assert "bad-exceptions" in said and "line 2" in said, said
    table.unlink()
    assert "[not_found]" in refusal("release", lambda text: text + f'tls-exceptions="{table}"\n')
    broken = site.root / "public" / "tls-policies" / "second.policy"
    for text, told in (("name wide\nfrom modern-2026\nmin version tls1.0\n", "line 3"),
                       ("name third-floor\nfrom modern-2026\n", "another file")):
        broken.write_text(text)
        said = refusal("intake", lambda text: text)
        assert "second.policy" in said and told in said, said
    broken.unlink()


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl",))
