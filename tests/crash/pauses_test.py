#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HOSTILE 10: the release server is paused while a document is on its way to a device, or the way itself stalls or is cut, for a
second (--long: 1 to 120 s). Nothing is printed twice unasked, nothing is lost, nobody takes over while the paused one lives, and
the log verifies."""
import concurrent.futures
import pathlib
import signal
import socket
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

PAUSES, LONG_PAUSES = (1,), (1, 5, 20, 45, 120)
RIVALS, LONG_RIVALS = 50, 1000  # who ask for the same job meanwhile
MIDDLE = 300_000  # bytes on the wire, of a document of a million
SETTLED = ("held", "uncertain", "printed")


class Wire:
    """The way to a device, which can stall and be cut. What goes through is TLS, and is not looked at."""

    def __init__(self, port):
        self.device = port
        self.listener = socket.socket()
        # On loopback a system takes a megabyte for a sender, even for one that is killed: a whole document would be on its way.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.open = []
        self.change = threading.Condition()
        self.stall_after = self.mute_after = None  # bytes to the device
        self.passed = 0
        self.stalled = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, stall_after=None, mute_after=None):
        """From now on: after so many bytes nothing goes through in either direction, or no answer comes back."""
        with self.change:
            self.stall_after, self.mute_after, self.passed = stall_after, mute_after, 0
            self.stalled.clear()

    def let_go(self):
        with self.change:
            self.stall_after = self.mute_after = None
            self.change.notify_all()

    def cut(self):
        """Both ends see a reset, as when a cable's other end has gone and come back."""
        with self.change:
            gone, self.open = self.open, []
        for each in gone:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
        self.let_go()

    def close(self):
        self.listener.close()
        self.cut()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.device), 10)
            except OSError:
                return
            with self.change:
                self.open += [near, far]
            threading.Thread(target=self.pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, False), daemon=True).start()

    def waits(self, to_device):
        if self.stall_after is not None and self.passed >= self.stall_after:
            self.stalled.set()
            return True
        return not to_device and self.mute_after is not None and self.passed >= self.mute_after

    def pump(self, source, sink, to_device):
        try:
            while data := source.recv(16384):
                with self.change:
                    while self.waits(to_device):
                        self.change.wait()
                    self.passed += len(data) if to_device else 0
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # cut, or the other side has hung up


def set_up(site):
    scenario.printing_site(site)
    folder, device = site.start_device("far")
    port = int(device["uri"].split(":")[2].split("/")[0])
    site.wire = Wire(port)
    site.safeq("device", "add", "far", "--uri", f"ipps://localhost:{site.wire.port}/ipp/print", "--key-pin", device["key_pin"],
               "--rule", "card+pin")
    site.far, site.number = folder, 0


def copies(site, digest):
    return sum(house.sha256(path) == digest for folder in (site.far, site.received) for path in folder.iterdir()
               if not path.name.endswith(".part"))


def send(site):
    """A long document that waits at release; its job and digest."""
    site.number += 1
    path = site.dir / "long.pdf"
    path.write_bytes(house.make_pdf(4000, f"pause {site.number} " + "z" * 100))
    job = site.safeq("print", path, "--uri", site.uri).stdout.strip().splitlines()[-1]
    house.wait_until(lambda: any(row["id"] == job for row in scenario.job_rows(site)), 20, "the job at release")
    assert path.stat().st_size > 3 * MIDDLE
    return job, house.sha256(path)


def begin(site, job, **armed):
    """Lets the job go to the far device; returns when the wire is where it was told to stop, with the answer to come."""
    terminal = scenario.sign_in(site, "far")
    site.wire.arm(**armed)
    pool = concurrent.futures.ThreadPoolExecutor(1)
    answer = pool.submit(terminal.release, job)
    pool.shutdown(wait=False)
    return answer


def in_the_middle(site, job):
    answer = begin(site, job, stall_after=MIDDLE)
    assert site.wire.stalled.wait(30), "the document was not on its way"
    return answer


def last(seconds):
    """A pause is what is tested here, so that its length isn't luck."""
    threading.Event().wait(seconds)


def state_of(site, job):
    return {row["id"]: row["state"] for row in scenario.job_rows(site, all_states=True)}[job]


