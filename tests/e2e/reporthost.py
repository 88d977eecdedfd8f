#!/usr/bin/python3
"""An https receiver of TLS reports (RFC 8460 5.4) for the end-to-end tests.

usage: reporthost.py DIR ADDRESS:PORT CERTIFICATE

The path selects the reply to a POST: /ok... is answered with 200 and kept, /500, /404, /redirect and /stall
are what they say, /slow answers when it was read and a second has passed, /big answers without end.  DIR/posts gets a line each: path,
media type, report-id; DIR/PATH.json is the last report there, unpacked.
"""
import gzip
import http.server
import json
import os
import ssl
import sys
import threading
import time

directory, address, certificate = sys.argv[1:]
posts = open(os.path.join(directory, "posts"), "a", buffering=1)
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, more=()):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        posts.write("GET %s\n" % self.path)
        self.answer(405)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = gzip.decompress(body)
        name = self.path.strip("/")
        with lock:
            posts.write("%s %s %s\n" % (self.path, self.headers["Content-Type"], json.loads(text)["report-id"]))
            with open(os.path.join(directory, name + ".json"), "wb") as f:
                f.write(text)
        if name.startswith("ok"):
            self.answer(200)
        elif name == "redirect":
            self.answer(302, [("Location", "/ok-redirected")])
        elif name == "stall":
            time.sleep(600)
        elif name == "slow":
            time.sleep(1)
            self.answer(201)
        elif name == "big":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        else:
            self.answer(int(name))

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass


host, port = address.rsplit(":", 1)
server = Server((host, int(port)), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate + ".pem", certificate + ".key")
server.socket = context.wrap_socket(server.socket, server_side=True)
open(os.path.join(directory, "ready"), "w").close()
server.serve_forever()
