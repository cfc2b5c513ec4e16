#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`safeq tls scan` and sslscan look at the same servers: each dated policy served by us, and OpenSSL set up in several
ways. They see the same, and of a policy nothing that isn't in it. What testssl.sh sees: tls_findings_test.py."""
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402
from tls_served import KEYS, SERVED, make_certificates, of_policy, openssl, ours  # noqa: E402

WEAKEST = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
CONFIGURATION = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"


def set_up(site):
    make_certificates(site, *KEYS)


def scan(site, port, *arguments, status=0):
    result = scenario.command(site.programs / "safeq", "tls", "scan", f"localhost:{port}", "--json", *arguments)
    assert result.returncode == status, f"exit {result.returncode}: {result.stdout}{result.stderr}"
    return json.loads(result.stdout)


def accepted(answer):
    """Codes of suites by version, of those versions that are accepted."""
    return {row["name"]: {suite["code"] for suite in row["suites"]} for row in answer["versions"]
            if row["answer"] == "accepted"}


def groups(answer, version):
    return {group["name"] for row in answer["versions"] if row["name"] == version for group in row["groups"]}


def schemes(answer, version):
    return [scheme["name"] for row in answer["versions"] if row["name"] == version for scheme in row["schemes"]]


def sslscan(site, port):
    """The same by sslscan: suites by version, groups by version."""
    path = site.dir / f"sslscan-{port}.xml"
    result = scenario.command("sslscan", "--no-colour", "--no-heartbleed", f"--xml={path}", f"127.0.0.1:{port}")
    assert result.returncode == 0, result.stdout + result.stderr
    test = xml.parse(path).find("ssltest")
    enabled = [row.get("type") + row.get("version") for row in test.findall("protocol") if row.get("enabled") == "1"]
    versions = {version.replace("ssl3", "SSL 3.0").replace("tls", "TLS "): set() for version in enabled}
    for row in test.findall("cipher"):
        versions.setdefault(row.get("sslversion").replace("TLSv", "TLS ").replace("SSLv3", "SSL 3.0"), set()).add(
            "0x" + row.get("id")[2:].lower().rjust(4, "0"))
    named = {}
    for row in test.findall("group"):
        named.setdefault(row.get("sslversion").replace("TLSv", "TLS "), set()).add(row.get("id").lower())
    return versions, named


def group_codes(answer, version):
    return {group["code"] for row in answer["versions"] if row["name"] == version for group in row["groups"]}


def test_each_policy_served_is_what_scanners_see(site):
    compared = 0
    for policy, kind in SERVED:
        suites, policy_groups, exception_only = of_policy(site, policy, kind)
        policy_schemes = json.loads(scenario.command(site.programs / "safeq", "tls", "show", policy, "--json").stdout)[
            "signatures"]
        with ours(site, policy, kind) as (port, pin):
            found = scan(site, port)
            theirs, their_groups = sslscan(site, port)
        assert accepted(found) == suites, f"{policy} {kind}: {accepted(found)}"
        classical = {row["code"] for row in policy_groups if not row["post_quantum"]}
        for version in suites:
            every = {row["code"] for row in policy_groups} if version == "TLS 1.3" else classical
            assert group_codes(found, version) == every, f"{policy} {kind} {version}: {found}"
        every = {row["name"] for row in policy_schemes}
        for version in suites:
            assert set(schemes(found, version)) <= every and schemes(found, version), f"{policy} {kind} {version}: {found}"
        assert policy in found["fits"] and found["greeting"] == "accepted" and not found["needs_tls13_off"]
        assert [c["pin"] for c in found["certificates"]] == [pin]
        assert bool(found["weak"]) == exception_only, found["weak"]
        assert not found["session_tickets"] and not found["compression"] and found["secure_renegotiation"] is not False
        assert found["renegotiation"] == ("refused" if "TLS 1.2" in suites else None), f"{policy} {kind}: {found}"
        # sslscan (up to 2.0) greets without the extended master secret, which our sessions insist on but for devices that
        # live by an exception: to it TLS 1.2 isn't there.
        seen = [suites] if exception_only else [suites, {"TLS 1.3": suites["TLS 1.3"]}]
        assert theirs in seen, f"{policy} {kind}: sslscan sees {theirs}"
        for version in theirs:
            assert their_groups[version] == classical, f"{policy} {kind}: sslscan sees {their_groups}"
        compared += 1
    assert compared == 7