def settle(site, job, digest, answer=None):
    """When the attempt is over: what came of it is true, and only the owner leads out of doubt. Returns how it ended."""
    if answer is not None:
        try:
            answer.result(90)
        except (OSError, ValueError, house.http.client.HTTPException):
            pass  # a terminal doesn't wait for two minutes, and its server may be gone
    house.wait_until(lambda: state_of(site, job) in SETTLED, 60, "the end of the attempt")
    state, count = state_of(site, job), copies(site, digest)
    assert count <= 1, f"printed {count} times unasked"
    assert state != "printed" or count == 1, "said to be printed, and isn't"
    assert state != "held" or count == 0, "waits, and was printed"
    terminal = scenario.sign_in(site)
    if state == "uncertain":
        status, refused = terminal.release(job)
        assert status == 409, f"released again unasked: {status} {refused}"
        if count == 1:
            assert terminal.call("POST", f"/v1/jobs/{job}/resolve", {})[0] == 200
        else:
            status, done = terminal.call("POST", f"/v1/jobs/{job}/release", {"again": True})
            assert status == 200 and done["state"] == "printed", (status, done)
    elif state == "held":
        status, done = terminal.release(job)
        assert status == 200 and done["state"] == "printed", (status, done)
    assert copies(site, digest) == 1, f"{copies(site, digest)} copies"
    return state


def pauses(site):
    return LONG_PAUSES if site.long else PAUSES


def frozen(process):
    status = pathlib.Path(f"/proc/{process.child.pid}/stat").read_text()
    return status.rpartition(")")[2].split()[0] == "T"


def nobody_else_starts(site):
    """A second release server over the same folders is refused, while the first lives, paused or not."""
    try:
        second = house.Process([site.programs / "safeq-release", "--config", site.root / "release" / "release.conf"],
                               site.logs / "second.log")
    except RuntimeError as error:
        assert "ended with 1" in str(error), error
        return str(error)
    second.kill()
    raise AssertionError("two release servers over one folder")


def test_a_server_that_pauses_in_the_middle_of_a_document(site):
    ends = []
    for seconds in pauses(site):
        job, digest = send(site)
        answer = in_the_middle(site, job)
        daemon = site.processes["release"]
        daemon.child.send_signal(signal.SIGSTOP)
        try:
            house.wait_until(lambda: frozen(daemon), 10, "the server to stand still")
            why = nobody_else_starts(site)
            assert "locked" in why or "another process" in why, why
            site.wire.let_go()
            last(seconds)
        finally:
            daemon.child.send_signal(signal.SIGCONT)
        ends.append(f"{seconds} s: {settle(site, job, digest, answer)}")
    print("      " + ", ".join(ends))


def test_a_way_that_stalls_in_the_middle_of_a_document(site):
    ends = []
    for seconds in pauses(site):
        job, digest = send(site)
        answer = in_the_middle(site, job)
        last(seconds)
        site.wire.let_go()
        ends.append(f"{seconds} s: {settle(site, job, digest, answer)}")
    print("      " + ", ".join(ends))


def test_of_many_who_ask_for_a_job_on_its_way_none_gets_it(site):
    rivals = LONG_RIVALS if site.long else RIVALS
    job, digest = send(site)
    answer = in_the_middle(site, job)
    terminals = [scenario.sign_in(site, name) for name in ("mfd", "far")]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(lambda n: terminals[n % 2].call("POST", f"/v1/jobs/{job}/release", {"again": n % 4 > 1})[0],
                                range(rivals)))
    assert 409 in refused and set(refused) <= {409, 503}, collected(refused)  # 503: as many ask as a device may have
    site.wire.let_go()
    assert settle(site, job, digest, answer) == "printed"


def collected(values):
    return {value: values.count(value) for value in set(values)}


def test_a_way_that_is_cut_in_the_middle_of_a_document(site):
    job, digest = send(site)
    answer = in_the_middle(site, job)
    site.wire.cut()
    assert settle(site, job, digest, answer) == "uncertain"


def test_a_way_that_is_cut_when_everything_has_arrived(site):
    """The device has printed and can't say so: the owner finds the pages, and nothing is printed again."""
    job, digest = send(site)
    answer = begin(site, job, mute_after=MIDDLE)
    house.wait_until(lambda: copies(site, digest) == 1, 60, "the device to print")
    site.wire.cut()
    assert settle(site, job, digest, answer) == "uncertain"


def test_a_paused_server_that_is_given_up_and_replaced(site):
    job, digest = send(site)
    answer = in_the_middle(site, job)
    daemon = site.processes["release"]
    daemon.child.send_signal(signal.SIGSTOP)
    house.wait_until(lambda: frozen(daemon), 10, "the server to stand still")
    site.kill("release")
    site.start("release")
    assert state_of(site, job) == "uncertain"
    site.wire.let_go()
    assert settle(site, job, digest, answer) == "uncertain"
    house.wait_until(lambda: not list(site.far.glob("*.part")), 60, "the device to give the cut document up")
    assert copies(site, digest) == 1


def test_nothing_is_left_and_the_log_verifies(site):
    assert scenario.job_rows(site) == []
    left = [p for p in (site.root / "release" / "spool").rglob("*") if p.is_file() and p.name != ".lock"]
    assert left == [], f"orphans: {left}"
    verified = site.safeq("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    site.wire.close()


if __name__ == "__main__":
    scenario.main(globals())
