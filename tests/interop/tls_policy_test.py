#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""OpenSSL and GnuTLS make of a rendered policy exactly the policy's suites, groups and signatures."""
import datetime
import json
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402

DATED = ("modern-2026", "intermediate-2026", "legacy-mfd-2026", "obsolete-mfd-2026")
FILES = {
    "no-rsa": "from intermediate-2026\nforbid certificate rsa\n",
    "strong": "from intermediate-2026\nmin level strong\nremove group secp256r1\n",
    "no-sha1": "from legacy-mfd-2026\nforbid hash sha1\nremove signature rsa_pkcs1_sha512\n",
    "chacha": "from intermediate-2026\norder suites TLS_CHACHA20_POLY1305_SHA256 "
              "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\nmax ticket-seconds 0\n",
}
GNUTLS_GROUPS = {"x25519": "GROUP-X25519", "secp256r1": "GROUP-SECP256R1", "secp384r1": "GROUP-SECP384R1"}
GNUTLS_SIGNATURES = {
    "SIGN-ECDSA-SECP256R1-SHA256": "ecdsa_secp256r1_sha256", "SIGN-ECDSA-SHA256": "ecdsa_secp256r1_sha256",
    "SIGN-ECDSA-SECP384R1-SHA384": "ecdsa_secp384r1_sha384", "SIGN-ECDSA-SHA384": "ecdsa_secp384r1_sha384",
    "SIGN-RSA-PSS-RSAE-SHA256": "rsa_pss_rsae_sha256", "SIGN-RSA-PSS-RSAE-SHA384": "rsa_pss_rsae_sha384",
    "SIGN-RSA-PSS-RSAE-SHA512": "rsa_pss_rsae_sha512", "SIGN-RSA-SHA256": "rsa_pkcs1_sha256",
    "SIGN-RSA-SHA384": "rsa_pkcs1_sha384", "SIGN-RSA-SHA512": "rsa_pkcs1_sha512",
}


def set_up(site):
    (site.root / "policies").mkdir(parents=True)


def policies(site):
    """Names and files, as `safeq tls` takes them."""
    folder = site.root / "policies"
    for name, text in FILES.items():
        (folder / name).write_text(f"name {name}\n{text}")
    return [*DATED, *(str(folder / name) for name in FILES)]


def tls(site, *arguments, status=0):
    result = scenario.command(site.programs / "safeq", "tls", *arguments)
    assert result.returncode == status, f"{arguments}: exit {result.returncode}: {result.stdout}{result.stderr}"
    return result.stdout


def shown(site, policy):
    return json.loads(tls(site, "show", policy, "--json"))


def codes(rows):
    return [row["code"] for row in rows]


def openssl_lines(site, policy):
    text = tls(site, "render", policy, "--for", "openssl", "--classical")
    return dict(line.split(" = ", 1) for line in text.splitlines())


def test_openssl_lists_the_suites_in_the_policys_order(site):
    compared = 0
    for policy in policies(site):
        lines, wanted = openssl_lines(site, policy), shown(site, policy)
        # Without suites of TLS 1.2 there is nothing to name; openssl wants a list, which the version then leaves out.
        older = [lines["CipherString"]] if "CipherString" in lines else ["-s", "-tls1_3", "DEFAULT"]
        result = scenario.command("openssl", "ciphers", "-V", "-ciphersuites", lines["Ciphersuites"], *older)
        assert result.returncode == 0, result.stderr
        listed = [f"0x{a}{b}".lower() for a, b in re.findall(r"^ *0x(..),0x(..) - ", result.stdout, re.M)]
        newer = [row["code"] for row in wanted["suites"] if row["version"] == "TLS 1.3"]
        expected = newer + [row["code"] for row in wanted["suites"] if row["version"] == "TLS 1.2"]
        assert listed == expected, f"{policy}: {listed} is not {expected}"
        assert lines["MinProtocol"] == ("TLSv1.2" if len(wanted["versions"]) == 2 else "TLSv1.3"), lines
        compared += 1
    assert compared == 8


