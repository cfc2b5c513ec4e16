#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""People and their passwords: imported from another system, held against the rules and the blocklist."""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"  # "correct horse", by libxcrypt
PASSWORD = "waits for correct batteries"
BLOCKED = "a password that everybody has"


def pbkdf2(password, iterations=29000):
    salt = os.urandom(16)
    ab64 = [base64.b64encode(x).decode().rstrip("=").replace("+", ".")
            for x in (salt, hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations))]
    return f"$pbkdf2-sha512${iterations}${ab64[0]}${ab64[1]}"


def ssha512(password):
    salt = os.urandom(8)
    return "{SSHA512}" + base64.b64encode(hashlib.sha512(password.encode() + salt).digest() + salt).decode()


def set_up(site):
    site.init()
    (site.root / "release" / "blocklist.txt").write_text(f"{BLOCKED}\nzzzz\n")
    with (site.root / "release" / "release.conf").open("a") as conf:
        conf.write('password-blocklist="blocklist.txt"\n')
    site.start_all()
    _, device = site.start_device()
    site.safeq("device", "add", "mfd", "--uri", device["uri"], "--key-pin", device["key_pin"], "--rule", "password")


def import_file(site, text, check=True):
    path = pathlib.Path(site.dir) / "people"
    path.write_text(text)
    return site.safeq("user", "import", path, check=check)


def sign_in(site, user, text):
    return site.terminal("mfd").sign_in(house.password(user, text))[0]


def names(site):
    return {line.split()[0] for line in site.safeq("user", "list").stdout.splitlines()[1:]}


def test_imported_people_sign_in_with_their_old_passwords(site):
    old = {"ada": ("correct horse", BCRYPT), "grace": ("pässwörd", pbkdf2("pässwörd")), "edsger": ("goto", ssha512("goto")),
           "barbara": ("correct horse", "{CRYPT}" + BCRYPT)}
    result = import_file(site, "# old server\n" + "".join(f"{name}:{stored}\n" for name, (_, stored) in old.items()))
    assert "imported 4" in result.stdout, result.stdout
    assert set(old) <= names(site)
    for name, (text, _) in old.items():
        assert sign_in(site, name, text) == 201, name  # by the old hash
        assert sign_in(site, name, text) == 201, name  # by the new one
        assert sign_in(site, name, text + "x") != 201, name
    site.stop("release")
    # No hash as it came lies anywhere, neither of those who have signed in nor of anybody else.
    needles = [stored.removeprefix("{CRYPT}").encode() for _, stored in old.values()]
    assert not house.files_holding(site.root / "release", needles)
    assert b"argon2id" in (site.root / "release" / "release.db").read_bytes()
    site.start("release")


def test_one_wrong_line_imports_nobody(site):
    before = names(site)
    for text, line, told in ((f"eve:{BCRYPT}\nmallory:secret\n", "line 2", "unsupported"),
                             (f"eve:{BCRYPT}\n\n\neve:{BCRYPT}\n", "line 4", "duplicate"),
                             (f"eve:{BCRYPT}\nada:{BCRYPT}\n", "line 2", "already_exists"),
                             (f"eve:{BCRYPT.replace('$04$', '$31$')}\n", "line 1", "weak_parameters"),
                             ("eve\n", "line 1", "malformed")):
        result = import_file(site, text, check=False)
        assert result.returncode == 1 and line in result.stderr and told in result.stderr, result.stderr
        assert BCRYPT[7:] not in result.stderr
    assert names(site) == before


def test_passwords_that_are_guessed_first_are_refused(site):
    for text, told in (("14 characters!", "shorter than 15"), (BLOCKED.upper(), "guessed first"), ("malloryMALLORY1", "whose")):
        result = site.safeq("user", "add", "mallory", "--password", text=text + "\n", check=False)
        assert result.returncode == 1 and told in result.stderr and text not in result.stderr, result.stderr
    site.safeq("user", "add", "mallory", "--password", text="a password that nobody has\n")


def peppers(site):
    return [line.split()[0] for line in site.safeq("pepper", "list").stdout.splitlines()]


def recorded(site):
    """The peppers that the log names, in its order."""
    return [entry["fields"]["key"] for entry in scenario.entries(site) if entry["kind"] == "pepper_changed"]


