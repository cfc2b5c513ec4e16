#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS policies in the daemons: every pathway by the name that its option gives, an old device by its exception alone."""
import datetime
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402
from old_device import OldDevice  # noqa: E402


def add_device(site, name, device):
    """Makes a device known; its id."""
    site.safeq("device", "add", name, "--uri", device.uri, "--key-pin", device.pin, "--rule", "card+pin")
    return next(row["id"] for row in json.loads(site.safeq("device", "list", "--json").stdout) if row["name"] == name)


def set_up(site):
    site.init()
    site.start_all()
    scenario.people_and_device(site)
    site.uri = scenario.token_uri(site)
    site.plain_config = config(site, "release").read_text()
    folder, facts = site.start_device("behind")
    site.old = OldDevice(site, int(facts["uri"].split(":")[2].split("/")[0]))
    site.old_prints = folder
    site.old_id = add_device(site, "old", site.old)
    site.page = site.dir / "page.pdf"
    site.page.write_bytes(house.make_pdf(2, "for an old device"))


def config(site, name):
    return site.root / name / f"{name}.conf"


def exception(site, policy="legacy-mfd-2026", until=None, because="firmware 3.1 has no GCM, order 4711", device=None):
    day = until or datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=30)
    return f"{device or site.old_id} {policy} until {day} because {because}\n"


def with_table(site, text):
    """Starts release anew with a table of exceptions."""
    table = site.dir / "exceptions"
    table.write_text(text)
    site.stop("release")
    config(site, "release").write_text(site.plain_config + f'tls-exceptions="{table}"\n')
    site.start("release")


def print_there(site, name="old"):
    """Prints on the old device; what became of the job."""
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    job = house.wait_until(lambda: [r for r in scenario.job_rows(site, True) if r["id"] not in known and r["state"] == "held"], 20,
                           "the job at release")[0]["id"]
    terminal = scenario.sign_in(site, name)
    status, answer = terminal.release(job)
    assert status == 200, answer
    terminal.call("DELETE", f"/v1/jobs/{job}")
    return answer["state"]


def read_anew(site, text, told=" reloaded "):
    """Changes the table under the running server; what its log says of it."""
    release = site.processes["release"]
    before = len(release.log.read_text())
    (site.dir / "exceptions").write_text(text)
    release.child.send_signal(signal.SIGHUP)
    return house.wait_until(lambda: told in release.log.read_text()[before:] and release.log.read_text()[before:], 20, told)


def uses(site, device):
    return [e for e in scenario.entries(site) if e["kind"] == "policy_exception_used" and e["device"] == device]


def noted_uses(site, connections, device):
    """The records of that many connections made, once the log's published part has them all."""
    noted = house.wait_until(lambda: len(found := uses(site, device)) >= connections and found, 20, "the records")
    assert len(noted) == connections, noted
    return noted


def test_without_an_exception_it_gets_nothing(site):
    assert print_there(site) == "held"
    assert site.old.spoken == [None] and list(site.old_prints.iterdir()) == []


def test_an_exception_is_used_and_on_record(site):
    with_table(site, exception(site))
    assert print_there(site) == "printed"
    assert set(site.old.spoken[1:]) == {("ECDHE-RSA-AES128-SHA256", "TLSv1.2")}
    assert [path.read_bytes() for path in site.old_prints.iterdir()] == [site.page.read_bytes()]
    noted = noted_uses(site, len(site.old.spoken[1:]), site.old_id)
    assert "legacy-mfd-2026" in json.dumps(noted[0]) and "order 4711" in json.dumps(noted[0])


def test_an_exception_ends_by_itself(site):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    with_table(site, exception(site, until=today))
    before = len(site.old.spoken)
    assert print_there(site) == "held"
    assert site.old.spoken[before:] == [None]
    assert "exception-expired" in site.processes["release"].log.read_text()


def test_a_table_is_read_anew_while_the_server_runs(site):
    with_table(site, "")
    assert print_there(site) == "held"
    read_anew(site, exception(site))
    assert print_there(site) == "printed"
    assert str(site.dir / "exceptions") in read_anew(site, "no table\n", " reload-refused ")
    assert print_there(site) == "printed"  # by the one that was good
    read_anew(site, "")
    assert print_there(site) == "held"


def test_each_connection_is_a_use_on_record(site):
    """A device that ends the connection after each response is talked to by many; each stands in the log."""
    device = OldDevice(site, site.old.behind, closing=True)
    known_as = add_device(site, "closing", device)
    with_table(site, exception(site, device=known_as))
    assert print_there(site, "closing") == "printed"
    assert len(device.spoken) >= 2 and set(device.spoken) == {("ECDHE-RSA-AES128-SHA256", "TLSv1.2")}, device.spoken
    noted = noted_uses(site, len(device.spoken), known_as)
    # An exception that ends in the middle of a delivery counts from the next connection.
    spoken, noted = len(device.spoken), len(noted)
    device.on_response = lambda: read_anew(site, "")
    assert print_there(site, "closing") == "held"
    house.wait_until(lambda: device.spoken[spoken:] == [("ECDHE-RSA-AES128-SHA256", "TLSv1.2"), None], 20, "the refusal")
    house.wait_until(lambda: len(uses(site, known_as)) == noted + 1, 20, "the record of the one that was made")
    device.close()


