#!/usr/bin/env python3
"""tls_peers.py CERTS: TLS servers of many kinds, good and bad, on loopback.

Prints "NAME PORT" for each and "ready", then serves until standard input ends.
A server greets with "220 sni=NAME\\r\\n" and then echoes; "QUIT" ends it.
"""
import os
import socket
import ssl
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")
CERTS = sys.argv[1]
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", ".."))
import tls12  # noqa: E402
import tls13  # noqa: E402
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def path(name):
    return os.path.join(CERTS, name)


def dh_group(name):
    """A group for finite-field Diffie-Hellman, of RFC 7919 or RFC 3526."""
    made = path(name + ".pem")
    tls12.openssl(["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
                   "group:" + name, "-out", made], b"")
    return made


def context(chain, key, low=V12, high=V13, ciphers=None, curve=None,
            group="ffdhe2048"):
    """chain: names of certificates, leaf first."""
    joined = path("-".join(chain)[:80] + ".chain")
    with open(joined, "w") as out:
        for name in chain:
            with open(path(name + ".pem")) as f:
                out.write(f.read())
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.set_ciphers((ciphers or "DEFAULT") + ":@SECLEVEL=0")
    ctx.minimum_version, ctx.maximum_version = low, high
    ctx.load_cert_chain(joined, path(key + ".key"))
    if curve:
        ctx.set_ecdh_curve(curve)
    if ciphers == "DHE":
        ctx.load_dh_params(dh_group(group))

    def note_sni(connection, name, _):
        connection.context_sni = name
    ctx.sni_callback = note_sni
    return ctx


