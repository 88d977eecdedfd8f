#!/usr/bin/python3
"""The resolver for Sendmail in its scenarios: on 127.0.0.1, port 53, without DNSSEC.

usage: nameserver.py DIR

Every name has the address 127.0.0.99, where nobody listens, and no MX.  Lines of
DIR/forged say otherwise; they are read for each question, and their names match
without regard to case:

  NAME CNAME TARGET     what an attacker on the way answers, for every type
  NAME MX HOST          one MX record, preference 10
  NAME SERVFAIL         the lookup fails
  NAME SILENT           no answer at all
  NAME NXDOMAIN         there is none

Each question is a line of DIR/queries.  DIR/ready exists as soon as it answers.
"""
import os
import socket
import struct
import sys

directory = sys.argv[1]
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
A, CNAME, MX = 1, 5, 15
ADDRESS = bytes([127, 0, 0, 99])


def parse_question(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0], query[12:at + 5]


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def forged(name):
    try:
        with open(os.path.join(directory, "forged")) as f:
            for line in f:
                words = line.split()
                if words and words[0].lower() == name:
                    return words[1], words[2] if len(words) > 2 else ""
    except FileNotFoundError:
        pass
    return "", ""


def record(name, kind, data):
    return encode(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def answers(name, kind):
    """rcode and records; None: silence"""
    what, target = forged(name)
    if what == "SILENT":
        return None
    if what in ("SERVFAIL", "NXDOMAIN"):
        return (SERVFAIL if what == "SERVFAIL" else NXDOMAIN), []
    if what == "CNAME":
        alias = [record(name, CNAME, encode(target))]
        return NOERROR, alias + ([record(target, A, ADDRESS)] if kind == A else [])
    if what == "MX" and kind == MX:
        return NOERROR, [record(name, MX, b"\0\12" + encode(target))]
    return NOERROR, [record(name, A, ADDRESS)] if kind == A else []


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
log = open(os.path.join(directory, "queries"), "w", buffering=1)
open(os.path.join(directory, "ready"), "w").close()
while True:
    query, peer = s.recvfrom(4096)
    name, kind, question = parse_question(query)
    print(name, kind, file=log)
    answer = answers(name, kind)
    if answer:
        rcode, records = answer
        s.sendto(query[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1, len(records), 0, 0) +
                 question + b"".join(records), peer)
