#!/usr/bin/python3
"""Answers questions about what the scripted servers saw (DIR/wire.jsonl, see peer.py).

usage: wire.py DIR QUESTION [HOST [REGEX]]     HOST * is every server; REGEX in any case

  faults                breaches of protocol, one a line
  commands HOST [RE]    command lines (that match), "tls " or "clear" before each
  segments HOST RE      segments that match as a whole: what one write carried
  mails HOST            MAIL commands that came outside TLS
  connections HOST      addresses that were connected to, one a connection
  tls HOST              version, cipher, SNI and "resumed" or "full" of each handshake
  messages HOST         accepted messages: file, MAIL's argument and recipients
  offered HOST          messages with their final dot, accepted or not
  repeated HOST         connections, each with how many of its accepted messages were accepted again on others
  accepted              addresses of recipients whose message got a 2xx to the final dot
  show [HOST]           the dialogue for people
"""
import json
import re
import sys


def events(directory):
    try:
        with open(directory + "/wire.jsonl", encoding="ascii") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]
    except FileNotFoundError:
        return []


def address(path):
    """The address of RCPT's argument."""
    return path[1:path.rindex(">")]


def of(log, host, kind):
    return [e for e in log if e["ev"] == kind and host in ("*", e["host"])]


def accepted(log, host):
    return [e for e in of(log, host, "message") if e["reply"].startswith("2")]


def message_line(e):
    return " ".join([e["file"], e["mail"] or "-"] + e["rcpt"])


def faults(log, host="*", regex=""):
    return ["%s %s: %s" % (e["host"], e["conn"], e["what"]) for e in of(log, host, "fault")]


def commands(log, host, regex=""):
    return ["%s %s" % ("tls " if e["tls"] else "clear", e["line"]) for e in of(log, host, "command")
            if re.search(regex, e["line"], re.I)]


def segments(log, host, regex):
    return [repr(e["data"]) for e in of(log, host, "c") if re.fullmatch(regex, e["data"], re.I | re.S)]


def mails(log, host, regex=""):
    return [c for c in commands(log, host, "^MAIL") if c.startswith("clear")]


def connections(log, host, regex=""):
    return [e["local"] for e in of(log, host, "open")]


def tls(log, host, regex=""):
    return ["%s %s %s %s" % (e["version"], e["cipher"], e["sni"], "resumed" if e["resumed"] else "full")
            for e in of(log, host, "tls")]


def messages(log, host="*", regex=""):
    return [message_line(e) for e in accepted(log, host)]


def content_of(e):
    with open(e["file"], "rb") as f:
        return tuple(e["rcpt"]), f.read()


def repeated(log, host="*", regex=""):
    found, again = {}, {}
    for e in accepted(log, host):
        before = found.setdefault(content_of(e), e["conn"])
        if before != e["conn"]:
            again[before] = again.get(before, 0) + 1
            found[content_of(e)] = e["conn"]
    return ["%s %d" % pair for pair in again.items()]


def offered(log, host="*", regex=""):
    return [message_line(e) for e in of(log, host, "message") if not e.get("cut")]


def accepted_addresses(log, host="*", regex=""):
    # octets are kept as Latin-1; SMTPUTF8 addresses are shown as what they are
    return [address(r).encode("latin-1", "replace").decode("utf-8", "replace")
            for e in accepted(log, host) for r in e["rcpt"]]


def show(log, host="*", regex=""):
    lines = []
    for e in log:
        if host not in ("*", e["host"]) or e["ev"] == "command":
            continue
        rest = {k: v for k, v in e.items() if k not in ("ev", "host", "conn", "data")}
        lines.append("%s %s %s %s" % (e["host"], e["conn"], e["ev"],
                                      repr(e["data"]) if "data" in e else rest))
    return lines


QUESTIONS = {f.__name__: f for f in (faults, commands, segments, mails, connections, tls, messages, offered, repeated,
                                    show)}
QUESTIONS["accepted"] = accepted_addresses

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[2] not in QUESTIONS:
        sys.exit("usage: wire.py DIR QUESTION [HOST [REGEX]]")
    for line in QUESTIONS[sys.argv[2]](events(sys.argv[1]), *sys.argv[3:]):
        print(line)
