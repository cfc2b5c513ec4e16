#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HOSTILE 24: sign-ins by the thousand, at terminals and at the intake. Memory stays within the hashing budget, who comes
too late is told `busy` at once, and releases go on meanwhile. Devices by the dozen that stand still hold up only themselves."""
import base64
import collections
import contextlib
import http.client
import json
import pathlib
import ssl
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402
from old_device import OldDevice  # noqa: E402

BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"  # "correct horse", by libxcrypt
PEOPLE, CONNECTIONS, DEVICES = 1000, 50, 4
STANDING, EACH = 9, 4  # devices that stand still, and how many documents may be on their way to each
LIMIT_MIB = 8 * 64  # for all: hashes of hashing_2026, stacks and heaps of the threads, buffers of 50 connections


def set_up(site):
    scenario.printing_site(site)
    people = pathlib.Path(site.dir) / "people"
    people.write_text("".join(f"person{i}:{BCRYPT}\n" for i in range(PEOPLE)))
    site.safeq("user", "import", people)
    for i in range(DEVICES):
        site.safeq("device", "add", f"door{i}", "--uri", "ipps://127.0.0.1:1/ipp/print", "--key-pin", "sha256:" + "0" * 64,
                   "--rule", "password")


def resident_mib(site, which):
    """VmRSS, or the most it ever was: VmHWM."""
    status = pathlib.Path(f"/proc/{site.processes['release'].child.pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(which + ":"))


def held_jobs(site, count):
    for i in range(count):
        scenario.print_directly(site, site.uri, f"during the flood {i}", house.make_pdf(1, f"flood {i}"))
    return house.wait_until(lambda: (rows := [r["id"] for r in scenario.job_rows(site) if r["state"] == "held"])
                            and len(rows) >= count and rows, 30, "the jobs to be held")


class Flood:
    """Every request of `requests` once, over CONNECTIONS connections; `answers` counts what came back."""

    def __init__(self, connect, send, requests):
        self.answers, self.begun = collections.Counter(), threading.Event()
        self._connect, self._send = connect, send
        self._requests, self._lock = iter(requests), threading.Lock()
        self._broken = []
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def _run(self, number):
        try:
            with contextlib.closing(self._connect(number)) as connection:
                while True:
                    with self._lock:
                        request = next(self._requests, None)
                    if request is None:
                        return
                    answer = self._send(connection, *request)
                    with self._lock:
                        self.answers[request[-1], answer] += 1
                        if sum(self.answers.values()) >= CONNECTIONS:
                            self.begun.set()
        except Exception as error:
            self._broken.append(error)
            self.begun.set()

    def join(self):
        for thread in self._threads:
            thread.join(240)
            assert not thread.is_alive(), "an answer that never came"
        assert not self._broken, self._broken
        return self.answers


def sign_ins():
    """(name, password, whether it is right): right for most, so that it isn't the throttle that answers."""
    for i in range(PEOPLE):
        wrong = i % 20 == 19
        yield (f"nobody{i}" if i % 40 == 39 else f"person{i}"), "wrong horse" if wrong else "correct horse", not wrong


def release_all(terminal, jobs):
    for job in jobs:
        status, answer = terminal.release(job)
        assert status == 200 and answer["state"] == "printed", (status, answer)


def check_memory(site, before):
    grown = resident_mib(site, "VmHWM") - before
    assert grown <= LIMIT_MIB, f"{grown:.0f} MiB more than before the flood"


def test_a_flood_at_the_terminals_holds_up_no_release(site):
    def connect(number):
        context = site.trust()
        folder = site.root / "devices" / f"door{number % DEVICES}"
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        return http.client.HTTPSConnection("127.0.0.1", site.port("terminal"), context=context, timeout=240)

    def send(connection, name, text, _):
        connection.request("POST", "/v1/sessions", json.dumps({"factors": [house.password(name, text)]}),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        return response.status, answer.get("error", "session")

    jobs = held_jobs(site, 3)
    terminal = scenario.sign_in(site)
    before = resident_mib(site, "VmRSS")
    flood = Flood(connect, send, sign_ins())
    assert flood.begun.wait(60)
    release_all(terminal, jobs)
    answers = flood.join()
    assert sum(answers.values()) == PEOPLE, answers
    right, denied, busy = (201, "session"), (403, "denied"), (503, "busy")
    assert set(answers) <= {(True, right), (True, busy), (False, denied), (False, busy)}, answers
    assert answers[True, right] > 0 and answers[True, busy] + answers[False, busy] > 0, answers
    check_memory(site, before)
    scenario.sign_in(site)


def test_a_flood_at_the_intake_holds_up_no_release_and_no_printing_by_token(site):
    def connect(_):
        return http.client.HTTPSConnection("localhost", site.port("ipps"), context=site.trust(), timeout=240)

    def send(connection, name, text, _):
        credential = base64.b64encode(f"{name}:{text}".encode()).decode()
        uri = f"ipps://localhost:{site.port('ipps')}/ipp/print"
        connection.request("POST", "/ipp/print", scenario.get_jobs(uri),
                           {"Content-Type": "application/ipp", "Authorization": f"Basic {credential}"})
        response = connection.getresponse()
        body = response.read()
        return response.status, int.from_bytes(body[2:4], "big") if response.status == 200 else None

    before = resident_mib(site, "VmRSS")
    flood = Flood(connect, send, sign_ins())
    assert flood.begun.wait(60)
    jobs = held_jobs(site, 3)
    release_all(scenario.sign_in(site), jobs)
    answers = flood.join()
    assert sum(answers.values()) == PEOPLE, answers
    ok, busy, denied = (200, 0), (200, 0x0507), (401, None)
    assert set(answers) <= {(True, ok), (True, busy), (False, denied), (False, busy)}, answers
    assert answers[True, ok] > 0 and answers[True, busy] + answers[False, busy] > 0, answers
    check_memory(site, before)


class StandingDevice(OldDevice):
    """Takes every connection, and says nothing before it leaves."""

    def __init__(self, site):
        self.held, self._leaving = [], threading.Event()
        super().__init__(site, behind=None)
        self.context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED

    def _serve(self, raw):
        with self.context.wrap_socket(raw, server_side=True) as near:
            self.held.append(near)
            self._leaving.wait()

    def leave(self):
        self._leaving.set()


def test_devices_that_stand_still_hold_up_no_other_and_nobody_else(site):
    device = StandingDevice(site)
    for i in range(STANDING):
        site.safeq("device", "add", f"still{i}", "--uri", device.uri, "--key-pin", device.pin, "--rule", "card+pin")
    jobs = held_jobs(site, STANDING * EACH + 1)
    terminals = [scenario.sign_in(site, f"still{i}") for i in range(STANDING)]
    answers = []
    threads = [threading.Thread(target=lambda t, j: answers.append(t.release(j)), args=(terminals[i % STANDING], jobs[i]), daemon=True)
               for i in range(STANDING * EACH)]
    for thread in threads:
        thread.start()
    house.wait_until(lambda: len(device.held) == len(threads), 25, "every release to wait for its device")
    assert terminals[0].release(jobs[-1]) == (503, {"error": "busy"})
    release_all(scenario.sign_in(site), jobs[-1:])
    site.safeq("user", "set", "person1", "--disable")
    device.leave()
    for thread in threads:
        thread.join(60)
    assert [(status, answer["state"]) for status, answer in answers] == [(200, "held")] * len(threads), answers


if __name__ == "__main__":
    scenario.main(globals())