def test_openssl_takes_the_settings_from_its_configuration(site):
    for policy in policies(site):
        lines, wanted = openssl_lines(site, policy), shown(site, policy)
        config = site.root / "openssl.cnf"
        config.write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                          + tls(site, "render", policy, "--for", "openssl", "--classical"))
        # The program sets versions of its own over the configuration's.
        newest = ["-tls1_3"] if lines["MinProtocol"] == "TLSv1.3" else []
        result = scenario.command("env", f"OPENSSL_CONF={config}", "openssl", "ciphers", "-s", "-V", *newest)
        assert result.returncode == 0, result.stderr
        listed = {f"0x{a}{b}".lower() for a, b in re.findall(r"^ *0x(..),0x(..) - ", result.stdout, re.M)}
        assert listed == set(codes(wanted["suites"])), f"{policy}: {sorted(listed)}"


def test_openssl_knows_each_group_and_signature(site):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
        # Bound and not listening: a client whose settings are understood gets as far as a refused connection.

        def complaint(groups, signatures):
            return scenario.command("openssl", "s_client", "-connect", nobody, "-groups", groups, "-sigalgs", signatures,
                                    text="").stderr

        for policy in policies(site):
            lines, wanted = openssl_lines(site, policy), shown(site, policy)
            assert lines["SignatureAlgorithms"].split(":") == [row["name"] for row in wanted["signatures"]]
            said = complaint(lines["Groups"], lines["SignatureAlgorithms"])
            assert "refused" in said and "SSL_CONF_cmd" not in said and "Error with command" not in said, said
        for groups, signatures in (("X25519:P-257", "rsa_pkcs1_sha256"), ("X25519", "rsa_pkcs2_sha256")):
            said = complaint(groups, signatures)
            assert "refused" not in said, f"the test can't tell a wrong name: {said}"


def test_gnutls_makes_the_same_policy_of_the_priority_string(site):
    compared = 0
    for policy in policies(site):
        priority = tls(site, "render", policy, "--for", "gnutls", "--classical").strip()
        wanted = shown(site, policy)
        result = scenario.command("gnutls-cli", "--list", "--priority", priority)
        assert result.returncode == 0, result.stderr
        listed = [f"0x{a}{b}" for a, b in re.findall(r"\t0x(..), 0x(..)\t", result.stdout)]
        assert sorted(listed) == sorted(codes(wanted["suites"])), f"{policy}: {listed}"
        rows = dict(re.findall(r"^([A-Za-z -]+): (.*)$", result.stdout, re.M))
        assert rows["Protocols"].split(", ") == ["VERS-" + row["name"].replace(" ", "") for row in wanted["versions"]]
        classical = [row["name"] for row in wanted["groups"] if not row["post_quantum"]]
        assert rows["Groups"].split(", ") == [GNUTLS_GROUPS[name] for name in classical], rows["Groups"]
        signatures = list(dict.fromkeys(GNUTLS_SIGNATURES[s] for s in rows["PK-signatures"].split(", ")))
        assert signatures == [row["name"] for row in wanted["signatures"]], f"{policy}: {signatures}"
        compared += 1
    assert compared == 8


def test_gnutls_refuses_what_it_does_not_know(site):
    assert scenario.command("gnutls-cli", "--list", "--priority", "NONE:+VERS-TLS1.4").returncode != 0


def test_a_policy_that_a_product_would_widen_is_not_rendered(site):
    path = site.root / "one-less"
    path.write_text("name one-less\nfrom intermediate-2026\nremove suite TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n")
    for target in ("gnutls", "botan"):
        result = scenario.command(site.programs / "safeq", "tls", "render", path, "--for", target)
        assert result.returncode == 1 and not result.stdout, result.stdout
        assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in result.stderr and "[unsupported]" in result.stderr
    assert "ECDHE-RSA-AES128-GCM-SHA256" not in tls(site, "render", path, "--for", "openssl")


