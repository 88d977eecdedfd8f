#!/usr/bin/python3
"""Prints the figures of measurements.

report.py --line        words NAME=VALUE of one run on standard input: a tab-separated line for people and for us
report.py RESULTS.tsv   medians by workload and peer, and how tlsq stands to the best of the others

The CPU is that of all processes of the sender; its resolver's and log daemon's is not in it where it has them.
"""
import statistics
import sys

COLUMNS = ("workload", "peer", "run", "count", "rate", "cpu_ms", "memory_mb", "syncs", "connections", "most_open",
           "resumed", "sink_cpu_ms", "resolver_cpu_ms", "proof", "faults")


def figures(words):
    w = dict(word.split("=", 1) for word in words.split())
    count = int(w["count"])
    sent = max(int(w["messages"]), 1)
    seconds = (int(w["last_ns"]) - int(w["started_ns"])) / 1e9
    cpu = float(w["user_ms"]) + float(w["system_ms"]) - float(w["apart_ms"])
    faults = [name + ":" + w[name] for name in ("left", "plain", "failed_handshakes", "broken")
              if w[name] not in ("0", "-")]
    if w["status"] not in ("0", "143"):     # Postfix is ended by SIGTERM
        faults.append("status:" + w["status"])
    if int(w["messages"]) != count:
        faults.append("messages:" + w["messages"])
    return {"workload": w["workload"], "peer": w["peer"], "run": w["run"], "count": w["count"],
            "rate": "%.0f" % (sent / seconds if seconds > 0 else 0), "cpu_ms": "%.3f" % (cpu / sent),
            "memory_mb": "%.1f" % (int(w["memory_kb"]) / 1024), "syncs": "%.3f" % (int(w["syncs"]) / sent),
            "connections": w["connections"], "most_open": w["most_open"], "resumed": w["resumed"],
            "sink_cpu_ms": "%.3f" % (float(w["sink_ms"]) / sent),
            "resolver_cpu_ms": "%.3f" % (float(w["resolver_ms"]) / sent), "proof": w["proof"],
            "faults": ",".join(faults) or "-"}


def medians(rows):
    """{(workload, peer): {column: median}}; runs with faults do not count."""
    groups = {}
    for row in rows:
        if row["faults"] == "-":
            groups.setdefault((row["workload"], row["peer"]), []).append(row)
    return {key: {c: statistics.median(float(r[c]) for r in group) for c in COLUMNS[4:13]} | {"runs": len(group)}
            for key, group in groups.items()}


def show(table):
    print("\n%-4s %-14s %4s %9s %10s %9s %9s %6s %6s %8s %9s" % (
        "", "", "runs", "messages", "CPU ms", "memory", "syncs per", "conn.", "open", "resumed", "resolver"))
    print("%-4s %-14s %4s %9s %10s %9s %9s %6s %6s %8s %9s" % (
        "", "", "", "per s", "per mess.", "MB", "message", "", "most", "", "ms"))
    for (workload, peer), m in sorted(table.items()):
        print("%-4s %-14s %4d %9.0f %10.3f %9.1f %9.3f %6.0f %6.0f %8.0f %9.3f" % (
            workload, peer, m["runs"], m["rate"], m["cpu_ms"], m["memory_mb"], m["syncs"], m["connections"],
            m["most_open"], m["resumed"], m["resolver_cpu_ms"]))


def show_ratios(table):
    for workload in sorted({w for w, _ in table}):
        ours = table.get((workload, "tlsq"))
        others = [m for (w, p), m in table.items() if w == workload and p != "tlsq"]
        if ours and others:
            print("%s: tlsq sends %.1f times as fast as the fastest of the others, at %.2f of the CPU of the cheapest"
                  % (workload, ours["rate"] / max(m["rate"] for m in others),
                     ours["cpu_ms"] / min(m["cpu_ms"] for m in others)))


def main(args):
    if args == ["--line"]:
        row = figures(sys.stdin.read())
        print("\t".join(row[c] for c in COLUMNS))
        return
    if len(args) != 1:
        sys.exit(__doc__)
    with open(args[0], encoding="utf-8") as f:
        rows = [dict(zip(COLUMNS, line.rstrip("\n").split("\t"))) for line in f]
    table = medians(rows)
    show(table)
    show_ratios(table)


if __name__ == "__main__":
    main(sys.argv[1:])
