#!/usr/bin/env python3
"""make.py OUTDIR: every certificate of the tls tests, as NAME.der and NAME.pem.

Keys of servers are OUTDIR/NAME.key.  All are valid from 2031 to 2033, and the
tests look at them in 2032: a check by the clock of the machine would show.
"""
import os
import sys
import base64

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "tools"))
from dercert import *  # noqa: E402,F403

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
HOST = "mx.example.test"
OLD, COMING = (when(2028), when(2030)), (when(2034), when(2036))
SIGN, SERVER = key_usage(0x06), key_usage(0x80)

P256 = [ec_key(OUT, "p256-%d" % i) for i in range(5)]
ROOT, INTER, SUB, OTHER, LEAF = P256
RSA, RSA_CA, RSA1024 = (rsa_key(OUT, "rsa"), rsa_key(OUT, "rsa-ca"),
                        rsa_key(OUT, "rsa1024", 1024))
P384, P521 = ec_key(OUT, "p384", "P-384"), ec_key(OUT, "p521", "P-521")
ED, ED448 = edwards_key(OUT, "ed25519"), edwards_key(OUT, "ed448", "ED448")


def write(label, *ders):
    with open(os.path.join(OUT, label + ".der"), "wb") as f:
        f.write(ders[0])
    with open(os.path.join(OUT, label + ".pem"), "wb") as f:
        for der in ders:
            f.write(b"-----BEGIN CERTIFICATE-----\n"
                    + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n")
    return ders[0]


def ca(label, cn, key, issuer_cn, signer, path_len=None, usage=SIGN, more=(),
       constraints=True, **how):
    extensions = [basic_constraints(True, path_len)] if constraints else []
    extensions += [usage] if usage else []
    return write(label, certificate(
        name(cn), key.spki, name(issuer_cn), signer,
        extensions + list(more), **how))


def leaf(label, issuer_cn="Inter A", signer=INTER, key=LEAF, cn="leaf",
         names=dns(HOST), usage=SERVER, purposes=(SERVER_AUTH,), more=(),
         **how):
    extensions = [basic_constraints(False)]
    extensions += [usage] if usage else []
    extensions += [ext_key_usage(*purposes)] if purposes else []
    extensions += [san(names)] if names else []
    return write(label, certificate(
        name(cn), key.spki, name(issuer_cn), signer,
        extensions + list(more), **how))


# A root, an intermediate, and leaves under it.
ca("root", "Root A", ROOT, "Root A", ROOT)
ca("inter", "Inter A", INTER, "Root A", ROOT, path_len=0)
leaf("leaf")
leaf("leaf-expired", validity=OLD)
leaf("leaf-future", validity=COMING)
leaf("leaf-last-second", validity=(when(2031), when(2032)))
leaf("leaf-other-name", names=dns("other.invalid"))
leaf("leaf-wild", names=dns("*.example.test"))
leaf("leaf-wild-tld", names=dns("*.test"))
leaf("leaf-wild-part", names=dns("m*.example.test"))
leaf("leaf-parent", names=dns("example.test"))
leaf("leaf-upper-dot", names=dns("MX.Example.TEST."))
leaf("leaf-uri", names=tlv(0x86, b"mx.example.test"))
leaf("leaf-nul", names=dns(b"mx.example.test\0.evil.invalid"))
leaf("leaf-cn", cn=HOST, names=None)
leaf("leaf-cn-and-dns", cn=HOST, names=dns("zzz.invalid"))
leaf("leaf-cn-and-uri", cn=HOST, names=tlv(0x86, b"smtp://zzz.invalid"))
leaf("leaf-cn-nul", cn=b"mx.example.test\0x", names=None)
leaf("leaf-ip", names=tlv(0x87, bytes([192, 0, 2, 1])))
leaf("leaf-ip6", names=tlv(0x87, bytes.fromhex("20010db8" + 23 * "0" + "1")))
leaf("leaf-ip-as-dns", cn="192.0.2.1", names=dns("192.0.2.1"))
leaf("leaf-two-names", names=dns("other.invalid", HOST))
leaf("leaf-client", purposes=(CLIENT_AUTH,))
leaf("leaf-any-purpose", purposes=(ANY_PURPOSE,))
leaf("leaf-no-purpose", purposes=())
leaf("leaf-encipher", key=RSA, usage=key_usage(0x20))
leaf("leaf-sign-only", usage=key_usage(0x04))
leaf("leaf-critical", more=[extension("2a030405", b"\5\0", True)])
leaf("leaf-unknown", more=[extension("2a030405", b"\5\0")])
leaf("leaf-policies", more=[extension(
    "551d20", sequence(sequence(oid("551d2000"))), True)])
leaf("leaf-rsa", key=RSA)
leaf("leaf-rsa1024", key=RSA1024)
leaf("leaf-p384", key=P384)
leaf("leaf-p224", key=ec_key(OUT, "p224", "P-224"))
leaf("leaf-p521", key=P521)
leaf("leaf-ed25519", key=ED)
leaf("leaf-ed448", key=ED448)
leaf("leaf-sha1", algorithm="ecdsa-sha1")
leaf("leaf-sha512", algorithm="ecdsa-sha512")
leaf("leaf-twice", more=[san(dns(HOST))])
leaf("leaf-two-algorithms", outer="ecdsa-sha384")
leaf("leaf-forged", said="ed25519",
     signer=forge_for_digest_zero(INTER.spki))
leaf("leaf-zero", said="ecdsa-sha256",
     signer=sequence(integer(0), integer(0)))
leaf("leaf-wrong-signer", signer=OTHER)
der = leaf("leaf-damaged")
write("leaf-damaged", der[:-1] + bytes([der[-1] ^ 1]))
write("leaf-trailing", der + b"\0")
write("leaf-v1", certificate(name(HOST), LEAF.spki, name("Inter A"), INTER,
                             version=1))
leaf("leaf-v1-extensions", version=1)
leaf("leaf-big", names=dns(HOST, *[
    "host-number-%04d.some-long-subdomain.example.test" % i
    for i in range(60)]))
leaf("leaf-ca", usage=key_usage(0x86))

# Each OPTIONAL field, there and not there, where nothing above has both.
ISSUER_ID, SUBJECT_ID = tlv(0x81, b"\0\1"), tlv(0x82, b"\0\2")
leaf("leaf-issuer-id", unique=ISSUER_ID)
leaf("leaf-subject-id", unique=SUBJECT_ID)
leaf("leaf-both-ids", unique=ISSUER_ID + SUBJECT_ID)
leaf("leaf-ids-turned", unique=SUBJECT_ID + ISSUER_ID)
leaf("leaf-not-critical", more=[extension("2a030405", b"\5\0", None)])
write("leaf-no-extensions", certificate(name(HOST), LEAF.spki,
                                        name("Inter A"), INTER))
ca("inter-ca-false", "Inter F", SUB, "Root A", ROOT, constraints=False,
   more=[basic_constraints(None)])
leaf("leaf-ca-false", "Inter F", SUB)
ca("inter-no-path-len", "Inter L", SUB, "Root A", ROOT)
leaf("leaf-no-path-len", "Inter L", SUB)

# Self-signed servers.
for label, key in (("ss", LEAF), ("ss-rsa", RSA), ("ss-ed25519", ED),
                   ("ss-p384", P384)):
    leaf(label, HOST, key, key, HOST)
leaf("ss-critical", HOST, LEAF, LEAF, HOST,
     more=[extension("2a030405", b"\5\0", True)])
leaf("ss-unique-id", HOST, LEAF, LEAF, HOST, unique=ISSUER_ID)
leaf("ss-constrained", HOST, LEAF, LEAF, HOST,
     more=[name_constraints([dns("example.test")])])
leaf("ss-aki-empty", HOST, LEAF, LEAF, HOST,
     more=[extension("551d23", sequence(tlv(0x80)))])
leaf("ss-ip-5", HOST, LEAF, LEAF, HOST,
     names=dns(HOST) + tlv(0x87, bytes(5)))

# Intermediates that are wrong.
ca("inter-expired", "Inter X", SUB, "Root A", ROOT, validity=OLD)
leaf("leaf-under-expired", "Inter X", SUB)
leaf("not-ca", "Root A", ROOT, SUB, "Not CA")
leaf("leaf-not-ca", "Not CA", SUB)
ca("inter-no-sign", "Inter N", SUB, "Root A", ROOT, usage=key_usage(0x82))
leaf("leaf-no-sign", "Inter N", SUB)
ca("inter-v1", "Inter V", SUB, "Root A", ROOT, usage=None, constraints=False,
   version=1)
leaf("leaf-under-v1", "Inter V", SUB)
ca("inter-sub", "Sub A", SUB, "Inter A", INTER)
leaf("leaf-too-deep", "Sub A", SUB)
ca("inter-rollover", "Inter A", SUB, "Inter A", INTER)
leaf("leaf-rollover", "Inter A", SUB)
ca("inter-sha1", "Inter S", SUB, "Root A", ROOT, algorithm="ecdsa-sha1")
leaf("leaf-under-sha1", "Inter S", SUB)
ca("inter-client", "Inter C", SUB, "Root A", ROOT,
   more=[ext_key_usage(CLIENT_AUTH)])
leaf("leaf-under-client", "Inter C", SUB)
ca("inter-critical", "Inter K", SUB, "Root A", ROOT,
   more=[extension("2a030405", b"\5\0", True)])
leaf("leaf-under-critical", "Inter K", SUB)
ca("inter-forged", "Inter A", OTHER, "Root A", OTHER)
leaf("leaf-under-forged", "Inter A", OTHER)
ca("inter-rsa1024", "Inter W", RSA1024, "Root A", ROOT)
leaf("leaf-under-rsa1024", "Inter W", RSA1024)

# Roots of other kinds.
ca("root-v1", "Root V", OTHER, "Root V", OTHER, usage=None, constraints=False,
   version=1)
leaf("leaf-root-v1", "Root V", OTHER)
ca("root-sha1", "Root S", RSA_CA, "Root S", RSA_CA, algorithm="rsa-sha1")
leaf("leaf-root-sha1", "Root S", RSA_CA)
leaf("leaf-pss", "Root S", RSA_CA, algorithm="rsa-pss")
leaf("leaf-rsa-bare", "Root S", RSA_CA, said="rsa-sha256-bare")
leaf("leaf-rsa-sha384", "Root S", RSA_CA, algorithm="rsa-sha384")
ca("root-old", "Root O", OTHER, "Root O", OTHER, validity=OLD)
leaf("leaf-root-old", "Root O", OTHER)
for label, key in (("p384", P384), ("p521", P521), ("ed25519", ED),
                   ("ed448", ED448)):
    ca("root-" + label, "Root " + label, key, "Root " + label, key)
    leaf("leaf-root-" + label, "Root " + label, key)
# Root B is trusted, and was once cross-signed by Root O, which is past.
ca("root-b", "Root B", RSA_CA, "Root B", RSA_CA)
ca("cross-b", "Root B", RSA_CA, "Root O", OTHER, validity=OLD)
leaf("leaf-b", "Root B", RSA_CA)

# Name constraints: of the root, two levels up or one.
CONSTRAINTS = {
    "other": name_constraints([dns("allowed.test")]),
    "same": name_constraints([dns("example.test")]),
    "dot": name_constraints([dns(".example.test")]),
    "excluded": name_constraints((), [dns("mx.example.test")]),
    "unrelated": name_constraints((), [dns("other.invalid")]),
    "both": name_constraints([dns("example.test")], [dns("no.example.test")]),
    "both-out": name_constraints([dns("example.test")],
                                 [dns("mx.example.test")]),
    "ip": name_constraints([tlv(0x87, bytes([192, 0, 2, 0, 255, 255, 255, 0]))]),
    "email": name_constraints([tlv(0x81, b"example.test")]),
    "directory": name_constraints([tlv(0xa4, name(None, "Example"))]),
}
for label, constraint in CONSTRAINTS.items():
    cn = "Root NC " + label
    ca("nc-" + label, cn, ROOT, cn, ROOT, more=[constraint])
    ca("nc-%s-inter" % label, "Inter NC " + label, INTER, cn, ROOT)
    leaf("nc-%s-1up" % label, cn, ROOT)
    leaf("nc-%s-2up" % label, "Inter NC " + label, INTER)
leaf("nc-other-cn", "Inter NC other", INTER, cn=HOST, names=None)
leaf("nc-same-cn", "Inter NC same", INTER, cn=HOST, names=None)
leaf("nc-excluded-wild", "Inter NC excluded", INTER,
     names=dns("*.example.test"))
leaf("nc-excluded-wild-dot", "Inter NC excluded", INTER,
     names=dns("*.example.test."))
leaf("nc-excluded-dot", "Inter NC excluded", INTER,
     names=dns("mx.example.test."))
leaf("nc-unrelated-wild-dot", "Inter NC unrelated", INTER,
     names=dns("*.example.test."))
ca("inter-nc-maximum", "Inter M", SUB, "Root A", ROOT, more=[
    name_constraints([dns("example.test") + tlv(0x81, b"\2")])])
leaf("leaf-nc-maximum", "Inter M", SUB)
leaf("nc-ip-in", "Inter NC ip", INTER, names=tlv(0x87, bytes([192, 0, 2, 1])))
leaf("nc-ip-out", "Inter NC ip", INTER,
     names=tlv(0x87, bytes([198, 51, 100, 1])))
leaf("nc-email-has", "Inter NC email", INTER,
     names=dns(HOST) + tlv(0x81, b"a@example.test"))
ca("nc-other-named", "allowed.test", SUB, "Root NC other", ROOT)
leaf("nc-other-named-leaf", "allowed.test", SUB)

# As long as can be, and the first root of the name is another.
leaf("leaf-deep", "Deep 1", P256[1])
for i in range(1, 9):
    ca("deep-%d" % i, "Deep %d" % i, P256[i % 5], "Deep %d" % (i + 1),
       P256[(i + 1) % 5])
write("deep-roots", *[ca("deep-root-%d" % i, "Deep 9", P256[i], "Deep 9",
                         P256[i]) for i in (3, 4)])

# Junk, and names that run in a circle.
for i in range(9):
    ca("junk-%d" % i, "Junk", P256[i % 5], "Junk", P256[i // 5])
    ca("same-%d" % i, "Inter A", P256[i % 5], "Inter A", P256[i // 5],
       serial=i)
ca("loop-1", "Loop 1", SUB, "Loop 2", OTHER)
ca("loop-2", "Loop 2", OTHER, "Loop 1", SUB)
leaf("leaf-loop", "Loop 1", SUB)



def mersenne_key(label, p, q, e):
    """The key of two of Mersenne's primes, 2^p - 1 and 2^q - 1."""
    p, q = 2**p - 1, 2**q - 1
    d = pow(e, -1, (p - 1) * (q - 1))
    with open(os.path.join(OUT, label + ".key"), "wb") as f:
        f.write(b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.encodebytes(
            sequence(*map(integer, (0, p * q, e, d, p, q, d % (p - 1),
                                    d % (q - 1), pow(q, -1, p)))))
                + b"-----END RSA PRIVATE KEY-----\n")
    key = Key(OUT, label, "rsa-sha256")
    leaf("ss-" + label, HOST, key, key, HOST)
    return key


# A key that is too large for wolfSSL.
HUGE = mersenne_key("rsa8676", 4253, 4423, 65537)
ca("root-huge", "Root H", HUGE, "Root H", HUGE)
leaf("leaf-root-huge", "Root H", HUGE)
# Public exponents of 8 octets (in DER 9), of 9, and as long as the modulus.
mersenne_key("rsa-e8", 1279, 2203, 2**64 - 59)
E9 = mersenne_key("rsa-e9", 1279, 2203, 2**64 + 13)
mersenne_key("rsa-e-long", 1279, 2203,
             pow(65537, -1, (2**1279 - 2) * (2**2203 - 2)))
ca("inter-e9", "Inter E", E9, "Root A", ROOT)
leaf("leaf-under-e9", "Inter E", E9)
