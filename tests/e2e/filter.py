#!/usr/bin/python3
"""A mail filter that does what the Subject asks, for scenarios with several filters.

usage: filter.py PORT LOG

Words of a Subject, and what happens at the end of such a message:
  add        recipient extra@remote.test, and the field X-Filter
  drop       the recipient gone@remote.test is removed
  body       another body
  discard    SMFIS_DISCARD
  quarantine smfi_quarantine
A recipient that begins with "refused" is refused at RCPT.  What it was asked is in LOG.
"""
import socketserver
import struct
import sys

ACTIONS = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20  # ADDHDRS CHGBODY ADDRCPT DELRCPT CHGHDRS QUARANTINE
SILENT = b"DAKQ"  # commands without an answer: macros, abort, quit


class Filter(socketserver.StreamRequestHandler):
    """One connection of Sendmail's."""

    def say(self, code, data=b""):
        self.wfile.write(struct.pack(">I", len(data) + 1) + code + data)

    def end(self):
        """What the subject asks for; the answer."""
        if "add" in self.subject:
            self.say(b"+", b"<extra@remote.test>\0")
            self.say(b"h", b"X-Filter\0was here\0")
        if "drop" in self.subject:
            self.say(b"-", b"<gone@remote.test>\0")
        if "body" in self.subject:
            self.say(b"b", b"Another body.\r\n")
        if "quarantine" in self.subject:
            self.say(b"q", b"somebody should look at this\0")
        return b"d" if "discard" in self.subject else b"c"

    def answer(self, command, data):
        if command == b"L" and data.lower().startswith(b"subject\0"):
            self.subject = data[8:].decode("utf-8", "replace").split("\0")[0].split()
        if command == b"R" and data.startswith(b"<refused"):
            self.say(b"y", b"550 5.7.1 not through this filter\0")
        elif command == b"E":
            self.say(self.end())
        elif command == b"O":
            self.say(b"O", struct.pack(">III", 6, ACTIONS, 0))
        elif command not in SILENT:
            self.say(b"c")

    def handle(self):
        self.subject = []
        while len(head := self.rfile.read(4)) == 4:
            packet = self.rfile.read(struct.unpack(">I", head)[0])
            print(packet[:1].decode(), repr(packet[1:60]), file=log, flush=True)
            self.answer(packet[:1], packet[1:])


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


log = open(sys.argv[2], "w", encoding="utf-8")
Server(("127.0.0.1", int(sys.argv[1])), Filter).serve_forever()
