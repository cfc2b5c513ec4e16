#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile requests to the intake's listener, byte by byte: each gets a definite answer or a closed connection, and the
daemon goes on serving."""
import http.client
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

GET_PRINTER, PRINT, UNKNOWN = 0x000B, 0x0002, 0x3FFF
BAD_REQUEST, NOT_FOUND, TOO_LARGE, NOT_SUPPORTED = 0x0400, 0x0406, 0x0408, 0x0501


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)


def attribute(tag, name, value):
    name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


def request(operation=GET_PRINTER, request_id=1, charset=True, uri="/ipp/print", extra=b"", end=b"\x03", site=None):
    body = struct.pack(">BBHi", 2, 0, operation, request_id) + b"\x01"
    if charset:
        body += attribute(0x47, "attributes-charset", "utf-8")
    body += attribute(0x48, "attributes-natural-language", "en")
    if uri:
        body += attribute(0x45, "printer-uri", f"ipps://localhost:{site.port('ipps')}{uri}")
    return body + extra + end


def post(site, body, path="/ipp/print", content_type="application/ipp"):
    connection = http.client.HTTPSConnection("localhost", site.port("ipps"), context=site.trust(), timeout=20)
    try:
        connection.request("POST", path, body, {"Content-Type": content_type})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def ipp_status(site, body, **options):
    status, answer = post(site, body, **options)
    assert status == 200, f"HTTP {status}"
    return struct.unpack(">H", answer[2:4])[0], answer


def test_a_good_request_is_answered(site):
    status, _ = ipp_status(site, request(site=site))
    assert status == 0, hex(status)


def test_zero_request_id_and_missing_charset(site):
    assert ipp_status(site, request(request_id=0, site=site))[0] == BAD_REQUEST
    assert ipp_status(site, request(charset=False, site=site))[0] == BAD_REQUEST
    assert ipp_status(site, request(uri=None, site=site))[0] == BAD_REQUEST


def test_unknown_operation_and_printer(site):
    assert ipp_status(site, request(operation=UNKNOWN, site=site))[0] == NOT_SUPPORTED
    assert ipp_status(site, request(uri="/ipp/nothing", site=site))[0] == NOT_FOUND
    assert post(site, request(site=site), path="/elsewhere")[0] == 404


def test_wrong_content_type_and_method(site):
    assert post(site, request(site=site), content_type="text/plain")[0] == 415
    connection = http.client.HTTPSConnection("localhost", site.port("ipps"), context=site.trust(), timeout=20)
    connection.request("GET", "/ipp/print")
    assert connection.getresponse().status == 405
    connection.close()


def test_truncated_at_every_byte(site):
    whole = request(site=site)
    for cut in range(0, len(whole) - 1, 3):
        status, answer = post(site, whole[:cut])
        assert status in (200, 400), (cut, status)
        assert status != 200 or struct.unpack(">H", answer[2:4])[0] >= 0x0400, f"cut at {cut} was taken"


def test_ten_thousand_attributes(site):
    extra = b"".join(attribute(0x44, f"a{n}", "x") for n in range(10_000))
    assert ipp_status(site, request(extra=extra, site=site))[0] in (BAD_REQUEST, TOO_LARGE)


def test_collections_nested_a_thousand_deep(site):
    extra = attribute(0x34, "media-col", "") + (attribute(0x4A, "", "m") + attribute(0x34, "", "")) * 1000
    assert ipp_status(site, request(extra=extra, site=site))[0] in (BAD_REQUEST, TOO_LARGE)


def test_bad_text(site):
    for name in (b"\xff\xfe", b"a\x00b", b"a\r\nb", "a\u202eb".encode()):
        extra = attribute(0x42, "requesting-user-name", name)
        assert ipp_status(site, request(extra=extra, site=site))[0] == BAD_REQUEST, name


def raw(site, data, wait=10):
    """Sends bytes over TLS and returns all that comes back."""
    with socket.create_connection(("localhost", site.port("ipps")), 10) as plain:
        with site.trust().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.settimeout(wait)
            connection.sendall(data)
            out = b""
            try:
                while chunk := connection.recv(65536):
                    out += chunk
            except (TimeoutError, ConnectionError, OSError):
                pass
            return out


def test_smuggled_heads_and_chunks(site):
    head = b"POST /ipp/print HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\n"
    for bad in (head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                head + b"X: a\r\n b: c\r\nContent-Length: 0\r\n\r\n",
                head.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
                head + b"Content-Length: 0\r\n\rX",
                b"POST /ipp/../ipp/print HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
                b"POST /ipp%2fprint HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"):
        answer = raw(site, bad)
        assert answer.startswith(b"HTTP/1.1 4"), (bad, answer[:100])
        assert answer.count(b"HTTP/1.1 ") == 1, f"two answers to {bad!r}"


def test_a_body_that_stops_half_way_leaves_nothing(site):
    uri = scenario.token_uri(site)
    path = "/" + uri.split("/", 3)[3]
    body = request(operation=PRINT, uri=path, site=site) + house.make_pdf(1, "half")[:300]
    before = len(scenario.job_rows(site))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\nContent-Length: {len(body) + 5000}\r\n\r\n".encode()
    with socket.create_connection(("localhost", site.port("ipps")), 10) as plain:
        with site.trust().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(head + body)
    house.wait_until(lambda: not [p for p in (site.root / "intake" / "spool").rglob("*") if p.is_file() and p.name != ".lock"], 20,
                     "the half document to go")
    assert len(scenario.job_rows(site)) == before


def test_postscript_and_unknown_formats_are_refused(site):
    uri = scenario.token_uri(site)
    path = "/" + uri.split("/", 3)[3]
    for document in (b"%!PS-Adobe-3.0\n(secret) show\n" * 100, b"just some text\n" * 200, b""):
        status, _ = ipp_status(site, request(operation=PRINT, uri=path, site=site) + document, path=path)
        assert status >= 0x0400, (document[:20], hex(status))


def test_the_daemon_still_serves(site):
    assert site.processes["intake"].running()
    assert ipp_status(site, request(site=site))[0] == 0


if __name__ == "__main__":
    scenario.main(globals())
