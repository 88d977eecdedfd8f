#!/usr/bin/python3
"""An SMTP client that sends what it is told to, for scenarios with Sendmail.

usage: smtp.py [OPTION]... [RCPT]... <message

The message goes as it stands on standard input, line ends made CRLF (not with
--raw), dot-stuffed.  A RCPT may carry parameters after a blank.  Each reply is a
line on standard output: the command's first word, then the reply, lines joined.

  --port N     of 127.0.0.1 (25)
  --from A     path and parameters of MAIL ("<a@sender.test>")
  --bind IP    the address to come from
  --times N    the message N times, in one connection
  --raw        octets as they are
  --starttls   first
  --auth U:P   authenticate as user U with password P (CRAM-MD5)
  --stop WHEN  disconnect without a word: after mail, rcpt, data (before the
               message), half (of the message), dot (without waiting)
  --reset      say RSET after the recipients, then begin again
"""
import argparse
import base64
import hmac
import re
import socket
import ssl
import sys

p = argparse.ArgumentParser()
p.add_argument("--port", type=int, default=25)
p.add_argument("--from", dest="sender", default="<a@sender.test>")
p.add_argument("--bind", default="127.0.0.1")
p.add_argument("--times", type=int, default=1)
p.add_argument("--raw", action="store_true")
p.add_argument("--reset", action="store_true")
p.add_argument("--starttls", action="store_true")
p.add_argument("--auth", default="")
p.add_argument("--stop", default="")
p.add_argument("rcpts", nargs="*")
o = p.parse_args()

s = socket.create_connection(("127.0.0.1", o.port), 60, (o.bind, 0))
f = s.makefile("rb")


def reply(word):
    lines = []
    while True:
        line = f.readline().decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            print(word, "lost")
            sys.exit(1)
        lines.append(line[4:] if lines else line)
        if line[3:4] != "-":
            break
    text = " / ".join(lines)
    if word not in ("GREETING", "EHLO", "QUIT"):
        print(word, text, flush=True)
    return text[0] in "23"


def say(command, word=None):
    s.sendall(command.encode() + b"\r\n")
    return reply(word or command.split()[0].split(":")[0])


def stop(when):
    if o.stop == when:
        s.close()
        sys.exit(0)


def path(text):
    return text if text.startswith("<") else "<" + text.replace(" ", "> ", 1) + (
        "" if " " in text else ">")


message = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
if not o.raw:
    message = re.sub(rb"\r?\n", b"\r\n", message)
stuffed = re.sub(rb"(?m)^\.", b"..", message)
if not stuffed.endswith(b"\r\n"):
    stuffed += b"\r\n"

reply("GREETING")
say("EHLO client.test", "EHLO")
if o.starttls:
    say("STARTTLS")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    s = context.wrap_socket(s)
    f = s.makefile("rb")
    say("EHLO client.test", "EHLO")
if o.auth:
    user, password = o.auth.split(":")
    s.sendall(b"AUTH CRAM-MD5\r\n")
    line = f.readline()
    digest = hmac.new(password.encode(), base64.b64decode(line[4:]), "md5") if line[:3] == b"334" else None
    if digest is None or not say(base64.b64encode(("%s %s" % (user, digest.hexdigest())).encode()).decode(), "AUTH"):
        sys.exit("not authenticated: %r" % line)
ok = True
for _ in range(o.times):
    for again in (True, False) if o.reset else (False,):
        say("MAIL FROM:" + path(o.sender))
        stop("mail")
        taken = [say("RCPT TO:" + path(r)) for r in o.rcpts]
        stop("rcpt")
        if again:
            say("RSET")
    if not any(taken) or not say("DATA"):
        ok = False
        say("RSET")
        continue
    stop("data")
    if o.stop == "half":
        s.sendall(stuffed[:len(stuffed) // 2])
        stop("half")
    s.sendall(stuffed + b".\r\n")
    stop("dot")
    ok = reply("DOT") and all(taken) and ok
say("QUIT")
sys.exit(0 if ok else 1)
