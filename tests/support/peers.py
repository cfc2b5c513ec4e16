# SPDX-License-Identifier: Apache-2.0
"""Programs that answer each line with a line: a small one of ours, and one over another implementation's npm package."""
import argparse
import base64
import inspect
import json
import pathlib
import subprocess
import sys
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Refused(Exception):
    pass


class Peer:
    """A program that answers each line with a line; ended by closing its input."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"{self.process.args[0]} has ended"
        return answer.rstrip("\n")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Ours(Peer):
    def __call__(self, *words):
        kind, _, rest = self.ask(" ".join(word.hex() or "-" if isinstance(word, bytes) else str(word) for word in words)).partition(" ")
        if kind != "ok":
            raise Refused(rest)
        return rest


class Npm(Peer):
    def __call__(self, ask, **request):
        answer = json.loads(self.ask(json.dumps({"ask": ask, **request})))
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["value"]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def from_words(answer):
    return tuple(b"" if word == "-" else bytes.fromhex(word) for word in answer.split(" "))


def refuses(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except Refused as refused:
        return str(refused)
    raise AssertionError(f"taken: {arguments} {named}")


def main(tests, start, package):
    """Runs the functions named test_* of a module dictionary; they take peers by their names in what `start` returns,
    which is given our program and the folder of the installed npm packages.

    Usage of a test program: FILE --peer PROGRAM [NAME…]."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", required=True)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    installed = subprocess.run([ROOT / "cmake/deps/npm.sh", ROOT / "tests/interop/npm" / package], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.strip()
    chosen = {n: f for n, f in tests.items() if n.startswith("test_") and (not arguments.names or n in arguments.names)}
    failed = 0
    peers = start(arguments.peer, pathlib.Path(installed))
    try:
        for name, test in chosen.items():
            try:
                test(*(peers[parameter] for parameter in inspect.signature(test).parameters))
                print(f"ok    {name}", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL  {name}\n{traceback.format_exc()}", flush=True)
    finally:
        for peer in peers.values():
            peer.close()
    print(f"{len(chosen) - failed} of {len(chosen)} passed")
    sys.exit(1 if failed or not chosen else 0)
