# SPDX-License-Identifier: Apache-2.0
"""A whole installation in a temporary folder: `safeq init`, the daemons as child processes, a terminal as HTTPS client.

Used by the demo and by the interop and crash tests. Everything listens on loopback; every process is ended by its id.
"""
import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

DAEMONS = ("release", "intake", "report")
PORTS = {"ipps": 8631, "intake": 8632, "terminal": 8641, "people": 8642, "daemon": 8643, "report": 8651}


def wait_until(condition, seconds, what):
    """Polls a condition until it is true (returned) or the deadline has passed (raises)."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        threading.Event().wait(0.02)


class PortBlock:
    """Ports at an offset at which all are free, kept from other installations on this machine as long as the object lives.

    Below the ports that the system gives to outgoing connections, which could take one away before a daemon listens."""
    STEP, BEGIN, END = 32, 1024, 23552

    def __init__(self):
        folder = pathlib.Path(tempfile.gettempdir()) / "safeq-test-ports"
        folder.mkdir(exist_ok=True)
        offsets = list(range(self.BEGIN, self.END, self.STEP))
        random.SystemRandom().shuffle(offsets)
        for offset in offsets:
            self._lock = open(folder / str(offset), "w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with contextlib.ExitStack() as stack:
                    for port in PORTS.values():
                        stack.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
                self.offset = offset
                return
            except OSError:
                self._lock.close()
        raise RuntimeError("no free block of ports")

    def close(self):
        self._lock.close()


class Process:
    """A child that says `ready` on its standard output when it serves."""

    def __init__(self, arguments, log, deadline=20, env=None):
        self.log = pathlib.Path(log)
        self._log_file = open(log, "ab")
        self.child = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=self._log_file,
                                      stdin=subprocess.DEVNULL, env=env)
        self.lines = []
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_until(lambda: self._ready.is_set() or self.child.poll() is not None, deadline, f"{arguments[0]} to be ready")
        if not self._ready.is_set():
            raise RuntimeError(f"{arguments[0]} ended with {self.child.returncode}:\n{self.tail()}")

    def _read(self):
        for line in self.child.stdout:
            text = line.decode(errors="replace").rstrip()
            self.lines.append(text)
            if text == "ready" or text.startswith("ready "):
                self._ready.set()

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def running(self):
        return self.child.poll() is None

    def stop(self, deadline=20):
        """SIGTERM and wait; returns the exit status."""
        if self.running():
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(deadline)
            except subprocess.TimeoutExpired:
                self.kill()
                raise RuntimeError(f"process {self.child.pid} did not stop on SIGTERM:\n{self.tail()}") from None
        self._close()
        return self.child.returncode

    def kill(self):
        """SIGKILL."""
        if self.running():
            self.child.kill()
        self.child.wait()
        self._close()

    def _close(self):
        self._reader.join(5)
        self.child.stdout.close()
        self._log_file.close()


class Installation:
    def __init__(self, programs, folder=None, offset=None):
        self.programs = pathlib.Path(programs).resolve()
        self._temporary = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="safeq-")
            folder = self._temporary.name
        self.dir = pathlib.Path(folder).resolve()
        self.root = self.dir / "safeq"
        self.logs = self.dir / "output"
        self.logs.mkdir(parents=True, exist_ok=True)
        self._ports = PortBlock() if offset is None else None
        self.offset = self._ports.offset if self._ports else offset
        self.processes = {}
        self.host = "127.0.0.1"  # at which terminals find the release server

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for process in reversed(list(self.processes.values())):
            with contextlib.suppress(Exception):
                process.stop()
        self.processes.clear()
        if self._ports:
            self._ports.close()
        if self._temporary:
            self._temporary.cleanup()

    def port(self, name):
        return PORTS[name] + self.offset

    def safeq(self, *arguments, text="", check=True):
        """Runs the command line; `text` is its standard input (secrets, one a line)."""
        result = subprocess.run([str(self.programs / "safeq"), "--dir", str(self.root), *map(str, arguments)],
                                input=text, capture_output=True, text=True, timeout=120)
        if check and result.returncode != 0:
            raise RuntimeError(f"safeq {' '.join(map(str, arguments))}: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def init(self, *extra):
        result = subprocess.run([str(self.programs / "safeq"), "init", str(self.root), "--port-offset", str(self.offset), *extra],
                                capture_output=True, text=True, timeout=60)
        if result.returncode != 0:
            raise RuntimeError(f"safeq init: {result.stdout}{result.stderr}")
        return result.stdout

    def start(self, name, env=None):
        self.processes[name] = Process([self.programs / f"safeq-{name}", "--config", self.root / name / f"{name}.conf"],
                                       self.logs / f"{name}.log", env=env)
        return self.processes[name]

    def start_all(self):
        for name in DAEMONS:
            self.start(name)

    def stop(self, name):
        return self.processes.pop(name).stop()

    def kill(self, name):
        self.processes.pop(name).kill()

    def start_device(self, name="mfd", *extra):
        """The SDK's virtual device; returns its folder of received documents and its ipps URI."""
        folder = self.dir / name
        folder.mkdir(exist_ok=True)
        process = Process([self.programs.parent / "examples" / "virtual_mfd", "--folder", folder, "--port", 0, *extra],
                          self.logs / f"{name}.log")
        self.processes[name] = process
        facts = json.loads(next(line for line in process.lines if line.startswith("{")))
        return folder, facts

    # The terminal of a device: HTTPS with the device's client certificate.
    def terminal(self, device):
        return Terminal(self, device)

    def trust(self):
        context = ssl.create_default_context(cafile=str(self.root / "public" / "ca.pem"))
        return context


