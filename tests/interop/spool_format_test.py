#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/formats/spool_v1.md and epochs_v1.md are what another program computes from the same keys: X-Wing and
HPKE from the npm packages `@hpke/core` and `@hpke/hybridkem-x-wing`, the rest from node. That our library makes and takes them,
tests/unit/store/spool_format_test.cpp shows."""
import base64
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def computed():
    installed = subprocess.run([ROOT / "cmake/deps/npm.sh", ROOT / "tests/interop/npm/hpke"], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        (here / "node_modules").symlink_to(pathlib.Path(installed) / "node_modules")
        shutil.copy(ROOT / "tests/interop/spool_peer.mjs", here)
        said = subprocess.run(["node", here / "spool_peer.mjs"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    return dict(line.split("  ", 1) for line in said.splitlines())


def examples(page):
    """The lines of the page's example, by their names, and the text of all its blocks."""
    text = (ROOT / "docs/formats" / page).read_text().split("## Example\n")[1]
    blocks = [block.removeprefix("\n") for block in text.split("```")[1::2]]
    return {name.rstrip(): value.strip() for name, _, value in (line.partition("  ") for line in blocks[0].splitlines())}, blocks


def main():
    here = computed()
    spool, (_, note) = examples("spool_v1.md")
    seeds, _ = examples("epochs_v1.md")
    written = {**spool, **seeds, "list": base64.b64encode(note.encode()).decode()}
    wrong = [name for name in here.keys() | written.keys() if here.get(name) != written.get(name)]
    for name in sorted(wrong):
        print(f"FAIL  {name}\n  computed {here.get(name)}\n  written  {written.get(name)}")
    print(f"{len(here) - len(wrong)} of {len(here)} lines agree")
    return 1 if wrong or len(here) != 15 else 0


if __name__ == "__main__":
    sys.exit(main())
