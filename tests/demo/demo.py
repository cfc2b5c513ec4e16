#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job on loopback: print, wait encrypted, prove who you are at a device, release, report.

Every component is real: the three daemons, a virtual device built with the SDK, `safeq print` and CUPS's `ipptool` as
clients. Each step says what was checked. `--once` stops after step 9 and ends with one JSON line.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402

ALICE = {"card": "04a1b2c3d4e5f6", "pin": "48151623", "password": "correct horse battery staple"}
BOB = {"card": "04ffeeddccbbaa", "pin": "31415926", "password": "a different long password"}


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


def step(number, text):
    print(f"{number:>2}. {text}", flush=True)


def print_with_ipptool(site, uri, document, mime):
    """Prints with CUPS's own client, whose test file says what a correct answer is."""
    test = site.dir / "print-job.test"
    test.write_text("""{
  NAME "Print a document"
  OPERATION Print-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name $user
  ATTR name job-name "From ipptool"
  ATTR mimeMediaType document-format $filetype
  FILE $filename
  STATUS successful-ok
  EXPECT job-id OF-TYPE integer WITH-VALUE >0
  EXPECT job-state OF-TYPE enum IN-GROUP job-attributes-tag
}
""")
    result = subprocess.run(["ipptool", "-tv", "-T", "30", "-f", str(document), "-d", f"filetype={mime}", uri, str(test)],
                            capture_output=True, text=True, timeout=60)
    check(result.returncode == 0, f"ipptool failed:\n{result.stdout}{result.stderr}")


def run(arguments):
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="safeq-demo-") as temporary:
        offset = 0 if not arguments.once else None
        with house.Installation(arguments.bin, pathlib.Path(temporary), offset) as site:
            facts = walk(site)
            facts["seconds"] = round(time.monotonic() - started, 1)
            if arguments.once:
                print(json.dumps({"demo": "ok", **facts}))
                return
            stay(site)


