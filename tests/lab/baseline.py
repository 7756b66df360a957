#!/usr/bin/env python3
"""Baseline verdicts, to know what simple methods reach: not the product, and not tuned to it.

  python3 baseline.py CAPTURE.pcap OUTDIR     writes OUTDIR/baselines.jsonl (a line a method and source) and features.tsv

rita     RITA-like beacon score per source->destination pair (time stamps, sizes, histogram, duration),
         the dataset's window being the capture; source score = its best pair. Label at >= 70.
cv       one number: coefficient of variation of the gaps between activity episodes of a source
         (client payload or SYN after 1 s of silence). Label automation below 0.5; needs 6 episodes.
acf      peak of the autocorrelation of the 1 s episode counts, and epoch folding; needs 8 episodes.
pattern  rules on connections only: half-open share, distinct ports, connection rate, one exchange per
         connection, starts in parallel, odd closes.
combined highest of the weighted cv, acf and pattern; insufficient below 6 episodes and 8 connections.
Uses tshark and the Python standard library.
"""
import json, math, os, statistics as st, subprocess, sys
from collections import defaultdict


def quart(v):
    v = sorted(v); n = len(v)
    if n == 1: return v[0], v[0], v[0]
    lo, hi = v[: n // 2], v[n // 2 + (n % 2):]
    return st.median(lo), st.median(v), st.median(hi)


def stat_score(v, default):
    q1, q2, q3 = quart(v)
    sk = (q1 + q3 - 2 * q2) / (q3 - q1) if q3 - q1 >= 10 and q2 not in (q1, q3) else 0
    med = st.median(v); mad = st.median([abs(x - med) for x in v])
    ms = (med - mad) / med if med >= 1 else default
    return (1 - abs(sk) + max(0, ms)) / 2


def rita_pair(starts, sizes, d0, d1):
    ts = sorted(int(t) for t in starts)
    gaps = [b - a for a, b in zip(ts, ts[1:])]
    nz = [g for g in gaps if g > 0]
    if len(ts) < 4 or len(set(ts)) < 4 or len(nz) < 3: return None
    a = stat_score(nz, 1); b = stat_score(sizes, 0)
    bins = [0] * 24
    for t in ts: bins[min(23, max(0, int((t - d0) * 24 / max(1, d1 - d0))))] += 1
    m = sum(bins) / 24; cv = math.sqrt(sum((x - m) ** 2 for x in bins) / 24) / m
    bars = sum(x > 0 for x in bins)
    fit = 0
    if bars >= 11:
        w = math.ceil(max(bins) * 0.05); c = defaultdict(int)
        for x in bins:
            if x: c[x // w * w] += 1
        fit = min(1, sum(sorted(c.values())[-2:]) / max(1, bars - 1))
    h = max(max(0, 1 - cv), fit)
    run = best = 0
    for x in bins + bins: run = run + 1 if x else 0; best = max(best, run)
    dur = max(min(1, (ts[-1] - ts[0]) / max(1, d1 - d0)), min(1, min(best, 24) / 12)) if bars >= 6 else 0
    return (a + b + h + dur) / 4


def episodes(times, idle):
    out, last = [], -1e18
    for t in sorted(times):
        if t - last > idle: out.append(t)
        last = t
    return out


def acf_peak(ep):
    t0, n = ep[0], int(ep[-1] - ep[0]) + 1
    if n < 20: return 0, 0
    x = [0.0] * n
    for t in ep: x[int(t - t0)] += 1
    m = sum(x) / n; x = [v - m for v in x]; var = sum(v * v for v in x)
    best = (0, 0)
    for lag in range(2, n // 2):
        r = sum(x[i] * (x[i + lag] + 0.5 * (x[i + lag - 1] + (x[i + lag + 1] if i + lag + 1 < n else 0))) for i in range(n - lag) if x[i] > 0) / var * n / (n - lag)
        if r > best[0]: best = (r, lag)
    return best


def fold(ep):   # epoch folding (Rayleigh): best normalised phase concentration over trial periods
    g = sorted(b - a for a, b in zip(ep, ep[1:])); med = st.median(g); best = (0, 0)
    for k in range(201):
        p = med * (0.5 + k / 133.0)
        if p < 0.5: continue
        z = abs(sum(complex(math.cos(2 * math.pi * t / p), math.sin(2 * math.pi * t / p)) for t in [e - ep[0] for e in ep])) / len(ep)
        if z > best[0]: best = (z, p)
    return best


def main():
    cap, out = sys.argv[1], sys.argv[2]; os.makedirs(out, exist_ok=True)
    cmd = ["tshark", "-r", cap, "-Y", "tcp && !icmp", "-T", "fields"] + sum((["-e", f] for f in
          "frame.time_epoch ip.src ip.dst tcp.srcport tcp.dstport tcp.flags tcp.len".split()), [])
    conns, cur, act, span = [], {}, defaultdict(list), [None, None]
    for line in subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout:
        f = line.rstrip("\n").split("\t")
        if len(f) < 7 or "," in f[1]: continue
        t, s, d, sp, dp, fl, ln = float(f[0]), f[1], f[2], int(f[3]), int(f[4]), int(f[5], 16), int(f[6] or 0)
        span[0] = t if span[0] is None else span[0]; span[1] = t
        key, rev = (s, sp, d, dp), (d, dp, s, sp)
        if fl & 2 and not fl & 16:
            c = cur.get(key)
            if c and not c["synack"] and t - c["t"] < 70 and not c["end"]: c["syns"] += 1; continue
            c = dict(src=s, dst=d, dport=dp, sport=sp, t=t, last=t, syns=1, synack=False, up=0, down=0, turns=0, dirn=0, end="", ended=0)
            cur[key] = c; conns.append(c); act[s].append(t); continue
        c, up = (cur.get(key), True) if key in cur else (cur.get(rev), False)
        if not c: continue
        c["last"] = t
        if fl & 2 and fl & 16 and not up: c["synack"] = True
        if ln:
            if up:
                c["up"] += ln; act[c["src"]].append(t)
                if c["dirn"] != 1: c["turns"] += 1; c["dirn"] = 1
            else: c["down"] += ln; c["dirn"] = 2
        if not c["end"] and fl & 4: c["end"] = "rst-client" if up else "rst-server"; c["ended"] = t
        elif not c["end"] and fl & 1: c["end"] = "fin-client" if up else "fin-server"; c["ended"] = t
    by = defaultdict(list)
    for c in conns: by[c["src"]].append(c)
    lines = {k: [] for k in ("rita", "cv", "acf", "pattern", "combined")}
    ft = open(out + "/features.tsv", "w")
    cols = "addr conns episodes span_s cv cv_robust B memory acf acf_lag fold fold_period rita half_open dports dsts turns_per_conn conns_per_s peak_parallel same_start fin_client rst_client even_ports".split()
    ft.write("\t".join(cols) + "\n")
    for s in sorted(by):
        cs = by[s]; pairs = defaultdict(list)
        for c in cs: pairs[(c["dst"])].append(c)
        r = [x for x in (rita_pair([c["t"] for c in v], [c["up"] for c in v], *span) for v in pairs.values()) if x is not None]
        ep = episodes(act[s], 1.0); g = [b - a for a, b in zip(ep, ep[1:])]; n = len(g)
        F = dict.fromkeys(cols); F["addr"] = s; F["conns"] = len(cs); F["episodes"] = len(ep); F["span_s"] = max(act[s]) - min(act[s])
        if r: F["rita"] = max(r)
        if n >= 2:
            mu, sd = st.mean(g), st.pstdev(g); med = st.median(g); F["cv"] = sd / mu; F["cv_robust"] = 1.4826 * st.median([abs(x - med) for x in g]) / med
            rn = sd / mu; F["B"] = (math.sqrt(n + 1) * rn - math.sqrt(n - 1)) / ((math.sqrt(n + 1) - 2) * rn + math.sqrt(n - 1))
            if n >= 6 and st.pstdev(g[:-1]) > 0 and st.pstdev(g[1:]) > 0: F["memory"] = st.correlation(g[:-1], g[1:])
        if len(ep) >= 8: F["acf"], F["acf_lag"] = acf_peak(ep); F["fold"], F["fold_period"] = fold(ep)
        half = sum(not c["synack"] or (c["end"] == "rst-client" and c["up"] == 0) for c in cs)
        F["half_open"] = half / len(cs); F["dports"] = len({c["dport"] for c in cs}); F["dsts"] = len(pairs)
        done = [c for c in cs if c["turns"]]
        F["turns_per_conn"] = st.mean([c["turns"] for c in done]) if done else 0
        win = defaultdict(int)
        for c in cs: win[int(c["t"])] += 1
        F["conns_per_s"] = max(win.values())
        ev = sorted([(c["t"], 1) for c in cs] + [(c["ended"] or c["last"], -1) for c in cs]); p = m = 0
        for _, x in ev: p += x; m = max(m, p)
        F["peak_parallel"] = m
        tt = sorted(c["t"] for c in cs); F["same_start"] = sum(b - a < 0.05 for a, b in zip(tt, tt[1:])) / max(1, len(tt) - 1)
        F["fin_client"] = sum(c["end"] == "fin-client" for c in cs) / len(cs); F["rst_client"] = sum(c["end"] == "rst-client" for c in cs) / len(cs)
        F["even_ports"] = sum(c["sport"] % 2 == 0 for c in cs) / len(cs)
        ft.write("\t".join("" if F[k] is None else (f"{F[k]:.4g}" if isinstance(F[k], float) else str(F[k])) for k in cols) + "\n")

        def put(name, score, ok, cut, ev):
            lab = "insufficient-evidence" if not ok else "automation" if score >= cut else "human-like"
            lines[name].append(json.dumps({"method": name, "addr": s, "label": lab, "score": round(score, 1) if ok else None, "evidence": ev}) + "\n")
        put("rita", 100 * (F["rita"] or 0), F["rita"] is not None, 70, [{"rita": F["rita"]}])
        cvs = 100 * max(0, 1 - min(F["cv"], 1)) if F["cv"] is not None else 0
        put("cv", cvs, len(ep) >= 6, 50, [{"cv": F["cv"], "n": n}])
        ac = 0
        if F["acf"] is not None:
            noise = 1 / math.sqrt(len(ep)); ac = 100 * max(0, min(1, (F["fold"] - 2.2 * noise) / max(0.05, 1 - 2.2 * noise)))
        put("acf", ac, F["acf"] is not None, 40, [{"fold": F["fold"], "period": F["fold_period"], "acf": F["acf"], "lag": F["acf_lag"]}])
        P = []
        if len(cs) >= 8:
            if F["half_open"] > 0.5: P.append(("half-open", 90, F["half_open"]))
            if F["dports"] > 20: P.append(("many ports", 95, F["dports"]))
            if F["dsts"] > 20: P.append(("many destinations", 95, F["dsts"]))
            if F["conns_per_s"] >= 15: P.append(("connections in a second", 85, F["conns_per_s"]))
            if F["peak_parallel"] > 20: P.append(("parallel connections", 80, F["peak_parallel"]))
            if F["turns_per_conn"] <= 1.1 and F["same_start"] < 0.05 and len(done) >= 8 and len(done) / len(cs) > 0.9 and not any(c["dport"] in (443, 8443) for c in cs): P.append(("one exchange a connection, never parallel", 75, F["turns_per_conn"]))
        ps = max([x[1] for x in P], default=20)
        put("pattern", ps, len(cs) >= 8, 50, [{"rule": a, "value": v} for a, _, v in P])
        comb = max(cvs if len(ep) >= 6 else 0, ac, ps if P else 0)
        put("combined", comb, len(ep) >= 6 or len(cs) >= 8, 50, [{"cv": cvs, "acf": ac, "pattern": ps if P else 0}])
    with open(f"{out}/baselines.jsonl", "w") as f:
        for of in lines.values(): f.writelines(of)


main()