class Session:
    """TLS over a memory BIO, so that the octets can be cut as one likes."""

    def __init__(self, conn, ctx, piece=None, cut_at=None):
        self.conn, self.piece, self.left = conn, piece, cut_at
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = ctx.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def flush(self):
        data = self.outgoing.read()
        if self.left is not None:
            data = data[:self.left]
            self.left -= len(data)
        step = self.piece or len(data) or 1
        for i in range(0, len(data), step):
            self.conn.sendall(data[i:i + step])
            if self.piece:
                time.sleep(0.0005)
        if self.left == 0:
            raise ConnectionError("cut here")

    def pump(self, operation, *args):
        while True:
            try:
                result = operation(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.conn.recv(16384)
                if not data:
                    raise ConnectionError("closed")
                self.incoming.write(data)
            except ssl.SSLError:
                self.flush()        # the alert
                raise


def talk(conn, ctx, then=None, **how):
    session = Session(conn, ctx, **how)
    session.pump(session.tls.do_handshake)
    sni = getattr(session.tls, "context_sni", None)
    session.pump(session.tls.write, b"220 sni=%s\r\n" % (sni or "").encode())
    if then == "cut":
        return
    if then == "lazy":              # so that the client's writes must wait
        time.sleep(0.3)
    while True:
        data = session.pump(session.tls.read, 16384)
        if data.startswith(b"QUIT"):
            break
        session.pump(session.tls.write, data)
    try:
        session.tls.unwrap()
    except ssl.SSLWantReadError:
        pass
    session.flush()


def tickets(n):
    """TLS 1.3 with so many session tickets after the handshake, 250 octets each."""
    ctx = context(EC, "p256-4", V13)
    ctx.num_tickets = n
    return dict(ctx=ctx)


def raw(conn, octets):
    conn.recv(4096)
    conn.sendall(octets)


def odd(conn, suite, group, early=None):
    """TLS 1.2 by hand: a suite and a group that need not have been offered."""
    theirs, ours = tls12.serve(conn, suite, group, path("leaf-inter.chain"),
                               path("p256-4.key"), early)
    conn.sendall(ours.seal(23, b"220 sni=mx.example.test\r\n"))
    while not theirs.open(tls12.take_record(conn)[1]).startswith(b"QUIT"):
        pass


def odd13(conn, **how):
    """TLS 1.3 by hand: a share of the key exchange need not be there."""
    theirs, ours = tls13.serve(conn, path("leaf-inter.chain"),
                               path("p256-4.key"), **how)
    conn.sendall(ours.seal(23, b"220 sni=mx.example.test\r\n"))
    while not theirs.open(tls12.take_record(conn)[1]).startswith(b"QUIT"):
        pass


def hang(conn):
    while conn.recv(4096):
        pass


EC, RSA = ("leaf", "inter"), ("leaf-rsa", "inter")
NINE = ("leaf", "inter", "root") + tuple("junk-%d" % i for i in range(6))
GOOD = context(EC, "p256-4")
TALKERS = {
    "tls13": dict(ctx=context(EC, "p256-4", V13)),
    "tls12": dict(ctx=context(EC, "p256-4", high=V12)),
    "tls13-rsa": dict(ctx=context(RSA, "rsa", V13)),
    "tls12-rsa": dict(ctx=context(RSA, "rsa", high=V12)),
    "tls12-dhe": dict(ctx=context(RSA, "rsa", high=V12,
                                  ciphers="ECDHE-RSA-AES128-SHA")),
    "dhe": dict(ctx=context(RSA, "rsa", high=V12, ciphers="DHE")),
    "dhe-4096": dict(ctx=context(RSA, "rsa", high=V12, ciphers="DHE",
                                 group="modp_4096")),
    "tls13-ed25519": dict(ctx=context(("ss-ed25519",), "ed25519", V13)),
    "tls12-ed25519": dict(ctx=context(("ss-ed25519",), "ed25519", high=V12)),
    "tls13-p384": dict(ctx=context(("ss-p384",), "p384", V13,
                                   curve="secp384r1")),
    "tls12-p384": dict(ctx=context(("ss-p384",), "p384", high=V12,
                                   curve="secp384r1")),
    "big": dict(ctx=context(("leaf-big", "inter", "root"), "p256-4")),
    "nine": dict(ctx=context(NINE, "p256-4")),
    "ten": dict(ctx=context(NINE + ("junk-6",), "p256-4")),
    "critical": dict(ctx=context(("ss-critical",), "p256-4")),
    "exponent-8": dict(ctx=context(("ss-rsa-e8",), "rsa-e8")),
    "exponent-9": dict(ctx=context(("ss-rsa-e9",), "rsa-e9")),
    "exponent-9-tls12": dict(ctx=context(("ss-rsa-e9",), "rsa-e9", high=V12)),
    "exponent-long": dict(ctx=context(("ss-rsa-e-long",), "rsa-e-long")),
    "unique-id": dict(ctx=context(("ss-unique-id",), "p256-4")),
    "constrained": dict(ctx=context(("ss-constrained",), "p256-4")),
    "aki-empty": dict(ctx=context(("ss-aki-empty",), "p256-4")),
    "ip-5": dict(ctx=context(("ss-ip-5",), "p256-4")),
    "huge-key": dict(ctx=context(("ss-rsa8676",), "rsa8676")),
    "expired": dict(ctx=context(("leaf-expired", "inter"), "p256-4")),
    "tls11": dict(ctx=context(EC, "p256-4", ssl.TLSVersion.TLSv1,
                              ssl.TLSVersion.TLSv1_1)),
    "anonymous": dict(ctx=context(EC, "p256-4", high=V12, ciphers="aNULL")),
    "slow-tls13": dict(ctx=GOOD, piece=5),
    "slow-tls12": dict(ctx=context(EC, "p256-4", high=V12), piece=5),
    "lazy-tls13": dict(ctx=GOOD, then="lazy"),
    "lazy-tls12": dict(ctx=context(EC, "p256-4", high=V12), then="lazy"),
    "tickets-20": tickets(20),
    "tickets-4000": tickets(4000),
    "cut-in-flight": dict(ctx=GOOD, cut_at=300),
    "cut-after": dict(ctx=GOOD, then="cut"),
}
SERVERS = {name: (lambda conn, how=how: talk(conn, **how))
           for name, how in TALKERS.items()}
SERVERS.update({
    "close-at-once": lambda conn: raw(conn, b""),
    "no-tls": lambda conn: raw(conn, b"220 I speak no TLS\r\n" * 100),
    "zeros": lambda conn: raw(conn, bytes(2000)),
    "endless-record": lambda conn: raw(conn, b"\x16\x03\x03\xff\xff"
                                       + bytes(70000)),
    "bad-hello": lambda conn: raw(conn, b"\x16\x03\x03\x00\x30\x02\x00\x00\x2c"
                                  + b"\x03\x03" + bytes(42)),
    "alert": lambda conn: raw(conn, b"\x15\x03\x03\x00\x02\x02\x28"),
    "odd-null": lambda conn: odd(conn, "ECDHE-ECDSA-NULL-SHA", "P-256"),
    "odd-cbc": lambda conn: odd(conn, "ECDHE-ECDSA-AES128-SHA", "P-256"),
    "odd-group": lambda conn: odd(conn, "ECDHE-ECDSA-AES128-SHA256",
                                  "secp256k1"),
    "odd-early": lambda conn: odd(conn, "ECDHE-ECDSA-AES128-SHA256", "P-256",
                                  "key"),
    "odd-early-done": lambda conn: odd(conn, "ECDHE-ECDSA-AES128-SHA256",
                                       "P-256", "done"),
    "odd-not": lambda conn: odd(conn, "ECDHE-ECDSA-AES128-SHA256", "P-256"),
    "odd-retry": odd13,
    "odd-retry-no-share": lambda conn: odd13(conn, share=False),
    "odd-no-share": lambda conn: odd13(conn, retry=False, share=False),
    "hang": hang,
})


def serve(listener, handler):
    def one(conn):
        with conn:
            try:
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                handler(conn)
            except (OSError, ssl.SSLError):
                pass
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=one, args=(conn,), daemon=True).start()


for name, handler in SERVERS.items():
    listener = socket.create_server(("127.0.0.1", 0))
    print(name, listener.getsockname()[1])
    threading.Thread(target=serve, args=(listener, handler),
                     daemon=True).start()
print("ready", 0, flush=True)
sys.stdin.read()
os._exit(0)
