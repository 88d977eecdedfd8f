#!/usr/bin/python3
"""The HTTPS server of MTA-STS policies for the end-to-end tests: one process serves all domains, selected by SNI.

usage: policyhost.py DIR ADDRESS:PORT...

DIR has two files a domain, read anew for each connection:
  DOMAIN.policy    the text that is served, octet by octet; without it the status is 404
  DOMAIN.fault     what to do differently, if anything:
    cert NAME          another certificate than mta-sts.DOMAIN (DIR/../certs/NAME.pem and .key)
    status N           that status; a 3xx leads to the same place with ?again
    type TYPE          that media type; "-": none
    big                70000 octets, announced
    chunked            70000 octets, not announced
    headers            header lines without end
    short              a connection closed before the length that was announced
    eof                no length announced, the end is that of the TLS session
    cut                no length announced, the end is that of the connection
    slow SECONDS       a pause before the answer
    stall              no answer at all
    drop               the connection is closed instead of an answer
    alert              the handshake is refused

DIR/requests gets a line each: "connect DOMAIN" with the ClientHello, "get DOMAIN HOST PATH" with the request.
"""
import asyncio
import os
import signal
import socket
import ssl
import sys

ANSWER = "HTTP/1.1 %s Status\r\nServer: policyhost\r\n%sConnection: close\r\n\r\n"
PREFIX = "mta-sts."


class PolicyHost:
    def __init__(self, directory):
        self.directory = directory
        self.contexts = {}
        self.requests = open(os.path.join(directory, "requests"), "a", buffering=1, encoding="latin-1")

    def read(self, domain, what):
        try:
            with open(os.path.join(self.directory, domain + what), "rb") as f:
                return f.read()
        except OSError:
            return None

    def fault(self, domain):
        words = (self.read(domain, ".fault") or b"").decode().split(None, 1)
        return (words + ["", ""])[0], (words + ["", ""])[1].strip()

    # -- TLS
    def load(self, name):
        base = os.path.join(self.directory, "..", "certs", name)
        key = (name, os.stat(base + ".pem").st_mtime_ns)
        if key not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(base + ".pem", base + ".key")
            self.contexts[key] = context
        return self.contexts[key]

    def on_client_hello(self, sslobj, name, _):
        domain = (name or "")[len(PREFIX):]
        self.requests.write("connect %s\n" % domain)
        action, value = self.fault(domain)
        if action == "alert":
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        try:
            sslobj.context = self.load(value if action == "cert" else name)
        except (OSError, TypeError):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        sslobj.sni = name
        return None

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self.on_client_hello
        return context

    # -- HTTP
    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            domain = writer.get_extra_info("ssl_object").sni[len(PREFIX):]
            hosts = [line[6:] for line in head if line.lower().startswith("host: ")]
            path = head[0].split(" ")[1]
            self.requests.write("get %s %s %s\n" % (domain, ",".join(hosts), path))
            await self.answer(writer, domain, path)
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def answer(self, writer, domain, path):
        action, value = self.fault(domain)
        body = self.read(domain, ".policy")
        status, media, length = "200", "text/plain", None
        if body is None or not path.startswith("/.well-known/mta-sts.txt"):
            status, body = "404", b"no policy here\n"
        if action == "stall":
            await asyncio.sleep(3600)
        if action == "slow":
            await asyncio.sleep(float(value))
        if action == "drop":
            return
        if action == "status":
            status = value
        if action == "type":
            media = value
        if action in ("big", "chunked"):
            body += b"x: y\n" * 14000
        if action == "short":
            length = len(body) + 10
        more = "" if media == "-" else "Content-Type: %s\r\n" % media
        if status.startswith("3"):
            more += "Location: https://%s%s/.well-known/mta-sts.txt?again\r\n" % (PREFIX, domain)
        if action == "headers":
            more += "X-Long: %s\r\n" % ("x" * 1000) * 100
        if action in ("eof", "cut"):
            pass
        elif action == "chunked":
            more += "Transfer-Encoding: chunked\r\n"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            more += "Content-Length: %d\r\n" % (len(body) if length is None else length)
        writer.write((ANSWER % (status, more)).encode() + body)
        await writer.drain()
        if action == "cut":
            writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
            await asyncio.sleep(0.5)


async def main():
    directory, listen = sys.argv[1], sys.argv[2:]
    host = PolicyHost(directory)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    for place in listen:
        address, port = place.rsplit(":", 1)
        await asyncio.start_server(host.serve, address.strip("[]"), int(port), ssl=host.context())
    open(os.path.join(directory, "ready"), "w", encoding="ascii").close()
    await stop.wait()


asyncio.run(main())
