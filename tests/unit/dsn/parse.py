#!/usr/bin/python3
"""Reads DSNs with Python's email package and compares them with the facts they were made of.

usage: dsn_parse.py FILE COUNT      COUNT DSNs, each a line of JSON and then its octets (dsn_test.c)

Texts are in hex.  Prints what is wrong, with the facts; exit 1 if anything is.
"""
import base64
import email
import email.policy
import json
import re
import sys
from email.utils import parsedate_to_datetime

CLASS = {"failed": "5", "delayed": "4", "delivered": "2", "relayed": "2"}
RETURNED = {(0, 1): "text/rfc822-headers", (0, 2): "message/rfc822",
            (1, 1): "message/global-headers", (1, 2): "message/global"}
REPLY = re.compile(r"[2-5]\d\d([ -]|$)")


def plain(facts):
    """The facts with their texts decoded."""
    if isinstance(facts, list):
        return [plain(f) for f in facts]
    if isinstance(facts, dict):
        return {k: plain(v) for k, v in facts.items()}
    return bytes.fromhex(facts).decode("utf-8", "replace") if isinstance(facts, str) else facts


def is_ascii(text):
    return text is None or text.isascii()


def safe(text, ascii_only):
    """What becomes of a stranger's text."""
    text = re.sub(r"[\x00-\x20\x7f-\x9f]+", " ", text.replace("\ufffd", "?")).rstrip()
    if ascii_only:
        text = re.sub(r"[^\x00-\x7f]", lambda m: "\\x{%02X}" % ord(m.group()), text)
    return text