def stored_under(site, user):
    """The id of the pepper in somebody's stored password; the daemon must not run."""
    subject = next(line.split()[-1] for line in user.splitlines() if line)
    with contextlib.closing(sqlite3.connect(site.root / "release" / "release.db")) as database:
        (password,) = database.execute("SELECT password FROM account WHERE subject = ?", (uuid.UUID(subject).bytes,)).fetchone()
    keyid = re.search(r"keyid=([A-Za-z0-9+/]+)", password)[1]
    return base64.b64decode(keyid + "=" * (-len(keyid) % 4)).hex()


def test_a_pepper_is_rotated_and_what_was_stored_before_is_good_and_renewed(site):
    site.safeq("user", "add", "margaret", "--password", "--card", "04c1c2c3", text="the password of margaret\n")
    row = next(line for line in site.safeq("user", "list").stdout.splitlines() if line.startswith("margaret"))
    old = peppers(site)
    assert len(old) == 1
    site.stop("release")
    assert recorded(site) == old
    assert stored_under(site, row) == old[0]
    site.safeq("pepper", "rotate")
    both = peppers(site)
    assert len(both) == 2 and both[1] == old[0] and both[0] != old[0], both
    site.start("release")
    assert sign_in(site, "margaret", "another password") == 403
    assert sign_in(site, "margaret", "the password of margaret") == 201
    site.stop("release")
    assert recorded(site) == [old[0], both[0]]
    assert stored_under(site, row) == both[0]
    # Once nothing names the old one any more, it may go; the password is still good.
    for path in (site.root / "release" / "keys").glob("pepper.previous.*.key"):
        path.unlink()
    site.start("release")
    assert peppers(site) == both[:1]
    assert sign_in(site, "margaret", "the password of margaret") == 201


def test_a_rotation_that_was_cut_off_leaves_a_pepper_that_works(site):
    site.stop("release")
    keys = site.root / "release" / "keys"
    shutil.copy(keys / "pepper.key", keys / f"pepper.previous.{peppers(site)[0]}.key")
    site.start("release")
    assert sign_in(site, "margaret", "the password of margaret") == 201
    site.safeq("pepper", "rotate")
    assert len(peppers(site)) == 2
    site.stop("release")
    site.start("release")
    assert sign_in(site, "margaret", "the password of margaret") == 201


def test_somebody_whose_name_others_tried_is_unlocked(site):
    result = site.safeq("user", "unlock", "margaret")
    assert "unlocked margaret" in result.stdout
    assert site.safeq("user", "unlock", "nobody-at-all", check=False).returncode == 1
    house.wait_until(lambda: "user_unlocked" in site.safeq("audit", "tail", "release").stdout, 20, "the record")


def test_a_lost_card_a_forgotten_pin_and_another_password(site):
    site.safeq("device", "add", "both", "--uri", "ipps://127.0.0.1:1/ipp/print", "--key-pin", "sha256:" + "0" * 64, "--rule", "card+pin")
    site.safeq("user", "add", "frances", "--password", "--pin", "--card", "04f1f1f1", text="the password of frances\n48151623\n")
    terminal = site.terminal("both")
    lost, old, new, other = house.card("04f1f1f1"), house.pin("48151623"), house.card("04f2f2f2"), house.pin("31415926")
    assert terminal.sign_in(lost, old)[0] == 201 and terminal.call("GET", "/v1/jobs")[0] == 200
    told = site.safeq("user", "set", "frances", "--card", "04f2f2f2", "--pin", text="31415926\n").stdout
    assert "changed frances" in told and "31415926" not in told, told
    assert terminal.call("GET", "/v1/jobs")[0] == 401  # signed out
    assert terminal.sign_in(lost, old)[0] == 403 and terminal.sign_in(new, old)[0] == 403
    assert terminal.sign_in(new, other)[0] == 201
    site.safeq("user", "set", "frances", "--password", text="another password of hers\n")
    assert sign_in(site, "frances", "the password of frances") == 403
    assert sign_in(site, "frances", "another password of hers") == 201
    site.safeq("user", "set", "frances", "--disable")
    assert sign_in(site, "frances", "another password of hers") == 403 and terminal.sign_in(new, other)[0] == 403
    row = next(line for line in site.safeq("user", "list").stdout.splitlines() if line.startswith("frances"))
    assert row.split()[1:5] == ["yes", "yes", "1", "yes"], row
    site.safeq("user", "set", "frances", "--enable", "--no-pin")
    assert sign_in(site, "frances", "another password of hers") == 201
    site.safeq("user", "set", "frances", "--display-name", "")
    changed = ["pin+cards", "password", "disabled", "pin+enabled", "display_name"]
    house.wait_until(lambda: [e["fields"]["changed"] for e in scenario.entries(site) if e["kind"] == "user_changed"] == changed, 20,
                     "the records")
    site.safeq("user", "add", "jean", "--card", "04e9e9e9")
    for arguments, told in (((), "nothing to change"), (("--no-password", "--no-cards"), "disable the account"),
                            (("--card", "04e9e9e9"), "already_exists"), (("--pin", "--no-pin"), "excludes")):
        result = site.safeq("user", "set", "frances", *arguments, text="31415926\n", check=False)
        assert result.returncode != 0 and told in result.stderr, (arguments, result.stderr)


