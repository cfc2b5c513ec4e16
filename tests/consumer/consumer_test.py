#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into an empty folder and builds a small program against it, by CMake package and by pkg-config."""
import os
import pathlib
import subprocess
import sys
import tempfile

build, prefixes = sys.argv[1:3]
app = pathlib.Path(__file__).resolve().parent / "app"


def run(*arguments, **options):
    print("$", " ".join(map(str, arguments)), flush=True)
    return subprocess.run([str(a) for a in arguments], check=True, text=True, **options)


with tempfile.TemporaryDirectory(prefix="safeq-consumer-") as folder:
    folder = pathlib.Path(folder)
    tree = folder / "installed"
    run("cmake", "--install", build, "--prefix", tree, stdout=subprocess.DEVNULL)
    run("cmake", "-G", "Ninja", "-S", app, "-B", folder / "cmake", f"-DCMAKE_PREFIX_PATH={tree};{prefixes}", stdout=subprocess.DEVNULL)
    run("cmake", "--build", folder / "cmake")
    run(folder / "cmake" / "consumer")

    paths = [str(p) for root in [str(tree), *prefixes.split(";")] for p in pathlib.Path(root).rglob("pkgconfig") if p.is_dir()]
    environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(paths)}
    flags = run("pkg-config", "--static", "--cflags", "--libs", "safeq", env=environment,
                capture_output=True).stdout.split()
    run("c++", "-std=c++23", app / "main.cpp", "-o", folder / "by-pkg-config", *flags)
    run(folder / "by-pkg-config")