def test_openssl_set_up_in_many_ways(site):
    tls13 = {"0x1301", "0x1302", "0x1303"}
    no_secret = site.dir / "no_secret.cnf"
    no_secret.write_text(CONFIGURATION + "Options = -ExtendedMasterSecret\n")
    weak_key = site.dir / "weak_key.cnf"
    weak_key.write_text(CONFIGURATION + "CipherString = DEFAULT@SECLEVEL=0\n")
    # certificate, options, configuration → versions with some suites, the best policy
    cases = (
        ("rsa", ("-cipher", "AES128-SHA:@SECLEVEL=0", "-tls1_2"), None, {"TLS 1.2": {"0x002f"}}, "obsolete-mfd-2026"),
        ("rsa", ("-cipher", "ECDHE-RSA-AES128-SHA", "-tls1_2"), None, {"TLS 1.2": {"0xc013"}}, "legacy-mfd-2026"),
        ("rsa", ("-cipher", "ECDHE+AESGCM", "-no_tls1_3"), None, {"TLS 1.2": {"0xc02f", "0xc030"}}, "intermediate-2026"),
        ("ec", ("-tls1_3", "-groups", "P-256"), None, {"TLS 1.3": tls13}, "modern-2026"),
        ("ec", ("-cipher", "ECDHE+AESGCM"), None, {"TLS 1.2": {"0xc02b", "0xc02c"}, "TLS 1.3": tls13}, "modern-2026"),
        ("rsa", ("-cipher", "ECDHE+AESGCM"), None, {"TLS 1.2": {"0xc02f", "0xc030"}, "TLS 1.3": tls13}, "intermediate-2026"),
        ("ec", ("-cipher", "ECDHE+AESGCM", "-tls1_2"), no_secret, {"TLS 1.2": {"0xc02b", "0xc02c"}}, "legacy-mfd-2026"),
        ("rsa", ("-cipher", "DHE-RSA-AES256-SHA:@SECLEVEL=0", "-tls1"), None, {"TLS 1.0": {"0x0039"}}, None),
        ("ec", ("-tls1_3", "-groups", "X448"), None, {"TLS 1.3": tls13}, None),
        # They sign over SHA-1 and nothing else. OpenSSL looks for a scheme in common even where it wouldn't sign.
        ("ec", ("-cipher", "ECDHE+AESGCM:@SECLEVEL=0", "-tls1_2", "-sigalgs", "ECDSA+SHA1"), None,
         {"TLS 1.2": {"0xc02b", "0xc02c"}}, None),
        ("rsa", ("-cipher", "ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0", "-tls1_2", "-sigalgs", "RSA+SHA1"), None,
         {"TLS 1.2": {"0xc013", "0x002f"}}, None),
        ("rsa", ("-cipher", "ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0", "-tls1_2", "-sigalgs", "RSA+SHA1:RSA+SHA512"), None,
         {"TLS 1.2": {"0xc013", "0x002f"}}, "legacy-mfd-2026"),
        ("rsa", ("-cipher", "AES128-SHA:@SECLEVEL=0", "-tls1_2", "-sigalgs", "RSA+SHA384"), None, {"TLS 1.2": {"0x002f"}},
         "obsolete-mfd-2026"),
        ("rsa", ("-cipher", "AES128-SHA:@SECLEVEL=0", "-tls1_2", "-sigalgs", "RSA+SHA1"), None, {"TLS 1.2": {"0x002f"}}, None),
        ("p521", ("-tls1_3",), None, {"TLS 1.3": tls13}, None),
        ("short", ("-cipher", "AES128-SHA:@SECLEVEL=0", "-tls1_2"), weak_key, {"TLS 1.2": {"0x002f"}}, None),
    )
    for certificate, options, config, expected, best in cases:
        with openssl(site, certificate, *options, config=config) as port:
            found = scan(site, port)
            theirs, _ = sslscan(site, port)
        assert accepted(found) == expected, f"{options}: {accepted(found)}"
        # sslscan says nothing of a group that it can't finish a handshake with.
        assert theirs == expected, f"{options}: sslscan sees {theirs}"
        assert (found["fits"] or [None])[0] == best, f"{options}: {found['policies']}"
        only_tls13 = set(expected) == {"TLS 1.3"}
        assert found["extended_master_secret"] is (None if only_tls13 else config != no_secret), f"{options}: {found}"


