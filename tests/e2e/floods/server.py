"""server.py DIR: SMTP servers that flood the client, and one that is only busy.

MODES has a row for each, on two addresses: 127.0.1.1 and 127.0.2.1 are the first.  `server.py
list` prints their names.  Each connection prepares its flood, adds a line to
DIR/ready, waits for DIR/go, and sends until the client hangs up.

Python's ssl cannot ask for a KeyUpdate or a ticket, so OpenSSL is called
directly; what no library sends is made by hand in tls12.py.
"""
import ctypes
import os
import socket
import sys
import threading
import time

import tls12

LIB = ctypes.CDLL("libssl.so.3")
CRYPTO = ctypes.CDLL("libcrypto.so.3")
for f in (LIB.TLS_server_method, LIB.SSL_CTX_new, LIB.SSL_new,
          LIB.SSL_get_rbio, CRYPTO.BIO_new, CRYPTO.BIO_s_mem):
    f.restype = ctypes.c_void_p
CONTENT = b"\r\n.\r\n"


class Tls:
    """One TLS 1.3 session of OpenSSL on a socket."""

    def __init__(self, conn, certs):
        context = ctypes.c_void_p(LIB.SSL_CTX_new(
            ctypes.c_void_p(LIB.TLS_server_method())))
        LIB.SSL_CTX_use_certificate_chain_file(context,
                                               (certs + ".pem").encode())
        LIB.SSL_CTX_use_PrivateKey_file(context, (certs + ".key").encode(), 1)
        self.conn, self.ssl = conn, ctypes.c_void_p(LIB.SSL_new(context))
        LIB.SSL_set_fd(self.ssl, conn.fileno())
        if LIB.SSL_accept(self.ssl) != 1:
            raise EOFError

    def send(self, data):
        if LIB.SSL_write(self.ssl, data, len(data)) <= 0:
            raise EOFError

    def read(self):
        room = ctypes.create_string_buffer(16384)
        n = LIB.SSL_read(self.ssl, room, len(room))
        if n <= 0:
            raise EOFError
        return room.raw[:n]

    def key_update(self, answer_too=False):
        if LIB.SSL_key_update(self.ssl, int(answer_too)) != 1 or \
                LIB.SSL_do_handshake(self.ssl) != 1:
            raise EOFError

    def ticket(self):
        if LIB.SSL_new_session_ticket(self.ssl) != 1 or \
                LIB.SSL_do_handshake(self.ssl) != 1:
            raise EOFError

    def prepare(self, step, times):
        """What step() writes so many times, in memory: nothing comes after it."""
        memory = ctypes.c_void_p(CRYPTO.BIO_new(
            ctypes.c_void_p(CRYPTO.BIO_s_mem())))
        ours = ctypes.c_void_p(LIB.SSL_get_rbio(self.ssl))
        CRYPTO.BIO_up_ref(ours)
        LIB.SSL_set_bio(self.ssl, ours, memory)
        for _ in range(times):
            step()
        data = ctypes.c_void_p()
        n = CRYPTO.BIO_ctrl(memory, 3, 0, ctypes.byref(data))
        return ctypes.string_at(data, n)


class Gate:
    """Where all connections wait, so that all floods come at once."""

    def __init__(self, directory):
        self.directory = directory
        self.certs = os.path.join(directory, "certs", "mx")

    def wait(self):
        with open(os.path.join(self.directory, "ready"), "a") as f:
            print("here", file=f)
        while not os.path.exists(os.path.join(self.directory, "go")):
            time.sleep(0.02)


def forever(conn, data):
    data *= 1 + 65536 // len(data)
    while True:
        conn.sendall(data)


def drain(conn):
    while conn.recv(65536):
        pass


def greet(conn):
    """The dialogue in clear, until STARTTLS was answered."""
    conn.sendall(b"220 mx ESMTP\r\n")
    for line in conn.makefile("rb"):
        if line.upper().startswith(b"EHLO"):
            conn.sendall(b"250-mx\r\n250 STARTTLS\r\n")
        elif line.upper().startswith(b"STARTTLS"):
            conn.sendall(b"220 go\r\n")
            return
    raise EOFError


# --- in clear

def greeting_lines(conn, gate):
    gate.wait()
    forever(conn, b"220-still not done\r\n")


def ehlo_lines(conn, gate):
    conn.sendall(b"220 mx ESMTP\r\n")
    conn.recv(4096)
    gate.wait()
    forever(conn, b"250-X\r\n")


