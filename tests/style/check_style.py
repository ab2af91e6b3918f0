#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on what our style forbids and a compiler does not see: length, banned calls, licence line.

    check_style.py ROOT     prints one `file:line: reason` per finding
"""

import pathlib
import re
import subprocess
import sys

FUNCTION_LINES = 60
FILE_LINES = 500
HEADER_LINES = 120
COLUMNS = 100

SKIPPED_FOLDERS = {"build", ".git", "__pycache__", "corpus"}
SOURCE_SUFFIXES = {".c", ".h", ".def", ".py", ".sh", ".cmake"}
SOURCE_NAMES = {"CMakeLists.txt"}
SOURCE_FOLDERS = {"script", ".ci"}

# Unbounded or error-hiding calls, and what to use instead.
BANNED = {
    "strcpy": "struct writer or memcpy with a checked length",
    "strcat": "struct writer",
    "strncpy": "memcpy with a checked length",
    "strncat": "struct writer",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "scanf": "struct reader",
    "sscanf": "struct reader",
    "fscanf": "struct reader",
    "atoi": "a parser that reports errors",
    "atol": "a parser that reports errors",
    "atof": "a parser that reports errors",
    "strtok": "struct reader",
    "alloca": "the arena",
    "rand": "RAND_bytes or getrandom",
    "system": "nothing: the proxy starts no shell",
    "popen": "nothing: the proxy starts no shell",
    "tmpnam": "mkstemp",
}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\s*\(#\d+\))")  # style: names itself
MUTABLE_EXTERN = re.compile(r"^extern\s+(?!const\b)[^();]*;")


def without_comments(text):
    """The code alone, on the same lines."""
    return COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def code_findings(text):
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        for match in BANNED_CALL.finditer(line):
            yield number, f"{match[1]} is banned: use {BANNED[match[1]]}"
        if re.match(r"\s*#\s*if\s+0\b", line):
            yield number, "code behind #if 0: delete it"
        if MUTABLE_EXTERN.match(line):
            yield number, "no variable is extern unless it is const"


def text_findings(path, text):
    """(line, reason) of one file, without its functions' lengths."""
    lines = text.splitlines()
    limit = HEADER_LINES if path.suffix == ".h" else FILE_LINES
    if len(lines) > limit and path.suffix != ".def":
        yield limit + 1, f"{len(lines)} lines, at most {limit}: split it"
    if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
        yield 1, "no SPDX-License-Identifier line"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line) and "style: names itself" not in line:
            yield number, "unfinished work without an issue, as in (#12)"
        if len(line) > COLUMNS and path.suffix in {".c", ".h", ".py"}:
            yield number, f"{len(line)} columns, at most {COLUMNS}"
        if line != line.rstrip():
            yield number, "white space at the end of the line"
    if path.suffix in {".c", ".h"}:
        yield from code_findings(text)


def files(root):
    """What git tracks, or everything where there is no git: no work in progress of others."""
    listing = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True,
                             check=False)
    if listing.returncode == 0:
        return [pathlib.Path(line) for line in listing.stdout.splitlines()]
    return [path.relative_to(root) for path in root.rglob("*")]


def sources(root):
    for inside in sorted(files(root)):
        if SKIPPED_FOLDERS & set(inside.parts) or not (root / inside).is_file():
            continue
        if (inside.suffix in SOURCE_SUFFIXES or inside.name in SOURCE_NAMES
                or inside.parts[0] in SOURCE_FOLDERS):
            yield inside


def long_functions(root, paths):
    """(path, line, reason) of every function past the limit, by universal-ctags."""
    listing = subprocess.run(
        ["ctags", "-x", "--language-force=C", "--c-kinds=f", "--fields=+ne",
         "--_xformat=%{end} %n %F %N", "-L", "-"],
        input="\n".join(map(str, paths)), cwd=root, capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        end, start, path, name = line.split()
        length = int(end) - int(start) + 1
        if length > FUNCTION_LINES:
            yield path, int(start), f"{name} has {length} lines, at most {FUNCTION_LINES}"


def findings(root):
    paths = list(sources(root))
    for path in paths:
        for number, reason in text_findings(path, (root / path).read_text(encoding="utf-8")):
            yield f"{path}:{number}: {reason}"
    c_paths = [path for path in paths if path.suffix in {".c", ".h"}]
    for path, number, reason in long_functions(root, c_paths):
        yield f"{path}:{number}: {reason}"


def main():
    root = pathlib.Path(sys.argv[1])
    num_files = len(list(sources(root)))
    found = list(findings(root))
    print("\n".join(found) or f"{num_files} files keep to the style")
    return 1 if found or num_files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