class Check:
    def __init__(self, facts, octets):
        self.f = facts
        self.octets = octets
        self.wrong = []
        self.is_global = bool(facts["smtputf8"] or any(
            not is_ascii(r["address"]) or not is_ascii(r["orcpt"]) for r in facts["rcpts"]))

    def same(self, what, got, wanted):
        if got != wanted:
            self.wrong.append("%s: got %r, wanted %r" % (what, got, wanted))

    def lines(self):
        self.same("bare CR or LF", re.findall(rb"(?<!\r)\n|\r(?!\n)", self.octets), [])
        self.same("lines over 998", [x[:60] for x in self.octets.split(b"\r\n") if len(x) > 998], [])
        self.same("NUL", b"\0" in self.octets, False)

    def header(self, m):
        f = self.f
        self.same("header", m.keys(), ["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted",
                                       "MIME-Version", "Content-Type", "Content-Transfer-Encoding"])
        address = m["From"].addresses[0]
        # Python leaves the blanks between encoded words in (RFC 2047 6.2 does not)
        self.same("From's name", address.display_name.replace(" ", ""), f["from_name"].replace(" ", ""))
        self.same("From's address", address.addr_spec, f["from_address"])
        self.same("To", str(m["To"]).strip("<>"), f["to"])
        self.same("Message-ID", m["Message-ID"], "<%s>" % f["message_id"])
        self.same("Date", parsedate_to_datetime(m["Date"]).timestamp(), f["now"])
        self.same("type", m.get_content_type(), "multipart/report")
        self.same("report-type", m.get_param("report-type"), "delivery-status")
        self.same("encoding", m["Content-Transfer-Encoding"], "7bit")
        body = self.octets[self.octets.index(b"\r\n\r\n"):]
        self.same("7-bit", body.isascii(), True)

    def encoding(self, part, octets):
        self.same("encoding of " + part.get_content_type(), part["Content-Transfer-Encoding"],
                  "7bit" if octets.isascii() else "base64")

    def words(self, part):
        self.same("first part", part.get_content_type(), "text/plain")
        octets = part.get_payload(decode=True)
        self.encoding(part, octets)
        text = " ".join(octets.decode("utf-8").split())
        for r in self.f["rcpts"]:
            self.same("recipient in words", "<%s>:" % r["address"] in text, True)
            if r["reply"] is not None and len(r["reply"]) < 200:
                self.same("reply in words", " ".join(safe(r["reply"], False).split()) in text, True)
            if r["error"] in ("tls", "dane", "mta-sts") and not REPLY.match(r["reply"] or ""):
                for word in (r["result_type"], "Policy:", r["strategy"], r["mx"]):
                    self.same("word %s" % word, word is None or word in text, True)

    def status(self, part):
        self.same("second part", part.get_content_type(),
                  "message/global-delivery-status" if self.is_global else "message/delivery-status")
        if self.is_global:
            octets = part.get_payload(decode=True) if not part.is_multipart() else part.get_payload(0).as_bytes()
            # Python reads what is in it before the encoding is undone
            if part["Content-Transfer-Encoding"] == "base64":
                octets = base64.b64decode(octets)
            self.encoding(part, octets)
            groups = [email.message_from_bytes(g, policy=email.policy.SMTPUTF8)
                      for g in re.split(rb"(?:\r?\n){2}", octets.strip())]
        else:
            groups = [g for g in part.get_payload() if g.keys()]
            self.same("encoding of the report", part["Content-Transfer-Encoding"], "7bit")
        self.same("groups", len(groups), 1 + len(self.f["rcpts"]))
        self.message_fields(groups[0])
        for group, r in zip(groups[1:], self.f["rcpts"]):
            self.recipient_fields(group, r)

    def fields(self, group, wanted):
        wanted = [(k, v) for k, v in wanted if v is not None]
        self.same("fields", group.keys(), [k for k, _ in wanted])
        for name, value in wanted:
            if group[name] is None:
                continue
            got = re.sub(r"\r?\n(?=[ \t])", "", str(group[name]))
            if isinstance(value, (int, float)):
                got = parsedate_to_datetime(got).timestamp()
            if isinstance(value, str) and len(value) > 600:
                got, value = got[:600], value[:600]
            self.same(name, got, value)

    def message_fields(self, group):
        f = self.f
        self.fields(group, [
            ("Original-Envelope-Id", f["envid"]),
            ("Reporting-MTA", "dns; " + f["host"]),
            ("Received-From-MTA", f["received_from"] and "dns; " + f["received_from"]),
            ("Arrival-Date", f["arrived_at"])])

    def recipient_fields(self, group, r):
        remote = bool(REPLY.match(r["reply"] or ""))
        diagnostic = None
        if r["reply"] is not None:
            said = safe(r["reply"], not self.is_global)
            diagnostic = "smtp; " + said if remote else \
                "x-tlsq; " + (r["result_type"] + ": " if r["result_type"] else "") + said
        status = "5.4.7" if r["expired"] else r["status"] or "5.0.0"
        self.fields(group, [
            ("Original-Recipient", r["orcpt"] and safe(r["orcpt"].replace(";", "; ", 1), not self.is_global)),
            ("Final-Recipient", ("rfc822; " if is_ascii(r["address"]) else "utf-8; ") + r["address"]),
            ("Action", r["action"]),
            ("Status", CLASS[r["action"]] + status[1:]),
            ("Remote-MTA", "dns; " + r["mx"] if remote and r["mx"] else None),
            ("Diagnostic-Code", diagnostic),
            ("Last-Attempt-Date", r["last_attempt_at"] if r["last_attempt_at"] >= 0 else None),
            ("Final-Log-Id", str(self.f["log_id"])),
            ("Will-Retry-Until", r["retry_until_at"] if r["action"] == "delayed" and r["retry_until_at"] >= 0
             else None)])

    def returned(self, part):
        f = self.f
        kind = RETURNED[f["smtputf8"], f["returned"]]
        if f["returned_8bit"] and f["returned"] == 2:
            kind = "message/global"
        self.same("third part", part.get_content_type(), kind)
        # what stands between the part's own header and the closing delimiter
        whole = self.octets[:self.octets.rindex(b"\r\n--")]
        if f["returned_8bit"]:
            self.same("its encoding", part["Content-Transfer-Encoding"], "base64")
            got = base64.b64decode(whole[whole.rindex(b"\r\n\r\n"):])
            self.same("octets returned", (len(got), got.startswith(b"Subject: "), got.isascii()),
                      (f["content_length"], True, False))
            return
        self.same("its encoding", part["Content-Transfer-Encoding"], "7bit")
        got = whole[len(whole) - f["content_length"]:]
        self.same("octets returned", (whole[:-f["content_length"]].endswith(b"\r\n\r\n"), got.startswith(b"Subject: ")),
                  (True, True))

    def undecoded(self, m):
        """What Python took for a message within a part that is base64."""
        return [inner for part in m.iter_parts() if part["Content-Transfer-Encoding"] == "base64"
                and part.is_multipart() for inner in part.walk()]

    def run(self):
        self.lines()
        m = email.message_from_bytes(self.octets, policy=email.policy.SMTPUTF8)
        self.same("defects", [(p.get_content_type(), p.defects) for p in m.walk()
                              if p.defects and p not in self.undecoded(m)], [])
        parts = list(m.iter_parts())
        self.same("parts", len(parts), 3 if self.f["returned"] else 2)
        self.header(m)
        self.words(parts[0])
        self.status(parts[1])
        if self.f["returned"]:
            self.returned(parts[2])
        return self.wrong


def main(path, count):
    failed = seen = 0
    with open(path, "rb") as stream:
        for line in stream:
            facts = plain(json.loads(line))
            octets = stream.read(facts["length"])
            seen += 1
            wrong = Check(facts, octets).run()
            if not wrong:
                continue
            failed += 1
            if failed <= 3:
                print("\n".join("# %d: %s" % (seen, w) for w in wrong[:8]))
                print("# " + octets.decode("utf-8", "replace")[:3000].replace("\r\n", "\n# "))
    if seen != int(count):
        print("# %d DSNs, wanted %s" % (seen, count))
    print("# %d of %d DSNs are wrong" % (failed, seen))
    return failed > 0 or seen != int(count)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
