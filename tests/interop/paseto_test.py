#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens against other implementations, both ways: v4.public, its keys and safeq's own claims against the npm package
`paseto`; v4.local, key wrapping, by a password too, and key ids, which that package does not have for version 4, against the
few lines of Python below, written from the specifications alone, with Argon2id from the npm package `@noble/hashes`.

Usage: paseto_test.py --peer TOKEN_PEER [NAME…]
"""
import hashlib
import hmac
import json
import pathlib
import random
import struct
import sys
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import peers  # noqa: E402
from peers import Npm, Ours, Refused, b64, from_words, refuses, unb64  # noqa: E402

NOW = 1_700_000_000_000
KNOWN_CLAIMS = ("jti", "sub", "tenant", "aud", "purpose", "iat", "nbf", "exp")


# ── v4.local, PIE and ids in Python ─────────────────────────────────────────────────────────────────────────────────

def rotate(value, by):
    return (value << by | value >> (32 - by)) & 0xFFFFFFFF


def chacha_rounds(state):
    x = list(state)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            for first, second, third, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[first] = (x[first] + x[second]) & 0xFFFFFFFF
                x[third] = rotate(x[third] ^ x[first], by)
    return x


CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")


def xchacha20(key, nonce, data):
    hashed = chacha_rounds(CONSTANTS + struct.unpack("<8I4I", key + nonce[:16]))
    subkey = struct.pack("<8I", *hashed[:4], *hashed[12:])
    out = bytearray()
    for block in range(0, len(data), 64):
        state = CONSTANTS + struct.unpack("<8I", subkey) + (block // 64, 0) + struct.unpack("<2I", nonce[16:])
        mixed = chacha_rounds(state)
        stream = struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, mixed)))
        out += bytes(a ^ b for a, b in zip(data[block:block + 64], stream))
    return bytes(out)


def mac(key, message, size=32):
    return hashlib.blake2b(message, key=key, digest_size=size).digest()


def pae(*pieces):
    return struct.pack("<Q", len(pieces)) + b"".join(struct.pack("<Q", len(piece)) + piece for piece in pieces)


def local_keys(key, nonce):
    derived = mac(key, b"paseto-encryption-key" + nonce, 56)
    return derived[:32], derived[32:], mac(key, b"paseto-auth-key-for-aead" + nonce)


def python_seal(key, nonce, message, footer, implicit):
    encryption, stream_nonce, authentication = local_keys(key, nonce)
    sealed = xchacha20(encryption, stream_nonce, message)
    tag = mac(authentication, pae(b"v4.local.", nonce, sealed, footer, implicit))
    return "v4.local." + b64(nonce + sealed + tag) + ("." + b64(footer) if footer else "")


def python_open(key, token, implicit):
    version, purpose, *parts = token.split(".")
    assert (version, purpose) == ("v4", "local")
    body, footer = unb64(parts[0]), unb64(parts[1]) if len(parts) > 1 else b""
    nonce, sealed, tag = body[:32], body[32:-32], body[-32:]
    encryption, stream_nonce, authentication = local_keys(key, nonce)
    if not hmac.compare_digest(tag, mac(authentication, pae(b"v4.local.", nonce, sealed, footer, implicit))):
        raise Refused("tag")
    return xchacha20(encryption, stream_nonce, sealed), footer


def python_wrap(kind, under, nonce, key):
    header = f"k4.{kind}-wrap.pie.".encode()
    derived = mac(under, b"\x80" + nonce, 56)
    sealed = xchacha20(derived[:32], derived[32:], key)
    tag = mac(mac(under, b"\x81" + nonce), header + nonce + sealed)
    return header.decode() + b64(tag + nonce + sealed)


def python_unwrap(kind, under, text):
    header = f"k4.{kind}-wrap.pie.".encode()
    assert text.startswith(header.decode()), text
    encoded = unb64(text[len(header):])
    tag, nonce, sealed = encoded[:32], encoded[32:64], encoded[64:]
    if not hmac.compare_digest(tag, mac(mac(under, b"\x81" + nonce), header + nonce + sealed)):
        raise Refused("tag")
    derived = mac(under, b"\x80" + nonce, 56)
    return xchacha20(derived[:32], derived[32:], sealed)


LEAST_COST = (19 << 20, 2, 1)  # bytes, passes, lanes


def password_keys(npm, password, salt, cost):
    memory, passes, lanes = cost
    pre = bytes.fromhex(npm("argon2id", password=password.hex(), salt=salt.hex(), kib=memory // 1024, passes=passes, lanes=lanes))
    return tuple(hashlib.blake2b(first + pre, digest_size=32).digest() for first in (b"\xff", b"\xfe"))


def python_wrap_pw(npm, kind, password, salt, nonce, key, cost=LEAST_COST):
    header = f"k4.{kind}-pw.".encode()
    encryption, authentication = password_keys(npm, password, salt, cost)
    body = salt + struct.pack(">QII", *cost) + nonce + xchacha20(encryption, nonce, key)
    return header.decode() + b64(body + mac(authentication, header + body))


def python_unwrap_pw(npm, kind, password, text):
    header = f"k4.{kind}-pw.".encode()
    assert text.startswith(header.decode()), text
    encoded = unb64(text[len(header):])
    body, tag = encoded[:-32], encoded[-32:]
    cost = struct.unpack(">QII", body[16:32])
    assert cost == LEAST_COST, cost
    encryption, authentication = password_keys(npm, password, body[:16], cost)
    if not hmac.compare_digest(tag, mac(authentication, header + body)):
        raise Refused("tag")
    return xchacha20(encryption, body[32:56], body[56:])


def key_id(kind, paserk):
    header = f"k4.{kind}."
    return header + b64(hashlib.blake2b((header + paserk).encode(), digest_size=33).digest())


def binding(tenant, audience, purpose, device_public):
    """The implicit assertion of docs/formats/token_v1.md."""
    fields = (uuid.UUID(tenant).bytes, audience.encode(), purpose.encode(), hashlib.sha256(device_public).digest())
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


# ── the tests ───────────────────────────────────────────────────────────────────────────────────────────────────────

def samples(count=40):
    drawn = random.Random(4)
    for number in range(count):
        claims = {"n": number, "text": "".join(chr(drawn.choice((0x41, 0xE4, 0x20AC, 0x1F5A8, 0x22, 0x5C))) for _ in range(number))}
        yield claims, drawn.randbytes(drawn.choice((0, 0, 1, 33, 200))), drawn.randbytes(drawn.choice((0, 1, 64, 300)))


def other(token):
    """The same with one bit of the body changed, still well formed."""
    head = token.index(".", 3) + 8
    return token[:head] + ("A" if token[head] != "A" else "B") + token[head + 1:]


def test_what_the_package_has(npm):
    has = npm("capabilities")
    assert {"SignFactory", "VerifyFactory", "ImportSecretKeyFactory"} <= set(has["signed"]), has
    # Were these ever to come, they belong into the tests below.
    missing = {"EncryptFactory", "DecryptFactory", "WrapKeyFactory", "KeyIDFactory"}
    assert not missing & set(has["local"]), has["local"]


def test_keys_both_ways(ours, npm):
    for _ in range(10):
        pair = npm("generate")
        assert ours("public", pair["secret"]) == pair["public"]
        assert npm("public", secret=pair["secret"]) == pair["public"]
        shared = npm("generate_local")
        assert ours("id", shared) == key_id("lid", shared)
        assert npm("local", key=shared) == shared
        assert ours("id", pair["secret"]) == key_id("sid", pair["secret"])
        assert ours("id", pair["public"]) == key_id("pid", pair["public"])
        for bad in (pair["public"] + "A", pair["public"][:-1], "k3" + pair["public"][2:]):
            refuses(ours, "id", bad)
            refuses(npm, "verify", public=bad, token="v4.public.AAAA", implicit="")


def test_ours_is_verified_by_npm(ours, npm):
    pair = npm("generate")
    for claims, footer, implicit in samples():
        message = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
        token = ours("sign", pair["secret"], message, footer, implicit)
        result = npm("verify", public=pair["public"], token=token, implicit=implicit.hex())
        assert result == {"claims": claims, "footer": footer.hex()}, result
        refuses(npm, "verify", public=pair["public"], token=other(token), implicit=implicit.hex())
        refuses(npm, "verify", public=pair["public"], token=token, implicit=(implicit + b"x").hex())


def test_npm_is_verified_by_ours(ours, npm):
    pair = npm("generate")
    for claims, footer, implicit in samples():
        token = npm("sign", secret=pair["secret"], claims=claims, footer=footer.hex(), implicit=implicit.hex())
        message, shown_footer = from_words(ours("verify", pair["public"], token, implicit))
        assert json.loads(message) == claims and shown_footer == footer
        # Ed25519 leaves no choice: the same message is the same token.
        assert ours("sign", pair["secret"], message, footer, implicit) == token
        assert refuses(ours, "verify", pair["public"], other(token), implicit) == "signature_invalid"
        assert refuses(ours, "verify", pair["public"], token, implicit + b"x") == "signature_invalid"
        assert refuses(ours, "verify", npm("generate")["public"], token, implicit) == "signature_invalid"


def mobile(npm):
    pair, phone = npm("generate"), npm("generate")
    tenant, subject, audience = str(uuid.uuid4()), str(uuid.uuid4()), "release.example:8642"
    bound = binding(tenant, audience, "mobile-terminal", unb64(phone["public"].rpartition(".")[2]))
    footer = json.dumps({"kid": key_id("pid", pair["public"])}, separators=(",", ":")).encode()
    return pair, phone, tenant, subject, audience, bound, footer


def test_our_claims_are_read_by_npm(ours, npm):
    pair, phone, tenant, subject, audience, bound, footer = mobile(npm)
    token = ours("issue", pair["secret"], tenant, subject, audience, phone["public"], NOW)
    result = npm("verify", public=pair["public"], token=token, implicit=bound.hex(), now=NOW, audience=audience)
    claims = result["claims"]
    assert bytes.fromhex(result["footer"]) == footer
    assert tuple(claims) == ("v",) + KNOWN_CLAIMS, claims
    assert (claims["tenant"], claims["sub"], claims["aud"]) == (tenant, subject, audience)
    assert (claims["iat"], claims["exp"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T22:18:20.000Z")
    assert "exp" in refuses(npm, "verify", public=pair["public"], token=token, implicit=bound.hex(), now=NOW + 300_001)
    elsewhere = binding(tenant, "elsewhere.example", "mobile-terminal", unb64(phone["public"].rpartition(".")[2]))
    refuses(npm, "verify", public=pair["public"], token=token, implicit=elsewhere.hex(), now=NOW)


def test_npm_claims_are_read_by_ours(ours, npm):
    pair, phone, tenant, subject, audience, bound, footer = mobile(npm)
    claims = {"v": 1, "jti": str(uuid.uuid4()), "sub": subject, "tenant": tenant, "aud": audience, "purpose": "mobile-terminal",
              "iat": "2023-11-14T22:13:20.000Z", "nbf": "2023-11-14T22:13:20.000Z", "exp": "2023-11-14T22:18:20.000Z"}

    def check(given, now=NOW, to=audience, with_footer=footer, implicit=bound):
        token = npm("sign", secret=pair["secret"], claims=given, footer=with_footer.hex(), implicit=implicit.hex())
        return json.loads(from_words(ours("check", pair["public"], tenant, to, phone["public"], now, token))[0])

    assert check(claims) == claims
    assert check(claims, NOW + 329_999) == claims
    assert refuses(check, claims, NOW + 330_000) == "expired"
    assert refuses(check, claims, to="elsewhere.example") == "signature_invalid"
    assert refuses(check, claims, with_footer=b"") == "malformed"
    assert refuses(check, claims, with_footer=json.dumps({"kid": key_id("pid", phone["public"])}, separators=(",", ":")).encode()) == "key_unknown"
    assert refuses(check, {**claims, "admin": True}) == "malformed"
    assert refuses(check, {key: claims[key] for key in reversed(claims)}) == "malformed"
    assert refuses(check, {**claims, "v": 2}) == "bad_version"
    assert refuses(check, {**claims, "tenant": str(uuid.uuid4())}) == "denied"
    assert refuses(check, {**claims, "exp": "2023-11-14T22:18:20.001Z"}) == "denied"


def test_local_both_ways(ours):
    drawn = random.Random(5)
    for claims, footer, implicit in samples():
        key = drawn.randbytes(32)
        message = json.dumps(claims).encode() * drawn.choice((0, 1, 3))
        key_text = "k4.local." + b64(key)
        sealed = ours("seal", key_text, message, footer, implicit)
        assert python_open(key, sealed, implicit) == (message, footer)
        assert refuses(python_open, key, other(sealed), implicit) == "tag"
        assert refuses(python_open, key, sealed, implicit + b"x") == "tag"
        token = python_seal(key, drawn.randbytes(32), message, footer, implicit)
        assert from_words(ours("open", key_text, token, implicit)) == (message, footer)
        assert refuses(ours, "open", key_text, other(token), implicit) == "authentication_failed"
        assert refuses(ours, "open", key_text, token, implicit + b"x") == "authentication_failed"


def both_kinds(drawn, npm):
    """A key of each kind that can be wrapped: its kind, its bytes, its text."""
    local, pair = drawn.randbytes(32), npm("generate")
    return (("local", local, "k4.local." + b64(local)), ("secret", unb64(pair["secret"].rpartition(".")[2]), pair["secret"]))


def test_wrapping_both_ways(ours, npm):
    drawn = random.Random(6)
    for _ in range(20):
        for kind, key, key_text in both_kinds(drawn, npm):
            under = drawn.randbytes(32)
            made = ours("wrap", under, key_text)
            assert python_unwrap(kind, under, made) == key
            assert refuses(python_unwrap, kind, drawn.randbytes(32), made) == "tag"
            wrapped = python_wrap(kind, under, drawn.randbytes(32), key)
            assert ours("unwrap", under, wrapped) == key_text
            assert refuses(ours, "unwrap", drawn.randbytes(32), wrapped) == "authentication_failed"
            assert refuses(ours, "unwrap", under, wrapped[:-1]) == "malformed"
    # Well wrapped, but the halves of the signing key don't belong together.
    (_, _, _), (_, secret, _) = both_kinds(drawn, npm)
    torn = secret[:32] + drawn.randbytes(32)
    assert refuses(ours, "unwrap", under, python_wrap("secret", under, drawn.randbytes(32), torn)) == "key_invalid"


def test_password_wrapping_both_ways(ours, npm):
    drawn = random.Random(7)
    for kind, key, key_text in both_kinds(drawn, npm):
        password = "correct horse ä€".encode()
        made = ours("wrap_pw", password, key_text)
        assert python_unwrap_pw(npm, kind, password, made) == key
        assert refuses(python_unwrap_pw, npm, kind, b"wrong", made) == "tag"
        wrapped = python_wrap_pw(npm, kind, password, drawn.randbytes(16), drawn.randbytes(24), key)
        assert ours("unwrap_pw", password, wrapped) == key_text
        assert refuses(ours, "unwrap_pw", b"wrong", wrapped) == "authentication_failed"
    # Too cheap, though right in all else.
    cheap = python_wrap_pw(npm, "local", b"x", drawn.randbytes(16), drawn.randbytes(24), drawn.randbytes(32), (64 << 10, 1, 1))
    assert refuses(ours, "unwrap_pw", b"x", cheap) == "weak_parameters"


if __name__ == "__main__":
    peers.main(globals(), lambda program, npm: {"ours": Ours(program), "npm": Npm("node", HERE / "paseto_peer.mjs", npm)}, "paseto")
