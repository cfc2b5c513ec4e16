# SPDX-License-Identifier: Apache-2.0
"""Daemons that are told to read their files anew, and clients that hold one connection meanwhile."""
import http.client
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import installation as house  # noqa: E402


def log(site, name):
    return site.processes[name].log.read_text()


def hang_up(site, *names):
    """SIGHUP; returns what each daemon said about it."""
    before = {name: len(log(site, name)) for name in names}
    for name in names:
        site.processes[name].child.send_signal(signal.SIGHUP)
    said = {}
    for name in names:
        found = house.wait_until(lambda n=name: re.search(r"^.* (reloaded|reload-refused) .*$", log(site, n)[before[n]:], re.M), 30,
                                 f"{name} to tell of its reload")
        said[name] = found.group(0)
    return said


def reload_all(site):
    for name, said in hang_up(site, *house.DAEMONS).items():
        assert " reloaded " in said, f"{name}: {said}"


def connect(site, listener, shows=None):
    """A connection that is made at the first request; `shows` is a folder with cert.pem and key.pem."""
    context = site.trust()
    if shows:
        context.load_cert_chain(shows / "cert.pem", shows / "key.pem")
    return http.client.HTTPSConnection("localhost", site.port(listener), context=context, timeout=30)


def ask(connection, path="/", method="GET", body=None):
    """The status of one request; the connection must have been open before and stay so, except at the first."""
    before = connection.sock
    connection.request(method, path, body, {"Content-Type": "application/ipp"} if body else {})
    answer = connection.getresponse()
    answer.read()
    assert connection.sock is not None, "the server closed it"
    assert before is None or connection.sock is before, "another connection was made"
    return answer.status
