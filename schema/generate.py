#!/usr/bin/env python3
"""Writes v1.json, the JSON Schema of the events, from the table of record numbers and the members named here.

  python3 schema/generate.py > schema/v1.json

The numbers of the connection event are read from connection/record_fields.c, so a row there is a member here; a test
fails when v1.json is not what this prints.
"""
import json
import os
import re

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def words_of(header, name):
    body = re.search(r"#define %s\(X\)((?:.*\\\n)*.*)\n" % name, header).group(1)
    return re.findall(r'X\([A-Z0-9_]+, "([^"]+)"\)', body)


def number(doc="", least=None):
    d = {"type": "integer"}
    if doc:
        d["description"] = doc
    if least is not None:
        d["minimum"] = least
    return d


def text(pattern=None, enum=None, doc=None):
    d = {"type": "string"}
    if pattern:
        d["pattern"] = pattern
    if enum:
        d["enum"] = enum
    if doc:
        d["description"] = doc
    return d


def obj(props, required=(), extra=False):
    return {"type": "object", "properties": props, "required": list(required), "additionalProperties": extra}


def array(items, most=None):
    d = {"type": "array", "items": items}
    if most is not None:
        d["maxItems"] = most
    return d


TIME = text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$")
BOOL = {"type": "boolean"}
REAL = {"type": "number"}
TEXT = text()
PORT = {"type": "integer", "minimum": 0, "maximum": 65535}

RECORD = read("connection/record.h")
PRINT = read("fingerprint/fingerprint.h")
SIGNATURES = read("fingerprint/signatures.h")
LISTS = {
    "state_words": words_of(RECORD, "SYC_STATE_LIST"), "reason_words": words_of(RECORD, "SYC_REASON_LIST"),
    "close_words": words_of(RECORD, "SYC_CLOSE_LIST"), "first_words": words_of(RECORD, "SYC_FIRST_LIST"),
    "side_words": words_of(RECORD, "SYC_SIDE_LIST"), "rst_words": words_of(RECORD, "SYC_RST_LIST"),
    "id_step_words": words_of(RECORD, "SYC_ID_STEP_LIST"), "resume_words": words_of(RECORD, "SYC_RESUME_LIST"),
    "protocol_words": words_of(PRINT, "SYC_PROTOCOL_LIST"), "degraded": words_of(RECORD, "SYC_DEGRADED_LIST"),
    "quirks": words_of(PRINT, "SYC_QUIRK_LIST"),
    "sig_fields": words_of(SIGNATURES, "SYC_SIG_FIELD_LIST"),
    "asides": words_of(SIGNATURES, "SYC_ASIDE_LIST"),
    "tunnel": words_of(read("capture/segment.h"), "SYC_TUNNEL_LIST")[1:],
}


TEXT_DOCS = {
    "http.method": "of the first request, in the clear", "http.version": "1.0 or 1.1",
    "http.user_agent": "of the first request; at most 256 octets, the rest is cut off",
    "http.ua_os": "the system that the User-Agent names: windows linux android chromeos macos ios apple bsd",
    "http.header_names": "of the first request, as written and in order; at most 64, and only if its whole head was seen",
    "tls.ja4": "JA4 of the ClientHello", "tls.version": "highest that the ClientHello offers: 1.3, 1.2, 1.1, 1.0, ssl3",
    "tls.alpn": "protocols that the ClientHello offers, with commas between", "tls.sni": "server name of the ClientHello; only with --sni",
}


def put(tree, path, value):
    *way, last = path.split(".")
    for name in way:
        tree = tree.setdefault(name, obj({}))["properties"]
    tree[last] = value


def record_members():
    tree = {}
    source = read("connection/record_fields.c")
    rows = re.findall(r'^\s+(NUM|FLAG|WORD)\("([^"]+)",\s*[^,]+,\s*(?:[A-Z]+),\s*(?:(\w+_words),)?\s*"((?:[^"\\]|\\.)*)"\)', source, re.M)
    for kind, path, words, doc in rows:
        doc = doc.replace('\\"', '"')
        if kind == "WORD":
            put(tree, path, text(enum=LISTS[words], doc=doc))
        else:
            put(tree, path, dict(BOOL, description=doc) if kind == "FLAG" else number(doc))
    for path in re.findall(r'TEXT\("([^"]+)"', source):
        put(tree, path, text(doc=TEXT_DOCS.get(path)))
    for path in re.findall(r'WORDS\("([^"]+)"', source):
        put(tree, path, said(array(TEXT), TEXT_DOCS[path]))
    return tree, len(rows)