def test_what_a_server_signs_with_is_told(site):
    policy = ("ECDSA+SHA256:ECDSA+SHA384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:"
              "RSA+SHA512")
    pss = ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"]
    # certificate, version, what OpenSSL is told to sign with → schemes, whether the policies' schemes are enough
    cases = (("ec", "-tls1_2", "ECDSA+SHA1", ["ecdsa_sha1"], False),
             ("rsa", "-tls1_2", "RSA+SHA1:RSA+SHA224", ["rsa_pkcs1_sha224", "rsa_pkcs1_sha1"], False),
             ("rsa", "-tls1_2", "RSA+SHA1:RSA+SHA384", ["rsa_pkcs1_sha384", "rsa_pkcs1_sha1"], True),
             ("ec", "-tls1_2", "ECDSA+SHA512", ["ecdsa_secp521r1_sha512"], False),
             ("ec", "-tls1_3", "ECDSA+SHA256", ["ecdsa_secp256r1_sha256"], True),
             ("rsa", "-tls1_3", ":".join(pss), pss, True),
             ("ed", "-tls1_3", "ed25519", [], False),
             ("p521", "-tls1_3", "ECDSA+SHA512", ["ecdsa_secp521r1_sha512"], False))
    for certificate, version, signs, expected, enough in cases:
        with openssl(site, certificate, "-cipher", "ECDHE+AESGCM:@SECLEVEL=0", version, "-sigalgs", signs) as port:
            found = scan(site, port)
            client = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-sigalgs", policy],
                                    capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        seen = schemes(found, version.replace("-tls1_", "TLS 1."))
        assert sorted(seen) == sorted(expected), f"{signs}: {seen}"
        assert (client.returncode == 0) is enough, f"{signs}: {client.stdout}{client.stderr}"
        assert bool(found["fits"]) is enough, f"{signs}: {found['policies']}"
        told = [sentence for sentence in found["weak"] if "broken hash" in sentence]
        assert len(told) == sum("sha1" in name for name in expected), told


def test_the_weakest_server_is_seen_through(site):
    with openssl(site, "rsa", "-cipher", WEAKEST, "-no_tls1_3") as port:
        found = scan(site, port)
        theirs, their_groups = sslscan(site, port)
    ours_seen = accepted(found)
    assert set(ours_seen) == {"TLS 1.0", "TLS 1.1", "TLS 1.2"} and len(ours_seen["TLS 1.2"]) > 50, ours_seen
    assert ours_seen == theirs, {v: ours_seen.get(v, set()) ^ theirs.get(v, set()) for v in {*ours_seen, *theirs}}
    assert group_codes(found, "TLS 1.2") == their_groups["TLS 1.2"], their_groups
    told = "\n".join(found["weak"])
    for part in ("accepts TLS 1.0", "accepts TLS 1.1", "encrypts nothing", "nobody shows a certificate", "no forward secrecy"):
        assert part in told, told
    assert found["fits"][0] == "intermediate-2026"


