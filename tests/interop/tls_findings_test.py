#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""testssl.sh looks at each dated policy served by us, for what it is vulnerable to as well: a finding that isn't listed here
with its reason fails.

Up to 3.0 its greeting for TLS 1.2 has no extended master secret: of modern and intermediate it sees TLS 1.3 alone, and tries
what there is against TLS 1.2 (ROBOT, Lucky 13) on the two for exceptions, which have CBC and static RSA.
"""
import concurrent.futures
import contextlib
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402
from tls_served import SERVED, make_certificates, of_policy, openssl, ours, testssl  # noqa: E402

SECTIONS = ("-p", "-f", "-R", "-U")
# Its names of what it tries; one of them missing, the scan was broken off.
TRIED = {"heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_renego", "secure_client_renego", "CRIME_TLS", "BREACH",
         "POODLE_SSL", "fallback_SCSV", "SWEET32", "FREAK", "DROWN", "LOGJAM", "BEAST", "LUCKY13", "RC4"}
# Of any server: it tells of its own OpenSSL, not of the server.
OF_ITSELF = {"engine_problem": "WARN"}
# finding, severity → policies, reason. The other attacks on CBC don't apply: BEAST and POODLE need TLS 1.0 or SSL 3.0.
EXPECTED = {("LUCKY13", "LOW"): (("legacy-mfd-2026", "obsolete-mfd-2026"),
                                 "they have CBC for devices without GCM; it looks for the suites, not whether padding is "
                                 "checked in constant time, which Botan does, nor for encrypt-then-MAC, which we negotiate")}


def set_up(site):
    make_certificates(site, "rsa")


def findings(rows):
    """What is neither good nor mere information."""
    return {(row["id"], row["severity"]) for row in rows
            if row["severity"] not in ("OK", "INFO") and OF_ITSELF.get(row["id"]) != row["severity"]}


def openssl_names():
    """OpenSSL's name of a suite to its code."""
    listed = scenario.command("openssl", "ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").stdout
    return {name: f"0x{a}{b}".lower() for a, b, name in re.findall(r"^ *0x(..),0x(..) - (\S+)", listed, re.M)}


def check_policy(site, policy, kind, rows, names):
    suites, policy_groups, exception_only = of_policy(site, policy, kind)
    wanted = {finding for finding, (policies, _) in EXPECTED.items() if policy in policies}
    assert findings(rows) == wanted, f"{policy} {kind}: {findings(rows) ^ wanted}: {rows}"
    # Of a server that seems to have TLS 1.3 alone it doesn't say that it left 64-bit blocks out.
    missing = TRIED - {row["id"] for row in rows}
    assert missing <= (set() if exception_only else {"SWEET32"}), f"{policy} {kind}: not tried: {missing}"
    # 3.2 calls FS what 3.0 calls PFS.
    found = {row["id"].removeprefix("P") if row["id"].startswith("PFS") else row["id"]: row["finding"] for row in rows}
    for version in ("SSLv2", "SSLv3", "TLS1", "TLS1_1"):
        assert found[version] == "not offered", f"{policy}: {version}: {found[version]}"
    assert found["TLS1_3"].startswith("offered"), found["TLS1_3"]
    # Its greeting; the suites below are tried with one that has the extended master secret.
    if exception_only or len(suites) == 1:
        assert (found["TLS1_2"] == "offered") == exception_only, f"{policy}: {found['TLS1_2']}"
    secret = {names[name] for name in found["FS_ciphers"].split()}
    every = {code for codes in suites.values() for code in codes}
    static = {row["code"] for row in json.loads(scenario.command(
        site.programs / "safeq", "tls", "show", policy, "--json").stdout)["suites"] if not row["forward_secrecy"]}
    assert secret == every - static, f"{policy} {kind}: {sorted(secret ^ (every - static))}"
    classical = {"x25519": "X25519", "secp256r1": "prime256v1", "secp384r1": "secp384r1"}
    assert set(found["FS_ECDHE_curves"].split()) == {classical[g["name"]] for g in policy_groups if not g["post_quantum"]}
    # Where there is static RSA, it was tried: the finding says so otherwise.
    assert (found["ROBOT"] == "not vulnerable") == bool(every & static), f"{policy} {kind}: {found['ROBOT']}"


def test_testssl_finds_nothing_unexpected_in_any_policy(site):
    names = openssl_names()
    with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(len(SERVED) + 1) as pool:
        running = {}
        for policy, kind in SERVED:
            port, _ = stack.enter_context(ours(site, policy, kind))
            running[policy, kind] = pool.submit(testssl, site, port, *SECTIONS)
        # A server that is open to attacks, to see that findings are seen.
        port = stack.enter_context(openssl(site, "rsa", "-no_tls1_3", "-client_renegotiation", "-cipher", "ALL:@SECLEVEL=0"))
        open_one = pool.submit(testssl, site, port, "-L", "-R").result()
        results = {key: future.result() for key, future in running.items()}
    assert {"LUCKY13", "secure_client_renego"} <= {finding for finding, _ in findings(open_one)}, open_one
    for (policy, kind), rows in results.items():
        check_policy(site, policy, kind, rows, names)
    assert len(results) == 7


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl", "testssl"))