def envelope(kind, more, required=()):
    props = {"v": {"const": 1}, "timestamp": TIME, "event_type": {"const": kind}, "sensor": TEXT}
    props.update(more)
    return obj(props, ["v", "timestamp", "event_type", *required])


def said(schema, doc):
    return dict(schema, description=doc)


def tuple_members():
    return {"flow_id": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "description": "of the connection: equal in every run and on every machine"},
            "community_id": text(r"^1:[A-Za-z0-9+/]{27}=$", doc="Community ID version 1, seed 0"),
            "src_ip": text(doc="the client: sender of the SYN"), "src_port": PORT, "dest_ip": text(doc="the server"),
            "dest_port": PORT, "proto": {"const": "TCP"},
            "client_known": {"const": False, "description": "which side is the client is a guess"},
            "vlan": said(array({"type": "integer", "minimum": 0, "maximum": 4095}, 8), "ids, outermost first"),
            "tunnel": said(array(text(enum=LISTS["tunnel"]), 8), "encapsulations, outermost first")}


def law():
    return said(obj({"unit": text(enum=["value", "mss", "mtu", "floor65535"]), "n": number("multiple of the unit", 0)}, ["unit", "n"]),
                "what the window is a multiple of")


def syn():
    return {"kind": text(enum=["syn", "syn+ack"]), "ip_v": {"enum": [4, 6]}, "ttl": number("hops left, as captured", 0),
            "ttl_initial": {"enum": [32, 64, 128, 255]}, "distance": number("hops, ttl_initial - ttl", 0),
            "df": said(BOOL, "do not fragment; IPv4"), "ip_id": number("IPv4", 0), "ip_ecn": number("2 bits", 0),
            "ip_options_bytes": number("octets of IPv4 options", 0), "flow_label": number("IPv6, 20 bits", 0),
            "window": number("octets, raw 16 bit", 0), "window_law": law(), "mss": number("octets", 0), "wscale": number("bits to shift by", 0),
            "options": text(doc="layout in p0f's words; absent when there are none"),
            "option_kinds": said(array(number(least=0), 40), "every kind in order, each end-of-list and padding octet as its own 0"),
            "ts_val": number("TSval, ticks", 0), "ts_ecr": number("TSecr, ticks", 0), "tcp_flags": number("12 bits", 0),
            "payload_bytes": number("octets", 0), "quirks": said(array(text(enum=LISTS["quirks"])), "p0f's words, then ours"),
            "p0f": text(doc="p0f's raw signature"), "tcpfp": text(doc="nDPI TCPFP v0.4"), "muonfp": text(doc="MuonFP")}


def complete():
    return {"complete": BOOL, "degraded": array(text(enum=LISTS["degraded"]))}


