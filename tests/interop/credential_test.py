#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sealed credentials against another implementation of HPKE with X-Wing, both ways: the npm packages `@hpke/core` and
`@hpke/hybridkem-x-wing`, through the very file that an integrator copies, examples/seal_credential.mjs.

Usage: credential_test.py --peer CREDENTIAL_PEER [NAME…]
"""
import pathlib
import random
import shutil
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import peers  # noqa: E402
from peers import Npm, Ours, refuses  # noqa: E402

AUDIENCE = "safeq-release/sign-in"
drawn = random.Random(8)


def context(**changes):
    made = {"tenant": str(uuid.uuid4()), "device": str(uuid.uuid4()), "factor": "password", "user": "alice", "address": "",
            "audience": AUDIENCE, "made": int(time.time() * 1000), "nonce": uuid.uuid4().hex}
    made.update(changes)
    return made


def words(given):
    place = "device" if "device" in given else "listener"
    return (given["tenant"], place, given[place], given["factor"], given["user"].encode(), given["address"].encode(),
            given["audience"].encode(), given["made"], bytes.fromhex(given["nonce"]))


def contexts(count):
    """Of every kind: both places, all factors, names of several alphabets, long and empty ones."""
    for number in range(count):
        given = context(factor=("password", "pin", "card", "token")[number % 4],
                        user=("alice", "", "Ünï ☃ 😀", "x" * 255)[number // 4 % 4], address=("", "192.0.2.7", "2001:db8::")[number % 3])
        if number % 2:
            given["listener"] = given.pop("device")
        yield given


def opened(ours, given, sealed):
    return bytes.fromhex(ours("open", *words(given), bytes.fromhex(sealed)))


def test_ours_opens_what_the_browser_seals(ours, npm):
    key = ours("public")
    count = 0
    for given in contexts(24):
        secret = "".join(chr(drawn.choice((0x41, 0xE4, 0x20AC, 0x1F5A8))) for _ in range(drawn.choice((1, 8, 64, 200))))
        sealed = npm("seal", to=key, context=given, secret=secret)
        assert len(sealed) // 2 == 1120 + len(secret.encode()) + 16
        assert opened(ours, given, sealed).decode() == secret
        assert refuses(opened, ours, given, sealed) == "duplicate"
        count += 1
    assert count == 24


def test_npm_opens_what_ours_seals(ours, npm):
    key = bytes.fromhex(npm("public"))
    for given in contexts(24):
        sealed = ours("seal", *words(given), key, "secret ☃".encode())
        assert npm("open", context=given, sealed=sealed) == "secret ☃"
        refuses(npm, "open", context={**given, "user": given["user"] + "x"}, sealed=sealed)


def test_nothing_that_it_is_bound_to_can_be_changed(ours, npm):
    key = ours("public")
    changes = {"tenant": str(uuid.uuid4()), "device": str(uuid.uuid4()), "factor": "pin", "user": "bob", "address": "192.0.2.8",
               "made": int(time.time() * 1000) + 5000, "nonce": uuid.uuid4().hex}
    for name, value in changes.items():
        given = context()
        sealed = npm("seal", to=key, context=given, secret="2468")
        assert refuses(opened, ours, {**given, name: value}, sealed) == "authentication_failed", name
        # The nonce is spent by the attempt, whatever came of it.
        if name != "nonce":
            assert refuses(opened, ours, given, sealed) == "duplicate", name
    given = context()
    sealed = npm("seal", to=key, context=given, secret="2468")
    listener = {**given, "listener": given["device"]}
    del listener["device"]
    assert refuses(opened, ours, listener, sealed) == "authentication_failed"
    for at in (0, 1119, 1120, len(sealed) // 2 - 1):
        given = context()
        sealed = bytearray.fromhex(npm("seal", to=key, context=given, secret="2468"))
        sealed[at] ^= 1
        assert refuses(opened, ours, given, sealed.hex()) == "authentication_failed", at


def test_another_audience_is_refused(ours, npm):
    key = ours("public")
    given = context(audience="safeq-report/sign-in")
    sealed = npm("seal", to=key, context=given, secret="2468")
    assert refuses(opened, ours, given, sealed) == "denied"
    assert refuses(opened, ours, {**given, "audience": AUDIENCE}, sealed) == "authentication_failed"


def test_a_wrong_time_is_refused(ours, npm):
    key = ours("public")
    for minutes in (-3, 3):
        given = context(made=int(time.time() * 1000) + minutes * 60_000)
        assert refuses(opened, ours, given, npm("seal", to=key, context=given, secret="2468")) == "expired"


def test_the_example_refuses_what_makes_no_sense(npm, ours):
    key = ours("public")
    refuses(npm, "seal", to=key, context=context(factor="smile"), secret="x")
    refuses(npm, "seal", to=key, context=context(listener=str(uuid.uuid4())), secret="x")
    refuses(npm, "seal", to=key[:-2], context=context(), secret="x")


def start(program, npm):
    # As an integrator has it: the file beside the packages.
    (page / "node_modules").symlink_to(npm / "node_modules")
    shutil.copy(peers.ROOT / "examples/seal_credential.mjs", page)
    shutil.copy(HERE / "credential_peer.mjs", page)
    return {"ours": Ours(program), "npm": Npm("node", page / "credential_peer.mjs")}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder)
        peers.main(globals(), start, "hpke")
