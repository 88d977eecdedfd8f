#!/usr/bin/python3
"""Scripted SMTP servers for the end-to-end tests: many in one process.

usage: peer.py DIR SCRIPT.json

SCRIPT is a list of servers.  Everything but name and listen may be left out:

  {"name": "mx1",                     how transcripts and checks call it
   "listen": ["127.0.0.2:25", "[fd00::2]:25"],
   "cert": "mx1",                     DIR/../certs/mx1.pem and .key; without it no STARTTLS
   "starttls": false,                 not offered although there is a certificate
   "implicit": true,                  TLS from the first octet
   "tls_min": "1.2", "tls_max": "1.2",
   "drops_resumed": true,             closes after a handshake that resumed a session
   "ehlo": [...], "ehlo_tls": [...],  keywords before and inside TLS (STARTTLS is added)
   "size": 1000,                      offered as SIZE and enforced
   "rules": [...]}                    what to do differently; the first that matches counts

A rule: {"on": REGEX, "tls": true|false, "times": N, "skip": N, "delay": SECONDS, "trickle": SECONDS,
         "say": "550 5.1.1 no" | ["250-a", "250 b"] | null, "raw": "exact octets", "rest": SECONDS,
         "then": "close"|"reset"|"stall"}
REGEX (any case) is searched in the command line, or in CONNECT (the greeting), HANDSHAKE (TLS begins) and EOM
(the final dot).  say: the reply instead of the usual one, null for silence; raw: the same without
added line ends ("\\u00ff" is one octet); trickle: pause after each octet; at HANDSHAKE, raw is sent
instead of a ServerHello; rest: afterwards nothing is read for so long, so that the client cannot write on.
times and skip count matches over all connections of the server.

DIR/wire.jsonl gets one line an event, with "host" and "conn":
  open {local, remote}  c {data, tls, len}  s {data, tls}  tls {version, cipher, sni, resumed}
  tls-failed {why}  command {line, tls}  fault {what}  message {...}  close
"data" is a segment octet by octet (Latin-1, its first 4096).  A fault is a breach of protocol by the client:
bare CR or LF, NUL, a parameter that was not offered, commands sent ahead without PIPELINING.
"message" has mail, rcpt (the accepted ones), reply to the final dot, tls, via and file: the content, dots removed.
"""
import asyncio
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys

EHLO = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8"]
# a path whose local part is a quoted string (RFC 5321 4.1.2)
QUOTED = r'<"(?:[^"\\]|\\.)*"@[^ ]*>'
# MAIL and RCPT parameters, and the keyword that must have been offered for them
PARAMS = {"SIZE": "SIZE", "BODY": "8BITMIME", "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN",
          "SMTPUTF8": "SMTPUTF8", "REQUIRETLS": "REQUIRETLS", "AUTH": "AUTH"}
# commands after which nothing may be sent before the reply (RFC 2920 3.1)
LAST_OF_GROUP = ("EHLO", "HELO", "DATA", "STARTTLS", "QUIT", "NOOP")
BARE_CR = re.compile(rb"\r[^\n]")
BARE_LF = re.compile(rb"(?<!\r)\n")
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Gone(Exception):
    """The client closed the connection, or a rule did."""


