"""Certificates built octet by octet, right ones and wrong ones.

Needs only the standard library and the openssl command, which makes keys and
signatures.  Used by tools/make-selftest-vectors and tests/certs/make.py.
"""
import datetime
import os
import subprocess

OIDS = {
    "ed25519": "06032b6570", "ed448": "06032b6571",
    "ecdsa-sha1": "06072a8648ce3d0401",
    "ecdsa-sha256": "06082a8648ce3d040302",
    "ecdsa-sha384": "06082a8648ce3d040303",
    "ecdsa-sha512": "06082a8648ce3d040304",
    "rsa-sha1": "06092a864886f70d0101050500",
    "rsa-sha256": "06092a864886f70d01010b0500",
    # without the NULL that belongs there (RFC 4055 5: it may be missing)
    "rsa-sha256-bare": "06092a864886f70d01010b",
    "rsa-sha384": "06092a864886f70d01010c0500",
    # RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 octets
    "rsa-pss": "06092a864886f70d01010a3034"
               "a00f300d06096086480165030402010500"
               "a11c301a06092a864886f70d010108300d06096086480165030402010500"
               "a203020120",
}


def run(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(x):
    return tlv(2, x.to_bytes(x.bit_length() // 8 + 1, "big"))


def bits(b):
    return tlv(3, b"\0" + b)


def oid(hex_of_contents):
    return tlv(6, bytes.fromhex(hex_of_contents))


def name(cn, organisation=None):
    rdns = []
    if organisation:
        rdns.append(tlv(0x31, sequence(oid("55040a"),
                                       tlv(0x0c, organisation.encode()))))
    if cn:
        value = cn if isinstance(cn, bytes) else cn.encode()
        rdns.append(tlv(0x31, sequence(oid("550403"), tlv(0x0c, value))))
    return sequence(*rdns)


def when(year, month=1, day=1):
    text = datetime.date(year, month, day).strftime("%Y%m%d") + "000000Z"
    return tlv(0x18, text.encode()) if year >= 2050 else \
        tlv(0x17, text[2:].encode())


def boolean(value):
    """DEFAULT FALSE: not there where it is FALSE; None writes FALSE out."""
    return b"" if value is False else tlv(1, b"\xff" if value else b"\0")


def extension(hex_oid, value, critical=False):
    return sequence(oid(hex_oid), boolean(critical), tlv(4, value))


def basic_constraints(ca, path_len=None):
    return extension("551d13", sequence(
        boolean(ca),
        integer(path_len) if path_len is not None else b""), True)


def key_usage(octet):
    unused = 0
    while octet and not octet >> unused & 1:
        unused += 1
    return extension("551d0f", tlv(3, bytes([unused, octet])), True)


def ext_key_usage(*hex_oids):
    return extension("551d25", sequence(*[oid(o) for o in hex_oids]))


SERVER_AUTH, CLIENT_AUTH = "2b06010505070301", "2b06010505070302"
ANY_PURPOSE = "551d2500"


def dns(*names):
    return b"".join(tlv(0x82, n if isinstance(n, bytes) else n.encode())
                    for n in names)


def san(*general_names):
    return extension("551d11", sequence(*general_names))


def name_constraints(permitted=(), excluded=()):
    parts = []
    for tag, bases in ((0xa0, permitted), (0xa1, excluded)):
        if bases:
            parts.append(tlv(tag, *[sequence(b) for b in bases]))
    return extension("551d1e", sequence(*parts), True)


class Key:
    """A private key in a file, and how it signs by default."""

    def __init__(self, folder, label, algorithm, *options):
        self.path = os.path.join(folder, label + ".key")
        self.algorithm = algorithm
        if not os.path.exists(self.path):
            run("genpkey", "-out", self.path, *options)
        self.spki = run("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def sign(self, algorithm, body):
        kind, _, digest = algorithm.partition("-")
        if kind in ("ed25519", "ed448"):
            with open(self.path + ".in", "wb") as f:
                f.write(body)
            signature = run("pkeyutl", "-sign", "-rawin", "-inkey", self.path,
                            "-in", self.path + ".in")
            os.unlink(self.path + ".in")
            return signature
        options = []
        if digest == "pss":
            digest = "sha256"
            options = ["-sigopt", "rsa_padding_mode:pss",
                       "-sigopt", "rsa_pss_saltlen:32"]
        return run("dgst", "-sign", self.path, "-" + digest, *options,
                   stdin=body)


def ec_key(folder, label, curve="P-256"):
    digest = {"P-224": "sha256", "P-256": "sha256", "P-384": "sha384",
              "P-521": "sha512"}[curve]
    return Key(folder, label, "ecdsa-" + digest, "-algorithm", "EC",
               "-pkeyopt", "ec_paramgen_curve:" + curve)


def rsa_key(folder, label, size=2048):
    return Key(folder, label, "rsa-sha256", "-algorithm", "RSA",
               "-pkeyopt", "rsa_keygen_bits:%d" % size)


def edwards_key(folder, label, kind="ED25519"):
    return Key(folder, label, kind.lower(), "-algorithm", kind)


def certificate(subject, spki, issuer, signer, extensions=(),
                validity=(when(2031), when(2033)), algorithm=None,
                said=None, outer=None, version=3, serial=7, unique=b""):
    """DER.  signer is a Key, or octets or a function that are the signature.

    said is the algorithm the certificate names, where it lies about it; outer
    the one it names the second time; unique the unique
    identifiers.
    """
    algorithm = algorithm or getattr(signer, "algorithm", None)
    said_der = sequence(bytes.fromhex(OIDS[said or algorithm]))
    outer_der = sequence(bytes.fromhex(OIDS[outer or said or algorithm]))
    body = sequence(
        tlv(0xa0, integer(version - 1)) if version > 1 else b"",
        integer(serial), said_der, issuer, sequence(*validity), subject, spki,
        unique,
        tlv(0xa3, sequence(*extensions)) if extensions else b"")
    if isinstance(signer, bytes):
        signature = signer
    else:
        signature = signer.sign(algorithm, body)
    return sequence(body, outer_der, bits(signature))


# The forgery of CVE-2026-5194: see tools/make-selftest-vectors.

CURVES = {
    91: dict(p=2**256 - 2**224 + 2**192 + 2**96 - 1,
             n=0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),
    120: dict(p=2**384 - 2**128 - 2**96 + 2**32 - 1,
              n=int("ffffffffffffffffffffffffffffffffffffffffffffffff"
                    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)),
}


def add_points(a, b, p):
    """Affine addition on y^2 = x^3 - 3x + b; None is the neutral point."""
    if a is None or b is None:
        return a if b is None else b
    if a[0] == b[0]:
        if (a[1] + b[1]) % p == 0:
            return None
        m = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, p)
    else:
        m = (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (m * m - a[0] - b[0]) % p
    return x, (m * (a[0] - x) - a[1]) % p


def multiply(k, point, p):
    result = None
    while k:
        if k & 1:
            result = add_points(result, point, p)
        point = add_points(point, point, p)
        k >>= 1
    return result


def forge_for_digest_zero(spki):
    """An ECDSA-Sig-Value that holds for the digest 0, from the public key."""
    c = CURVES[len(spki)]
    size = (c["p"].bit_length() + 7) // 8
    q = (int.from_bytes(spki[-2 * size:-size], "big"),
         int.from_bytes(spki[-size:], "big"))
    v = int.from_bytes(os.urandom(size), "big") % (c["n"] - 1) + 1
    r = multiply(v, q, c["p"])[0] % c["n"]
    return sequence(integer(r), integer(r * pow(v, -1, c["n"]) % c["n"]))
