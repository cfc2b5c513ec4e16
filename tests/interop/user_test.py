#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""People and their passwords: imported from another system, held against the rules and the blocklist."""
import base64
import hashlib
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import installation as house  # noqa: E402
import scenario  # noqa: E402

BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"  # "correct horse", by libxcrypt
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
