#!/usr/bin/python3
"""
The audit against the kernel: real clients and servers in network namespaces, `ss` sampled while a capture runs, and what
`syncopate audit` says of the packets held against it; and a run on an interface that judges while it goes on. Prints TAP. Needs root; what is not installed is skipped and named
(script/setup --live installs it). Less than two minutes.

  tests/live/run.py [--bin build/syncopate] [--keep DIR] [NAME ...]

--keep leaves the last capture of each scenario in DIR, as NAME.pcap.
"""
import argparse
import glob
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import lab  # noqa: E402
import tap  # noqa: E402

PYTHON = "/usr/bin/python3"
ADDRESS = {"client": lab.CLIENT, "server": lab.SERVER}


def audit(binary, path, *options):
    """The audit event's body."""
    done = subprocess.run([binary, "audit", "--json", *options, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise ValueError(f"audit: exit status {done.returncode}: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout)["audit"]


def look(value, path):
    """The value at a dotted path, None without one."""
    for word in path.split("."):
        value = value.get(word) if isinstance(value, dict) else None
    return value


def host(body, who):
    return next((h for h in body["hosts"] if h["addr"] == ADDRESS[who]), {})


def pair(body, port):
    return next((p for p in body["pairs"] if p["client"] == lab.CLIENT and p["server_port"] == port), {})


def finding(body, name):
    return next((f for f in body["findings"] if f["id"] == name), None)


class Run:
    """One scenario: its checks, and what to print when one fails."""

    def __init__(self, out, binary, name):
        self.out, self.binary, self.name = out, binary, name

    def check(self, what, good, detail=""):
        self.out.check(f"{self.name}: {what}", good, detail)

    def near(self, what, got, want, within):
        good = isinstance(got, (int, float)) and abs(got - want) <= within
        self.check(f"{what} ({want} within {within})", good, f"got {got}, expected {want}")

    def time_wait(self, body, samples, within=1):
        """The passive peaks are the kernel's."""
        for who in ("client", "server"):
            self.near(f"TIME_WAIT peak of the {who} is what ss counted", look(host(body, who), "time_wait.peak"),
                      samples.peak[who], within)


def batches_of_node(lab_, run, count):
    """(audit, samples) of so many batches of 100 requests; node keeps its two idle connections until the capture is over."""
    lab_.nginx()
    dump, path = lab_.capture()
    with lab.Samples(lab_) as samples:
        node = lab_.start("client", ["node", os.path.join(HERE, "pool.js"), lab.SERVER, count], stdout=subprocess.PIPE, text=True)
        for i in range(count):
            line = node.stdout.readline().strip()
            if line != f"batch {i + 1} done":
                raise lab.Failed(f"node: {line!r}\n{lab_.log()[-1000:]}")
        time.sleep(0.5)
    dropped = lab_.end_capture(dump)
    body = audit(run.binary, path)
    lab_.end(node)
    run.check("the capture lost nothing", dropped == 0, f"{dropped} packets")
    return body, samples


def pool(lab_, run):
    """node's agent with keepAlive and maxFreeSockets 2: of 100 connections 98 go to TIME_WAIT after each batch."""
    body, samples = batches_of_node(lab_, run, 1)
    run.near("the kernel holds 98 in TIME_WAIT", samples.peak["client"], 98, 0)
    run.time_wait(body, samples, 0)
    run.near("100 connections", look(pair(body, 80), "attempts"), 100, 0)
    run.near("100 requests", look(pair(body, 80), "pool.requests"), 100, 0)


def pool_again(lab_, run):
    """Three batches tell the idle cap, and what it costs: 98 connections of each later batch."""
    body, samples = batches_of_node(lab_, run, 3)
    run.time_wait(body, samples)
    run.near("the kernel holds 3 x 98 in TIME_WAIT", samples.peak["client"], 294, 0)
    run.near("the idle cap", look(pair(body, 80), "pool.idle_cap"), 2, 0)
    # On this path without delay the first answers come before the last requests leave: fewer than 100 at once.
    busy = look(pair(body, 80), "pool.busy_peak") or 0
    run.check("several requests were under way at once", 2 < busy <= 100, str(busy))
    run.near("avoidable: all but as many as were busy at once", look(pair(body, 80), "pool.avoidable"), 296 - busy, 1)
    run.check("the idle cap is a finding", finding(body, "pool.idle_cap"), json.dumps(body["findings"], indent=1))


def persistence(lab_, run):
    """ab by HTTP/1.0 and with keep-alive: who holds TIME_WAIT, how many packets only open and close, what was avoidable."""
    lab_.nginx()
    packets = {}
    for keep in (False, True):
        dump, path = lab_.capture()
        with lab.Samples(lab_) as samples:
            before = {who: lab_.time_wait(who) for who in samples.peak}
            lab_.run("client", ["ab", "-q", "-n", 300, "-c", 10] + (["-k"] if keep else []) + [f"http://{lab.SERVER}/"])
            time.sleep(0.5)
        lab_.end_capture(dump)
        body = audit(run.binary, path)
        word = "keep-alive" if keep else "HTTP/1.0"
        for who in ("client", "server"):
            run.near(f"{word}: TIME_WAIT of the {who} is what ss counted", look(host(body, who), "time_wait.peak") or 0,
                     samples.peak[who] - before[who], 1)
        row = pair(body, 80)
        packets[keep] = look(row, "overhead.packets")
        run.near(f"{word}: requests", look(row, "pool.requests"), 300, 0)
        # ab has at most ten requests under way.
        run.near(f"{word}: avoidable connections", look(row, "pool.avoidable"), 0 if keep else 295, 1 if keep else 5)
        if not keep:
            run.check("HTTP/1.0: about half of the packets only open and close",
                      0.4 <= (look(row, "overhead.ratio") or 0) <= 0.65, str(look(row, "overhead")))
    run.check("HTTP/1.0 takes more than twice the packets", packets[False] > 2 * packets[True], str(packets))


def ports(lab_, run):
    """200 ports at 20 connections a second: the program watches live, foresees the end and sees half of the range."""
    lab_.sysctl("client", "net.ipv4.ip_local_port_range", '"42000 42199"')
    lab_.nginx()
    dump, path = lab_.capture()
    live = lab_.start("client", [run.binary, "audit", "--json", "-i", "eth0", "tcp"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.7)
    with lab.Samples(lab_) as samples:
        words = lab_.run("client", [PYTHON, os.path.join(HERE, "drain.py"), lab.SERVER, 80, 20, 20]).split()
        time.sleep(0.5)
    lab_.end_capture(dump)
    live.send_signal(signal.SIGINT)
    text, _ = live.communicate(timeout=20)
    status = lab_.end(live)
    run.check("connect() fails for want of a port", words[3] != "-", " ".join(words))
    first = float(words[3]) if words[3] != "-" else 0.0
    for what, body in (("live", json.loads(text)["audit"]), ("of the capture", audit(run.binary, path))):
        run.time_wait(body, samples)
        row = pair(body, 80)
        run.near(f"{what}: 200 ports in use at once", look(row, "ports.occupied_peak"), 200, 1)
        run.near(f"{what}: the parity flip is at half of the range", look(row, "ports.flip.after"), 100, 1)
        run.near(f"{what}: the capacity", look(row, "ports.capacity"), 200, 2)
        run.near(f"{what}: when they ran out", look(row, "ports.exhaust_at_s"), first, 0.05 * first)
    run.check("an interrupted run says so in its status", status == 130, str(status))
    early = round(0.75 * first, 1)
    body = audit(run.binary, path, "--at", str(early))
    run.near(f"the forecast of {early} s", look(pair(body, 80), "ports.exhaust_at_s"), first, 0.1 * first)
    run.check("it is a critical finding", (finding(body, "ports.exhaust") or {}).get("severity") == "critical",
              json.dumps(body["findings"], indent=1))


def verdicts(lab_, run):
    """A watch that goes on: verdicts and counts while a client keeps its rhythm, the last ones at the interruption."""
    lab_.nginx()
    out = os.path.join(lab_.folder, "live.jsonl")
    with open(out, "wb") as f:
        live = lab_.start("client", [run.binary, "--json", "-i", "eth0", "--interval", 3, "--two-msl", 1, "tcp"], stdout=f)
    time.sleep(0.7)
    made = int(lab_.run("client", [PYTHON, os.path.join(HERE, "drain.py"), lab.SERVER, 80, 4, 12]).split()[1])
    time.sleep(4)
    with open(out, encoding="ascii") as f:
        before = [json.loads(line) for line in f]
    live.send_signal(signal.SIGINT)
    live.wait(timeout=20)
    status = lab_.end(live)
    with open(out, encoding="ascii") as f:
        after = [json.loads(line) for line in f][len(before):]
    told = [e for e in before if e["event_type"] == "verdict" and e["src_ip"] == lab.CLIENT]
    stats = [e["stats"] for e in before if e["event_type"] == "stats"]
    counts = [e["verdict"]["conn_count"] for e in told]
    run.check("verdicts come before the interruption", len(told) >= 3, f"{len(told)} of {len(before)} events")
    run.check("none of them is final", told and not any(e["verdict"]["final"] for e in told))
    run.check("each knows more than the one before", counts == sorted(set(counts)), str(counts))
    run.check("with the last of them all is told", made > 40 and counts and counts[-1] == made, f"{counts}, {made} were made")
    run.check("stats come, too, and add up", len(stats) >= 4 and all(
        s["capture"]["packets"] == sum(s["decode"].values()) for s in stats), str(stats[-1:]))
    last = [e for e in after if e["event_type"] == "verdict" and e["src_ip"] == lab.CLIENT]
    run.check("the interruption brings the final one", len(last) == 1 and last[0]["verdict"]["final"], json.dumps(after)[:500])
    run.check("of the same connections", [e["verdict"]["conn_count"] for e in last] == [made], str(last)[:200])
    run.check("its status says that it was interrupted", status == 130, str(status))


def postgresql():
    """The folder of PostgreSQL's programs, None without one."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    return os.path.dirname(found[-1]) if found else None


def database(lab_, run):
    """pgbench with a connection for each transaction."""
    programs, data = postgresql(), os.path.join(lab_.folder, "pg")
    os.mkdir(data, 0o700)
    user = pwd.getpwnam("postgres")
    os.chown(data, user.pw_uid, user.pw_gid)
    become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    lab_.run("server", become + [f"{programs}/initdb", "-D", data, "-A", "trust", "-N"])
    with open(os.path.join(data, "pg_hba.conf"), "a", encoding="ascii") as f:
        f.write(f"host all all {lab.CLIENT}/32 trust\n")
    lab_.start("server", become + [f"{programs}/postgres", "-D", data, "-c", f"listen_addresses={lab.SERVER}", "-c",
                                   f"unix_socket_directories={data}", "-c", "fsync=off"])
    lab_.wait_for_port(5432)
    script = os.path.join(lab_.folder, "select.sql")
    with open(script, "w", encoding="ascii") as f:
        f.write("select 1;\n")
    dump, path = lab_.capture()
    with lab.Samples(lab_) as samples:
        lab_.run("client", [f"{programs}/pgbench", "-h", lab.SERVER, "-U", "postgres", "-n", "-C", "-c", 2, "-t", 60,
                            "-f", script, "postgres"])
        time.sleep(0.5)
    lab_.end_capture(dump)
    body = audit(run.binary, path)
    run.time_wait(body, samples)
    row = pair(body, 5432)
    run.check("a connection for each of 120 transactions", (look(row, "attempts") or 0) >= 120, str(look(row, "attempts")))
    run.check("nearly all are avoidable", (look(row, "pool.avoidable") or 0) >= 110, str(look(row, "pool")))
    run.check("the pool that reuses nothing is a finding", finding(body, "pool.no_reuse"),
              json.dumps([row.get("pool"), body["findings"]]))


def have(*tools):
    return next((f"{t} is not installed" for t in tools if not shutil.which(t)), None)


SCENARIOS = [
    ("pool", pool, lambda: have("node", "nginx")),
    ("pool-again", pool_again, lambda: have("node", "nginx")),
    ("persistence", persistence, lambda: have("ab", "nginx")),
    ("ports", ports, lambda: have("nginx")),
    ("verdicts", verdicts, lambda: have("nginx")),
    ("database", database, lambda: have("setpriv") or (None if postgresql() else "PostgreSQL is not installed")),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--bin", default="build/syncopate")
    parser.add_argument("--keep", metavar="DIR")
    args = parser.parse_args()
    binary, out, no_lab = os.path.join(TOP, args.bin), tap.Tap(), lab.why_not()
    for name, scenario, missing in SCENARIOS:
        if args.names and name not in args.names:
            continue
        why = no_lab or missing()
        if why:
            out.skip(f"{name}: {' '.join(scenario.__doc__.split())}", why)
            continue
        try:
            with lab.Lab(args.keep and os.path.join(args.keep, name)) as made:
                scenario(made, Run(out, binary, name))
        except (lab.Failed, OSError, ValueError, KeyError, subprocess.SubprocessError) as e:
            out.check(f"{name}: runs", False, f"{type(e).__name__}: {e}")
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
