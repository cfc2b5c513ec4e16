#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The audit logs on the command line, and held against a second verifier in plain Python, on real and on random logs."""
import base64
import collections
import csv
import io
import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import audit_verifier as second  # noqa: E402
import installation as house  # noqa: E402
import scenario  # noqa: E402
import syslog_collector as syslog  # noqa: E402

TITLE = "a title of Alice's"


def set_up(site):
    site.init()
    site.start_all()
    site.received = scenario.people_and_device(site)
    document = site.dir / "page.pdf"
    document.write_bytes(house.make_pdf(1, "audit"))
    site.safeq("print", document, "--uri", scenario.token_uri(site), "--title", TITLE)
    terminal = house.wait_until(lambda: (t := scenario.sign_in(site)).jobs() and t, 20, "the job at the terminal")
    status, answer = terminal.release(terminal.jobs()[0]["id"])
    assert status == 200, (status, answer)
    caught_up(site)


def log(site, name="release"):
    return site.root / name / "log"


def key(site, name="release"):
    return site.root / "public" / f"{name}-log.vkey"


def verdict(site, name="release"):
    return second.verify_log(second.folder_reader(log(site, name)), second.Key(key(site, name).read_text()))


def verdict_of(folder, site):
    return second.verify_log(second.folder_reader(folder), second.Key(key(site).read_text()))[0]


def caught_up(site):
    """Waits until the report has cosigned all that is published."""
    def same():
        result = site.safeq("audit", "prove", "release", "0", "--witnessed", check=False)
        return result.returncode == 0 and re.search(r"\n\n.*\n(\d+)\n", result.stdout)[1] == str(verdict(site)[0])
    return house.wait_until(same, 20, "the report to cosign")


def refused(site, *arguments):
    result = site.safeq("audit", *arguments, check=False)
    assert result.returncode == 1, (arguments, result.stdout)
    return result.stdout + result.stderr


# Each log is verified in full by both, signature included: a pure Python Ed25519 verification is some milliseconds.
def test_two_verifiers_agree_on_a_thousand_random_logs(site):
    program = site.programs.parent / "tests" / "interop" / "audit_logs"
    verdicts, damages, proofs = collections.Counter(), collections.Counter(), collections.Counter()

    def mine(check, *arguments):
        try:
            return "ok " + check(*arguments)
        except second.Refused:
            return "refused"

    for batch in range(10):
        with tempfile.TemporaryDirectory(prefix="safeq-") as folder:
            folder = pathlib.Path(folder)
            lines = subprocess.run([program, folder, "100", str(1 + 100 * batch)], capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()
            assert len(lines) == 100
            for line in lines:
                (number, damage), log_verdict, proof_verdict, growth_verdict = (p if i else p.split() for i, p in enumerate(line.split(" | ")))
                home = folder / number
                vkey = second.Key((home / "vkey").read_text())

                def whole():
                    size, root, _ = second.verify_log(second.folder_reader(home / "log"), vkey)
                    return f"{size} {root.hex()}"
                assert mine(whole) == log_verdict, (line, mine(whole))
                if proof_verdict != "none":
                    ours = mine(lambda: str(second.check_proof((home / "proof").read_bytes(), vkey)[0]))
                    assert ours == proof_verdict, (line, ours)
                if growth_verdict != "none":
                    ours = mine(lambda: str(second.check_growth((home / "growth").read_bytes(), (home / "old").read_bytes(), vkey)[1]))
                    assert ours == growth_verdict, (line, ours)
                verdicts[log_verdict.split()[0]] += 1
                damages[damage] += 1
                proofs[proof_verdict.split()[0], growth_verdict.split()[0]] += 1
    assert sum(verdicts.values()) == 1000 and verdicts["ok"] > 200 and verdicts["refused"] > 500, verdicts
    assert len(damages) == 32, damages
    for which in (0, 1):
        for word in ("ok", "refused"):
            assert sum(n for words, n in proofs.items() if words[which] == word) > 100, (which, word, proofs)


def test_the_second_verifier_agrees_on_the_logs_of_the_daemons(site):
    for name in ("release", "intake"):
        said = site.safeq("audit", "verify", name, "--witnessed").stdout
        size, root, _ = verdict(site, name)
        match = re.match(rf"{name}: verified, (\d+) entries, checkpoint (\S+)\n{name}: cosigned \d+ of \1 entries, at \S+\n$", said)
        assert match and int(match[1]) <= size, (said, size)
        if int(match[1]) == size:
            assert match[2] == base64.b64encode(root).decode()


def test_a_proof_file_verifies_offline_with_the_key_alone(site):
    house.wait_until(lambda: any(b'"job_held"' in entry for entry in verdict(site)[2]), 20, "the job in a checkpoint")
    caught_up(site)
    entries = verdict(site)[2]
    index = next(i for i, entry in enumerate(entries) if b'"job_held"' in entry)
    proof = site.dir / "held.tlog-proof"
    proof.write_text(site.safeq("audit", "prove", "release", index, "--witnessed").stdout)
    # Nowhere near an installation.
    elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="safeq-"))
    try:
        for source in (proof, key(site), site.root / "public" / "witness.vkey"):
            shutil.copy(source, elsewhere)

        def check(*more):
            return subprocess.run([site.programs / "safeq", "--dir", elsewhere / "nothing", "audit", "check-proof", elsewhere / proof.name, "--key",
                                   elsewhere / key(site).name, *more], capture_output=True, text=True, timeout=60)
        result = check("--witness", elsewhere / "witness.vkey")
        assert result.returncode == 0 and f"verified: entry {index} of " in result.stdout and "cosigned by " in result.stdout, result
        assert "job_held" in result.stdout and TITLE not in result.stdout
        assert second.check_proof(proof.read_bytes(), second.Key(key(site).read_text())) == (index, entries[index])
        second.check_cosignature(proof.read_bytes().partition(b"\n\n")[2], second.Key((elsewhere / "witness.vkey").read_text()))
        text = proof.read_text()
        for bad in (text.replace(f"index {index}", f"index {index + 1}"), text.replace("extra ", "extra AAAA"), text[:-10], ""):
            (elsewhere / proof.name).write_text(bad)
            assert check().returncode == 1, bad
        (elsewhere / proof.name).write_text(site.safeq("audit", "prove", "release", index).stdout)
        assert check().returncode == 0
        assert check("--witness", elsewhere / "witness.vkey").returncode == 1, "the log's own checkpoint has no cosignature"
    finally:
        shutil.rmtree(elsewhere)
    assert "numbered from 0" in refused(site, "prove", "release", "1000000")


