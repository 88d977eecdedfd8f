#!/usr/bin/python3
"""certs.py DIR: writes certificates that wolfSSL rejects, as DIR/NAME.pem and .key, for mx.NAME.test."""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "tools"))
from dercert import *  # noqa: E402,F403

OUT = sys.argv[1]
EC = ec_key(OUT, "limits")


def pem(der, what="CERTIFICATE"):
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (what.encode(), base64.encodebytes(der), what.encode())


def one(label, key=EC, names=None, more=(), **how):
    """Signed by itself."""
    return pem(certificate(name(label), key.spki, name(label), key,
                           [san(names or dns("mx.%s.test" % label))] + list(more),
                           validity=(when(2020), when(2049)), **how))


def write(label, text, key=EC):
    with open(os.path.join(OUT, label + ".pem"), "wb") as f:
        f.write(text)
    if key.path != os.path.join(OUT, label + ".key"):
        with open(key.path, "rb") as f, open(os.path.join(OUT, label + ".key"), "wb") as copy:
            copy.write(f.read())


def mersenne_key(label, p, q, e=65537):
    p, q = 2**p - 1, 2**q - 1
    d = pow(e, -1, (p - 1) * (q - 1))
    with open(os.path.join(OUT, label + ".key"), "wb") as f:
        f.write(pem(sequence(*map(integer, (0, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)))),
                    "RSA PRIVATE KEY"))
    return Key(OUT, label, "rsa-sha256")


for label, more in {
        "critical": [extension("2a030405", b"\5\0", True)],
        "keyid": [extension("551d23", sequence(tlv(0x80)))],
        "constraints": [name_constraints([dns("constraints.test")])]}.items():
    write(label, one(label, more=more))
write("unique", one("unique", unique=tlv(0x81, b"\0\1")))
write("address", one("address", names=dns("mx.address.test") + tlv(0x87, bytes(5))))
for label, p, q, e in (("rsa4096", 1279, 2281, 65537), ("rsa8192", 4253, 4423, 65537),
                       ("exponent", 1279, 2203, 2**64 + 13)):
    key = mersenne_key(label, p, q, e)
    write(label, one(label, key), key)
pss = Key(OUT, "pss", "rsa-pss", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
write("pss", one("pss", pss), pss)
rsa = rsa_key(OUT, "exchange")
write("exchange", one("exchange", rsa), rsa)
write("nine", one("nine") + b"".join(one("junk%d" % i) for i in range(8)))
write("ten", one("ten") + b"".join(one("junk%d" % i) for i in range(9)))
names = dns(*["host-%04d.a-long-name-below-it.large.test" % i for i in range(90)])
for label, n in (("large", 5), ("smaller", 3)):
    write(label, one(label) + b"".join(one("junk%d" % i, names=names) for i in range(n)))
