#!/usr/bin/env bash
# judge.sh - judging connection events against jq reading them, on one file.
#
#   bench/judge.sh [-n RUNS] [-p PACKETS] [BINARY]
#
# BINARY (build/syncopate when none is named) makes the connection events of a generated capture of mixed traffic
# (gen_capture.c, 1.5 million packets, the same each time), then judges them: read, checked, counted, verdicts made.
# Each run of it is preceded by one of `jq -c .` on the same file; what is printed is CPU seconds (user + system), which
# other load disturbs least, and the median ratio over those pairs.
#   -n RUNS     pairs (default 5), after one that is not counted
#   -p PACKETS  of the capture
# Needs: cc, jq (a Debian package), GNU time as /usr/bin/time, awk. Makes its files in build-bench/ (some 500 MB).
set -eu
export LC_ALL=C

runs=5 packets=1500000
while getopts n:p: o; do
	case $o in
	n) runs=$OPTARG ;;
	p) packets=$OPTARG ;;
	*) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../build/syncopate}
made=$here/../build-bench
for need in jq awk /usr/bin/time; do
	command -v "$need" >/dev/null || { echo "judge.sh: needs $need" >&2; exit 1; }
done
mkdir -p "$made"
cc -O2 -o "$made/gen_capture" "$here/gen_capture.c"
cap=$made/judge-$packets.pcap events=$made/judge-$packets.jsonl
[ -f "$cap" ] || { "$made/gen_capture" --packets "$packets" --snaplen 160 --seed 1 --out "$cap.part" 2>/dev/null && mv "$cap.part" "$cap"; }
"$bin" --events connection "$cap" >"$events"

# cpu CMD...: its CPU seconds
cpu() {
	/usr/bin/time -f '%U %S' "$@" 2>&1 >/dev/null | awk 'END { print $1 + $2 }'
}

cpu jq -c . "$events" >/dev/null
cpu "$bin" judge --json "$events" >/dev/null
for ((i = 0; i < runs; i++)); do
	echo "$(cpu jq -c . "$events") $(cpu "$bin" judge --json "$events")"
done | sort -n | awk -v octets="$(stat -Lc %s "$events")" -v lines="$(wc -l <"$events")" '
	{ jq[NR] = $1; us[NR] = $2; r[NR] = $1 / $2 }
	END {
		for (i = 1; i <= NR; i++) for (k = i + 1; k <= NR; k++) if (r[k] < r[i]) { t = r[i]; r[i] = r[k]; r[k] = t }
		for (i = 1; i <= NR; i++) for (k = i + 1; k <= NR; k++) if (us[k] < us[i]) { t = us[i]; us[i] = us[k]; us[k] = t }
		m = int((NR + 1) / 2)
		printf "%d records, %.0f MB; jq -c . %.2f s, judge %.2f s (%.0f MB a CPU second)\n", lines, octets / 1e6, jq[m], us[m], octets / 1e6 / us[m]
		printf "judge is %.1f times as fast as jq (median of %d pairs; %.1f to %.1f)\n", r[m], NR, r[1], r[NR]
	}'