def test_growth_is_proved_from_a_checkpoint_that_was_kept(site):
    kept = site.dir / "kept-checkpoint"
    kept.write_bytes((log(site) / "checkpoint").read_bytes())
    before = verdict(site)[0]
    scenario.sign_in(site)
    house.wait_until(lambda: verdict(site)[0] > before, 20, "more entries")
    site.safeq("audit", "verify", "release", "--since", kept)
    proof = site.dir / "growth"
    proof.write_text(site.safeq("audit", "prove", "release", "--since", kept).stdout)
    said = site.safeq("audit", "check-proof", proof, "--key", key(site), "--since", kept).stdout
    assert f"grew from {before} to " in said, said
    assert second.check_growth(proof.read_bytes(), kept.read_bytes(), second.Key(key(site).read_text()))[0] == before
    refused(site, "check-proof", proof, "--key", key(site, "intake"), "--since", kept)
    refused(site, "prove", "release")


def test_tail_shows_the_last_entries(site):
    entries = [json.loads(entry) for entry in verdict(site)[2]]
    lines = site.safeq("audit", "tail", "release", "-n", len(entries)).stdout.splitlines()
    for entry, line in zip(entries, lines):
        assert line.split()[1:3] == [entry["at"], entry["kind"]], (entry, line)
    assert len(lines) >= len(entries)
    assert len(site.safeq("audit", "tail", "release", "-n", "2").stdout.splitlines()) == 2
    assert "title=(sealed)" in site.safeq("audit", "tail", "release", "-n", "1000").stdout


