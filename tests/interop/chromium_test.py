#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real browser, headless, at a listener of ours: what it says itself that it agreed on with us.

It is spoken to in the DevTools protocol through a pair of pipes: messages of JSON, each ended by a zero byte.
"""
import base64
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402


class Browser:
    """Headless Chromium with a profile of its own, that trusts the keys given and nothing else beyond its usual."""

    def __init__(self, site, keys):
        self.profile = site.dir / "browser"
        self.profile.mkdir(exist_ok=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        arguments = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
                     "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost", f"--user-data-dir={self.profile}",
                     "--ignore-certificate-errors-spki-list=" + ",".join(keys), "--remote-debugging-pipe", "about:blank"]
        self.log = open(site.logs / "chromium.log", "wb")
        # It reads from descriptor 3 and writes to 4.
        self.child = subprocess.Popen(["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", *arguments],
                                      pass_fds=(theirs_in, theirs_out), stdout=self.log, stderr=self.log,
                                      stdin=subprocess.DEVNULL, start_new_session=True,
                                      env={**os.environ, "HOME": str(self.profile), "XDG_CONFIG_HOME": str(self.profile)})
        os.close(theirs_in)
        os.close(theirs_out)
        self.events, self.answers, self._last = [], {}, 0
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        buffer = b""
        while piece := os.read(self._in, 65536):
            *messages, buffer = (buffer + piece).split(b"\0")
            with self._news:
                for message in map(json.loads, messages):
                    if "id" in message:
                        self.answers[message["id"]] = message
                    else:
                        self.events.append(message)
                self._news.notify_all()
        with self._news:
            self.answers[None] = None  # it has ended
            self._news.notify_all()

    def _wait(self, condition, what, seconds=60):
        with self._news:
            if not self._news.wait_for(lambda: condition() or None in self.answers, seconds) or not condition():
                raise RuntimeError(f"chromium: {'ended' if None in self.answers else 'silent'} while waiting for {what}")

    def call(self, method, session=None, **parameters):
        self._last += 1
        number = self._last
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        self._wait(lambda: number in self.answers, method)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url, **headers):
        """Loads a page; what DevTools tells of its response, or the error text of the failure."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Network.enable", session)
        self.call("Network.setExtraHTTPHeaders", session, headers=headers)
        navigated = self.call("Page.navigate", session, url=url)
        if "errorText" in navigated:
            return navigated["errorText"]

        def responses():
            return [e["params"]["response"] for e in self.events
                    if e.get("sessionId") == session and e["method"] == "Network.responseReceived"
                    and e["params"]["response"]["url"] == url]
        self._wait(responses, f"a response from {url}")
        response = responses()[0]
        self.call("Target.closeTarget", targetId=target)
        return response

    def close(self):
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)  # its own session: it and its children, nobody else
            self.child.wait()
        self._reader.join(5)
        os.close(self._in)
        os.close(self._out)
        self.log.close()


def set_up(site):
    site.init()
    site.start_all()


@contextlib.contextmanager
def browser(site, *pins):
    """Pins as ours are written ("sha256:" and hex); Chromium wants the same digest in base64."""
    running = Browser(site, [base64.b64encode(bytes.fromhex(pin.removeprefix("sha256:"))).decode() for pin in pins])
    try:
        yield running
    finally:
        running.close()


def scanned_pin(site, port):
    result = scenario.command(site.programs / "safeq", "tls", "scan", f"localhost:{port}", "--json")
    assert result.returncode == 0, result.stderr
    certificate, = json.loads(result.stdout)["certificates"]
    return certificate["pin"]


def test_an_auditors_browser_agrees_on_tls_1_3_and_the_hybrid_group(site):
    port, password = site.port("report"), (site.root / "report" / "auditor.txt").read_text().strip()
    with browser(site, scanned_pin(site, port)) as chromium:
        response = chromium.open(f"https://localhost:{port}/",
                                 Authorization="Basic " + base64.b64encode(f"auditor:{password}".encode()).decode())
    assert isinstance(response, dict) and response["status"] == 200, f"the page did not load: {response}"
    security = response["securityDetails"]
    assert security["protocol"] == "TLS 1.3", security
    assert security["keyExchangeGroup"] == "X25519MLKEM768", security
    assert security["cipher"] in ("AES_256_GCM", "CHACHA20_POLY1305", "AES_128_GCM"), security
    assert "localhost" in security["sanList"], security


def test_each_policy_serves_the_browser_with_the_hybrid_group(site):
    opened = 0
    for policy, kind in (("modern-2026", "ecdsa"), ("intermediate-2026", "rsa"), ("legacy-mfd-2026", "ecdsa"),
                         ("obsolete-mfd-2026", "rsa")):
        process = house.Process([site.programs.parent / "tests" / "interop" / "tls_listener", policy, kind],
                                site.logs / f"{policy}.log")
        try:
            facts = json.loads(process.lines[0])
            with browser(site, facts["pin"]) as chromium:
                response = chromium.open(f"https://localhost:{facts['port']}/")
        finally:
            process.kill()
        assert isinstance(response, dict) and response["status"] == 200, f"{policy}: {response}"
        security = response["securityDetails"]
        assert (security["protocol"], security["keyExchangeGroup"]) == ("TLS 1.3", "X25519MLKEM768"), f"{policy}: {security}"
        opened += 1
    assert opened == 4


def test_the_browser_refuses_a_key_that_it_was_not_told_of(site):
    with browser(site, "sha256:" + 64 * "0") as chromium:
        answer = chromium.open(f"https://localhost:{site.port('report')}/")
    assert answer == "net::ERR_CERT_AUTHORITY_INVALID", answer


def test_the_browser_cannot_reach_a_mutual_listener_without_a_certificate(site):
    port = site.port("terminal")
    with browser(site, scanned_pin(site, port)) as chromium:
        answer = chromium.open(f"https://localhost:{port}/")
    assert isinstance(answer, str) and answer.startswith("net::ERR_"), answer


if __name__ == "__main__":
    scenario.main(globals(), needs=("chromium", "bash"))
