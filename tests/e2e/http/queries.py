#!/usr/bin/python3
"""Runs every sqlite3 command and every SELECT that the documents show against a
spool; prints those that fail.  queries.py DATABASE DIRECTORY DOCUMENT..."""
import os, re, shutil, stat, subprocess, sys

database, work = sys.argv[1:3]


def commands(text):
    """Each `sqlite3 ...` of a shell example, with its here-document."""
    lines = iter(text.split("\n"))
    for line in lines:
        found = re.match(r"(?: {4}|# |\$ )?(\(umask 077; )?(sqlite3 .*)", line)
        if not found:
            continue
        command = (found[1] or "") + found[2]
        here = re.search(r"<<'(\w+)'$", command)
        while here and command.split("\n")[-1] != here[1]:
            command += "\n" + next(lines).removeprefix("    ")
        yield command
    for inline in re.findall(r"`(sqlite3 [^`]*)`", text):
        if "spool.db" in inline:
            yield inline
    for query in re.findall(r"`(SELECT [^`]*)`", text):
        yield f"sqlite3 spool.db '{query}'"


count = 0
for name in sys.argv[3:]:
    text = open(name, encoding="utf-8").read()
    if re.search(r"\.[1578]$", name):  # mdoc: what a reader sees
        text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", name], capture_output=True,
                              encoding="utf-8", check=True).stdout
        text = re.sub(r".\b", "", text)
        text = re.sub(r"(?m)^ +(?=[#$] sqlite3|sqlite3|\(umask)", "    ", text)
    for shown in commands(text):
        count += 1
        backup = os.path.join(work, "backup")
        shutil.rmtree(backup, ignore_errors=True)
        os.mkdir(backup)
        with open(os.path.join(work, "m.eml"), "w") as f:
            f.write("Subject: x\n\ny\n")
        run = re.sub(r"(/var/spool/tlsq/)?\bspool\.db(?!')", database, shown).replace("/backup/", backup + "/")
        done = subprocess.run(["sh", "-c", run], cwd=work, capture_output=True, encoding="utf-8", errors="replace")
        said = done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")
        if "backup" in shown:
            copies = os.listdir(backup)
            modes = [stat.S_IMODE(os.stat(os.path.join(backup, c)).st_mode) for c in copies]
            if not copies or any(m & 0o077 for m in modes):
                said += f"the copy: {copies} {[oct(m) for m in modes]}"
        elif "spool.db" in shown and "SELECT" in shown and "-cmd '.timeout" not in shown \
                and f"`{shown[len('sqlite3 spool.db ') + 1:-1]}`" not in text:
            said += "it has no busy timeout"
        if said:
            print(f"{name}: {shown}: {said.strip()}")
print(f"{count} commands")