class Server:
    """One scripted server: its description, and how often each rule was used."""

    def __init__(self, spec, directory, log):
        self.name = spec["name"]
        self.listen = spec["listen"]
        self.implicit = spec.get("implicit", False)
        self.size = spec.get("size")
        self.drops_resumed = spec.get("drops_resumed", False)
        self.rules = [dict(r, on=re.compile(r["on"], re.I), seen=0) for r in spec.get("rules", [])]
        self.directory = directory
        self.log = log
        self.context = self.make_context(spec)
        self.starttls = self.context is not None and not self.implicit and spec.get("starttls", True)
        self.ehlo = spec.get("ehlo", EHLO)
        self.ehlo_tls = spec.get("ehlo_tls", self.ehlo)

    def make_context(self, spec):
        if not spec.get("cert"):
            return None
        base = os.path.join(self.directory, "..", "certs", spec["cert"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(base + ".pem", base + ".key")
        context.minimum_version = VERSIONS[spec.get("tls_min", "1.2")]
        context.maximum_version = VERSIONS[spec.get("tls_max", "1.3")]
        if spec.get("ciphers"):
            context.set_ciphers(spec["ciphers"])
        context.sni_callback = remember_sni
        return context

    def rule(self, event, tls):
        """The first rule for this event, or an empty one."""
        for rule in self.rules:
            if not rule["on"].search(event) or rule.get("tls", tls) != tls:
                continue
            rule["seen"] += 1
            n = rule["seen"] - rule.get("skip", 0)
            if 0 < n <= rule.get("times", sys.maxsize):
                return rule
        return {}

    def keywords(self, tls):
        words = list(self.ehlo_tls if tls else self.ehlo)
        if self.size is not None:
            words.append("SIZE %d" % self.size)
        if self.starttls and not tls:
            words.append("STARTTLS")
        return words


def remember_sni(sslobj, name, context):
    sslobj.sni = name


class Connection(asyncio.Protocol):
    """One client: segments in, a coroutine that reads them as lines."""

    count = 0

    def __init__(self, server):
        Connection.count += 1
        self.server = server
        self.id = "%d-%d" % (os.getpid(), Connection.count)
        self.buffer = bytearray()
        self.arrived = asyncio.Event()
        self.closed = False
        self.tls = False
        self.last_octet = b""
        self.deaf = False
        self.messages = 0
        self.forget()

    def forget(self):
        """The state after connecting, and again after STARTTLS."""
        self.offered = set()
        self.greeted = False
        self.reset()

    def reset(self):
        self.mail = None
        self.mail_params = {}
        self.rcpt = []
        self.chunks = bytearray()

    def note(self, event, **fields):
        self.server.log(dict(ev=event, host=self.server.name, conn=self.id, **fields))

    def fault(self, what):
        self.note("fault", what=what)

    # -- transport
    def connection_made(self, transport):
        self.transport = transport
        self.note("open", local=transport.get_extra_info("sockname")[0],
                  remote=transport.get_extra_info("peername")[0])
        self.task = asyncio.get_running_loop().create_task(self.run())

    def data_received(self, data):
        self.note("c", data=data[:4096].decode("latin-1"), len=len(data), tls=self.tls)
        seen = self.last_octet + data
        if self.deaf:   # a ClientHello that nobody answers is no SMTP
            seen = data = b""
        if BARE_CR.search(seen):
            self.fault("bare CR")
        if BARE_LF.search(seen, len(self.last_octet)):
            self.fault("bare LF")
        if b"\0" in data:
            self.fault("NUL")
        self.last_octet = data[-1:]
        self.buffer += data
        self.arrived.set()

    def eof_received(self):
        self.closed = True
        self.arrived.set()

    def connection_lost(self, exc):
        self.closed = True
        self.arrived.set()
        self.note("close", why=str(exc) if exc else "")

    async def more(self):
        self.arrived.clear()
        if self.closed:
            raise Gone
        await self.arrived.wait()

    async def line(self):
        while b"\n" not in self.buffer:
            await self.more()
        end = self.buffer.index(b"\n") + 1
        line = bytes(self.buffer[:end])
        del self.buffer[:end]
        return line.rstrip(b"\r\n").decode("latin-1")

    async def write(self, data, trickle=None):
        self.note("s", data=data[:4096].decode("latin-1"), tls=self.tls)
        if not trickle:
            self.transport.write(data)
            return
        for octet in data:
            if self.closed:
                raise Gone
            self.transport.write(bytes([octet]))
            await asyncio.sleep(trickle)

    async def answer(self, event, default):
        """Does what the rules say at an event; returns the reply that was sent."""
        rule = self.server.rule(event, self.tls)
        reply = default
        if rule.get("delay"):
            await asyncio.sleep(rule["delay"])
        if "raw" in rule:
            reply = [rule["raw"]]
            await self.write(rule["raw"].encode("latin-1"), rule.get("trickle"))
        else:
            if "say" in rule:
                reply = rule["say"]
            if isinstance(reply, str):
                reply = [reply]
            if reply:
                text = "".join(r + "\r\n" for r in reply)
                await self.write(text.encode("utf-8"), rule.get("trickle"))
        if rule.get("rest"):
            self.transport.pause_reading()
            await asyncio.sleep(rule["rest"])
            self.transport.resume_reading()
        await self.then(rule.get("then"))
        return reply[-1] if reply else ""

    async def then(self, action):
        if action == "stall":
            self.deaf = True
            while True:
                self.buffer.clear()
                await self.more()
        if action == "close":
            self.transport.close()
            raise Gone
        if action == "reset":
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            raise Gone

    async def start_tls(self):
        rule = self.server.rule("HANDSHAKE", False)
        if rule:
            if rule.get("delay"):
                await asyncio.sleep(rule["delay"])
            if "raw" in rule:
                await self.write(rule["raw"].encode("latin-1"))
            await self.then(rule.get("then"))
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self.transport, self, self.server.context,
                                             server_side=True, ssl_handshake_timeout=600)
        except (OSError, ssl.SSLError) as e:
            self.note("tls-failed", why=str(e))
            raise Gone from e
        if transport is None:
            raise Gone
        self.transport = transport
        self.tls = True
        self.last_octet = b""
        self.forget()
        sslobj = transport.get_extra_info("ssl_object")
        self.note("tls", version=sslobj.version(), cipher=sslobj.cipher()[0],
                  sni=getattr(sslobj, "sni", None), resumed=sslobj.session_reused)
        if self.server.drops_resumed and sslobj.session_reused:
            await self.then("close")

    # -- dialogue
    async def run(self):
        try:
            if self.server.implicit:
                await self.start_tls()
            await self.answer("CONNECT", "220 %s ESMTP" % self.server.name)
            while True:
                await self.command(await self.line())
        except Gone:
            if not self.transport.is_closing():
                self.transport.close()

    async def command(self, line):
        verb = line.split(" ")[0].split(":")[0].upper()
        self.note("command", line=line, tls=self.tls)
        self.check_command(verb, line)
        handler = getattr(self, "do_" + verb.lower(), None)
        if handler is None:
            await self.answer(line, "502 5.5.2 no such command")
        else:
            await handler(line)

    def check_command(self, verb, line):
        if len(line) > 1000:
            self.fault("command of %d octets" % len(line))
        if any(ord(c) > 126 for c in line) and "SMTPUTF8" not in self.mail_params and "SMTPUTF8" not in line:
            self.fault("8-bit command without SMTPUTF8")
        if self.buffer and verb in LAST_OF_GROUP:
            self.fault("octets sent after %s before its reply" % verb)
        elif self.buffer and verb != "BDAT" and "PIPELINING" not in self.offered:
            self.fault("pipelined after %s without PIPELINING" % verb)

    async def do_ehlo(self, line):
        words = self.server.keywords(self.tls)
        said = [self.server.name] + words
        reply = ["250-" + w for w in said[:-1]] + ["250 " + said[-1]]
        if (await self.answer(line, reply)).startswith("250"):
            self.offered = {w.split(" ")[0] for w in words}
            self.greeted = True
            self.reset()

    async def do_helo(self, line):
        if (await self.answer(line, "250 " + self.server.name)).startswith("250"):
            self.offered = set()
            self.greeted = True
            self.reset()

    async def do_starttls(self, line):
        if "STARTTLS" not in self.offered:
            self.fault("STARTTLS was not offered")
        usual = "220 2.0.0 go ahead" if self.server.starttls and not self.tls else "503 5.5.1 no TLS now"
        if (await self.answer(line, usual)).startswith("220") and self.server.context:
            await self.start_tls()

    def params(self, text):
        """The parameters after <path>, each checked against what was offered."""
        found = {}
        for word in text.split():
            name, _, value = word.partition("=")
            found[name.upper()] = value
            keyword = PARAMS.get(name.upper())
            if keyword is None or keyword not in self.offered:
                self.fault("parameter %s was not offered" % name)
        return found

    async def do_mail(self, line):
        if not self.greeted or self.mail is not None:
            self.fault("MAIL out of order")
        match = re.fullmatch(r"MAIL FROM:(%s|<[^ ]*>)( .*)?" % QUOTED, line, re.I)
        if not match:
            self.fault("bad syntax: " + line)
            await self.answer(line, "501 5.5.4 bad syntax")
            return
        params = self.params(match.group(2) or "")
        usual = "250 2.1.0 sender ok"
        if self.server.size and int(params.get("SIZE") or 0) > self.server.size:
            usual = "552 5.3.4 too big"
        if (await self.answer(line, usual)).startswith("2"):
            self.mail = line[10:]
            self.mail_params = params

    async def do_rcpt(self, line):
        match = re.fullmatch(r"RCPT TO:(%s|<[^ ]+>)( .*)?" % QUOTED, line, re.I)
        if not match:
            self.fault("bad syntax: " + line)
            await self.answer(line, "501 5.5.4 bad syntax")
            return
        self.params(match.group(2) or "")
        usual = "250 2.1.5 recipient ok" if self.mail is not None else "503 5.5.1 MAIL first"
        if (await self.answer(line, usual)).startswith("2") and self.mail is not None:
            self.rcpt.append(line[8:])

    async def do_data(self, line):
        usual = "354 go ahead" if self.rcpt else "554 5.5.1 no valid recipients"
        if not (await self.answer(line, usual)).startswith("354"):
            return
        scanned = 0
        while not self.buffer.startswith(b".\r\n"):
            at = self.buffer.find(b"\r\n.\r\n", max(0, scanned - 4))
            if at >= 0:
                break
            scanned = len(self.buffer)
            try:
                await self.more()
            except Gone:
                self.store(self.buffer, "DATA", False, "")
                raise
        end = 0 if self.buffer.startswith(b".\r\n") else at + 2
        content = bytes(self.buffer[:end])
        del self.buffer[:end + 3]
        content = re.sub(rb"^\.", b"", content)
        await self.end_of_message(content.replace(b"\r\n.", b"\r\n"), "DATA")

    async def do_bdat(self, line):
        if "CHUNKING" not in self.offered:
            self.fault("BDAT was not offered")
        words = line.split()
        size = int(words[1])
        while len(self.buffer) < size:
            await self.more()
        self.chunks += self.buffer[:size]
        del self.buffer[:size]
        if len(words) > 2:
            await self.end_of_message(bytes(self.chunks), "BDAT")
        else:
            await self.answer(line, "250 2.0.0 chunk ok")

    async def end_of_message(self, content, via):
        usual = "250 2.0.0 queued as %s-%d" % (self.id, self.messages)
        if self.server.size and len(content) > self.server.size:
            usual = "552 5.3.4 too big"
        if not self.rcpt:
            usual = "554 5.5.1 no valid recipients"
        file = self.store(content, via, True, None)
        try:
            reply = await self.answer("EOM", usual)
        except Gone:
            self.note("message", file=file, reply="", **self.envelope(via))
            raise
        self.note("message", file=file, reply=reply, **self.envelope(via))
        self.reset()

    def envelope(self, via):
        return {"mail": self.mail, "rcpt": self.rcpt, "tls": self.tls, "via": via}

    def store(self, content, via, complete, reply):
        self.messages += 1
        file = os.path.join(self.server.directory, "%s-%d.eml" % (self.id, self.messages))
        with open(file, "wb") as f:
            f.write(content)
        if not complete:
            self.note("message", file=file, reply=reply, cut=True, **self.envelope(via))
        return file

    async def do_rset(self, line):
        if (await self.answer(line, "250 2.0.0 ok")).startswith("2"):
            self.reset()

    async def do_noop(self, line):
        await self.answer(line, "250 2.0.0 ok")

    async def do_quit(self, line):
        await self.answer(line, "221 2.0.0 bye")
        self.transport.close()
        raise Gone


def split_address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


async def main(directory, script):
    os.makedirs(directory, exist_ok=True)
    wire = os.open(os.path.join(directory, "wire.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def log(event):
        os.write(wire, json.dumps(event).encode() + b"\n")

    with open(script, encoding="utf-8") as f:
        servers = [Server(spec, directory, log) for spec in json.load(f)]
    loop = asyncio.get_running_loop()
    for server in servers:
        for address in server.listen:
            host, port = split_address(address)
            await loop.create_server(lambda s=server: Connection(s), host, port,
                                     backlog=2048, reuse_port=True)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    with open(script + ".ready", "w", encoding="ascii"):
        pass
    await stop.wait()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: peer.py DIR SCRIPT.json")
    asyncio.run(main(sys.argv[1], sys.argv[2]))