def test_renegotiation_is_tried(site):
    static = ("-tls1_2", "-client_renegotiation", "-cipher", "AES128-SHA:@SECLEVEL=0")
    # certificate, options → answer, or a part of why it was not tried
    cases = (("ec", ("-tls1_2", "-client_renegotiation"), "accepted", ""),
             ("rsa", ("-client_renegotiation",), "accepted", ""),
             ("rsa", ("-tls1_2", "-client_renegotiation", "-cipher", "DHE-RSA-AES256-SHA:@SECLEVEL=0"), "accepted", ""),
             ("rsa", static, "accepted", ""),
             ("rsa", (*static, "-sigalgs", "RSA+SHA1"), None, "no suite"),
             ("ec", ("-tls1_2",), "refused", ""),
             ("rsa", ("-tls1_2", "-no_renegotiation"), "refused", ""),
             ("rsa", ("-no_renegotiation", "-client_renegotiation", "-no_tls1_3"), "refused", ""),
             ("ec", ("-tls1_2", "-client_renegotiation", "-verify", "1"), "accepted", ""),
             ("ec", ("-tls1_2", "-client_renegotiation", "-Verify", "1"), None, "ended with the alert handshake_failure"),
             ("rsa", ("-tls1_2", "-client_renegotiation", "-cipher", "ARIA128-GCM-SHA256"), None, "no suite"),
             ("ec", ("-tls1_3", "-client_renegotiation"), None, "no TLS 1.2"),
             ("rsa", ("-tls1_1", "-client_renegotiation", "-cipher", "ALL:@SECLEVEL=0"), None, "no TLS 1.2"))
    for certificate, options, answer, why in cases:
        with openssl(site, certificate, *options) as port:
            found = scan(site, port)
            text = scenario.command(site.programs / "safeq", "tls", "scan", f"127.0.0.1:{port}").stdout
        assert found["renegotiation"] == answer, f"{options}: {found}"
        assert why in (found["renegotiation_not_tried"] or ""), f"{options}: {found['renegotiation_not_tried']}"
        told = [sentence for sentence in found["weak"] if "CVE-2011-1473" in sentence]
        assert bool(told) is (answer == "accepted"), f"{options}: {found['weak']}"
        line = answer or r"not tried \(.*" + why + r".*\)"
        assert re.search(f"^renegotiation           {line}$", text, re.M), text


def test_every_suite_of_openssl_is_looked_for(site):
    listed = scenario.command("openssl", "ciphers", "-V", "-stdname", WEAKEST).stdout
    rows = re.findall(r"^ *0x(..),0x(..) - (TLS_\S+)", listed, re.M)
    looked_for = [(f"0x{a}{b}".lower(), name) for a, b, name in rows if not re.search("PSK|SRP", name)]
    assert len(looked_for) > 90, listed
    for code, name in looked_for:
        told = json.loads(scenario.command(site.programs / "safeq", "tls", "explain", name, "--json").stdout)
        assert told["name"] == name and told["reason"], f"{code} {name}"


