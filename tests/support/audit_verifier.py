# SPDX-License-Identifier: Apache-2.0
"""A second verifier of audit logs, with nothing but Python's standard library and the specifications in hand:
RFC 6962 (section 2.1), RFC 8032 (Ed25519), and of C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles and
tlog-proof. It shares neither code nor algorithms with the library: roots and proofs are computed by the recursive
definitions, and the whole tree is kept in memory.

As a program: audit_verifier.py FOLDER VKEY_FILE
"""
import base64
import functools
import hashlib
import pathlib
import sys


class Refused(Exception):
    """The log, checkpoint or proof isn't what it claims to be."""


# ---- Ed25519, RFC 8032, section 5.1

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _double(p):
    a, b = p[0] * p[0] % P, p[1] * p[1] % P
    c = 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1]) % P
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


NEUTRAL = (0, 1, 1, 0)


def _sum_of_two(m, p, n, q):
    """[m]p + [n]q, bit by bit from the top."""
    choice = (NEUTRAL, p, q, _add(p, q))
    out = NEUTRAL
    for bit in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        out = _double(out)
        which = (m >> bit & 1) + 2 * (n >> bit & 1)
        if which:
            out = _add(out, choice[which])
    return out


def _decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise Refused("a point that is not in its one form")
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if x * x % P != xx:
        x = x * SQRT_M1 % P
    if x * x % P != xx or (x == 0 and sign):
        raise Refused("no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


_BASE = _decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache(maxsize=64)  # a checkpoint is often verified again, with each proof
def verify_ed25519(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        raise Refused("a key or signature of another length")
    a, r = _decode_point(public_key), _decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        raise Refused("a signature that is not in its one form")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    # [S]B = R + [k]A, written as [S]B + [k](-A) = R.
    left, right = _sum_of_two(s, _BASE, k, (P - a[0], a[1], 1, P - a[3])), r
    if (left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P:
        raise Refused("the signature is not that of the key")


# ---- Merkle tree, RFC 6962, section 2.1

def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size):
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def tree_hash(leaves, begin=0, end=None):
    end = len(leaves) if end is None else end
    if begin == end:
        return hashlib.sha256().digest()
    if end - begin == 1:
        return leaves[begin]
    middle = begin + _split(end - begin)
    return node_hash(tree_hash(leaves, begin, middle), tree_hash(leaves, middle, end))


def root_of_inclusion(index, size, leaf, path):
    if not 0 <= index < size:
        raise Refused("an index outside the tree")
    if size == 1:
        if path:
            raise Refused("a path that is too long")
        return leaf
    if not path:
        raise Refused("a path that is too short")
    middle = _split(size)
    if index < middle:
        return node_hash(root_of_inclusion(index, middle, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_of_inclusion(index - middle, size - middle, leaf, path[:-1]))


def _roots_of_consistency(old, new, whole, old_root, path):
    if old == new:
        if whole:
            if path:
                raise Refused("a path that is too long")
            return old_root, old_root
        if len(path) != 1:
            raise Refused("a path of another length")
        return path[0], path[0]
    if not path:
        raise Refused("a path that is too short")
    middle = _split(new)
    if old <= middle:
        before, after = _roots_of_consistency(old, middle, whole, old_root, path[:-1])
        return before, node_hash(after, path[-1])
    before, after = _roots_of_consistency(old - middle, new - middle, False, old_root, path[:-1])
    return node_hash(path[-1], before), node_hash(path[-1], after)


def check_consistency(old_size, old_root, new_size, new_root, path):
    """From the empty tree nothing is proved, so such a proof is refused."""
    if not 0 < old_size <= new_size:
        raise Refused("sizes that prove nothing")
    if _roots_of_consistency(old_size, new_size, True, old_root, path) != (old_root, new_root):
        raise Refused("a path to other roots")


# ---- C2SP signed-note, tlog-checkpoint, tlog-cosignature

def _from_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(f"base64: {error}") from None
    if base64.b64encode(data).decode() != text:
        raise Refused("base64 that is not in its one form")
    return data


def _decimal(text):
    if len(text) > 20 or not text.isascii() or not text.isdigit() or str(int(text)) != text:
        raise Refused(f"no decimal number: {text!r}")
    return int(text)


def _hash(text):
    data = _from_base64(text)
    if len(data) != 32:
        raise Refused("no SHA-256 hash")
    return data


class Key:
    """A verifier key, `name+hash+base64(type ‖ key)`."""

    def __init__(self, text):
        self.name, digest, encoded = text.strip().split("+", 2)
        data = _from_base64(encoded)
        if data[0] != 1 or hashlib.sha256(self.name.encode() + b"\n" + data).hexdigest()[:8] != digest:
            raise Refused("no Ed25519 verifier key")
        self.public = data[1:]
        self.id = bytes.fromhex(digest)
        self.cosigner_id = hashlib.sha256(self.name.encode() + b"\n\4" + self.public).digest()[:4]


def parse_note(data):
    """The text, and (name, key id, signature) of each line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    if any(c < " " and c != "\n" for c in text):
        raise Refused("a control character")
    blank = text.rfind("\n\n")
    if blank < 0 or not text.endswith("\n") or blank + 2 == len(text):
        raise Refused("no note")
    signatures = []
    for line in text[blank + 2:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not parts[1] or "+" in parts[1] or any(c.isspace() for c in parts[1]):
            raise Refused("no signature line")
        signature = _from_base64(parts[2])
        if len(signature) < 5:
            raise Refused("a signature that is too short")
        signatures.append((parts[1], signature[:4], signature[4:]))
    return text[:blank + 1], signatures


def open_checkpoint(data, key):
    """(size, root) that the log signed."""
    text, signatures = parse_note(data)
    own = [signature for name, number, signature in signatures if name == key.name and number == key.id]
    if not own:
        raise Refused("not signed by the log")
    for signature in own:
        verify_ed25519(key.public, text.encode(), signature)
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines) or lines[0] != key.name:
        raise Refused("no checkpoint of this log")
    size, root = _decimal(lines[1]), _hash(lines[2])
    if size > 2**62 or (size == 0 and root != tree_hash([])):
        raise Refused("no tree of that size")
    return size, root


def check_cosignature(data, witness):
    """Seconds since 1970 at which the witness cosigned."""
    text, signatures = parse_note(data)
    for name, number, signature in signatures:
        if name == witness.name and number == witness.cosigner_id:
            seconds = int.from_bytes(signature[:8], "big")
            verify_ed25519(witness.public, f"cosignature/v1\ntime {seconds}\n{text}".encode(), signature[8:])
            return seconds
    raise Refused("not cosigned")


# ---- C2SP tlog-tiles

WIDTH = 256


def _path(level, index, width):
    number = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        number = f"x{index % 1000:03}/{number}"
    return f"tile/{level}/{number}" + (f".p/{width}" if width < WIDTH else "")


def _read(read, level, index, width):
    """A tile or bundle and its width: the partial one, or the full one that has taken its place."""
    data = read(_path(level, index, width))
    if data is None and width < WIDTH:
        return read(_path(level, index, WIDTH)), WIDTH
    return data, width


def _entries(data, width):
    out, at = [], 0
    for _ in range(width):
        length = int.from_bytes(data[at:at + 2], "big")
        if at + 2 + length > len(data):
            raise Refused("a bundle that ends early")
        out.append(data[at + 2:at + 2 + length])
        at += 2 + length
    if at != len(data):
        raise Refused("a bundle that goes on")
    return out


def _tiles(count):
    """(index, width) of each tile over `count` hashes."""
    return [(index, min(WIDTH, count - index * WIDTH)) for index in range(-(-count // WIDTH))]


def verify_log(read, key):
    """Every entry, tile and signature of a log. `read(path)` gives bytes, or None where there is nothing.

    Returns (size, root, entries)."""
    data = read("checkpoint")
    if data is None:
        raise Refused("no checkpoint")
    size, root = open_checkpoint(data, key)
    entries = []
    for index, width in _tiles(size):
        bundle, served = _read(read, "entries", index, width)
        if bundle is None:
            raise Refused("entries are missing")
        entries += _entries(bundle, served)[:width]
    hashes = [leaf_hash(entry) for entry in entries]
    if tree_hash(hashes) != root:
        raise Refused("the entries are not those of the checkpoint")
    level = 0
    while hashes:
        for index, width in _tiles(len(hashes)):
            tile, served = _read(read, level, index, width)
            if tile is None or len(tile) != 32 * served or tile[:32 * width] != b"".join(hashes[index * WIDTH:index * WIDTH + width]):
                raise Refused(f"tile {level}/{index} is not made of the entries")
        hashes = [tree_hash(hashes, i * WIDTH, (i + 1) * WIDTH) for i in range(len(hashes) // WIDTH)]
        level += 1
    return size, root, entries


# ---- C2SP tlog-proof, with the entry as extra data; and growth, as tlog-witness writes it

def _lines(data):
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise Refused("no proof")
    return head.decode().split("\n"), checkpoint


def check_proof(data, key):
    """(index, entry) of what is proved to be in the log."""
    lines, checkpoint = _lines(data)
    if len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Refused("no proof of an entry")
    entry, index = _from_base64(lines[1][6:]), _decimal(lines[2][6:])
    size, root = open_checkpoint(checkpoint, key)
    if root_of_inclusion(index, size, leaf_hash(entry), [_hash(line) for line in lines[3:]]) != root:
        raise Refused("a path to another root")
    return index, entry


def check_growth(data, old_checkpoint, key):
    """(old size, new size) between which the log only grew."""
    old_size, old_root = open_checkpoint(old_checkpoint, key)
    lines, checkpoint = _lines(data)
    new_size, new_root = open_checkpoint(checkpoint, key)
    if not lines[0].startswith("old ") or _decimal(lines[0][4:]) != old_size:
        raise Refused("a proof from another size")
    check_consistency(old_size, old_root, new_size, new_root, [_hash(line) for line in lines[1:]])
    return old_size, new_size


def folder_reader(folder):
    folder = pathlib.Path(folder)

    def read(path):
        file = folder / path
        return file.read_bytes() if file.is_file() else None
    return read


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        size, root, _ = verify_log(folder_reader(sys.argv[1]), Key(pathlib.Path(sys.argv[2]).read_text()))
    except Refused as error:
        sys.exit(f"NOT verified: {error}")
    print(f"verified, {size} entries, checkpoint {base64.b64encode(root).decode()}")


if __name__ == "__main__":
    main()
