#!/usr/bin/python3
"""Verifies the first DKIM-Signature of a message: rsa-sha256, simple/simple.

usage: dkim.py MESSAGE PUBLIC-KEY.pem

Simple canonicalisation (RFC 6376 3.4.1, 3.4.3) changes no octet of what is signed,
so there is little to do.  It is not left to OpenDKIM, as `opendkim -t` puts a
blank after each colon.  Prints "good", or what does not hold.
"""
import base64
import hashlib
import re
import subprocess
import sys
import tempfile

message = open(sys.argv[1], "rb").read()
head, _, body = message.partition(b"\r\n\r\n")
fields = re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", head + b"\r\n")


def name(field):
    return field.split(b":")[0].strip().lower()


signature = next((f for f in fields if name(f) == b"dkim-signature"), None)
if signature is None:
    sys.exit("no signature")
tags = {k.strip(): re.sub(rb"\s", b"", v) for k, v in
        (t.split(b"=", 1) for t in signature.split(b":", 1)[1].split(b";") if b"=" in t)}
if (tags[b"a"], tags[b"c"]) != (b"rsa-sha256", b"simple/simple"):
    sys.exit("not rsa-sha256, simple/simple")
body = re.sub(rb"(\r\n)*\Z", b"", body) + b"\r\n"
if base64.b64encode(hashlib.sha256(body).digest()) != tags[b"bh"]:
    sys.exit("the body has changed")
signed = b""
left = list(fields)
for wanted in tags[b"h"].lower().split(b":"):
    for i in reversed(range(len(left))):
        if name(left[i]) == wanted:
            signed += left.pop(i)
            break
signed += re.sub(rb"(\bb=)[^;]*", rb"\1", signature).rstrip(b"\r\n")
with tempfile.NamedTemporaryFile() as s:
    s.write(base64.b64decode(tags[b"b"]))
    s.flush()
    good = subprocess.run(["openssl", "dgst", "-sha256", "-verify", sys.argv[2],
                           "-signature", s.name], input=signed, capture_output=True).returncode == 0
print("good" if good else "the header has changed")
