#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What identity providers sign, by another implementation: JSON Web Tokens and key sets of the npm package `jose`.

Usage: jwt_test.py --peer TOKEN_PEER [NAME…]
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import peers  # noqa: E402
from peers import Npm, Ours, b64, from_words, refuses  # noqa: E402

ALGORITHMS = ("EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
CLAIMS = {"iss": "https://id.example", "sub": "alice", "aud": "safeq", "exp": 1_900_000_000, "name": "Ünï ☃ 😀"}


def key_set(*keys):
    return json.dumps({"keys": keys}).encode()


def verified(ours, keys, token):
    return json.loads(from_words(ours("jwt", keys, token))[0])


def test_every_algorithm(ours, npm):
    keys = {alg: npm("generate", alg=alg, kid=f"key-{alg}", curve="Ed25519") for alg in ALGORITHMS}
    together = key_set(*keys.values(), {"kty": "oct", "kid": "shared", "k": "AAAA"})
    for alg in ALGORITHMS:
        head = {"alg": alg, "kid": f"key-{alg}", "typ": "JWT"}
        token = npm("sign", kid=head["kid"], head=head, claims=CLAIMS)
        assert verified(ours, together, token) == CLAIMS
        body, _, signature = token.rpartition(".")
        changed = body + "." + ("B" if signature[0] == "A" else "A") + signature[1:]
        assert refuses(ours, "jwt", together, changed) == "signature_invalid"
        others = key_set(*(key for name, key in keys.items() if name != alg))
        assert refuses(ours, "jwt", others, token) == "key_unknown"
        # Only the key that the provider calls so counts, though another of its kind could be tried.
        assert refuses(ours, "jwt", key_set({**npm("generate", alg=alg, kid="new", curve="Ed25519"), "kid": head["kid"]}), token) == "signature_invalid"
        # The key is for that algorithm alone, where it says so.
        assert verified(ours, key_set({**keys[alg], "alg": alg, "use": "sig"}), token) == CLAIMS
        assert refuses(ours, "jwt", key_set({**keys[alg], "use": "enc"}), token) == "key_unknown"


def test_the_public_key_is_no_shared_secret(ours, npm):
    key = npm("generate", alg="RS256", kid="rsa")
    for secret in (json.dumps(key).encode(), key["n"].encode()):
        token = npm("mac", secret=secret.hex(), head={"alg": "HS256", "kid": "rsa"}, claims=CLAIMS)
        assert refuses(ours, "jwt", key_set(key), token) == "unsupported"
    assert refuses(ours, "jwt", key_set(key), npm("unsecured", claims=CLAIMS)) == "unsupported"
    unsigned = b64(b'{"alg":"RS256","kid":"rsa"}') + "." + b64(json.dumps(CLAIMS).encode()) + "."
    assert refuses(ours, "jwt", key_set(key), unsigned) == "signature_invalid"


def test_a_signature_of_another_algorithm_by_the_same_key(ours, npm):
    key = npm("generate", alg="RS256", kid="rsa")
    token = npm("sign", kid="rsa", head={"alg": "RS256", "kid": "rsa"}, claims=CLAIMS)
    assert verified(ours, key_set({**key, "alg": "RS256"}), token) == CLAIMS
    assert refuses(ours, "jwt", key_set({**key, "alg": "PS256"}), token) == "key_unknown"
    head, _, rest = token.partition(".")
    assert refuses(ours, "jwt", key_set(key), b64(b'{"alg":"PS256","kid":"rsa"}') + "." + rest) == "signature_invalid"


if __name__ == "__main__":
    peers.main(globals(), lambda program, npm: {"ours": Ours(program), "npm": Npm("node", HERE / "jwt_peer.mjs", npm)}, "jose")