class Terminal:
    def __init__(self, installation, device):
        self.installation = installation
        folder = installation.root / "devices" / device
        self.context = installation.trust()
        self.context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.session = None

    def call(self, method, path, body=None):
        """One request; returns (status, parsed JSON or None)."""
        connection = http.client.HTTPSConnection(self.installation.host, self.installation.port("terminal"), context=self.context,
                                                 timeout=60)
        headers = {"Content-Type": "application/json"}
        if self.session:
            headers["Authorization"] = f"Bearer {self.session}"
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
            return response.status, json.loads(data) if data else None
        finally:
            connection.close()

    def sign_in(self, *factors):
        status, answer = self.call("POST", "/v1/sessions", {"factors": list(factors)})
        if status == 201:
            self.session = answer["session"]
        return status, answer

    def jobs(self):
        status, answer = self.call("GET", "/v1/jobs")
        if status != 200:
            raise RuntimeError(f"GET /v1/jobs: {status} {answer}")
        return answer["jobs"]

    def release(self, job):
        return self.call("POST", f"/v1/jobs/{job}/release", {})


def card(uid):
    return {"type": "card", "uid": uid}


def pin(digits):
    return {"type": "pin", "pin": digits}


def password(user, text):
    return {"type": "password", "user": user, "password": text}


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def files_holding(folder, needles):
    """Every file below `folder` that holds one of the byte strings."""
    found = []
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found += [(path, needle) for needle in needles if needle in data]
    return found


def make_pdf(pages, text):
    """A small valid PDF with uncompressed text, so that a search for the plaintext would find it."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>",
               b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
                   pages, b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(pages))),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for i in range(pages):
        content = b"BT /F1 18 Tf 72 700 Td (%s, page %d) Tj ET" % (text.encode(), i + 1)
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
                       b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * i))
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)
    return bytes(out)


def make_pwg_raster(pages, mark):
    """PWG raster (PWG 5102.4): 8-bit grey, 64 by 64 at 300 dpi; `mark` colours the lines so that files differ."""
    width = height = 64
    out = bytearray(b"RaS2")
    for page in range(pages):
        header = bytearray(1796)
        header[0:9] = b"PwgRaster"

        def put(offset, value):
            header[offset:offset + 4] = value.to_bytes(4, "big")
        put(276, 300), put(280, 300)
        put(352, 15), put(356, 15)
        put(372, width), put(376, height)
        put(384, 8), put(388, 8), put(392, width), put(396, 0), put(400, 18), put(420, 1)
        put(452, pages)
        out += header
        for line in range(height):
            literal = hashlib.sha256(f"{mark}/{page}/{line}".encode()).digest()
            out += bytes([0]) + bytes([257 - len(literal)]) + literal + bytes([width - len(literal) - 1, 0xFF])
    return bytes(out)


if __name__ == "__main__":
    sys.exit("a module for the demo and the tests")