def test_certificates_tickets_and_demands_are_told(site):
    with openssl(site, "rsa", "-tls1_2", "-Verify", "1") as port:
        found = scan(site, port)
    assert found["asks_certificate"] and found["session_tickets"] and found["secure_renegotiation"]
    shown, = found["certificates"]
    assert (shown["key"], shown["key_bits"], shown["self_signed"]) == ("RSA", 2048, True) and "rsa" in shown["subject"], shown
    with openssl(site, "ec", "-tls1_3", "-Verify", "1") as port:
        found = scan(site, port)
    assert found["asks_certificate"] and found["certificates"][0]["curve"] == "secp256r1"
    own = site.dir / "own.policy"
    own.write_text("name own\nfrom intermediate-2026\nmin version tls1.3\n")
    with openssl(site, "rsa") as port:
        assert "own" in scan(site, port, "--policy", own)["fits"]
        assert scenario.command(site.programs / "safeq", "tls", "scan", f"localhost:{port}", "--policy", "nothing").returncode == 1
    with openssl(site, "rsa", "-no_tls1_3") as port:
        assert scan(site, port, "--policy", own)["policies"][4]["detail"] == "no version in common"
    with openssl(site, "ec", "-tls1_2", "-no_ticket") as port:
        assert not scan(site, port)["session_tickets"]
        text = scenario.command(site.programs / "safeq", "tls", "scan", f"127.0.0.1:{port}").stdout
    assert re.search(r"^fits: intermediate-2026, legacy-mfd-2026, obsolete-mfd-2026$", text, re.M), text
    assert re.search(r"^TLS 1\.2  accepted$", text, re.M) and "pin        sha256:" in text, text


def test_two_certificates_are_both_seen(site):
    second = ("-dcert", str(site.dir / "rsa.pem"), "-dkey", str(site.dir / "rsa.key"))
    with openssl(site, "ec", *second, "-cipher", "ECDHE+AESGCM") as port:
        found = scan(site, port)
    assert {c["key"] for c in found["certificates"]} == {"ECDSA", "RSA"}
    assert accepted(found)["TLS 1.2"] == {"0xc02b", "0xc02c", "0xc02f", "0xc030"}
    assert found["fits"][0] == "modern-2026"


def test_endpoints_that_are_no_tls_servers(site):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = scan(site, silent.getsockname()[1], "--timeout", "1", status=1)
        assert {row["answer"] for row in found["versions"]} == {"silent"} and not found["fits"], found
    with socket.create_server(("127.0.0.1", 0)) as dripping:
        def drip(connection):
            with contextlib.suppress(OSError), connection:
                while True:  # warnings without end: each connection has one deadline, whatever comes meanwhile
                    connection.sendall(bytes.fromhex("15030300020170"))
                    threading.Event().wait(0.1)

        def take():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=drip, args=(dripping.accept()[0],), daemon=True).start()
        threading.Thread(target=take, daemon=True).start()
        found = scan(site, dripping.getsockname()[1], "--timeout", "1", status=1)
        assert {row["answer"] for row in found["versions"][1:]} == {"silent"} and found["connections"] == 7, found
        dripping.shutdown(socket.SHUT_RDWR)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def greet():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(b"220 mail.example ESMTP\r\n")
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(4096):
                            pass
        threading.Thread(target=greet, daemon=True).start()
        found = scan(site, listener.getsockname()[1], status=1)
        assert {row["answer"] for row in found["versions"]} == {"garbled"}, found
        nobody = listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for where in (f"127.0.0.1:{nobody}", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", ":631", "::1:631", "host:http",
                  "[::1]"):
        result = scenario.command(site.programs / "safeq", "tls", "scan", where, "--json")
        assert result.returncode == 1 and not result.stdout, f"{where}: {result.stdout}{result.stderr}"


def test_the_daemons_listeners_keep_their_policies(site):
    site.init()
    site.start_all()
    for listener, policy, mutual in (("ipps", "intermediate-2026", False), ("report", "intermediate-2026", False),
                                     ("intake", "modern-2026", True), ("terminal", "modern-2026", True),
                                     ("daemon", "modern-2026", True)):
        found = scan(site, site.port(listener))
        suites, _, _ = of_policy(site, policy, "ecdsa")
        assert accepted(found) == suites, f"{listener}: {accepted(found)}"
        assert found["asks_certificate"] is mutual, listener
        assert found["weak"] == [] and found["fits"][0] == "modern-2026", f"{listener}: {found['weak']}"
        assert groups(found, "TLS 1.3") >= {"X25519MLKEM768", "SecP384r1MLKEM1024"}, found


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl", "sslscan"))
