"""A TLS 1.3 server that leaves out what it likes.

No TLS library lets a server send a ServerHello without a key_share, so this one
is made by hand, with AES-128-GCM and the group P-256 alone, where a client that
offers a share of X25519 is asked again (HelloRetryRequest).  As in tls12.py its
key for the key exchange is 1.  Without a share the shared secret is what RFC
8446 7.1 puts in its place: zeros, which anybody knows.

    serve(conn, chain, key, retry, share) -> the two directions, as of tls12.py
"""
import ctypes
import hashlib
import hmac
import os
import ssl
import struct

from tls12 import GROUPS, message, openssl, record, take_record

CRYPTO = ctypes.CDLL("libcrypto.so.3")
for f in (CRYPTO.EVP_CIPHER_CTX_new, CRYPTO.EVP_aes_128_gcm):
    f.restype = ctypes.c_void_p
RETRY = hashlib.sha256(b"HelloRetryRequest").digest()   # RFC 8446 4.1.3


def expand(secret, label, context, n):
    """HKDF-Expand-Label; no more than one block is needed."""
    label = b"tls13 " + label
    info = struct.pack(">HB", n, len(label)) + label + \
        bytes([len(context)]) + context + b"\x01"
    return hmac.new(secret, info, "sha256").digest()[:n]


def derive(secret, label, log):
    return expand(secret, label, hashlib.sha256(log).digest(), 32)


class Cipher:
    """One direction."""

    def __init__(self, secret):
        self.secret, self.n = secret, 0
        self.key = expand(secret, b"key", b"", 16)
        self.iv = expand(secret, b"iv", b"", 12)

    def gcm(self, encrypt, data, head, tag=None):
        ctx = ctypes.c_void_p(CRYPTO.EVP_CIPHER_CTX_new())
        nonce = int.from_bytes(self.iv, "big") ^ self.n
        self.n += 1
        out, n = ctypes.create_string_buffer(len(data) + 16), ctypes.c_int()
        made = ctypes.create_string_buffer(tag or b"", 16)
        CRYPTO.EVP_CipherInit_ex(
            ctx, ctypes.c_void_p(CRYPTO.EVP_aes_128_gcm()), None, self.key,
            nonce.to_bytes(12, "big"), int(encrypt))
        CRYPTO.EVP_CipherUpdate(ctx, None, ctypes.byref(n), head, len(head))
        CRYPTO.EVP_CipherUpdate(ctx, out, ctypes.byref(n), data, len(data))
        if not encrypt:
            CRYPTO.EVP_CIPHER_CTX_ctrl(ctx, 0x11, 16, made)
        if CRYPTO.EVP_CipherFinal_ex(ctx, None, ctypes.byref(n)) != 1:
            raise EOFError("a record that is not of this key")
        if encrypt:
            CRYPTO.EVP_CIPHER_CTX_ctrl(ctx, 0x10, 16, made)
        CRYPTO.EVP_CIPHER_CTX_free(ctx)
        return out.raw[:len(data)] + (made.raw if encrypt else b"")

    def seal(self, kind, body):
        body += bytes([kind])
        head = record(23, bytes(len(body) + 16))[:5]
        return head + self.gcm(True, body, head)

    def open(self, body):
        head = record(23, body)[:5]
        text = self.gcm(False, body[:-16], head, body[-16:]).rstrip(b"\0")
        if text[-1] == 21:
            raise EOFError("an alert")
        return text[:-1]


def take_hello(conn):
    kind, hello = take_record(conn)
    while kind == 20:           # for middleboxes
        kind, hello = take_record(conn)
    if kind != 22:
        raise EOFError
    return hello


def server_hello(hello, random, share):
    """Answers hello; share is the body of the extension, or None."""
    session = hello[38:39 + hello[38]]
    extensions = b"\0\x2b\0\x02\x03\x04"
    if share is not None:
        extensions += b"\0\x33" + struct.pack(">H", len(share)) + share
    return message(2, b"\x03\x03" + random + session + b"\x13\x01\0" +
                   struct.pack(">H", len(extensions)) + extensions)


def certificate(chain):
    certs = [ssl.PEM_cert_to_DER_cert(c.strip() + "\n-----END CERTIFICATE-----")
             for c in open(chain).read().split("-----END CERTIFICATE-----")[:-1]]
    listed = b"".join(struct.pack(">I", len(c))[1:] + c + b"\0\0"
                      for c in certs)
    return message(11, b"\0" + struct.pack(">I", len(listed))[1:] + listed)


def serve(conn, chain, key, retry=True, share=True):
    """Ends with the handshake.  retry: asks for a share of P-256 first; share:
    sends one.  chain is a PEM file, leaf first; key its EC key."""
    number, point = GROUPS["P-256"]
    group = struct.pack(">H", number)
    log = hello = take_hello(conn)
    if retry:
        again = server_hello(hello, RETRY, group)
        conn.sendall(record(22, again))
        hello = take_hello(conn)
        log = message(254, hashlib.sha256(log).digest()) + again + hello
    shared = bytes(2050)
    if share:
        at = hello.index(group + b"\0\x41\x04") + 5     # x of the client's point
        shared = hello[at:at + 32]
    ours = group + struct.pack(">H", len(point)) + point if share else None
    answer = server_hello(hello, os.urandom(32), ours)
    conn.sendall(record(22, answer))
    log += answer
    early = hmac.new(bytes(32), bytes(32), "sha256").digest()
    secret = hmac.new(derive(early, b"derived", b""), shared, "sha256").digest()
    out = Cipher(derive(secret, b"s hs traffic", log))
    into = Cipher(derive(secret, b"c hs traffic", log))
    flight = message(8, b"\0\0") + certificate(chain)
    signature = openssl(["dgst", "-sha256", "-sign", key],
                        b" " * 64 + b"TLS 1.3, server CertificateVerify\0" +
                        hashlib.sha256(log + flight).digest())
    flight += message(15, b"\x04\x03" + struct.pack(">H", len(signature)) +
                      signature)
    flight += message(20, hmac.new(expand(out.secret, b"finished", b"", 32),
                                   hashlib.sha256(log + flight).digest(),
                                   "sha256").digest())
    log += flight
    conn.sendall(out.seal(22, flight))
    master = hmac.new(derive(secret, b"derived", b""), bytes(32),
                      "sha256").digest()
    kind, body = take_record(conn)
    while kind == 20:
        kind, body = take_record(conn)
    into.open(body)             # the client's Finished
    return Cipher(derive(master, b"c ap traffic", log)), \
        Cipher(derive(master, b"s ap traffic", log))
