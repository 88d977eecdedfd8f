"""A TLS 1.2 server that chooses what it likes, offered or not.

No TLS library lets a server answer with a suite or a group that the client did
not offer, so this one is made by hand: one handshake, as far as the client
goes.  Its key for the key exchange is 1: its public point is the curve's
generator, and the shared secret is the client's own point, which saves the
arithmetic of curves.  AES, and the signature, are openssl(1)'s.

    serve(conn, suite, group, chain, key) -> list of what happened
"""
import hashlib
import hmac
import os
import ssl
import struct
import subprocess

SUITES = {                  # mac, key octets (0: no encryption)
    "ECDHE-ECDSA-NULL-SHA": (0xC006, "sha1", 0),
    "ECDHE-ECDSA-AES128-SHA": (0xC009, "sha1", 16),
    "ECDHE-ECDSA-AES128-SHA256": (0xC023, "sha256", 16),
}
GROUPS = {
    "P-256": (23, bytes.fromhex(
        "04"
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")),
    "secp256k1": (22, bytes.fromhex(
        "04"
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")),
}


def openssl(args, data):
    return subprocess.run(["openssl"] + args, input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def prf(secret, label, seed, n):
    seed = label + seed
    a, out = seed, b""
    while len(out) < n:
        a = hmac.new(secret, a, "sha256").digest()
        out += hmac.new(secret, a + seed, "sha256").digest()
    return out[:n]


def take(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def take_record(conn):
    head = take(conn, 5)
    return head[0], take(conn, struct.unpack(">H", head[3:5])[0])


def message(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def record(kind, body):
    return bytes([kind]) + b"\x03\x03" + struct.pack(">H", len(body)) + body


class Cipher:
    """One direction: MAC, then AES-CBC or nothing."""

    def __init__(self, mac, mac_key, key):
        self.mac, self.mac_key, self.key, self.n = mac, mac_key, key, 0

    def tag(self, kind, body):
        head = struct.pack(">Q", self.n) + bytes([kind]) + b"\x03\x03" + \
            struct.pack(">H", len(body))
        self.n += 1
        return hmac.new(self.mac_key, head + body, self.mac).digest()

    def aes(self, way, iv, data):
        return openssl(["enc", way, "-aes-128-cbc", "-nopad", "-K",
                        self.key.hex(), "-iv", iv.hex()], data)

    def seal(self, kind, body):
        body += self.tag(kind, body)
        if self.key:
            pad = 15 - len(body) % 16
            iv = os.urandom(16)
            body = iv + self.aes("-e", iv, body + bytes([pad] * (pad + 1)))
        return record(kind, body)

    def seal_many(self, kind, body, times):
        """The same body in so many records, encrypted in one go: the last
        block of one record is the IV of the next."""
        if not self.key:
            return b"".join(self.seal(kind, body) for _ in range(times))
        text = [body + self.tag(kind, body) for _ in range(times)]
        n = len(text[0]) + 16 - len(text[0]) % 16
        pad = bytes([n - len(text[0]) - 1] * (n - len(text[0])))
        iv = os.urandom(16)
        sealed = iv + self.aes("-e", iv, b"".join(t + pad for t in text))
        return b"".join(record(kind, sealed[i * n:i * n + 16 + n])
                        for i in range(times))

    def open(self, body):
        if self.key:
            body = self.aes("-d", body[:16], body[16:])
            body = body[:-body[-1] - 1]
        return body[:-hashlib.new(self.mac).digest_size]


def early_end(flight, log, suite, randoms):
    """A ChangeCipherSpec and a Finished of the server before the client has sent
    its key (CVE-2026-93304): the master secret is not made yet, all zero."""
    _, mac, key_len = SUITES[suite]
    mac_len = hashlib.new(mac).digest_size
    block = prf(bytes(48), b"key expansion", randoms, 2 * mac_len + 2 * key_len)
    ours = Cipher(mac, block[mac_len:2 * mac_len], block[2 * mac_len + key_len:])
    done = prf(bytes(48), b"server finished", hashlib.sha256(log).digest(), 12)
    return record(22, flight) + record(20, b"\x01") + ours.seal(22, message(20, done))


def serve(conn, suite, group, chain, key, early=None):
    """Ends with the handshake; then what the client sends is application data.
    chain is a PEM file, leaf first; key its EC key.  early: the server's last
    flight comes too early, after "key" (ServerKeyExchange) or "done"."""
    number, mac, key_len = SUITES[suite]
    group_number, point = GROUPS[group]
    certs = [ssl.PEM_cert_to_DER_cert(c.strip() + "\n-----END CERTIFICATE-----")
             for c in open(chain).read().split("-----END CERTIFICATE-----")[:-1]]
    _, hello = take_record(conn)
    client_random, server_random = hello[6:38], os.urandom(32)
    log = hello
    point_params = b"\x03" + struct.pack(">H", group_number) + \
        bytes([len(point)]) + point
    signature = openssl(["dgst", "-sha256", "-sign", key],
                        client_random + server_random + point_params)
    listed = b"".join(struct.pack(">I", len(c))[1:] + c for c in certs)
    flight = message(2, b"\x03\x03" + server_random + b"\0" +
                     struct.pack(">H", number) + b"\0\0\x06\0\x0b\0\x02\x01\0") + \
        message(11, struct.pack(">I", len(listed))[1:] + listed) + \
        message(12, point_params + b"\x04\x03" +
                struct.pack(">H", len(signature)) + signature)
    flight += message(14, b"") if early != "key" else b""
    log += flight
    conn.sendall(early_end(flight, log, suite, server_random + client_random)
                 if early else record(22, flight))
    kind, exchange = take_record(conn)
    if kind != 22:
        raise EOFError
    log += exchange
    shared = exchange[6:38]                     # x of the client's point
    master = prf(shared, b"master secret", client_random + server_random, 48)
    mac_len = hashlib.new(mac).digest_size
    block = prf(master, b"key expansion", server_random + client_random,
                2 * mac_len + 2 * key_len)
    keys = block[2 * mac_len:]
    theirs = Cipher(mac, block[:mac_len], keys[:key_len])
    ours = Cipher(mac, block[mac_len:2 * mac_len], keys[key_len:])
    take_record(conn)                           # ChangeCipherSpec
    log += theirs.open(take_record(conn)[1])
    done = prf(master, b"server finished", hashlib.sha256(log).digest(), 12)
    conn.sendall(record(20, b"\x01") + ours.seal(22, message(20, done)))
    return theirs, ours