def test_following_shows_what_is_added_and_refuses_a_log_that_does_not_continue(site):
    older, aside = site.dir / "older", site.dir / "aside"
    site.stop("release")
    shutil.copytree(log(site), older)
    site.start("release")
    house.wait_until(lambda: verdict(site)[0] > verdict_of(older, site), 20, "the start on record")
    told, why = site.dir / "followed", site.dir / "followed-why"
    with open(told, "wb") as out, open(why, "wb") as errors:
        tail = subprocess.Popen([site.programs / "safeq", "--dir", site.root, "audit", "tail", "release", "-n", "1", "-f"],
                                stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
    try:
        def lines():
            return [line.split() for line in told.read_text().splitlines()]
        house.wait_until(lines, 20, "the last entry")
        scenario.sign_in(site)
        house.wait_until(lambda: any(line[2] == "sign_in" for line in lines()[1:]), 20, "the sign-in")
        assert [int(line[0]) for line in lines()] == list(range(int(lines()[0][0]), int(lines()[-1][0]) + 1)), lines()
        site.stop("release")
        # Stopped meanwhile, so that it finds one log or the other, never none.
        tail.send_signal(signal.SIGSTOP)
        log(site).rename(aside)
        shutil.copytree(older, log(site))
        tail.send_signal(signal.SIGCONT)
        assert tail.wait(20) == 1 and "rollback" in why.read_text(), (tail.returncode, why.read_text())
    finally:
        if tail.poll() is None:
            tail.kill()
            tail.wait()
        if aside.exists():
            shutil.rmtree(log(site))
            aside.rename(log(site))
        if "release" not in site.processes:
            site.start("release")


def test_exports_hold_every_entry(site):
    def export(name, *more):
        return site.safeq("audit", "export", "release", "--format", name, *more).stdout
    entries = verdict(site)[2]
    lines = [json.loads(line) for line in export("jsonl").splitlines()]
    assert [line["index"] for line in lines] == list(range(len(lines))) and len(lines) >= len(entries)
    for entry, line in zip(entries, lines):
        assert json.dumps(line["entry"], ensure_ascii=False, separators=(",", ":")).encode() == entry
        assert base64.b64decode(line["leaf"]) == second.leaf_hash(entry)
    rows = list(csv.DictReader(io.StringIO(export("csv", "--from", "1", "--to", "4"), newline="")))
    assert [row["index"] for row in rows] == ["1", "2", "3"] and [row["kind"] for row in rows] == [json.loads(e)["kind"] for e in entries[1:4]]

    framed = export("syslog", "--host", "print.example", "--enterprise", "99999").encode()
    messages = [message.decode() for message in syslog.messages(framed)]
    assert len(messages) >= len(entries)
    form = re.compile(r'<(\d+)>1 (\S+) print\.example safeq - (\w{1,32}) \[safeq@99999(?: [\w.]+="(?:[^"\\\]]|\\["\\\]])*")+\] \ufeff(.*)', re.S)
    for entry, message in zip(entries, messages):
        match = form.fullmatch(message)
        assert match and 104 <= int(match[1]) < 112 and match[4].encode() == entry, message
        assert match[2] == json.loads(entry)["at"] and match[3] == json.loads(entry)["kind"]


def test_syslog_goes_over_tls_and_each_entry_once(site):
    state = site.dir / "export-state"

    def send(collector, *more, ca=site.root / "public" / "ca.pem", check=True):
        return site.safeq("audit", "export", "release", "--format", "syslog", "--to-host", f"localhost:{collector.port}", "--ca", ca,
                          "--identity", site.root / "report" / "tls", "--state", state, *more, check=check)
    first = syslog.Collector(site)
    send(first)
    told = first.messages()
    assert first.ended == "in order", first.ended
    entries = verdict(site)[2]
    assert [m.partition(b"\xef\xbb\xbf")[2] for m in told] == entries[:len(told)] and told
    assert int(state.read_text().splitlines()[1]) == len(told)  # what counts as sent was read
    scenario.sign_in(site)
    house.wait_until(lambda: verdict(site)[0] > len(entries), 20, "more entries")
    later = syslog.Collector(site)
    send(later)
    more = later.messages()
    assert more and [m.partition(b"\xef\xbb\xbf")[2] for m in told + more] == verdict(site)[2][:len(told) + len(more)]
    # Nothing goes to a stranger, in clear, or to somebody of another name.
    stranger = site.dir / "stranger.pem"
    stranger.write_text((site.root / "release" / "tls" / "cert.pem").read_text())
    kept = state.read_bytes()
    wrong = syslog.Collector(site)
    assert send(wrong, ca=stranger, check=False).returncode == 1
    assert wrong.messages() == [] and state.read_bytes() == kept
    assert "--ca" in refused(site, "export", "release", "--format", "syslog", "--to-host", "localhost:1")


def test_a_copy_of_yesterday_is_noticed_by_whoever_saw_today(site):
    """HOSTILE 22 on a real installation: the whole folder of the log is put back to an older state of itself."""
    yesterday = site.dir / "yesterday"
    site.stop("release")
    shutil.copytree(log(site), yesterday)
    before = verdict(site)[0]  # while nobody writes: what follows counts from the copy, whenever the daemon notes its own start
    site.start("release")
    scenario.sign_in(site)
    house.wait_until(lambda: verdict(site)[0] > before + 1, 20, "more entries")
    caught_up(site)
    kept = site.dir / "today"
    kept.write_bytes((log(site) / "checkpoint").read_bytes())
    site.stop("release")
    today = site.dir / "set-aside"
    log(site).rename(today)
    shutil.copytree(yesterday, log(site))

    site.safeq("audit", "verify", "release")  # alone it is a log like any other
    assert "rollback" in refused(site, "verify", "release", "--witnessed")
    assert "rollback" in refused(site, "verify", "release", "--since", kept)
    # It goes on from there, under the same key, until it is longer than it was.
    site.start("release")
    size = second.open_checkpoint(kept.read_bytes(), second.Key(key(site).read_text()))[0]

    def longer():
        site.terminal("mfd").sign_in(house.card("00000000"), house.pin("0000"))
        return verdict(site)[0] > size
    house.wait_until(longer, 60, "the forged log to grow")
    refused(site, "verify", "release", "--since", kept)
    refused(site, "verify", "release", "--witnessed")

    house.wait_until(lambda: status_of(site)["tampered"], 30, "the report to tell")

    site.stop("release")
    shutil.rmtree(log(site))
    today.rename(log(site))
    site.start("release")
    site.stop("report")
    site.start("report")
    caught_up(site)
    site.safeq("audit", "verify", "--witnessed")


def status_of(site, name="release"):
    answer = scenario.command("curl", "-sS", "--unix-socket", site.root / "report" / "run" / "admin.sock",
                              "http://localhost/admin/v1/status").stdout
    return next(row for row in json.loads(answer)["logs"] if row["log"] == name)


def test_what_nobody_has_cosigned_for_long_is_warned_of(site):
    def verify(within):
        return site.safeq("audit", "verify", "release", "--witnessed", "--witness-within", str(within), check=False)
    told = site.safeq("audit", "verify", "--witnessed").stdout
    assert len(re.findall(r"^(?:intake|release): cosigned \d+ of \d+ entries, at \d{4}-\d\d-\d\dT[\d:.]+Z$", told, re.M)) == 2
    # The report looks once an hour, and the log goes on.
    config = site.root / "report" / "report.conf"
    text = config.read_text()
    site.stop("report")
    config.write_text(re.sub(r'(?m)^interval=.*$', 'interval="3600"', text))
    assert config.read_text() != text
    site.start("report")
    house.wait_until(lambda: verify(3600).returncode == 0, 20, "the report to look")
    scenario.sign_in(site)

    def warned():
        result = verify(0)
        return result if result.returncode == 2 else None
    result = house.wait_until(warned, 20, "an entry that nobody has cosigned")
    cosigned, total = re.search(r"cosigned (\d+) of (\d+) entries", result.stdout).groups()
    missing = re.search(r"release: WARNING: (\d+) entries wait to be cosigned since", result.stderr).group(1)
    assert int(cosigned) + int(missing) == int(total) and int(missing) > 0
    assert verify(3600).returncode == 0
    site.stop("report")
    config.write_text(text)
    assert "NOT verified" in refused(site, "verify", "release", "--witnessed")
    site.start("report")
    caught_up(site)
    site.safeq("audit", "verify", "--witnessed")


def test_a_log_that_withholds_what_it_signed_is_tampered_with(site):
    """A bundle to which the checkpoint commits can't be had: nothing more is cosigned, and everybody is told."""
    caught_up(site)

    def told():
        site.terminal("mfd").sign_in(house.card("00000000"), house.pin("0000"))
        for bundle in (log(site) / "tile" / "entries").rglob("*.p/*"):
            bundle.unlink()
        return status_of(site)["tampered"]
    house.wait_until(told, 60, "the report to tell")
    assert "not_found" in status_of(site)["problem"]
    # The next publication writes the bundle anew.
    scenario.sign_in(site)
    house.wait_until(lambda: list((log(site) / "tile" / "entries").rglob("*.p/*")), 20, "the bundle")
    site.stop("report")
    site.start("report")
    caught_up(site)
    site.safeq("audit", "verify", "--witnessed")


def test_an_erased_person_cannot_be_read_anywhere(site):
    def titles():
        return site.safeq("report", "jobs", "--json").stdout
    house.wait_until(lambda: TITLE in titles(), 20, "the title in the report")
    assert "alice" in titles()
    subject = subject_of(site, "alice")
    uri = scenario.token_uri(site)
    terminal = scenario.sign_in(site)
    assert site.safeq("audit", "erase-subject", "alice", check=False).returncode != 0, "not without --yes"
    assert "not_found" in site.safeq("audit", "erase-subject", "nobody", "--yes", check=False).stderr
    site.safeq("print", site.dir / "page.pdf", "--uri", uri, "--title", TITLE)
    house.wait_until(terminal.jobs, 20, "an open job")
    waiting = terminal.jobs()[0]["id"]
    site.safeq("job", "restrict", waiting)
    assert "restricted" in site.safeq("audit", "erase-subject", "alice", "--yes", check=False).stderr
    site.safeq("job", "unrestrict", waiting)

    said = site.safeq("audit", "erase-subject", "alice", "--yes").stdout
    assert said.strip() == f"erased {subject}"
    assert terminal.call("GET", "/v1/jobs")[0] == 401, "signed out"
    assert json.loads(site.safeq("job", "show", waiting).stdout)["state"] == "deleted"
    assert not list((site.root / "release" / "spool").rglob(f"*{waiting}*")), "what waited is gone, too"
    status, answer = site.terminal("mfd").sign_in(house.card(scenario.ALICE["card"]), house.pin(scenario.ALICE["pin"]))
    assert status in (401, 403), (status, answer)
    # An intake may know the person for some minutes more: what it takes is refused by release, and holds up nobody.
    site.safeq("print", site.dir / "page.pdf", "--uri", uri, "--title", TITLE, check=False)
    site.safeq("user", "add", "bob", "--password", text="another horse battery staple\n")
    site.safeq("print", site.dir / "page.pdf", "--uri", scenario.token_uri(site, "bob"), "--title", "of Bob")
    rows = house.wait_until(lambda: [row for row in scenario.job_rows(site) if row["state"] == "held"], 20, "Bob's job")
    assert [row["owner"] for row in rows] == [subject_of(site, "bob")]
    site.safeq("audit", "erase-subject", subject, "--yes")  # may be repeated

    # The act is on record, once, and everything still verifies.
    def records():
        return [json.loads(entry) for entry in verdict(site)[2]]
    bob = subject_of(site, "bob")
    house.wait_until(lambda: any(r["kind"] == "job_held" and r.get("subject") == bob for r in records()), 20, "a checkpoint")
    caught_up(site)
    site.safeq("audit", "verify", "--witnessed")
    assert any(field["subject"] == subject for r in records() for field in r.get("personal", [])), "the sealed fields stay"
    # Nobody can read them: not the report, which had the key in memory, nor who has all files of the installation.
    house.wait_until(lambda: TITLE not in titles() and '"alice"' not in titles(), 20, "the report to forget")
    site.stop("release")
    assert [r["subject"] for r in records() if r["kind"] == "user_erased"] == [subject]
    assert not house.files_holding(site.root / "release", [TITLE.encode(), b"alice"])
    with sqlite3.connect(f"file:{site.root}/release/subjects.db?mode=ro", uri=True) as database:
        keys = database.execute("SELECT wrapped, destroyed FROM subject_key").fetchall()
    assert sorted((wrapped is None, destroyed is not None) for wrapped, destroyed in keys) == [(False, False), (True, True)]


def subject_of(site, name):
    users = json.loads(site.safeq("user", "list", "--json").stdout)
    return next(user["subject"] for user in users if user["name"] == name)


if __name__ == "__main__":
    scenario.main(globals(), needs=("curl",))
