#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""testssl.sh tries every suite that it knows, in every version, on servers of the two policies for exceptions: CBC and static RSA, too.

On the stricter policies it can't see TLS 1.2 this way: its greeting has no extended master secret there (tls_findings_test.py).
"""
import concurrent.futures
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402
from tls_served import ours, testssl  # noqa: E402

# With an ECDSA certificate obsolete-mfd is legacy-mfd: static RSA needs the other.
SERVED = (("legacy-mfd-2026", "ecdsa"), ("legacy-mfd-2026", "rsa"), ("obsolete-mfd-2026", "rsa"))


def suites_seen(site, policy, kind):
    """Versions with the codes of their suites, as testssl.sh finds them."""
    with ours(site, policy, kind) as (port, _):
        rows = testssl(site, port, "-E")
    seen = {}
    for row in rows:
        if one := re.fullmatch(r"cipher-(\w+)_x([0-9a-f]+)", row["id"]):
            seen.setdefault(one[1], set()).add("0x" + one[2].rjust(4, "0"))
    return seen


def test_testssl_sees_exactly_each_policy(site):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = {served: pool.submit(suites_seen, site, *served) for served in SERVED}
        results = {served: future.result() for served, future in running.items()}
    for (policy, kind), seen in results.items():
        shown = json.loads(scenario.command(site.programs / "safeq", "tls", "show", policy, "--json").stdout)
        other = "_RSA_" if kind == "ecdsa" else "_ECDSA_"
        wanted = {}
        for row in shown["suites"]:
            if other not in row["name"]:
                wanted.setdefault(row["version"].replace("TLS 1.", "tls1_"), set()).add(row["code"])
        assert seen == wanted, f"{policy} {kind}: {seen} is not {wanted}"
    assert len(results) == 3


if __name__ == "__main__":
    scenario.main(globals(), needs=("testssl",))