def test_a_card_counts_by_its_type_too(site):
    site.safeq("device", "add", "cards", "--uri", "ipps://127.0.0.1:1/ipp/print", "--key-pin", "sha256:" + "0" * 64, "--rule", "card")
    site.safeq("user", "add", "radia", "--card", "mifare:04a9a9a9", "--card", "04b9b9b9")
    terminal = site.terminal("cards")
    for factor, status in (({**house.card("04a9a9a9"), "card_type": "mifare"}, 201), (house.card("04a9a9a9"), 403),
                           (house.card("04b9b9b9"), 201), ({**house.card("04b9b9b9"), "card_type": "uid"}, 201),
                           ({**house.card("04b9b9b9"), "card_type": "mifare"}, 403)):
        assert terminal.sign_in(factor)[0] == status, factor


def test_the_blocklist_recipe_of_the_page_makes_what_the_daemon_takes(site):
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "credentials.md").read_text()
    (recipe,) = re.findall(r"^    (.*passwords\.txt.*\n(?:        .*\n)*)", page, re.MULTILINE)
    passwords = ["PASSWORD OF EVERYBODY", "ÄPFEL UND BIRNEN ÜBERALL", "ΚΑΛΗΜΕΡΑ ΚΟΣΜΕ ΜΟΥ", "ЗДРАВСТВУЙ МИР ЁЖИКОВ"]
    with_waste = "\n\n".join(passwords).encode() + b"\r\nwith a return\r\nbroken \xff byte in it\n" + passwords[0].lower().encode() + b"\n"
    (site.dir / "passwords.txt").write_bytes(with_waste)
    result = subprocess.run(["sh", "-c", recipe], cwd=site.dir, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    path = site.root / "release" / "blocklist.txt"
    own = path.read_bytes()
    site.stop("release")
    path.write_bytes((site.dir / "blocklist.txt").read_bytes())
    site.start("release")
    for text in passwords:
        result = site.safeq("user", "add", "trudy", "--password", text=text + "\n", check=False)
        assert result.returncode == 1 and "guessed first" in result.stderr, (text, result.stderr)
    site.stop("release")
    path.write_bytes(own)
    site.start("release")


def test_people_whose_names_cannot_stand_in_a_path_are_looked_after_like_others(site):
    for number, name in enumerate(("CORP\\alice", "alice/corp", ".", "..", "a b%2Fc?d#e")):
        site.safeq("user", "add", name, "--password", "--card", f"04c0ffee{number:02x}", text=PASSWORD + "\n")
        site.safeq("user", "set", name, "--disable")
        assert sign_in(site, name, PASSWORD) == 403
        site.safeq("user", "set", name, "--enable", "--display-name", "Alice")
        site.safeq("user", "unlock", name)
        assert sign_in(site, name, PASSWORD) == 201
        assert "/ipp/" in site.safeq("user", "token", name, "--label", "laptop").stdout
        token = json.loads(site.safeq("user", "tokens", name, "--json").stdout)[0]["id"]
        site.safeq("user", "revoke-token", name, token)
        assert json.loads(site.safeq("user", "tokens", name, "--json").stdout) == []
        site.safeq("audit", "erase-subject", name, "--yes")
        assert name not in names(site)
        assert "not_found" in site.safeq("user", "set", name, "--disable", check=False).stderr


def test_a_blocklist_that_cannot_be_searched_stops_the_daemon(site):
    site.stop("release")
    path = site.root / "release" / "blocklist.txt"
    own = path.read_text()
    path.write_text("b\na\n")
    result = scenario.command(site.programs / "safeq-release", "--config", site.root / "release" / "release.conf", timeout=20)
    path.write_text(own)
    assert result.returncode == 1 and "blocklist.txt" in result.stderr and "line 2" in result.stderr, result.stderr
    site.start("release")


if __name__ == "__main__":
    scenario.main(globals())
