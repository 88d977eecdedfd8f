#!/usr/bin/env python3
"""smtp_server.py DIR SPEC...: SMTP servers on loopback, one for each SPEC.

Prints "SPEC PORT" for each and "ready"; then, as each connection ends, "end SPEC
ROUNDS MESSAGES OCTETS" (rounds: how often it had answered all there was and
waited for more).  Serves until standard input ends.

SPEC is words joined by '+': tls (offers STARTTLS), implicit, chunking, nopipe
(no PIPELINING), stall=STEP and drop=STEP (says nothing more, closes, in answer
to GREETING, EHLO, STARTTLS, HANDSHAKE, MAIL, RCPT, DATA, END, QUIT), inject
(a reply in the packet of the 220 to STARTTLS), idle (closes after 100 ms of
silence), slow (reads 16 KiB in 10 ms), after=N (421 in answer to MAIL once N
messages were taken), tickets=N (sent after the handshake), n=ANY (only to have two of a kind).
DIR/server.pem is the certificate, made here, for mx.example.test.
"""
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

DIR = sys.argv[1]
PRINTING = threading.Lock()


def say(line):
    with PRINTING:
        print(line, flush=True)


class Done(Exception):
    pass


class Connection:
    def __init__(self, spec, sock):
        self.name, self.sock = spec, sock
        words = [w.partition("=") for w in spec.split("+")]
        self.spec = {key: value for key, _, value in words}
        self.unread = b""
        self.rounds = self.messages = self.octets = 0
        self.tls = False

    def reply(self, step, text):
        if self.spec.get("stall") == step:
            while self.sock.recv(65536):
                pass
            raise Done
        if self.spec.get("drop") == step:
            raise Done
        self.sock.sendall(text.encode() + b"\r\n")

    def more(self):
        self.rounds += 1
        if "idle" in self.spec:
            self.sock.settimeout(0.1)
        if "slow" in self.spec:
            time.sleep(0.01)
        data = self.sock.recv(16384)
        if not data:
            raise Done
        self.unread += data

    def line(self):
        while b"\r\n" not in self.unread:
            self.more()
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line.decode("utf-8")

    def exactly(self, n):
        while len(self.unread) < n:
            self.more()
        self.octets += n
        self.unread = self.unread[n:]

    def content(self):
        while not self.unread.startswith(b".\r\n"):
            at = self.unread.find(b"\r\n.\r\n")
            if at >= 0:
                self.octets += at + 2
                self.unread = self.unread[at + 2:]
                break
            self.octets += max(0, len(self.unread) - 4)
            self.unread = self.unread[-4:]
            self.more()
        self.unread = self.unread[3:]
        self.messages += 1
        self.reply("END", "250 2.0.0 taken")

    def wrap(self):
        if self.spec.get("stall") == "HANDSHAKE":
            self.reply("HANDSHAKE", "")
            while self.sock.recv(65536):
                pass
        if self.spec.get("drop") == "HANDSHAKE":
            raise Done
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(DIR, "server.pem"),
                                os.path.join(DIR, "server.key"))
        context.num_tickets = int(self.spec.get("tickets", 2))
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.tls = True

    def keywords(self):
        words = ["mx.example.test", "8BITMIME", "SIZE 100000000"]
        if "nopipe" not in self.spec:
            words.append("PIPELINING")
        if "chunking" in self.spec:
            words.append("CHUNKING")
        if "tls" in self.spec and not self.tls:
            words.append("STARTTLS")
        last = len(words) - 1
        return "\r\n".join("250" + ("-" if i < last else " ") + word
                           for i, word in enumerate(words))

    def mail(self):
        if self.messages >= int(self.spec.get("after", 1 << 30)):
            self.sock.sendall(b"421 4.7.0 enough\r\n")
            raise Done
        self.reply("MAIL", "250 ok")

    def starttls(self):
        extra = "\r\n250 injected" if "inject" in self.spec else ""
        self.reply("STARTTLS", "220 go" + extra)
        self.wrap()

    def bdat(self, words):
        self.exactly(int(words[1]))
        if len(words) > 2:
            self.messages += 1
        self.reply("END", "250 2.0.0 taken")

    def command(self, line):
        words = line.split()
        verb = words[0].upper()
        if verb == "EHLO":
            self.reply("EHLO", self.keywords())
        elif verb == "STARTTLS":
            self.starttls()
        elif verb == "MAIL":
            self.mail()
        elif verb in ("RCPT", "RSET"):
            self.reply(verb, "250 ok")
        elif verb == "DATA":
            self.reply("DATA", "354 go")
            self.content()
        elif verb == "BDAT":
            self.bdat(words)
        elif verb == "QUIT":
            self.reply("QUIT", "221 bye")
            raise Done
        else:
            self.reply(verb, "500 what")

    def serve(self):
        if "implicit" in self.spec:
            self.wrap()
        self.reply("GREETING", "220 mx.example.test")
        while True:
            self.command(self.line())

    def run(self):
        try:
            self.serve()
        except (Done, OSError):
            pass
        self.sock.close()
        say("end %s %d %d %d" % (self.name, self.rounds, self.messages,
                                 self.octets))


def listen(spec):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(50)
    say("%s %d" % (spec, listener.getsockname()[1]))
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=Connection(spec, sock).run,
                         daemon=True).start()


subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=mx.example.test", "-addext",
                "subjectAltName=DNS:mx.example.test",
                "-keyout", os.path.join(DIR, "server.key"),
                "-out", os.path.join(DIR, "server.pem")],
               check=True, stderr=subprocess.DEVNULL)
for SPEC in sys.argv[2:]:
    threading.Thread(target=listen, args=(SPEC,), daemon=True).start()
say("ready")
sys.stdin.read()
