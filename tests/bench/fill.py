#!/usr/bin/python3
"""Puts mail into a queue by SMTP: fill.py PORT COUNT SIZE DOMAINS PATTERN

COUNT messages of SIZE octets, each to one of DOMAINS domains in turn; PATTERN has a % for their number.
Eight connections, commands pipelined; the first refusal ends it.
"""
import socket
import sys
import threading

CONNECTIONS = 8


def content(number, size):
    head = ("From: <a@sender.test>\r\nTo: <u%d@example.test>\r\nSubject: measurement\r\n"
            "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d@sender.test>\r\n\r\n" % (number, number))
    line = "x" * 70 + "\r\n"
    text = head + line * ((size - len(head)) // len(line))
    return text + "x" * max(size - len(text) - 2, 0) + "\r\n"


def expect(replies, code):
    while True:
        line = replies.readline()
        if not line.startswith(code):
            raise OSError("said %r" % line)
        if line[3:4] != b"-":
            return


def send_all(port, numbers, size, domain_of, failures):
    try:
        s = socket.create_connection(("127.0.0.1", port))
        replies = s.makefile("rb")
        expect(replies, b"220")
        s.sendall(b"EHLO fill.test\r\n")
        expect(replies, b"250")
        for n in numbers:
            s.sendall(b"MAIL FROM:<a@sender.test>\r\nRCPT TO:<u%d@%s>\r\nDATA\r\n" % (n, domain_of(n).encode()))
            for code in (b"250", b"250", b"354"):
                expect(replies, code)
            s.sendall(content(n, size).encode() + b".\r\n")
            expect(replies, b"250")
        s.sendall(b"QUIT\r\n")
        expect(replies, b"221")
    except OSError as e:
        failures.append(str(e))


def main(port, count, size, domains, pattern):
    failures = []

    def domain_of(n):
        return pattern.replace("%", str(n % domains + 1))

    threads = [threading.Thread(target=send_all, args=(port, range(i, count, CONNECTIONS), size, domain_of, failures))
               for i in range(CONNECTIONS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        sys.exit("fill: " + failures[0])


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*(int(a) for a in sys.argv[1:5]), sys.argv[5])
