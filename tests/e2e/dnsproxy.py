#!/usr/bin/python3
"""A proxy in front of the name server: counts queries and makes chosen ones fail.

usage: dnsproxy.py DIR PORT NSD_PORT

DIR/queries gets "NAME TYPE udp|tcp" for each query.  DIR/faults has lines "NAME TYPE ACTION", read again when
the file changes; NAME and TYPE may be *.  ACTION: servfail, refused, drop, delay:SECONDS.
DIR/ready is made once the name server answers.
"""
import asyncio
import os
import struct
import sys

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 15: "MX", 16: "TXT", 28: "AAAA", 43: "DS", 46: "RRSIG", 48: "DNSKEY",
         50: "NSEC3", 52: "TLSA"}
ROOT_SOA = b"\0\1\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1"
RCODES = {"servfail": 2, "refused": 5}


def question(packet):
    """Name (lower case, with its last dot), type, and where the question ends."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    kind = struct.unpack_from(">H", packet, at + 1)[0]
    return ".".join(labels) + ".", TYPES.get(kind, str(kind)), at + 5


class Proxy:
    def __init__(self, directory, nsd_port):
        self.nsd_port = nsd_port
        self.faults_file = os.path.join(directory, "faults")
        self.faults_seen = None
        self.faults = []
        self.queries = os.open(os.path.join(directory, "queries"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def read_faults(self):
        try:
            seen = os.stat(self.faults_file)
        except FileNotFoundError:
            self.faults = []
            return
        stamp = (seen.st_mtime_ns, seen.st_ino, seen.st_size)
        if stamp != self.faults_seen:
            self.faults_seen = stamp
            with open(self.faults_file, encoding="ascii") as f:
                self.faults = [line.split() for line in f if line.strip()]

    def action(self, name, kind):
        self.read_faults()
        for fault_name, fault_kind, action in self.faults:
            if fault_name.rstrip(".") + "." in (name, "*.") and fault_kind in (kind, "*"):
                return action
        return ""

    async def decide(self, packet, transport):
        """None: no answer; bytes: this answer; "": ask the server."""
        try:
            name, kind, end = question(packet)
        except (IndexError, struct.error):
            return None
        os.write(self.queries, ("%s %s %s\n" % (name, kind, transport)).encode())
        action = self.action(name, kind)
        if action == "drop":
            return None
        if action.startswith("delay:"):
            await asyncio.sleep(float(action[6:]))
        if action in RCODES:
            return packet[:2] + struct.pack(">HHHHH", 0x8000 | RCODES[action], 1, 0, 0, 0) + packet[12:end]
        return ""

    async def udp(self, packet, client, transport):
        answer = await self.decide(packet, "udp")
        if answer == "":
            answer = await self.ask(packet, 5)
        if answer:
            transport.sendto(answer, client)

    async def ask(self, packet, timeout):
        """The name server's answer, or None."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        upstream, _ = await loop.create_datagram_endpoint(lambda: Upstream(waiting),
                                                          remote_addr=("127.0.0.1", self.nsd_port))
        try:
            upstream.sendto(packet)
            return await asyncio.wait_for(waiting, timeout)
        except (asyncio.TimeoutError, OSError):
            return None
        finally:
            upstream.close()

    async def tcp(self, reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.nsd_port)
            while True:
                packet = await read_tcp(reader)
                answer = await self.decide(packet, "tcp")
                if answer == "":
                    up_writer.write(struct.pack(">H", len(packet)) + packet)
                    answer = await read_tcp(up_reader)
                if answer:
                    writer.write(struct.pack(">H", len(answer)) + answer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


async def read_tcp(reader):
    size = struct.unpack(">H", await reader.readexactly(2))[0]
    return await reader.readexactly(size)


class Upstream(asyncio.DatagramProtocol):
    def __init__(self, waiting):
        self.waiting = waiting

    def datagram_received(self, data, addr):
        if not self.waiting.done():
            self.waiting.set_result(data)

    def error_received(self, exc):
        if not self.waiting.done():
            self.waiting.set_exception(exc)


class Listener(asyncio.DatagramProtocol):
    def __init__(self, proxy):
        self.proxy = proxy
        self.tasks = set()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        task = asyncio.get_running_loop().create_task(self.proxy.udp(data, addr, self.transport))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def main(directory, port, nsd_port):
    proxy = Proxy(directory, nsd_port)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Listener(proxy), local_addr=("127.0.0.1", port))
    await asyncio.start_server(proxy.tcp, "127.0.0.1", port)
    while not await proxy.ask(ROOT_SOA, 0.2):
        await asyncio.sleep(0.02)
    with open(os.path.join(directory, "ready"), "w", encoding="ascii"):
        pass
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: dnsproxy.py DIR PORT NSD_PORT")
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
