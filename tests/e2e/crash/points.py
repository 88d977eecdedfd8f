#!/usr/bin/python3
"""Prints the failpoints in the source, one per line: points.py DIR [rows]   (rows: without before/after-commit)"""
import pathlib
import re
import sys

CALL = re.compile(r'\bFAILPOINT(_ROW)?(?:_IF)?\((?:[^;"]*,)?\s*"([a-z.-]+)"\)')
ANY = re.compile(r"\bFAILPOINT(?:_ROW)?(?:_IF)?\(")
SIDES = (".before-commit", ".after-commit")

points = set()
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.c")):
    text = path.read_text(encoding="utf-8")
    calls = CALL.findall(text)
    if len(calls) != len(ANY.findall(text)):
        sys.exit("%s: a failpoint whose name cannot be read" % path)
    for row, name in calls:
        points.update([name] if "rows" in sys.argv or not row else [name + s for s in SIDES])
print("\n".join(sorted(points)))
