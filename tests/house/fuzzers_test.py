#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every fuzz target states what it attacks and its property, has a corpus and a dictionary, a line in fuzz/parsers.txt
and a row in fuzz/README.md; and the other way round. What it says is under test is what its line has measured, and every
function that is named like a parser stands in some target's line.

fuzzers_test.py SOURCE_FOLDER [--write]: --write makes the table of fuzz/README.md anew.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
fuzz = root / "fuzz"
begin, end = "<!-- targets -->\n", "<!-- end of targets -->\n"


def stated(path):
    """What is under test, and the property, of the comment at the top."""
    lines = []
    for line in path.read_text().splitlines()[1:]:
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    match = re.match(r"Under test: (.*?)\.(?: .*?)? Property: (.*)$", " ".join(lines))
    return (match.group(1), match.group(2)) if match else None


def measured_of(line):
    """Target, and each file with the functions measured there, or None for all of them."""
    target, *entries = line.split()
    return target, {file: functions.split(",") if functions else None
                    for file, _, functions in (entry.partition(":") for entry in entries)}


def names_under_test(text):
    """The names of the list, each as its class, if it has one, and itself; what stands in parentheses is said of them."""
    for item in re.split(r",\s*", re.sub(r"\s*\([^)]*\)", "", text)):
        parts = item.split("::")
        while len(parts) > 1 and parts[0].islower():
            parts.pop(0)
        yield item, parts


def is_measured(parts, files):
    """Whether a function, or a class of which at least one function is, belongs to what is measured."""
    for file, functions in files.items():
        if functions is None:
            source = (root / file).read_text()
            if all(re.search(rf"\b{part}\b", source) for part in parts):
                return True
        for function in functions or []:
            own = function.split("::")
            if own == parts or own[:1] == parts or own == parts[:1] or (len(parts) == 1 and own[-1:] == parts):
                return True
    return False


PARSER = re.compile(r"^(?:\[\[nodiscard\]\] )?(?:inline |constexpr )*(?:std::optional|std::expected|Result)<.*> "
                    r"((?:\w+::)*((?:parse|decode)(?:_\w+)?|(?:chain_)?from_\w+))\(", re.MULTILINE)
# What is named so and reads nothing that is hostile.
NO_PARSERS = {
    "lib/tls/external_key.cpp": "from_external takes a key that a device holds",
    "daemons/config/options.cpp": "from_command_line reads what its own caller typed",
}


def parsers_of(path):
    """(name, class and function) of each definition in a file that is named like a parser."""
    return [(match[1], match[1].split("::")) for match in PARSER.finditer(path.read_text())]


problems, rows = [], []
targets = sorted(p.name.removesuffix("_fuzzer.cpp") for p in fuzz.glob("*_fuzzer.cpp"))
listed = dict(measured_of(line) for line in (fuzz / "parsers.txt").read_text().splitlines()
              if line and not line.startswith("#"))
for target in targets:
    text = stated(fuzz / f"{target}_fuzzer.cpp")
    if not text:
        problems.append(f"{target}: no `Under test: … Property: …` at its top")
        continue
    if not list((fuzz / "corpus" / target).glob("*")):
        problems.append(f"{target}: no corpus")
    if not (fuzz / "dict" / f"{target}.dict").exists():
        problems.append(f"{target}: no dictionary")
    for item, parts in names_under_test(text[0]):
        if not re.fullmatch(r"[\w:]+", item):
            problems.append(f"{target}: '{item}' under test is no name; what is said of one stands in parentheses")
        elif not is_measured(parts, listed.get(target, {})):
            problems.append(f"{target}: {item} is under test, and fuzz/parsers.txt has it not measured")
    rows.append(f"| `{target}` | {text[0]} | {text[1]} | `./run fuzz {target} 60` |\n")
for target in set(targets) ^ set(listed):
    problems.append(f"{target}: in fuzz/ or in fuzz/parsers.txt, but not in both")
for path in sorted(p for folder in ("lib", "daemons") for p in (root / folder).rglob("*.cpp")):
    file = str(path.relative_to(root))
    for name, parts in parsers_of(path):
        if file not in NO_PARSERS and not any(is_measured(parts, {file: files[file]})
                                              for files in listed.values() if file in files):
            problems.append(f"{file}: {name} is a parser, and no target in fuzz/parsers.txt attacks it")
for target, files in listed.items():
    problems += [f"{target}: {file} is not there" for file in files if not (root / file).exists()]
table = "| target | under test | property | run |\n|---|---|---|---|\n" + "".join(rows)
readme = (fuzz / "README.md").read_text()
head, rest = readme.split(begin)
tail = rest.split(end)[1]
if "--write" in sys.argv:
    (fuzz / "README.md").write_text(head + begin + table + end + tail)
elif rest.split(end)[0] != table:
    problems.append("fuzz/README.md: the table isn't what the targets say; tests/house/fuzzers_test.py . --write makes it")
print("\n".join(problems) or f"{len(targets)} fuzz targets, each as it should be")
sys.exit(bool(problems))
