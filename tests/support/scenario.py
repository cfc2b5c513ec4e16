# SPDX-License-Identifier: Apache-2.0
"""What the interop and crash tests have in common: an installation with people and a device, and a tiny test runner."""
import contextlib
import http.client
import inspect
import json
import pathlib
import struct
import subprocess
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import installation as house  # noqa: E402

ALICE = {"card": "04a1b2c3d4e5f6", "pin": "48151623", "password": "correct horse battery staple"}


def people_and_device(site, rule="card+pin"):
    """alice, and a virtual device `mfd` with its terminal; returns the folder of what the device received."""
    received, device = site.start_device()
    site.safeq("user", "add", "alice", "--card", ALICE["card"], "--pin", "--password", text=f"{ALICE['password']}\n{ALICE['pin']}\n")
    site.safeq("device", "add", "mfd", "--uri", device["uri"], "--key-pin", device["key_pin"], "--rule", rule)
    return received


def printing_site(site):
    """All daemons, with alice, her printer address in `site.uri`, and a device whose folder is `site.received`."""
    site.init()
    site.start_all()
    site.received = people_and_device(site)
    site.uri = token_uri(site)


def sign_in(site, device="mfd"):
    terminal = site.terminal(device)
    status, answer = terminal.sign_in(house.card(ALICE["card"]), house.pin(ALICE["pin"]))
    assert status == 201, f"sign-in: {status} {answer}"
    return terminal


def token_uri(site, user="alice"):
    return site.safeq("user", "token", user, "--label", "test").stdout.strip().splitlines()[-1]


def _attribute(tag, name, value):
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(value)) + value.encode()


def _print_job(uri, title, document):
    """RFC 8011, section 4.2.1: a Print-Job request."""
    return (struct.pack(">BBHIB", 2, 0, 0x0002, 1, 0x01) + _attribute(0x47, "attributes-charset", "utf-8") +
            _attribute(0x48, "attributes-natural-language", "en") + _attribute(0x45, "printer-uri", uri) +
            _attribute(0x42, "job-name", title) + _attribute(0x49, "document-format", "application/pdf") + b"\x03" + document)


def get_jobs(uri):
    """RFC 8011, section 4.2.6: a Get-Jobs request."""
    return (struct.pack(">BBHIB", 2, 0, 0x000a, 1, 0x01) + _attribute(0x47, "attributes-charset", "utf-8") +
            _attribute(0x48, "attributes-natural-language", "en") + _attribute(0x45, "printer-uri", uri) + b"\x03")


def printing_connection(site):
    return http.client.HTTPSConnection("localhost", site.port("ipps"), context=site.trust(), timeout=60)


def print_over(connection, uri, title, document):
    """Prints a PDF without a program of its own; raises unless the intake has acknowledged it."""
    _, path, rest = uri.partition("/ipp/")
    connection.request("POST", path + rest, _print_job(uri, title, document), {"Content-Type": "application/ipp"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200 or answer[2:4] != b"\x00\x00":
        raise RuntimeError(f"Print-Job: {response.status} {answer[:200]}")


def print_directly(site, uri, title, document):
    """The same over a connection for this one."""
    with contextlib.closing(printing_connection(site)) as connection:
        print_over(connection, uri, title, document)


def job_rows(site, all_states=False):
    return json.loads(site.safeq("job", "list", "--json", *(["--all"] if all_states else [])).stdout)


def entries(site, log="release"):
    """What the log's published part holds, in its order; an entry is published within a second or so of what it tells."""
    lines = site.safeq("audit", "export", log, "--format", "jsonl").stdout.splitlines()
    return [json.loads(line)["entry"] for line in lines]


def command(*arguments, text=None, timeout=60):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, input=text, timeout=timeout)


def main(tests, needs=()):
    """Runs the functions named test_* of a module dictionary on one installation; prints one line each.

    Usage of a test program: FILE --bin FOLDER [NAME…]. Functions take `site`, or nothing.
    """
    import argparse
    import shutil
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    missing = [program for program in needs if not shutil.which(program)]
    if missing:
        sys.exit(f"missing programs: {', '.join(missing)}; ./run test installs them")
    chosen = {n: f for n, f in tests.items() if n.startswith("test_") and (not arguments.names or n in arguments.names)}
    failed = 0
    with house.Installation(arguments.bin) as site:
        site.long = arguments.long
        if "set_up" in tests:
            tests["set_up"](site)
        for name, test in chosen.items():
            try:
                test(*([site] if inspect.signature(test).parameters else []))
                print(f"ok    {name}", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL  {name}\n{traceback.format_exc()}", flush=True)
        if failed:
            for process, log in ((n, p.log) for n, p in site.processes.items()):
                print(f"── the end of {process}'s log\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:]))
    print(f"{len(chosen) - failed} of {len(chosen)} passed")
    sys.exit(1 if failed or not chosen else 0)
