#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Revocation lists of other people's authorities, of one tier and of two: a device's, a syslog collector's; and the TLS policies of
the command line."""
import json
import pathlib
import socket
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402
from old_device import OldDevice  # noqa: E402

GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
CONFIGURATION = """
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
authorityKeyIdentifier = keyid:always
[list]
authorityKeyIdentifier = keyid:always
[ca]
default_ca = own
[own]
database = {folder}/index
default_md = sha256
default_crl_days = 30
crl_extensions = list
unique_subject = no
"""


class Authority:
    """An authority as OpenSSL has it, of its own making or below another one."""

    def __init__(self, site, name, above=None):
        self.folder = site.dir / name
        self.folder.mkdir()
        self.configuration = self.folder / "openssl.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=self.folder))
        (self.folder / "index").touch()
        self.certificate, self.key = self._issue(name, above, "authority")

    def _issue(self, name, by, extensions):
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        configuration = ("-config", self.configuration)
        self._run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
                  key, "-out", request, *configuration)
        signer = ("-CA", by.certificate, "-CAkey", by.key, "-CAcreateserial") if by else ("-signkey", key)
        self._run("x509", "-req", "-in", request, *signer, "-days", "30", "-extfile", self.configuration, "-extensions", extensions,
                  "-out", certificate)
        return certificate, key

    def leaf(self, name):
        return self._issue(name, self, "leaf")

    def revoke(self, certificate):
        self._run("ca", "-config", self.configuration, "-cert", self.certificate, "-keyfile", self.key, "-revoke", certificate)

    def crl(self):
        """Its list as of now."""
        path = self.folder / "crl.pem"
        self._run("ca", "-config", self.configuration, "-cert", self.certificate, "-keyfile", self.key, "-gencrl", "-out", path)
        return path

    @staticmethod
    def _run(*arguments):
        result = scenario.command("openssl", *arguments)
        assert result.returncode == 0, result.stderr


def joined(site, name, *files):
    path = site.dir / name
    path.write_text("".join(file.read_text() for file in files))
    return path


def set_up(site):
    scenario.printing_site(site)
    folder, facts = site.start_device("behind")
    site.behind = int(facts["uri"].split(":")[2].split("/")[0])
    site.page = site.dir / "page.pdf"
    site.page.write_bytes(house.make_pdf(1, "for a trusted device"))
    site.root_authority = Authority(site, "root")


def add_device(site, name, shows, *trust):
    device = OldDevice(site, site.behind, suites=GCM, shows=shows)
    site.safeq("device", "add", name, "--uri", device.uri, "--rule", "card+pin", *trust)
    return device


def print_there(site, name):
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    job = house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job at release")[0]["id"]
    terminal = scenario.sign_in(site, name)
    status, answer = terminal.release(job)
    assert status == 200, answer
    terminal.call("DELETE", f"/v1/jobs/{job}")
    return answer["state"]


def refused(site, *arguments):
    result = site.safeq(*arguments, check=False)
    assert result.returncode == 1, result.stdout
    return result.stderr


def changes(site):
    return [e for e in scenario.entries(site) if e["kind"] == "device_changed"]


def test_a_revoked_device_gets_no_document(site):
    authority = site.root_authority
    shows = authority.leaf("printer")
    device = add_device(site, "listed", shows, "--authority", authority.certificate, "--crl", authority.crl())
    assert print_there(site, "listed") == "printed"
    authority.revoke(shows[0])
    site.safeq("device", "set", "listed", "--crl", authority.crl())
    assert print_there(site, "listed") == "held"
    house.wait_until(lambda: device.spoken[-1] is None, 20, "the handshake that failed")
    site.safeq("device", "set", "listed", "--no-crl")
    assert print_there(site, "listed") == "printed"
    assert len(house.wait_until(lambda: len(changes(site)) >= 2 and changes(site), 20, "the records")) == 2
    rows = {row["name"]: row for row in json.loads(site.safeq("device", "list", "--json").stdout)}
    assert rows["listed"]["crl"] is False and rows["listed"]["trust"] == "authority"
    device.close()


def test_a_list_that_can_t_count_is_refused(site):
    authority, stranger = site.root_authority, Authority(site, "stranger")
    device = add_device(site, "strict", authority.leaf("strict-printer"), "--authority", authority.certificate, "--crl",
                        authority.crl())
    assert "certificate_untrusted" in refused(site, "device", "set", "strict", "--crl", stranger.crl())
    assert "malformed" in refused(site, "device", "set", "strict", "--crl", site.page)
    (site.dir / "nothing").touch()
    assert "no revocation list" in refused(site, "device", "set", "strict", "--crl", site.dir / "nothing")
    assert "pinned" in refused(site, "device", "set", "mfd", "--crl", authority.crl())
    assert "not_found" in refused(site, "device", "set", "nobody", "--no-crl")
    assert "nothing to change" in refused(site, "device", "set", "strict")
    assert "not_found" in refused(site, "device", "set", "../mfd", "--no-crl")
    assert print_there(site, "strict") == "printed"  # by the list that it had
    device.close()


def test_each_of_two_tiers_has_its_list(site):
    root = site.root_authority
    issuing = Authority(site, "issuing", above=root)
    shows = issuing.leaf("tiered-printer")
    both = joined(site, "tiers.pem", root.certificate, issuing.certificate)
    device = add_device(site, "tiered", shows, "--authority", both, "--crl", joined(site, "tiers.crl", root.crl(), issuing.crl()))
    assert print_there(site, "tiered") == "printed"  # which shows its own certificate alone
    site.safeq("device", "set", "tiered", "--crl", root.crl())
    assert print_there(site, "tiered") == "held"
    issuing.revoke(shows[0])
    site.safeq("device", "set", "tiered", "--crl", joined(site, "tiers.crl", root.crl(), issuing.crl()))
    assert print_there(site, "tiered") == "held"
    device.close()


class Collector:
    """Takes what comes over TLS 1.2, one connection after the other."""

    def __init__(self, shows):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*shows)
        self.listener, self.taken = socket.create_server(("127.0.0.1", 0)), []
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(context,), daemon=True).start()

    def _serve(self, context):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            data = b""
            try:
                connection.settimeout(20)
                with context.wrap_socket(connection, server_side=True) as stream:
                    while piece := stream.recv(65536):
                        data += piece
            except OSError:
                pass
            self.taken.append(data)


def test_a_collector_has_its_list_and_its_policy(site):
    authority = Authority(site, "collectors")
    shows = authority.leaf("collector")
    collector = Collector(shows)

    def send(*more):
        before = len(collector.taken)
        result = site.safeq("audit", "export", "release", "--format", "syslog", "--to-host", f"localhost:{collector.port}", "--ca",
                            authority.certificate, *more, check=False)
        house.wait_until(lambda: len(collector.taken) > before, 20, "the end of the connection")
        assert bool(collector.taken[-1]) == (result.returncode == 0), result.stderr
        return result
    assert send("--crl", authority.crl()).returncode == 0
    assert send("--tls-policy", "modern").returncode == 1  # the collector has TLS 1.2 alone
    own = site.dir / "own.policy"
    own.write_text("name collectors-own\nfrom intermediate-2026\nforbid certificate rsa\n")
    assert send("--tls-policy", own).returncode == 0
    own.write_text("name collectors-own\nfrom intermediate-2026\nforbid certificate ecdsa\n")
    assert send("--tls-policy", own).returncode == 1
    authority.revoke(shows[0])
    assert "certificate_revoked" in send("--crl", authority.crl()).stderr
    export = ("audit", "export", "release", "--format", "syslog", "--to-host", "localhost:1", "--ca", authority.certificate)
    for policy in ("legacy-mfd", "no-such-policy"):
        said = refused(site, *export, "--tls-policy", policy)
        assert "--tls-policy" in said, said
    collector.listener.close()


def test_the_command_line_prints_by_a_policy_of_one_s_choice(site):
    tls = site.root / "intake" / "tls"
    old = OldDevice(site, site.port("ipps"), suites=GCM, shows=(tls / "cert.pem", tls / "key.pem"))
    uri = site.uri.replace(f":{site.port('ipps')}/", f":{old.uri.split(':')[2].split('/')[0]}/")
    assert uri != site.uri
    refused(site, "print", site.page, "--uri", uri)
    house.wait_until(lambda: old.spoken == [None], 20, "the handshake that failed")
    site.safeq("print", site.page, "--uri", uri, "--tls-policy", "intermediate-2026")
    assert old.spoken[1:] == [(GCM, "TLSv1.2")]
    folder = site.root / "public" / "tls-policies"
    folder.mkdir()
    (folder / "desk.policy").write_text("name desk\nfrom intermediate-2026\nforbid certificate rsa\n")
    site.safeq("print", site.page, "--uri", uri, "--tls-policy", "desk")
    assert "only for named devices" in refused(site, "print", site.page, "--uri", uri, "--tls-policy", "obsolete-mfd-2026")
    old.close()


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl",))
