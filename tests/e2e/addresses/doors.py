#!/usr/bin/python3
"""Submits each address of a table in every way that mail can enter the spool, as sender and as recipient.

usage: doors.py DATABASE MILTER-SOCKET TABLE    prints a line for each disagreement with the table, then how many
                                                addresses were given to how many doors

The milter is spoken to as Sendmail does it (libmilter's protocol, version 6), since Sendmail would refuse some
addresses itself.
"""
import json
import re
import socket
import sqlite3
import struct
import subprocess
import sys

LETTER = b"Subject: x\r\nFrom: a@s.test\r\n\r\nx\r\n"


def utf8(sender, rcpt, parameter):
    return b"" if (sender + rcpt).isascii() else parameter


class Milter:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.send(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff))
        self.flags = struct.unpack("!III", self.reply()[1][:12])[2]
        self.command(b"C", b"client.test\0" + b"4" + struct.pack("!H", 1) + b"192.0.2.1\0", 0x1000, 0x01)
        self.command(b"H", b"client.test\0", 0x2000, 0x02)

    def send(self, command, data):
        self.sock.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def octets(self, n):
        data = b""
        while len(data) < n:
            piece = self.sock.recv(n - len(data))
            if not piece:
                raise EOFError("the milter closed the connection")
            data += piece
        return data

    def reply(self):
        packet = self.octets(struct.unpack("!I", self.octets(4))[0])
        return packet[:1], packet[1:]

    def command(self, command, data, no_reply, not_wanted):
        """The answer; b"c" where the milter wants no such command or gives no answer to it."""
        if self.flags & not_wanted:
            return b"c", b""
        self.send(command, data)
        return (b"c", b"") if self.flags & no_reply else self.reply()

    def macros(self, command, *pairs):
        self.send(b"D", command + b"".join(word + b"\0" for word in pairs))

    def put(self, sender, rcpt):
        """True where the milter took it over."""
        domain = rcpt[rcpt.rfind(b"@") + 1:].rstrip(b".")
        self.macros(b"M", b"i", b"Q1", b"j", b"s.test")
        answers = [self.command(b"M", b"<" + sender + b">\0" + utf8(sender, rcpt, b"SMTPUTF8\0"), 0x4000, 0x04)]
        self.macros(b"R", b"{rcpt_mailer}", b"tlsq", b"{rcpt_host}", domain, b"{rcpt_addr}", rcpt)
        answers.append(self.command(b"R", b"<" + rcpt + b">\0", 0x8000, 0x08))
        if all(a[0] == b"c" for a in answers):
            answers.append(self.command(b"T", b"", 0x10000, 0x200))
            for name, value in ((b"Subject", b"x"), (b"From", b"a@s.test")):
                answers.append(self.command(b"L", name + b"\0" + value + b"\0", 0x80, 0x20))
            answers.append(self.command(b"N", b"", 0x40000, 0x40))
            answers.append(self.command(b"B", b"x\r\n", 0x80000, 0x10))
            self.send(b"E", b"")
            while (answer := self.reply())[0] in b"+-hipm":
                pass
            return answer[0] in b"cd"
        self.send(b"A", b"")
        return False


class Doors:
    def __init__(self, database, milter):
        self.database = database
        self.milter_path = milter

    def milter(self, sender, rcpt):
        return Milter(self.milter_path).put(sender, rcpt)

    def lmtp(self, sender, rcpt):
        dialogue = b"LHLO x\r\nMAIL FROM:<%s>%s\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\nQUIT\r\n" % (
            sender, utf8(sender, rcpt, b" SMTPUTF8"), rcpt, LETTER)
        out = subprocess.run(["tlsq", "-d", self.database, "lmtp"], input=dialogue, capture_output=True).stdout
        return b"\n250 2.0.0" in out.replace(b"\r", b"")

    def submit(self, sender, rcpt):
        command = ["tlsq", "-d", self.database, "submit", "--quiet", "-f", sender, "--", rcpt]
        return subprocess.run(command, input=LETTER, capture_output=True).returncode == 0

    def sql(self, sender, rcpt):
        db = sqlite3.connect(self.database, timeout=10)
        try:
            with db:
                array = json.dumps([rcpt.decode("latin-1")], ensure_ascii=False).encode("latin-1")
                db.execute("INSERT INTO submission (sender, recipients, content)"
                           " VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?)", (sender, array, LETTER))
            return True
        except sqlite3.IntegrityError:
            return False
        finally:
            db.close()


def read(path):
    """Rows of (take?, address, as stored)."""
    for line in open(path, encoding="ascii"):
        if line.startswith("#"):
            continue
        verdict, given, *stored = [
            re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)),
                   re.sub(r"\$\{(\d+)\}", lambda m: "x" * int(m[1]), word)) for word in line.rstrip("\n").split("\t")]
        yield verdict == "take", given.encode("latin-1"), (stored[0] if stored else given).encode("latin-1")


def folded(address):
    """SQL keeps the case in which a producer writes the domain."""
    local, at, domain = address.rpartition(b"@")
    return local + at + domain.lower()


def main(database, milter, table):
    doors = Doors(database, milter)
    db = sqlite3.connect(database, timeout=10, isolation_level=None)
    db.text_factory = bytes
    rows = list(read(table))
    for take, given, stored in rows:
        for role in "sender", "recipient":
            pair = (given, b"b@ok.test") if role == "sender" else (b"a@s.test", given)
            for name in "milter", "lmtp", "submit", "sql":
                taken = getattr(doors, name)(*pair)
                what = "%s: %s as %s" % (name, given[:80], role)
                if taken != take:
                    print("%s: %s" % (what, "taken" if taken else "refused"))
                last = db.execute("SELECT sender, address FROM message m JOIN recipient r ON r.message_id = m.id"
                                  " ORDER BY m.id DESC").fetchone()
                if taken and folded(last[role == "recipient"]) != folded(stored):
                    print("%s: stored as %s" % (what, last))
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("DELETE FROM message")
    print("%d addresses, 4 doors" % len(rows))


main(*sys.argv[1:])
