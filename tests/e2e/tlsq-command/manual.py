#!/usr/bin/python3
"""Compares what a program's --help offers with its manual page; prints what one
has and the other lacks.  manual.py PROGRAM PAGE"""
import re, subprocess, sys

program, page = sys.argv[1:]
common = {"-d", "-v", "-h", "-V", "--database", "--verbose", "--help", "--version"}
option = re.compile(r"(?<![\w-])--?[A-Za-z][a-z-]*")
text = open(page, encoding="utf-8").read()


def asked(*arguments):
    return subprocess.run([program, *arguments, "--help"], capture_output=True, encoding="utf-8", check=True).stdout


def macros(lines):
    """The options that mdoc lines name: Fl v, Fl -hold, Fl -all | Ar id."""
    found = set()
    for line in re.findall(r"(?m)^\.(?:Op|Fl|It|Cm) .*", lines):
        found |= {"-" + o for o in re.findall(r"\bFl (-?[A-Za-z][a-z-]*)", line)}
        if "Fl" in line:
            found |= {"-" + o for o in re.findall(r"[|,] (-[a-z][a-z-]*)", line)}
    return found


def differ(what, helped, written):
    for o in sorted(helped - written):
        print(f"{what}: {o} is in --help and not in the manual")
    for o in sorted(written - helped):
        print(f"{what}: {o} is in the manual and not in --help")


synopsis = re.search(r"\.Sh SYNOPSIS\n(.*?)\.Sh ", text, re.S)[1]
items = macros("\n".join(re.findall(r"(?m)^\.It Fl .*", text)))
commands = re.findall(r"(?m)^  ([a-z]+)  *[a-z].*", asked())
if not program.endswith("tlsq"):
    usage, options = asked().split("\n\n", 1)
    differ(program + " usage", set(option.findall(usage)), macros(synopsis))
    listed = set(option.findall("\n".join(re.findall(r"(?m)^  (-.*?)  ", options))))
    differ(program, listed, items)
    commands = []
else:
    blocks = dict(re.findall(r"\.Nm\n\.Cm (\w+)\n(.*?)(?=\.Nm\n|\Z)", synopsis, re.S))
    sections = " ".join(re.findall(r"(?m)^\.Ss tlsq (.*)", text)).replace(",", "").split()
    differ(program, set(commands), set(blocks))
    differ(program + " sections", set(commands), set(sections))
for command in commands:
    usage = re.search(r"usage: tlsq \[-d FILE\] \[-v\] (.*?)\n\n", asked(command), re.S)[1]
    helped = set(option.findall(usage))
    differ(program + " " + command, helped, macros(blocks.get(command, "")))
    for o in sorted(helped - items):
        print(f"{program} {command}: {o} is not explained in the manual")
if commands:
    for o in sorted(common - items):
        print(f"{program}: {o} is not explained in the manual")
