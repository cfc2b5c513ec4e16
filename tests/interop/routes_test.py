#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The terminal interface: every route of docs/openapi/release.yaml answers only to its role, and nothing else is there."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "openapi" / "release.yaml"


def documented():
    """(method, path, role) of each operation; the file keeps one form, so that no YAML parser is needed."""
    out, path, method = set(), None, None
    for line in DOCUMENT.read_text().splitlines():
        if match := re.fullmatch(r"  (/\S*):", line):
            path = match[1]
        elif match := re.fullmatch(r"    (get|post|put|delete):", line):
            method = match[1].upper()
        elif match := re.fullmatch(r"      x-role: (\w+)", line):
            out.add((method, path, match[1]))
    return out


def served(site):
    socket = site.root / "release" / "run" / "admin.sock"
    result = scenario.command("curl", "-sS", "--unix-socket", socket, "http://localhost/admin/v1/routes")
    assert result.returncode == 0, result.stderr
    return {tuple(line.split()) for line in result.stdout.splitlines()}


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)


def test_every_documented_route_is_served_and_no_other(site):
    terminal = {route for route in served(site) if route[2] in ("device", "session")}
    assert terminal == documented(), f"only served: {terminal - documented()}, only documented: {documented() - terminal}"
    assert all(role in ("device", "session", "intake", "report", "admin") for _, _, role in served(site))


def test_a_session_is_needed_where_the_document_says_so(site):
    terminal = site.terminal("mfd")
    for method, path, role in documented():
        if role != "session":
            continue
        status, answer = terminal.call(method, path.replace("{job}", "00000000-0000-7000-8000-000000000000"))
        assert status == 401 and answer == {"error": "denied"}, (method, path, status, answer)


def test_what_has_no_route_is_not_there(site):
    terminal = scenario.sign_in(site)
    for method, path in (("GET", "/"), ("GET", "/v1/users"), ("GET", "/admin/v1/users"), ("GET", "/internal/v1/epochs"), ("GET", "/v1/sessions"),
                         ("PUT", "/v1/jobs"), ("GET", "/log/checkpoint")):
        status, _ = terminal.call(method, path)
        assert status in (404, 405), (method, path, status)


if __name__ == "__main__":
    scenario.main(globals(), needs=("curl",))
