#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`safeq tls renew` and `revoke`: the same keys, other ends; OpenSSL agrees; nothing is touched that isn't ours or due."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


def set_up(site):
    site.init()
    site.start("release")
    for name in ("lobby", "hall"):
        site.safeq("device", "add", name, "--uri", "ipps://localhost:1/ipp/print", "--key-pin", "sha256:" + "0" * 64, "--rule", "card+pin")
    site.stop("release")


def openssl(*arguments, text=None):
    result = scenario.command("openssl", *arguments, text=text)
    assert result.returncode == 0, f"openssl {arguments}: {result.stderr}"
    return result.stdout


def facts(path):
    """What must stay, and what must change."""
    stays = openssl("x509", "-in", path, "-noout", "-pubkey", "-subject", "-ext", "subjectAltName,extendedKeyUsage,keyUsage,basicConstraints,"
                    "subjectKeyIdentifier,authorityKeyIdentifier")
    changes = openssl("x509", "-in", path, "-noout", "-serial", "-enddate")
    return stays, changes


def leaves(site):
    return [site.root / name / "tls" / "cert.pem" for name in house.DAEMONS] + [site.root / "devices" / n / "cert.pem" for n in ("lobby", "hall")]


def tree(site):
    return {p: p.read_bytes() for p in site.root.rglob("*") if p.is_file()}


def verified(site, path):
    """OpenSSL's verdict, with the revocation list."""
    result = scenario.command("openssl", "verify", "-crl_check", "-CAfile", site.root / "public" / "ca.pem", "-CRLfile",
                              site.root / "public" / "crl.pem", path)
    return result.returncode == 0


def crl_number(site):
    return openssl("crl", "-in", site.root / "public" / "crl.pem", "-noout", "-crlnumber").strip()


def short(site, path, days, key=None):
    """Ends a certificate in so many days: the same names and key, made by OpenSSL with the authority's key."""
    key = key or path.with_name("key.pem")
    request, extensions = site.dir / "short.csr", site.dir / "short.ext"
    names = openssl("x509", "-in", path, "-noout", "-ext", "subjectAltName").splitlines()[-1].strip().replace("IP Address:", "IP:")
    usage = "clientAuth" if "devices" in path.parts else "serverAuth,clientAuth"
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}\n")
    subject = "/" + openssl("x509", "-in", path, "-noout", "-subject", "-nameopt", "RFC2253").strip().removeprefix("subject=")
    openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", site.root / "ca" / "ca.pem", "-CAkey", site.root / "ca" / "ca.key", "-CAcreateserial",
            "-days", str(days), "-extfile", extensions, "-out", path)


def test_nothing_is_due(site):
    before = tree(site)
    assert site.safeq("tls", "renew", "--within", "30").stdout == "nothing is due\n"
    assert tree(site) == before
    for wrong in (("--within", "0"), ("--within", "-1"), ("--within", "x"), ("DIR",)):
        assert site.safeq("tls", "renew", *wrong, check=False).returncode != 0


def test_all_are_renewed_with_the_same_keys(site):
    before = {path: facts(path) for path in leaves(site)}
    keys = {p: p.read_bytes() for p in site.root.rglob("*.key")} | {p: p.read_bytes() for p in site.root.rglob("key.pem")}
    number, authority = crl_number(site), (site.root / "ca" / "ca.pem").read_text()
    said = site.safeq("tls", "renew").stdout
    for path in leaves(site):
        stays, changes = facts(path)
        assert stays == before[path][0], f"{path}: {stays}\n{before[path][0]}"
        # The serial; the end, too, but for what is renewed in the second in which it was made.
        assert changes.splitlines()[0] != before[path][1].splitlines()[0], changes
        assert verified(site, path) and f"renewed {path} until " in said
        assert path.stat().st_mode & 0o777 == 0o644
    assert {p: p.read_bytes() for p in keys} == keys
    assert crl_number(site) != number and (site.root / "ca" / "ca.pem").read_text() == authority
    list_ = (site.root / "ca" / "crl.pem").read_text()
    assert all(p.read_text() == list_ for p in site.root.rglob("crl.pem"))
    assert "send SIGHUP to safeq-intake safeq-release safeq-report\n" in said
    for name in ("lobby", "hall"):
        assert f"take {site.root}/devices/{name}/cert.pem to the terminal; its key stays\n" in said
    assert "whoever trusts the authority" not in said
    assert not list(site.root.rglob("*.new"))


def test_only_what_is_due_and_only_who_reads_it(site):
    path = site.root / "intake" / "tls" / "cert.pem"
    short(site, path, 20)
    before = tree(site)
    assert site.safeq("tls", "renew", "--within", "10").stdout == "nothing is due\n"
    said = site.safeq("tls", "renew", "--within", "30").stdout.splitlines()
    assert len(said) == 2 and said[0].startswith(f"renewed {path} until ") and said[1] == "send SIGHUP to safeq-intake", said
    changed = {p for p, data in tree(site).items() if before.get(p) != data}
    assert path in changed and all(p == path or p.parent == site.root / "ca" / "former" for p in changed), changed
    assert verified(site, path)
    assert site.safeq("tls", "renew", "--within", "30").stdout == "nothing is due\n"