def walk(site):
    print("Setting up an installation with its own certificate authority, keys and three daemons on loopback")
    site.init()
    site.start_all()
    received, device = site.start_device()
    site.safeq("user", "add", "alice", "--card", ALICE["card"], "--pin", "--password",
               text=f"{ALICE['password']}\n{ALICE['pin']}\n")
    site.safeq("user", "add", "bob", "--card", BOB["card"], "--pin", "--password", text=f"{BOB['password']}\n{BOB['pin']}\n")
    site.safeq("device", "add", "demo-mfd", "--uri", device["uri"], "--key-pin", device["key_pin"], "--rule", "card+pin")
    token_uri = site.safeq("user", "token", "alice", "--label", "demo").stdout.strip().splitlines()[-1]

    pdf, raster = site.dir / "payslip.pdf", site.dir / "drawing.pwg"
    pdf.write_bytes(house.make_pdf(3, "CANARY-salary-of-alice-is-73215"))
    raster.write_bytes(house.make_pwg_raster(2, "CANARY-drawing"))
    second = site.dir / "letter.pdf"
    second.write_bytes(house.make_pdf(1, "CANARY-letter-to-the-board"))
    documents = [pdf, raster, second]

    site.safeq("print", pdf, "--user", "alice", text=ALICE["password"] + "\n")
    site.safeq("print", raster, "--user", "alice", text=ALICE["password"] + "\n")
    print_with_ipptool(site, token_uri, second, "application/pdf")
    step(1, "printed a PDF (3 pages) and a PWG raster (2 pages) with `safeq print`, and a PDF with CUPS's ipptool, over IPPS")

    alice, bob = site.terminal("demo-mfd"), site.terminal("demo-mfd")
    rows = house.wait_until(lambda: (r := json.loads(site.safeq("job", "list", "--json").stdout)) and len(r) == 3 and r, 20,
                            "three held jobs")
    check(all(row["state"] == "held" for row in rows), f"not all held: {rows}")
    check([row["pages"] for row in rows] == [3, 2, 1], f"wrong page counts: {rows}")
    step(2, f"{len(rows)} jobs are held, pages counted {[row['pages'] for row in rows]}")

    needles = [b"CANARY-", b"CANARY".hex().encode(), base64.b64encode(b"CANARY-sa")[:11]]
    needles += [data[start:start + 24] for data in (raster.read_bytes(),) for start in (1796 + 8, len(data) - 100)]
    plaintext = house.files_holding(site.root, needles)
    check(not plaintext, f"plaintext on disk: {plaintext}")
    step(3, "searched every file of the installation for the documents' plaintext: none")

    status, _ = bob.sign_in(house.card(BOB["card"]), house.pin(BOB["pin"]))
    check(status == 201, f"bob could not sign in: {status}")
    check(bob.jobs() == [], "bob sees jobs")
    status, answer = bob.release(rows[0]["id"])
    check(status == 404, f"bob's release: {status} {answer}")
    step(4, "a second account sees no job, and is refused the first one's")

    status, answer = alice.sign_in(house.card(ALICE["card"]), house.pin("00000000"))
    check(status == 403 and answer == {"error": "denied"}, f"wrong PIN: {status} {answer}")
    status, _ = alice.sign_in(house.card(ALICE["card"]))
    check(status == 403, "a card alone opened a session where card and PIN are asked for")
    step(5, "a wrong PIN, and a card without a PIN, are refused, and told no more than that")

    status, _ = alice.sign_in(house.card(ALICE["card"]), house.pin(ALICE["pin"]))
    check(status == 201, f"alice could not sign in: {status}")
    jobs = alice.jobs()
    check(len(jobs) == 3 and {j["title"] for j in jobs} == {"payslip.pdf", "drawing.pwg", "From ipptool"}, f"alice sees {jobs}")
    for job in jobs:
        status, answer = alice.release(job["id"])
        check(status == 200 and answer["state"] == "printed", f"release of {job}: {status} {answer}")
    step(6, f"card and PIN opened a session; {len(jobs)} jobs released to the device over IPPS")

    wanted = sorted(house.sha256(path) for path in documents)
    got = sorted(house.sha256(path) for path in received.iterdir())
    check(wanted == got, f"the device's documents differ: {wanted} {got}")
    step(7, "the device holds the same bytes (SHA-256)")

    left = [p.name for p in site.root.rglob("*.sealed")]
    check(left == [], f"spool files are left: {left}")
    check(alice.jobs() == [], "jobs are left")
    step(8, "each document's key went with its spool file: unlinked at intake and release")

    verified = site.safeq("audit", "verify").stdout
    check(verified.count("verified") >= 2, f"audit verify: {verified}")

    def reported():
        rows = json.loads(site.safeq("report", "jobs", "--json").stdout)["jobs"]
        return rows if len([r for r in rows if r["outcome"] == "printed"]) == 3 else None
    report = house.wait_until(reported, 20, "the report to show three printed jobs")
    check({r["user"] for r in report} == {"alice"} and {r["device"] for r in report} == {"demo-mfd"}, f"report: {report}")
    check({r["title"] for r in report} == {"payslip.pdf", "drawing.pwg", "From ipptool"}, f"report titles: {report}")
    step(9, "both logs verify; the report shows who, what, when and where:")
    print(site.safeq("report", "jobs").stdout, end="")
    return {"held": len(rows), "plaintext_on_disk": len(plaintext), "released": len(jobs), "sha256_match": wanted == got,
            "audit_verified": True}


def stay(site):
    auditor = (site.root / "report" / "auditor.txt").read_text().strip()
    print(f"""10. it stays up until Ctrl-C:
    printer     ipps://localhost:{site.port('ipps')}/ipp/print   (user alice, password "{ALICE['password']}")
    report      https://localhost:{site.port('report')}/          (user auditor, password "{auditor}")
    authority   {site.root / 'public' / 'ca.pem'}
    print with  {site.programs}/safeq --dir {site.root} print FILE --user alice
    or          ipptool -tv -f FILE ipps://localhost:{site.port('ipps')}/ipp/print print-job.test""", flush=True)
    try:
        while all(process.running() for process in site.processes.values()):
            house.threading.Event().wait(1)
        print("a process has ended; stopping", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopping")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the built programs")
    parser.add_argument("--once", action="store_true", help="stop after step 9; the last line is JSON")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except (Failed, RuntimeError, TimeoutError, OSError, subprocess.SubprocessError) as error:
        print(f"demo failed: {error}", file=sys.stderr)
        if arguments.once:
            print(json.dumps({"demo": "failed", "why": str(error)[:500]}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
