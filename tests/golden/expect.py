"""
Expectations written by hand beside a capture script, held against the events of a run. They come from the RFCs,
from Zeek's rules and from arithmetic on the script's own lines, never from what the program printed.

  expect connection 10.0.0.1:40000 [#2] TERM...    the record of that client (the second one, in the order of starts)
  expect fingerprint 10.0.0.1:40000 syn|syn+ack [#2] TERM...
  expect source 10.0.0.1 TERM...                   PATHs begin inside the event's "source", of stats inside "stats"
  expect verdict 10.0.0.1 TERM...                  of a source; 10.0.0.1>10.0.0.2:80 of a pair; it has also rules, the list
                                                   of the rules in its evidence
  expect audit [@SECONDS] TERM...                  of `audit --json`, with --at SECONDS; PATHs begin inside its "audit",
                                                   which has also finding_ids, the list of its findings' ids
  expect stats TERM...
  expect count EVENT=N ...                         how many events of a type
  expect nowhere TEXT                              the text occurs in nothing that was printed
  expect exit N                                    the exit status (0 without this line)
  expect options WORD...                           further options of the run

A TERM is PATH OPERATOR VALUE without spaces:
  flow.state=SF   pkts=6/4   tcp.irtt_dur_us=20100
  =  !=  >=  <=  as they read;  =LOW..HIGH a range, ends included;  #=N the length of a list (0 when absent);
  +=WORD a list contains WORD;  !+=WORD it does not;  !PATH (alone) absent;  PATH (alone) present
PATH is dotted, numbers index lists. Short names stand for long ones (SHORT below); where SHORT names two paths, the
value is A/B, to the server and to the client. Lists are compared as their members joined by commas.
"""
import re
import shlex

BOTH_FLOW = ["pkts", "bytes", "payload", "unique_payload", "data_segments", "control_pkts", "control_bytes"]
BOTH_TCP = ["first_payload_us", "rtt_min_dur_us", "window_peak", "segment_max", "seq_end", "dup_ack", "out_of_order",
            "zero_window", "keep_alive", "ts_hz", "ip_id_step", "ttl_min", "ttl_max", "base"]
BOTH_RETRANS = ["data", "fast", "rto", "fin"]
BOTH_CLOSE = ["fin_us", "fin_acked_us", "fin_last_us"]

SHORT = {"state": ["flow.state"], "history": ["flow.history"], "close": ["close.kind"], "first": ["close.first"],
         "reason": ["flow.reason"], "label": ["verdict.label"], "score": ["verdict.score"], "kinds": ["verdict.kinds"],
         "evidence": ["verdict.evidence"], "missing": ["verdict.missing"]}
for _names, _form in ((BOTH_FLOW, "flow.{}_{}"), (BOTH_TCP, "tcp.{}_{}"), (BOTH_CLOSE, "close.{}_{}")):
    for _n in _names:
        SHORT[_n] = [_form.format(_n, way) for way in ("toserver", "toclient")]
for _n in BOTH_RETRANS:
    SHORT["retrans_" + _n] = [f"tcp.retrans_{way}.{_n}" for way in ("toserver", "toclient")]

ABSENT = object()


def look(event, path):
    """The value at a dotted path, or ABSENT."""
    value = event
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return ABSENT
    return value