def test_what_stands_behind_a_certificate_stays(site):
    path = site.root / "report" / "tls" / "cert.pem"
    behind = (site.root / "ca" / "ca.pem").read_text()
    path.write_text(path.read_text() + behind)
    before = facts(path)
    site.safeq("tls", "renew")
    assert path.read_text().endswith(behind) and path.read_text().count("BEGIN CERTIFICATE") == 2
    assert facts(path)[0] == before[0] and facts(path)[1] != before[1] and verified(site, path)
    path.write_text(path.read_text().removesuffix(behind))


def test_a_half_done_renewal_is_finished(site):
    """As after a crash between the authority's folder and a daemon's: the list there is the former one."""
    former = (site.root / "report" / "tls" / "crl.pem").read_text()
    site.safeq("tls", "renew")
    (site.root / "report" / "tls" / "crl.pem").write_text(former)
    (site.root / "release" / "tls" / "crl.pem").unlink()
    assert site.safeq("tls", "renew", "--within", "30").stdout == "send SIGHUP to safeq-release safeq-report\n"
    list_ = (site.root / "ca" / "crl.pem").read_text()
    assert all((site.root / name / "tls" / "crl.pem").read_text() == list_ for name in house.DAEMONS)


def test_a_revoked_key_stays_revoked_with_all_its_certificates(site):
    path = site.root / "devices" / "hall" / "cert.pem"
    former = site.dir / "former.pem"
    former.write_text(path.read_text())
    site.safeq("tls", "renew")
    assert verified(site, former) and verified(site, path)
    said = site.safeq("tls", "revoke", path).stdout
    assert said.count("revoked ") >= 2 and "send SIGHUP to" in said, said
    assert not verified(site, former) and not verified(site, path)
    assert verified(site, site.root / "devices" / "lobby" / "cert.pem")
    own = path.read_text()
    assert f"left {path}: it is revoked\n" in site.safeq("tls", "renew").stdout
    assert path.read_text() == own and not verified(site, path)


def test_what_is_not_ours_is_left(site):
    path = site.root / "report" / "tls" / "cert.pem"
    own, trusted = path.read_text(), (path.parent / "ca.pem").read_text()
    openssl("req", "-x509", "-key", path.parent / "key.pem", "-days", "30", "-subj", "/CN=elsewhere", "-out", path)
    assert f"left {path}: another authority issued it\n" in site.safeq("tls", "renew", "--within", "60").stdout
    path.write_text(path.read_text() * 2)  # with a chain behind it
    assert f"left {path}: another authority issued it\n" in site.safeq("tls", "renew", "--within", "60").stdout
    path.write_text(path.read_text()[:len(path.read_text()) // 2])
    assert "elsewhere" in openssl("x509", "-in", path, "-noout", "-subject")
    (path.parent / "ca.pem").write_text(trusted + path.read_text())  # an operator trusts one more
    former = (path.parent / "crl.pem").read_text()
    said = site.safeq("tls", "renew").stdout
    assert f"left {path.parent}/ca.pem and {path.parent}/crl.pem" in said and "SIGHUP to safeq-intake safeq-release\n" in said, said
    assert (path.parent / "crl.pem").read_text() == former
    path.write_text(own)
    (path.parent / "ca.pem").write_text(trusted)
    stranger = site.dir / "stranger.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=x", "-keyout",
            site.dir / "stranger.key", "-out", stranger)
    before = tree(site)
    refused = site.safeq("tls", "revoke", stranger, check=False)
    assert refused.returncode == 1 and "another one issued" in refused.stderr, refused.stderr
    assert site.safeq("tls", "revoke", site.root / "nowhere.pem", check=False).returncode == 1
    assert tree(site) == before
    path.write_text("torn")
    refused = site.safeq("tls", "renew", check=False)
    assert refused.returncode == 1 and str(path) in refused.stderr, refused.stderr
    path.write_text(own)
    (site.root / "ca" / "ca.key").chmod(0o644)
    assert "permission" in site.safeq("tls", "renew", check=False).stderr
    (site.root / "ca" / "ca.key").chmod(0o600)


def test_an_authority_that_ends_before_its_certificates_is_renewed_with_its_key(site):
    site.safeq("tls", "renew")
    folder, former = site.root / "ca", site.dir / "former-ca.pem"
    openssl("req", "-x509", "-new", "-key", folder / "ca.key", "-days", "100", "-subj", "/CN=safeq authority", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign", "-out", folder / "ca.pem")
    former.write_text((folder / "ca.pem").read_text())
    said = site.safeq("tls", "renew").stdout
    assert f"renewed {folder}/ca.pem until " in said and "hand public/ca.pem to whoever trusts the authority" in said, said
    assert facts(folder / "ca.pem")[0].split("subject=")[0] == facts(former)[0].split("subject=")[0]  # the public key
    certificate = (folder / "ca.pem").read_text()
    assert certificate != former.read_text()
    assert all(p.read_text() == certificate for p in site.root.rglob("ca.pem"))
    for path in leaves(site)[:4]:
        assert verified(site, path)
        assert scenario.command("openssl", "verify", "-CAfile", former, path).returncode == 0, "those who have the former one lost us"
    site.start_all()  # and the daemons take it
    for name in house.DAEMONS:
        site.stop(name)


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl",))