def ehlo_strays(conn, gate):
    """Lines without a code, which are passed over where they are few."""
    conn.sendall(b"220 mx ESMTP\r\n")
    conn.recv(4096)
    conn.sendall(b"250 mx\r\n")
    gate.wait()
    forever(conn, b"and more\r\n")


# --- before and in the handshake

def handshake(octets):
    def flood(conn, gate):
        greet(conn)
        tls12.take_record(conn)
        gate.wait()
        forever(conn, octets)
    return flood


# --- TLS 1.3

def prepared(step, times):
    def flood(conn, gate):
        greet(conn)
        tls = Tls(conn, gate.certs)
        octets = tls.prepare(lambda: step(tls), times)
        gate.wait()
        conn.sendall(octets)
        drain(conn)
    return flood


def endless(data):
    """Records that carry data, and the data never ends."""
    def flood(conn, gate):
        greet(conn)
        tls = Tls(conn, gate.certs)
        octets = tls.prepare(lambda: tls.send(data), 70000 // len(data))
        tls.read()
        gate.wait()
        conn.sendall(octets)
        drain(conn)
    return flood


def end_of_message_lines(conn, gate):
    greet(conn)
    tls = Tls(conn, gate.certs)
    got = tls.read()
    tls.send(b"250 mx\r\n")
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        tls.read()
        tls.send(reply)
    while not got.endswith(CONTENT):
        got = got[-len(CONTENT):] + tls.read()
    gate.wait()
    while True:
        tls.send(b"250-still thinking\r\n" * 100)


# --- TLS 1.2

def records(kind, body):
    def flood(conn, gate):
        greet(conn)
        _, ours = tls12.serve(conn, "ECDHE-ECDSA-AES128-SHA256", "P-256",
                              gate.certs + ".pem",
                              gate.certs + ".key")
        octets = ours.seal_many(kind, body, 20000)
        gate.wait()
        conn.sendall(octets)
        drain(conn)
    return flood


# --- the twin

def polite(conn, gate):
    """A KeyUpdate before each reply, answered and not, and two tickets."""
    greet(conn)
    tls = Tls(conn, gate.certs)
    tls.ticket()
    gate.wait()
    tls.ticket()
    data = False
    rest = b""
    while True:
        rest += tls.read()
        *lines, rest = rest.split(b"\r\n")
        for line in lines:
            if data and line != b".":
                continue
            data = not data and line == b"DATA"
            tls.key_update(line.startswith(b"MAIL"))
            tls.send(b"250-mx\r\n250 HELP\r\n" if line.startswith(b"EHLO") else
                     b"354 go\r\n" if data else b"250 2.0.0 ok\r\n")


MODES = {
    "key-updates": prepared(Tls.key_update, 100000),
    "key-updates-answered": prepared(lambda t: t.key_update(True), 100000),
    "tickets": prepared(Tls.ticket, 2000),
    "empty-records": records(23, b""),
    "warnings": records(21, b"\x01\x5a"),           # user_canceled
    "hello-requests": records(22, bytes(4)),
    "change-cipher-specs": handshake(b"\x14\x03\x03\x00\x01\x01"),
    "empty-handshakes": handshake(b"\x16\x03\x03\x00\x00"),
    "early-warnings": handshake(b"\x15\x03\x03\x00\x02\x01\x5a"),
    "endless-handshake": handshake(b"\x16\x03\x03\x00\x01\x0b"),
    "greeting-lines": greeting_lines,
    "ehlo-lines": ehlo_lines,
    "ehlo-strays": ehlo_strays,
    "tls-ehlo-lines": endless(b"250-X\r\n"),
    "tiny-records": endless(b"2"),
    "end-of-message-lines": end_of_message_lines,
    "polite": polite,
}


def serve(listener, flood, gate):
    def one(conn):
        with conn:
            try:
                flood(conn, gate)
            except (OSError, EOFError):
                pass
    while True:
        threading.Thread(target=one, args=(listener.accept()[0],),
                         daemon=True).start()


if sys.argv[1] == "list":
    print("\n".join(MODES))
    sys.exit()
for i, flood in enumerate(MODES.values()):
    for net in 1, 2:
        listener = socket.create_server(("127.0.%d.%d" % (net, i + 1), 25))
        threading.Thread(target=serve, args=(listener, flood,
                                             Gate(sys.argv[1]))).start()
open(os.path.join(sys.argv[1], "listening"), "w").close()