def connection():
    members, count = record_members()
    members.pop("client_known", None)
    members["flow"]["properties"].update(start=said(TIME, "first segment"), end=said(TIME, "last segment"))
    members["flow"]["required"] = ["start"]
    for name in ("syn_times_us", "syn_ack_times_us"):
        members["tcp"]["properties"][name] = said(array(number(), 16), "microseconds from flow.start; counted beyond 16")
    members["close"]["properties"]["time_wait"] = array(obj({
        "side": text(enum=["client", "server"]), "enter_us": number("microseconds from flow.start"), "killed_us": number("by a RST"),
        "restarts_us": array({"type": "array", "items": number(), "minItems": 2, "maxItems": 2}, 4)}, ["side", "enter_us"]), 2)
    cells = {"type": "array", "items": number(), "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 9, "maxItems": 9}]}
    exchange_doc = ("[offset_us, client_dur_us, client_octets, client_packets, answer_offset_us, first_flight_octets, server_dur_us, "
                    "server_octets, server_packets]; four cells where no answer came")
    flight_doc = "[offset_us, dur_us, gap_max_us, segments, octets, retransmitted, window_limited 0|1]"
    flight = {"type": "array", "items": number(), "minItems": 7, "maxItems": 7}
    more = dict(tuple_members(), ip_v={"enum": [4, 6]}, syn=obj(syn()), syn_ack=obj(syn()),
                exchanges=said(array(cells, 256), exchange_doc), flights=said(array(flight), flight_doc))
    more.update(members)
    more.update(complete())
    return envelope("connection", more, ["flow_id", "community_id", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "ip_v", "flow", "complete"])


def fingerprint():
    label = {"label": TEXT, "os_family": TEXT, "os": TEXT, "flavor": TEXT, "app": {"const": True}, "db": TEXT,
             "db_line": number(), "date": TEXT}
    fields = array(text(enum=LISTS["sig_fields"]))
    said_of = dict(label, quality=text(enum=["none", "fuzzy", "generic", "exact"]))
    match = obj(dict(said_of, set_aside=said(array(text(enum=LISTS["asides"])), "what the SYN has that was not compared"),
                     differs=said(fields, "fields forgiven; for quality none, those in which the nearest signature differs"),
                     nearest=said(obj(label, ["label"]), "for quality none, a signature that nearly fits")), ["quality"])
    candidates = said(array(obj(dict(said_of, differs=fields), ["quality", "label"]), 6),
                      "other labels whose signatures fit as well, best first")
    link = said(obj({"mtu": number("octets", 1), "label": TEXT}, ["mtu"]), "what the MSS says of the link it was made for")
    more = dict(tuple_members(), pcap_cnt=number("1-based frame number", 1), pcap_filename=TEXT,
                syn=obj(dict(syn(), match=match, candidates=candidates, link=link), ["kind", "match"]))
    return envelope("fingerprint", more, ["flow_id", "community_id", "pcap_cnt", "syn"])


def once():
    count = number("", 0)
    return obj({"count": number("sources of which one unanswered SYN is all that was seen", 0), "evicted": number("of these, those that gave way for want of memory", 0),
                "distinct": number("addresses", 0), "distinct_error_ratio": {"type": "number", "description": "standard error of it; 0: exact"},
                "prefixes": array(obj({"prefix": TEXT, "count": count}, ["prefix", "count"]), 8),
                "stacks": array(obj({"os": TEXT, "count": count}, ["count"]), 8)}, ["count"])


def subject():
    part = obj({"id": number("among those of the source", 1), "fingerprint": TEXT, "dest_port": PORT}, ["id", "fingerprint", "dest_port"])
    fleet = obj({"sources": number("that share stack and rhythm", 1), "members": array(TEXT, 8), "fingerprint": TEXT}, ["sources", "members", "fingerprint"])
    return {"proto": {"const": "TCP"}, "src_ip": TEXT, "dest_ip": TEXT, "dest_port": PORT, "substream": part, "fleet": fleet}


SUBJECTS = ["source", "pair", "substream", "destination", "fleet"]


WINDOW = obj({"start": TIME, "end": TIME}, ["start", "end"])


def verdict():
    any_value = {"type": ["integer", "number", "boolean", "string", "array"]}
    evidence = obj({"rule": TEXT, "rule_id": TEXT, "title": TEXT, "group": TEXT, "level": TEXT,
                    "points": {"type": "number", "minimum": 1, "maximum": 99}, "log_odds": REAL, "hard": BOOL, "counted": BOOL,
                    "identifiers": array(TEXT), "values": obj({}, extra=any_value), "n": number(), "flow_ids": array(number(), 8),
                    "window": WINDOW, "display_filter": TEXT},
                   ["rule", "title", "group", "points", "log_odds", "hard", "counted", "identifiers", "values", "display_filter"])
    body = obj({"subject": text(enum=SUBJECTS),
                "label": text(enum=["automation", "human-like", "unclear", "insufficient-evidence", "mixed"]),
                "score": {"type": "integer", "minimum": 0, "maximum": 100}, "log_odds": REAL, "prior": REAL, "kinds": array(TEXT),
                "window": WINDOW, "final": BOOL, "conn_count": number(), "ruleset": text(r"^sha256:[0-9a-f]+$"),
                "evidence": array(evidence), "missing": array(obj({"rule": TEXT, "needs": TEXT}, ["rule", "needs"]))},
               ["subject", "label", "score", "log_odds", "prior", "kinds", "window", "final", "conn_count", "ruleset", "evidence", "missing"])
    return envelope("verdict", dict(subject(), verdict=body, **complete()), ["src_ip", "verdict"])


def source():
    """Facts in objects by the first word of their names; which facts there are is behavior's schema."""
    value = {"type": ["integer", "number", "boolean", "string"]}
    facts = obj({}, extra=value)
    hosts = number("behind the address, at least; the reason is in hosts.reason", 1)
    body = obj({"subject": text(enum=SUBJECTS), "window": WINDOW, "flow_ids": array(number(), 8), "hosts_estimated": hosts},
               ["subject", "window", "conn"], facts)
    return envelope("source", dict(subject(), source=body, **complete()), ["src_ip", "source"])


def stats():
    count = number("", 0)
    def table(*names):
        return obj({k: count for k in names})

    connection_table = table("active", "peak", "memuse_bytes", "memcap_bytes", "evicted", "gave_way", "denied", "stray_rst", "duplicates")
    source_table = table("memuse_bytes", "mempeak_bytes", "memcap_bytes", "evicted", "records_dropped", "groups_dropped", "forgotten")
    half_open = table("active", "peak", "memuse_bytes", "memcap_bytes", "evicted")
    body = obj({"capture": obj({k: count for k in ("packets", "bytes", "kernel_drops", "interface_drops")}, ["packets"]),
                "decode": obj({}, ["tcp"], count), "connections": count, "sources": count, "sources_once": once(), "connection_table": connection_table,
                "source_table": source_table, "half_open": half_open, "rules": obj({"loaded": count, "refused": count, "correlation": obj({k: count for k in (
                    "events", "dropped", "fired", "evicted", "lost", "late", "groups_peak", "memuse_bytes", "mempeak_bytes", "memcap_bytes")})}),
                "output": obj({"events": count, "lost": count})}, ["capture", "decode", "connections", "sources"])
    return envelope("stats", {"stats": body}, ["stats"])


def ruleset():
    body = obj({"status": text(enum=["loaded", "reloaded", "kept"]), "error": TEXT, "digest": text(r"^sha256:"), "loaded": number(), "refused": number(), "skipped": number()}, ["status", "digest", "loaded"])
    return envelope("ruleset", {"ruleset": body}, ["ruleset"])


def error():
    return envelope("error", {"error": obj({"file": TEXT, "text": TEXT}, ["text"])}, ["error"])


AUDIT = read("behavior/audit.h")


def seconds(doc):
    return {"type": "number", "description": doc}


def ends(required):
    props = {"client": said(TEXT, "address"), "server_ip": TEXT, "server_port": PORT}
    return props, list(props) if required else []


def audit_host():
    count = number("", 0)
    series = obj({"step_s": seconds("of each value"), "t0_s": seconds("of the first"), "v": said(array(count), "the most in each step")},
                 ["step_s", "t0_s", "v"])
    time_wait = obj({"entered": count, "peak": count, "peak_at_s": REAL, "area_s": seconds("connection-seconds"), "now": said(count, "at the end"),
                     "drains_at_s": REAL, "series": series}, ["entered", "peak"])
    ports = obj({"min": PORT, "max": PORT, "distinct": count, "candidates": said(array(TEXT), "known ranges that fit, best first"),
                 "parity": text(enum=["even", "odd", "mixed"]), "tw_reuse": said(BOOL, "a port in TIME_WAIT is taken again")}, ["min", "max", "distinct"])
    return obj({"addr": TEXT, "two_msl_s": REAL, "two_msl_from": text(enum=words_of(AUDIT, "SYC_ASSUMED_LIST")), "time_wait": time_wait,
                "fin_wait_2": obj({"entered": count, "peak": count}), "ports": ports}, ["addr", "time_wait", "fin_wait_2"])


def audit_ports():
    count = number("", 0)
    return obj({"occupied_peak": count, "capacity": said(count, "ports there are"),
                "capacity_from": text(enum=[w for w in words_of(AUDIT, "SYC_RANGE_LIST") if w != "none"]),
                "flip": said(obj({"after": count, "at_s": REAL}, ["after"]), "the first port of the other parity: half of them are in use"),
                "occupied_ratio": said(REAL, "of the capacity"), "rate_per_s": said(REAL, "new connections"),
                "need": said(REAL, "ports that the rate takes, rate times (life + 2MSL)"), "sustainable_per_s": REAL,
                "exhaust_at_s": seconds("forecast of the first connect without a port"),
                "starved": said(obj({"from_s": REAL, "to_s": REAL}, ["from_s"]), "no new connection although there was demand"),
                "reuse_within_2msl": count})


def audit_pool():
    count = number("", 0)
    row = obj({"cap": count, "connections": count, "queue_p50_ms": REAL, "queue_p95_ms": REAL}, ["cap", "connections"])
    return obj({"requests": count, "requests_from": text(enum=["http1", "turns"]),
                "per_connection": obj({"mean": REAL, "median": REAL, "max": count}), "open_peak": count, "busy_peak": count,
                "active_cap": said(count, "connections that may be open at once"), "idle_cap": said(count, "that may be kept idle"),
                "idle_timeout_s": REAL, "closer": text(enum=["client", "server", "both"]), "races": said(count, "requests that met a reset"),
                "ideal": said(obj({"idle_60s": count, "idle_5s": count}), "connections of a pool that keeps idle ones so long"),
                "avoidable": count, "saves": obj({"packets": count, "bytes": count, "setup_s": REAL, "round_trips": count}),
                "cap_table": array(row, 8)})


def audit_pair():
    count = number("", 0)
    props, required = ends(True)
    schedule = "|".join(w for w in words_of(AUDIT, "SYC_SYN_SCHEDULE_LIST") if w not in ("none", "linear"))
    handshake = obj({"rtt_min_ms": REAL, "setup_p50_ms": REAL, "setup_p95_ms": REAL, "syn_retransmits": count, "syn_ack_retransmits": count,
                     "schedule": text(rf"^(linear(-[0-9]+)?|{schedule})$"), "refused": count, "unreachable": count, "no_answer": count,
                     "half_open": count, "ghost": count, "cookies": text(enum=["none", "suspected"])})
    closes = obj({w: count for w in LISTS["close_words"]})
    iw = obj({"value": count, "connections": count, "confidence": text(enum=["exact", "at-least"])}, ["value", "confidence"])
    slow_start = obj({"iw": said(iw, "segments"), "responses": count, "one_flight": count, "round_trips_lost": count, "time_lost_s": REAL,
                      "idle_restarts": count})
    loss = obj({"retransmitted": said(count, "data and FIN segments, both ways"), "data_segments": count, "ratio": REAL, "rto": count, "fast": count,
                "goodput_bps": REAL, "efficiency_ratio": REAL, "lower_bound": BOOL})
    overhead = obj({"control_packets": count, "packets": count, "ratio": REAL, "setup_latency_ratio": REAL})
    props.update(attempts=said(count, "SYNs with a new ISN"), established=count, handshake=handshake, closes=closes, time_wait_peak=count,
                 ports=audit_ports(), pool=audit_pool(), overhead=overhead, slow_start=slow_start, loss=loss,
                 degraded=array(text(enum=LISTS["degraded"])))
    return obj(props, required + ["attempts", "handshake", "closes", "ports", "pool", "overhead", "slow_start", "loss"])


def audit():
    props, _ = ends(False)
    finding = obj(dict(props, id=text(r"^[a-z_0-9]+\.[a-z_0-9]+$"), severity=text(enum=words_of(AUDIT, "SYC_SEVERITY_LIST")), host=TEXT,
                       at_s=REAL, text=TEXT, evidence=obj({}, extra=REAL), fixes=array(obj({"do": TEXT, "effect": TEXT}, ["do"])),
                       resolved_at_s=REAL), ["id", "severity", "text", "evidence", "fixes"])
    capture = obj({"start": TIME, "span_s": REAL, "packets": number("", 0), "connections": number("", 0),
                   "vantage": text(enum=words_of(AUDIT, "SYC_VANTAGE_LIST"))}, ["packets", "connections", "vantage"])
    assumptions = obj({"two_msl_s": REAL, "two_msl_from": text(enum=words_of(AUDIT, "SYC_ASSUMED_LIST")),
                       "range_from": text(enum=[w for w in words_of(AUDIT, "SYC_RANGE_LIST") if w != "none"])}, ["two_msl_s", "two_msl_from"])
    body = obj({"capture": capture, "assumptions": assumptions, "hosts": array(audit_host()), "pairs": array(audit_pair()),
                "findings": array(finding), "dropped": number("records that found no room", 1),
                "pairs_left_out": number("pairs of fewest connections that found no row; hosts count them", 1),
                "findings_left_out": number("findings beyond the 4096 worst", 1)},
               ["capture", "assumptions", "hosts", "pairs", "findings"])
    return envelope("audit", dict(audit=body, **complete()), ["audit"])


KINDS = {"fingerprint": fingerprint, "connection": connection, "source": source, "verdict": verdict, "stats": stats, "ruleset": ruleset, "error": error,
         "audit": audit}


def main():
    defs = {name: make() for name, make in KINDS.items()}
    print(json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "title": "syncopate events, version 1",
                      "oneOf": [{"$ref": "#/definitions/" + n} for n in KINDS], "definitions": defs}, indent=1))


if __name__ == "__main__":
    main()