def plain(value):
    """A value as an expectation writes it."""
    if value is ABSENT:
        return "absent"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(plain(v) for v in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def holds(value, operator, want):
    if operator == "!+=":
        return not holds(value, "+=", want)
    if operator == "#=":
        return str(len(value) if isinstance(value, (list, dict, str)) else 0) == want
    if value is ABSENT:
        return False
    if operator == "+=":
        return isinstance(value, list) and want in [plain(v) for v in value]
    if operator == "!=":
        return plain(value) != want
    if operator in (">=", "<="):
        a, b = number(plain(value)), number(want)
        return a is not None and b is not None and (a >= b if operator == ">=" else a <= b)
    low, dots, high = want.partition("..")
    if dots and number(low) is not None and number(high) is not None:
        a = number(plain(value))
        return a is not None and number(low) <= a <= number(high)
    if number(want) is not None and number(plain(value)) is not None and not isinstance(value, str):
        return number(want) == number(plain(value))
    return plain(value) == want


TERM = re.compile(r"(!?)([\w.-]+)(?:(=|!\+=|!=|>=|<=|#=|\+=)(.*))?$", re.S)


def term_faults(event, term):
    """What is wrong with one term, as texts."""
    m = TERM.match(term)
    if not m:
        return [f"{term}: not a term"]
    absent, path, operator, want = m.groups()
    head, dot, tail = path.partition(".")
    paths = SHORT.get(path) or [SHORT[head][0] + dot + tail if head in ("evidence", "missing", "kinds") else path]
    if absent or not operator:
        values = [(p, look(event, p)) for p in paths]
        return [f"{p} is {plain(v)}" for p, v in values if (v is ABSENT) != bool(absent)]
    wants = want.split("/") if len(paths) == 2 else [want]
    if len(wants) != len(paths):
        return [f"{term}: {path} wants A/B"]
    out = []
    for p, w in zip(paths, wants):
        value = look(event, p)
        if w != "" and not holds(value, operator, w):
            out.append(f"{p} is {plain(value)}, expected {operator} {w}")
    return out


class Expectation:
    """One `expect` line: what it picks, and the terms that must hold."""

    def __init__(self, number_, words):
        self.line, self.kind, rest = number_, words[0], words[1:]
        self.who, self.which, self.nth = None, None, 1
        self.text = " ".join(words)
        if self.kind == "audit" and rest[0].startswith("@"):
            self.who, rest = rest[0][1:], rest[1:]
        if self.kind in ("connection", "fingerprint", "source", "verdict"):
            self.who, rest = rest[0], rest[1:]
        if self.kind == "fingerprint":
            self.which, rest = rest[0], rest[1:]
        if rest and re.match(r"#\d+$", rest[0]):
            self.nth, rest = int(rest[0][1:]), rest[1:]
        self.terms = rest

    def picks(self, event):
        if event.get("event_type") != self.kind:
            return False
        if self.kind in ("connection", "fingerprint"):
            client = event.get("src_ip", "")
            client = f"[{client}]" if ":" in client else client
            mine = self.who in (client, f"{client}:{event.get('src_port')}")
            return mine and (self.which is None or look(event, "syn.kind") == self.which)
        if self.kind == "audit":
            return event.get("at") == self.who
        if self.kind == "source":
            return event.get("src_ip") == self.who
        if self.kind == "verdict":
            subject = look(event, "verdict.subject")
            if self.who.startswith("fleet:"):             # fleet:7: of seven sources
                return subject == "fleet" and str(look(event, "fleet.sources")) == self.who[6:]
            source, arrow, dest = self.who.partition(">")
            if source == "*":                             # *>ADDRESS:PORT: a service with all its clients
                return subject == "destination" and f"{event.get('dest_ip')}:{event.get('dest_port')}" == dest
            source, hash_, part = source.partition("#")   # ADDRESS#2: its second sub-stream
            if event.get("src_ip") != source:
                return False
            if hash_:
                return subject == "substream" and str(look(event, "substream.id")) == part
            return subject == "pair" and f"{event.get('dest_ip')}:{event.get('dest_port')}" == dest if arrow \
                else subject == "source"
        return True

    def faults(self, events, status, printed=""):
        """What is wrong, as texts; none when the expectation holds."""
        if self.kind == "exit":
            return [] if str(status) == self.terms[0] else [f"exit status {status}, expected {self.terms[0]}"]
        if self.kind == "nowhere":
            return [f"{t} was printed" for t in self.terms if t in printed]
        if self.kind == "count":
            out = []
            for term in self.terms:
                name, _, want = term.partition("=")
                got = sum(e.get("event_type") == name for e in events)
                if str(got) != want:
                    out.append(f"{got} {name} events, expected {want}")
            return out
        found = [e for e in events if self.picks(e)]
        if self.kind == "connection":
            found.sort(key=lambda e: (look(e, "flow.start"), look(e, "flow.part") if look(e, "flow.part") is not ABSENT else 0))
        if len(found) < self.nth:
            return [f"{len(found)} such events"]
        event = found[self.nth - 1]
        if self.kind in ("audit", "source", "stats"):
            event = event[self.kind]
        if self.kind == "verdict":
            event = dict(event, rules=[e["rule"] for e in event["verdict"]["evidence"]])
        return [fault for term in self.terms for fault in term_faults(event, term)]


def annotated(event, at):
    """An audit event with what its expectations may ask for beyond it: as of when (None = the end), the ids of findings."""
    event["audit"]["finding_ids"] = [f["id"] for f in event["audit"]["findings"]]
    return dict(event, at=at)


def read(text):
    """(expectations, further options of the run) of a capture script."""
    out, options = [], []
    for number_, row in enumerate(text.splitlines(), 1):
        if not row.startswith("expect "):
            continue
        lexer = shlex.shlex(row, posix=True)
        # "#2" and "#=" are ours, so a comment on such a line begins with a word "##".
        lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", ""
        words = list(lexer)[1:]
        if "##" in words:
            words = words[:words.index("##")]
        if words[0] == "options":
            options += words[1:]
        else:
            out.append(Expectation(number_, words))
    if not any(e.kind == "exit" for e in out):
        out.append(Expectation(0, ["exit", "0"]))
    return out, options
