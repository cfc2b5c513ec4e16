# SPDX-License-Identifier: Apache-2.0
"""TLS servers on loopback for scanners to look at: each dated policy served by us, and OpenSSL; and testssl.sh."""
import contextlib
import json
import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import installation as house  # noqa: E402
import scenario  # noqa: E402

DATED = ("modern-2026", "intermediate-2026", "legacy-mfd-2026", "obsolete-mfd-2026")
SERVED = [(policy, kind) for policy in DATED for kind in ("ecdsa", "rsa") if (policy, kind) != ("modern-2026", "rsa")]
CURVE = ("ec", "-pkeyopt")
KEYS = {"ec": (*CURVE, "ec_paramgen_curve:P-256"), "p521": (*CURVE, "ec_paramgen_curve:P-521"), "rsa": ("rsa:2048",),
        "short": ("rsa:1024",), "ed": ("ed25519",)}


def make_certificates(site, *names):
    """Self-signed ones for `openssl`."""
    site.dir.mkdir(exist_ok=True)
    for name in names:
        made = scenario.command("openssl", "req", "-x509", "-newkey", *KEYS[name], "-nodes", "-days", "30", "-subj", f"/CN={name}",
                                "-keyout", site.dir / f"{name}.key", "-out", site.dir / f"{name}.pem")
        assert made.returncode == 0, made.stderr


@contextlib.contextmanager
def ours(site, policy, kind):
    """A server of ours that keeps a policy; gives its port and the pin of its certificate."""
    process = house.Process([site.programs.parent / "tests" / "interop" / "tls_listener", policy, kind],
                            site.logs / f"{policy}-{kind}.log")
    try:
        facts = json.loads(process.lines[0])
        yield facts["port"], facts["pin"]
    finally:
        process.kill()


@contextlib.contextmanager
def openssl(site, certificate, *arguments, config=None):
    """`openssl s_server`; gives its port."""
    env = {"OPENSSL_CONF": str(config)} if config else None
    child = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", site.dir / f"{certificate}.pem",
                              "-key", site.dir / f"{certificate}.key", *arguments], stdin=subprocess.PIPE, env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    try:
        for line in child.stdout:
            said.append(line)
            if line.startswith("ACCEPT "):
                break
        else:
            raise RuntimeError("openssl s_server: " + "".join(said))
        # It goes on talking; nobody may make it wait.
        threading.Thread(target=child.stdout.read, daemon=True).start()
        yield int(said[-1].rsplit(":", 1)[1])
    finally:
        child.kill()
        child.wait()
        child.stdin.close()


def of_policy(site, policy, kind):
    """What a policy with a certificate of a kind comes to: suites by version, groups, whether for exceptions only."""
    shown = json.loads(scenario.command(site.programs / "safeq", "tls", "show", policy, "--json").stdout)
    other = "_RSA_" if kind == "ecdsa" else "_ECDSA_"
    suites = {row["name"]: set() for row in shown["versions"]}
    for row in shown["suites"]:
        if other not in row["name"]:
            suites[row["version"]].add(row["code"])
    return suites, shown["groups"], shown["exception_only"]


def testssl(site, port, *sections):
    """The rows of testssl.sh for these sections."""
    path = site.dir / f"testssl-{port}.json"
    result = subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", *sections, "--jsonfile", path,
                             f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=500, stdin=subprocess.DEVNULL)
    assert path.exists(), result.stdout + result.stderr
    return json.loads(path.read_text())
