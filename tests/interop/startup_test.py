#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon that can't do its work doesn't start, and says why in one sentence."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scenario  # noqa: E402

DAEMONS = ("release", "intake", "report")


def set_up(site):
    site.init()


def refusal(site, name):
    """Starts a daemon that must refuse, and returns what it says about it."""
    result = scenario.command(site.programs / f"safeq-{name}", "--config", site.root / name / f"{name}.conf", timeout=20)
    assert result.returncode == 1, f"exit {result.returncode}: {result.stdout}{result.stderr}"
    assert "ready" not in result.stdout
    said = [line for line in result.stderr.splitlines() if line.startswith(f"safeq-{name}: ")]
    assert len(said) == 1, result.stderr
    return said[0]


def test_a_key_that_others_can_read(site):
    for name, key in (("release", "pepper.key"), ("intake", "signing.key"), ("report", "witness.key")):
        path = site.root / name / "keys" / key
        path.chmod(0o644)
        said = refusal(site, name)
        path.chmod(0o600)
        assert key in said and "[permission]" in said, said


def test_a_key_that_is_missing_or_cut(site):
    for name, key in (("release", "log.key"), ("intake", "log.key"), ("report", "witness.key")):
        path = site.root / name / "keys" / key
        data = path.read_bytes()
        path.write_bytes(data[:20])
        said = refusal(site, name)
        assert key in said and "[key_invalid]" in said, said
        path.unlink()
        said = refusal(site, name)
        path.write_bytes(data)
        path.chmod(0o600)
        assert key in said and "[not_found]" in said, said


def test_a_certificate_that_is_not_its_key_s(site):
    for name in DAEMONS:
        path = site.root / name / "tls" / "cert.pem"
        own = path.read_text()
        path.write_text((site.root / ("intake" if name != "intake" else "release") / "tls" / "cert.pem").read_text())
        said = refusal(site, name)
        path.write_text(own)
        assert "cert.pem" in said, said


def test_no_core_file_shows_keys(site):
    site.start_all()
    for name in DAEMONS:
        limits = pathlib.Path(f"/proc/{site.processes[name].child.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"], core
        site.stop(name)


def test_a_wrong_configuration(site):
    for name in DAEMONS:
        path = site.root / name / f"{name}.conf"
        own = path.read_text()
        for change, told in ((lambda t: t + 'listne-ipps="127.0.0.1:1"\n', "listne-ipps"),
                             (lambda t: t.replace("tenant=", "#"), "tenant"),
                             (lambda t: t.replace("https://localhost", "http://localhost").replace("ipps://", "ipp://"), "HOST:PORT"),
                             (lambda t: t.replace("127.0.0.1", "localhost"), "IP-ADDRESS:PORT"),
                             (lambda t: t.replace('instance="', 'instance="x'), "instance")):
            path.write_text(change(own))
            said = refusal(site, name)
            path.write_text(own)
            assert told in said and "[config_invalid]" in said, said
        path.rename(path.with_suffix(".away"))
        said = refusal(site, name)
        path.with_suffix(".away").rename(path)
        assert f"{name}.conf" in said and "[config_invalid]" in said, said


def test_a_folder_that_is_missing_or_not_to_be_written(site):
    for name in DAEMONS:
        for folder in ("keys", "tls"):
            path = site.root / name / folder
            path.rename(path.with_suffix(".away"))
            said = refusal(site, name)
            path.with_suffix(".away").rename(path)
            assert str(path) in said and "[not_found]" in said, said


def test_a_port_that_is_taken(site):
    for name, port in (("release", "terminal"), ("intake", "ipps"), ("report", "report")):
        with socket.socket() as other:
            other.bind(("127.0.0.1", site.port(port)))
            other.listen()
            said = refusal(site, name)
            assert str(site.port(port)) in said and "[address_in_use]" in said, said


def test_a_second_daemon_on_the_same_data(site):
    site.start("release")
    said = refusal(site, "release")
    assert "[locked]" in said, said
    site.stop("release")


def test_an_installation_is_never_overwritten(site):
    result = scenario.command(site.programs / "safeq", "init", site.root)
    assert result.returncode == 1 and "not empty" in result.stderr, result.stderr
    assert (site.root / "ca" / "ca.key").exists()


if __name__ == "__main__":
    scenario.main(globals())
