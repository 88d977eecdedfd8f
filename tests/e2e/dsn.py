#!/usr/bin/python3
"""Answers questions about a delivery status notification, parsed with Python's email package.

usage: dsn.py FILE QUESTION

  type             type and report-type
  parts            types of the parts
  N FIELD          a field of group N of the report: 0 the message's, 1 ... the recipients'
  header NAME...   fields of its own header
  words            the part for people, on one line
  returned         the third part: "" where there is none
  defects          what the parser does not like
"""
import base64
import email
import email.policy
import re
import sys


def octets_of(part):
    """Python reads what is in a message part before its encoding is undone."""
    if not part.is_multipart():
        return part.get_payload(decode=True)
    octets = part.get_payload(0).as_bytes()
    return base64.b64decode(octets) if part["Content-Transfer-Encoding"] == "base64" else octets


def groups(part):
    """The groups of fields; Python knows the global kind only as text."""
    if part.get_content_type() == "message/delivery-status":
        return [g for g in part.get_payload() if g.keys()]
    octets = octets_of(part)
    return [email.message_from_bytes(g, policy=email.policy.SMTPUTF8)
            for g in re.split(rb"(?:\r?\n){2}", octets.strip())]


def returned(parts):
    if len(parts) < 3:
        return ""
    part = parts[2]
    octets = octets_of(part)
    return octets.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def main(path, question, *names):
    if not path:
        return
    with open(path, "rb") as f:
        m = email.message_from_binary_file(f, policy=email.policy.SMTPUTF8)
    parts = list(m.iter_parts())
    if question == "type":
        print(m.get_content_type(), m.get_param("report-type"))
    elif question == "parts":
        print(*[p.get_content_type() for p in parts])
    elif question == "header":
        print(*[m[n] for n in names])
    elif question == "words":
        print(" ".join(parts[0].get_payload(decode=True).decode("utf-8").split()))
    elif question == "returned":
        print(returned(parts), end="")
    elif question == "defects":
        encoded = [inner for p in parts if p.is_multipart()
                   and p["Content-Transfer-Encoding"] == "base64" for inner in p.walk()]
        print([d for p in m.walk() if p not in encoded for d in p.defects])
    else:
        found = groups(parts[1])
        n = int(question)
        print(found[n][names[0]] or "" if n < len(found) else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
