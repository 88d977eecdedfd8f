#!/usr/bin/python3
"""Reads TLS reports as a strict receiver does.

usage: tlsrpt.py check FILE...            each is valid by RFC 8460 4.4; nothing is printed
       tlsrpt.py counts FILE              a line for each policy, and one for each failure under it
       tlsrpt.py unpack MESSAGE JSON      the report out of a mail (RFC 8460 5.3), its parts checked

Types are those of the RFC's own example: what that has as text, number, list or object must be one here as well.  A field that the
example has must be there; other fields must not.
"""
import datetime
import email
import email.policy
import gzip
import ipaddress
import json
import re
import sys

RESULTS = """starttls-not-supported certificate-host-mismatch certificate-expired certificate-not-trusted validation-failure
    tlsa-invalid dnssec-invalid dane-required sts-policy-fetch-error sts-policy-invalid sts-webpki-invalid""".split()
# RFC 8460, Appendix B, with mx-host as the list that receivers see, and the fields of 4.4 that the appendix leaves out
EXAMPLE = {
    "organization-name": "Company-X",
    "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
    "contact-info": "sts-reporting@company-x.example",
    "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
    "policies": [{
        "policy": {"policy-type": "sts", "policy-string": ["version: STSv1"], "policy-domain": "company-y.example",
                   "mx-host": ["*.mail.company-y.example"]},
        "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
        "failure-details": [{
            "result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1",
            "receiving-mx-hostname": "mx1.mail.company-y.example", "receiving-mx-helo": "mx1", "receiving-ip": "203.0.113.56",
            "failed-session-count": 100, "additional-information": "", "failure-reason-code": ""}]}]}


def like(value, example, where):
    """The same types all the way down."""
    if type(value) is not type(example):
        raise ValueError("%s is %r" % (where, value))
    if isinstance(example, dict):
        missing = set(example) - set(value)
        if value.get("policy-type") == "no-policy-found":
            missing.discard("policy-string")
        if missing or set(value) - set(example):
            raise ValueError("%s: fields %s" % (where, sorted(set(value) ^ set(example))))
        for key in value:
            like(value[key], example[key], where + "." + key)
    elif isinstance(example, list):
        for item in value:
            like(item, example[0], where + "[]")


def once(pairs):
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError("a field stands twice")     # I-JSON, RFC 7493 2.3
    return dict(pairs)


def check(path):
    with open(path, encoding="utf-8") as f:
        report = json.load(f, object_pairs_hook=once)
    like(report, EXAMPLE, "report")
    begin, end = (datetime.datetime.strptime(report["date-range"][k], "%Y-%m-%dT%H:%M:%SZ")
                  for k in ("start-datetime", "end-datetime"))
    if end - begin != datetime.timedelta(seconds=86399):
        raise ValueError("the date range is no day")
    for p in report["policies"]:
        if p["policy"]["policy-type"] not in ("sts", "tlsa", "no-policy-found"):
            raise ValueError("policy-type")
        if not re.fullmatch(r"[a-z0-9_.-]+", p["policy"]["policy-domain"]):
            raise ValueError("policy-domain is not in A-labels")
        for line in p["policy"].get("policy-string", []) if p["policy"]["policy-type"] == "tlsa" else []:
            if not re.fullmatch(r"[0-9]+ [0-9]+ [0-9]+ [0-9a-fA-F]+", line):
                raise ValueError("policy-string " + line)
        failed = 0
        for d in p["failure-details"]:
            failed += d["failed-session-count"]
            if d["result-type"] not in RESULTS:
                raise ValueError("result-type " + d["result-type"])
            for key in ("sending-mta-ip", "receiving-ip"):
                if d[key]:
                    ipaddress.ip_address(d[key])
        if failed != p["summary"]["total-failure-session-count"]:
            raise ValueError("the failures are %d" % failed)
    return report


def counts(path):
    for p in sorted(check(path)["policies"], key=lambda p: p["policy"]["policy-type"]):
        s = p["summary"]
        print(p["policy"]["policy-type"], s["total-successful-session-count"], s["total-failure-session-count"])
        for d in p["failure-details"]:
            print(" ", d["result-type"], d["receiving-mx-hostname"] or "-", d["receiving-ip"] or "-", d["failed-session-count"])


def unpack(message_path, json_path):
    with open(message_path, "rb") as f:
        m = email.message_from_binary_file(f, policy=email.policy.default)
    if m.get_content_type() != "multipart/report" or m.get_param("report-type") != "tlsrpt":
        raise ValueError("not a TLS report")
    text, packed = m.iter_parts()
    if text.get_content_type() != "text/plain" or packed.get_content_type() != "application/tlsrpt+gzip":
        raise ValueError("the parts are of other types")
    with open(json_path, "wb") as f:
        f.write(gzip.decompress(packed.get_payload(decode=True)))
    report = check(json_path)
    if m["TLS-Report-Domain"] != report["policies"][0]["policy"]["policy-domain"]:
        raise ValueError("TLS-Report-Domain is another one")
    if not re.fullmatch(r"Report Domain: \S+ Submitter: \S+ Report-ID: <%s>" % re.escape(report["report-id"]), m["Subject"]):
        raise ValueError("Subject: " + m["Subject"])
    if not re.fullmatch(r"%s!%s!\d+!\d+!\S+\.json\.gz" % (m["TLS-Report-Submitter"], m["TLS-Report-Domain"]), packed.get_filename()):
        raise ValueError("file name " + packed.get_filename())


try:
    if sys.argv[1] == "check":
        for path in sys.argv[2:]:
            check(path)
    elif sys.argv[1] == "counts":
        counts(sys.argv[2])
    else:
        unpack(*sys.argv[2:])
except ValueError as e:
    sys.exit("%s: %s" % (sys.argv[2], e))
