#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into an empty folder and uses it as a stranger would: a small program by CMake package and by
pkg-config, every example built and run as a project of its own, and requests for versions that aren't there refused."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

build, prefixes = sys.argv[1:3]
here = pathlib.Path(__file__).resolve().parent
examples = here.parent.parent / "examples"


def run(*arguments, **options):
    print("$", " ".join(map(str, arguments)), flush=True)
    return subprocess.run([str(a) for a in arguments], check=True, text=True, **options)


with tempfile.TemporaryDirectory(prefix="safeq-consumer-") as folder:
    folder = pathlib.Path(folder)
    tree = folder / "installed"
    run("cmake", "--install", build, "--prefix", tree, stdout=subprocess.DEVNULL)

    def configure(source, name):
        """With the installed tree alone: it knows where Botan was, and headers of the source tree must not be found."""
        run("cmake", "-G", "Ninja", "-S", source, "-B", folder / name, f"-DCMAKE_PREFIX_PATH={tree}",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", stdout=subprocess.DEVNULL)
        commands = folder / name / "compile_commands.json"
        if commands.exists() and str(examples.parent / "include") in commands.read_text():
            sys.exit(f"{name} is compiled with the headers of the source tree")
        return folder / name

    configure(here / "versions", "versions")

    cmake = configure(here / "app", "cmake")
    run("cmake", "--build", cmake)
    run(cmake / "consumer")
    for program, names in {"nm": True, "nm -D": False}.items():  # it holds safeq's functions, and exports none
        shown = run(*program.split(), "-C", "--defined-only", cmake / "libholder.so", capture_output=True).stdout
        if (" safeq::" in shown) != names:
            sys.exit(f"{program} libholder.so: safeq's names are {'not ' if names else ''}there")

    paths = [str(p) for root in [str(tree), *prefixes.split(";")] for p in pathlib.Path(root).rglob("pkgconfig") if p.is_dir()]
    environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(paths)}
    flags = run("pkg-config", "--static", "--cflags", "--libs", "safeq", env=environment,
                capture_output=True).stdout.split()
    run("c++", "-std=c++23", here / "app/main.cpp", "-o", folder / "by-pkg-config", *flags)
    run(folder / "by-pkg-config")

    alone = configure(examples, "examples")
    run("cmake", "--build", alone)
    run("ctest", "--test-dir", alone, "--output-on-failure", "--no-tests=error")
    # Each example is one of the tests that ran; virtual_mfd is a printer that stays up, and ran none.
    listed = run("ctest", "--test-dir", alone, "-N", capture_output=True).stdout
    ran = set(re.findall(r"example\.(\w+)$", listed, re.M))
    wanted = {p.stem for p in examples.glob("*.cpp")} - {"virtual_mfd"}
    if len(wanted) < 7 or ran != wanted:
        sys.exit(f"examples that ran: {sorted(ran)}; that are there: {sorted(wanted)}")