def test_the_linter_speaks_to_scripts(site):
    path = site.root / "weak"
    path.write_text("name weak\nfrom modern-2026\nadd suite TLS_RSA_WITH_AES_128_CBC_SHA\nmin rsa-bits 1024\n")
    answer = json.loads(tls(site, "lint", path, "--json", status=1))
    assert answer["accepted"] is False
    assert [(f["line"], f["severity"]) for f in answer["findings"]] == [(3, "refused"), (4, "refused")], answer
    assert f"{path}:3: refused: " in tls(site, "lint", path, status=1)
    tls(site, "show", path, status=1)
    sound = policies(site)[-1]
    assert json.loads(tls(site, "lint", sound, "--json")) == {"accepted": True, "findings": []}
    tls(site, "lint", site.root / "missing", status=1)
    tls(site, "lint", site.root, status=1)


def test_the_linter_reads_tables_of_exceptions(site):
    device, table = "01939f3c-0000-7000-8000-00000000000", site.root / "exceptions"
    soon = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=30)
    table.write_text(f"# old ones\n{device}1 legacy-mfd-2026 until {soon} because no GCM\n")
    assert tls(site, "lint", "--exceptions", table) == f"{table}: 1 exception, sound\n"
    assert json.loads(tls(site, "lint", table, "--exceptions", "--json")) == {"accepted": True, "findings": []}
    table.write_text(f"{device}1 legacy-mfd-2026 until {soon} because no GCM\n{device}2 annex until {soon} because older still\n"
                     f"{device}3 legacy-mfd-2026 until 2020-01-01 because it was old\n{device}1 obsolete-mfd-2026 until {soon} "
                     "because no curves\n")
    answer = json.loads(tls(site, "lint", "--exceptions", table, "--json", status=1))
    assert answer["accepted"] is False
    assert [(f["line"], f["severity"]) for f in answer["findings"]] == [(2, "refused"), (3, "advice"), (4, "refused")], answer
    assert f"{table}:4: refused: a second exception" in tls(site, "lint", "--exceptions", table, status=1)
    # Policies of the operator's own are those of a folder.
    own = site.root / "own"
    own.mkdir()
    (own / "annex.policy").write_text("name annex\nfrom legacy-mfd-2026\nforbid certificate ecdsa\n")
    answer = json.loads(tls(site, "lint", "--exceptions", table, "--policies", own, "--json", status=1))
    assert [f["line"] for f in answer["findings"]] == [3, 4], answer
    table.write_text("#" * 1024 * 1024 + "\n")
    assert "larger than 1 MiB" in tls(site, "lint", "--exceptions", table, status=1)


def test_policies_and_suites_are_listed_explained_and_compared(site):
    assert [row["name"] for row in json.loads(tls(site, "list", "--json"))] == list(DATED)
    explained = json.loads(tls(site, "explain", "0xc02f", "--json"))
    assert explained["name"] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" and explained["policies"] == list(DATED[1:])
    assert "RFC 7465" in tls(site, "explain", "TLS_RSA_WITH_RC4_128_SHA")
    tls(site, "explain", "TLS_NO_SUCH_SUITE", status=1)
    difference = json.loads(tls(site, "diff", "legacy-mfd", "obsolete-mfd", "--json"))
    assert sum(line.startswith("suite ") for line in difference["added"]) == 6
    assert not any(line.startswith("suite ") for line in difference["removed"])
    assert tls(site, "diff", "modern", "modern-2026") == ""
    wider = tls(site, "diff", "intermediate", "legacy-mfd").splitlines()
    assert sum(line.startswith(("- extended-master-secret required ", "+ extended-master-secret when-offered ")) for line in wider) == 2
    for name in DATED:
        demanded = json.loads(tls(site, "show", name, "--json"))["extended_master_secret"]
        assert demanded["required"] == (not name.endswith("-mfd-2026")) and demanded["reason"], demanded


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl", "gnutls-cli"))
