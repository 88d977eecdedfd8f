#!/usr/bin/python3
"""Many SMTP clients at once, for scenarios with Sendmail.

usage: flood.py CONNECTIONS MESSAGES [SIZE [PORT]] >accepted

MESSAGES messages in all, each to one recipient at remote.test with a subject of its
own ("flood-17"), of SIZE octets (1000), to PORT (25) over CONNECTIONS connections that stay
open.  A message that is not accepted is not tried again: the client rests for
0.2 s and begins anew, since Sendmail asks for its filters once a connection.
Prints the subjects of those that got a 250 to the final dot.
"""
import socket
import sys
import threading
import time

connections, messages = int(sys.argv[1]), int(sys.argv[2])
size = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
port = int(sys.argv[4]) if len(sys.argv) > 4 else 25
numbers = iter(range(messages))
lock = threading.Lock()


def reply(f):
    while True:
        line = f.readline()
        if not line:
            raise OSError("lost")
        if line[3:4] != b"-":
            return line[:1] in b"23"


def say(s, f, text):
    s.sendall(text)
    if not reply(f):
        raise OSError("refused")


def one(s, f, n):
    subject = "flood-%d" % n
    say(s, f, b"MAIL FROM:<a@sender.test>\r\n")
    say(s, f, b"RCPT TO:<r%d@remote.test>\r\n" % (n % 100))
    say(s, f, b"DATA\r\n")
    say(s, f, b"Subject: %s\r\n\r\n%s.\r\n" % (
        subject.encode(), (b"y" * 70 + b"\r\n") * (1 + size // 72)))
    with lock:
        print(subject, flush=True)


def client():
    s = f = None
    while True:
        with lock:
            n = next(numbers, None)
        if n is None:
            return
        try:
            if s is None:
                s = socket.create_connection(("127.0.0.1", port), 60)
                f = s.makefile("rb")
                reply(f)
                say(s, f, b"EHLO client.test\r\n")
            one(s, f, n)
        except OSError:
            if s is not None:
                s.close()
            s = None
            time.sleep(0.2)


threads = [threading.Thread(target=client) for _ in range(connections)]
for t in threads:
    t.start()
for t in threads:
    t.join()