def test_tls13_can_be_switched_off_for_a_device_that_chokes_on_it(site):
    gcm = "ECDHE-RSA-AES128-GCM-SHA256"
    device = OldDevice(site, site.old.behind, suites=gcm, chokes=True)
    known_as = add_device(site, "choking", device)
    with_table(site, "")
    assert print_there(site, "choking") == "held"
    house.wait_until(lambda: device.spoken == [None], 20, "the refusal")
    with_table(site, exception(site, "intermediate-2026 no-tls1.3", because="it hangs on TLS 1.3", device=known_as))
    assert print_there(site, "choking") == "printed"
    assert set(device.spoken[1:]) == {(gcm, "TLSv1.2")}
    noted = noted_uses(site, len(device.spoken) - 1, known_as)
    assert "intermediate-2026 no-tls1.3" in json.dumps(noted[0]), noted
    device.close()


def test_other_devices_stay_under_the_strict_policy(site):
    """The exception is the old device's alone: one that TLS 1.2 with CBC would suit, too, isn't talked to by it."""
    with_table(site, exception(site))
    other = OldDevice(site, site.old.behind)
    add_device(site, "other", other)
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    job = house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job")[0]["id"]
    status, answer = scenario.sign_in(site, "other").release(job)
    assert status == 200 and answer["state"] == "held", answer
    assert other.spoken == [None]
    other.close()


def test_an_operator_s_own_policies_have_names(site):
    folder = site.root / "public" / "tls-policies"
    folder.mkdir()
    (folder / "floor.policy").write_text("name third-floor\nfrom intermediate-2026\nmin version tls1.3\n")
    own = config(site, "intake").read_text()
    port = site.port("ipps")

    def offers(version):
        shown = scenario.command("openssl", "s_client", "-connect", f"localhost:{port}", version, text="")
        return "Cipher is (NONE)" not in shown.stdout
    assert offers("-tls1_2") and offers("-tls1_3")
    site.stop("intake")
    config(site, "intake").write_text(own.replace("intermediate-2026", "third-floor"))
    site.start("intake")
    assert not offers("-tls1_2") and offers("-tls1_3")
    known = {row["id"] for row in scenario.job_rows(site, True)}
    site.safeq("print", site.page, "--uri", site.uri)
    house.wait_until(lambda: [r for r in scenario.job_rows(site) if r["id"] not in known], 20, "the job")
    config(site, "intake").write_text(own)


def test_a_wrong_policy_stops_the_start(site):
    def refusal(name, text):
        path = config(site, name)
        own = path.read_text()
        path.write_text(text(own))
        result = scenario.command(site.programs / f"safeq-{name}", "--config", path, timeout=20)
        path.write_text(own)
        assert result.returncode == 1, result.stderr
        return result.stderr
    for name in ("intake", "release", "report"):
        site.stop(name)
    config(site, "release").write_text(site.plain_config)
    for name, option in (("intake", "tls-policy-clients"), ("release", "tls-policy-terminals"), ("report", "tls-policy-people"),
                         ("release", "tls-policy-devices"), ("intake", "tls-policy-daemons")):
        def changed(text, to, option=option):
            return "".join(f'{option}="{to}"\n' if line.startswith(option + "=") else line for line in text.splitlines(True))
        said = refusal(name, lambda text: changed(text, "modern"[::-1]))
        assert option in said and "safeq tls list" in said, said
        said = refusal(name, lambda text: changed(text, "obsolete-mfd-2026"))
        assert option in said and "only for named devices" in said, said
    table = site.dir / "bad-exceptions"
    table.write_text("# devices\n" + exception(site, "no-such-policy"))
    said = refusal("release", lambda text: text + f'tls-exceptions="{table}"\n')
    assert "bad-exceptions" in said and "line 2" in said, said
    table.unlink()
    assert "[not_found]" in refusal("release", lambda text: text + f'tls-exceptions="{table}"\n')
    broken = site.root / "public" / "tls-policies" / "second.policy"
    for text, told in (("name wide\nfrom modern-2026\nmin version tls1.0\n", "line 3"),
                       ("name third-floor\nfrom modern-2026\n", "another file")):
        broken.write_text(text)
        said = refusal("intake", lambda text: text)
        assert "second.policy" in said and told in said, said
    broken.unlink()


if __name__ == "__main__":
    scenario.main(globals(), needs=("openssl",))
