#!/usr/bin/env bash
# compare.sh - one program against the tools that read captures, on one file.
#
#   bench/compare.sh [-n RUNS] [-t SECONDS] [-s "NAME ..."] [CAPTURE [BINARY [ARG ...]]]
#
# BINARY (build/syncopate when none is named) runs as BINARY ARG... CAPTURE, or with {} in an ARG replaced by CAPTURE.
# Without CAPTURE, or for "-", gen_capture.c makes one, the same each time: 3 million packets, mixed traffic, snaplen 96.
# Every run of a tool is preceded by one run of the bare libpcap loop (pcap_loop.c) and the ratio is the median over
# those pairs, so that it holds on a machine whose speed drifts. Rates are per CPU second (user + system), which
# other load disturbs least; wall is shown too.
#   -n RUNS     runs of each (default 3), after one run that is not counted
#   -t SECONDS  give up on a tool after so long (default 300)
#   -s NAMES    skip these tools; also skipped is what is not installed
# MERCURY=path names a mercury binary that is not on PATH.
# Needs: cc, libpcap's headers, GNU time as /usr/bin/time, awk, timeout. Builds and makes in build-bench/ (300 MB).
set -u
export LC_ALL=C

runs=3 limit=300 skip=" "
while getopts n:t:s: o; do
	case $o in
	n) runs=$OPTARG ;;
	t) limit=$OPTARG ;;
	s) skip=" $OPTARG " ;;
	*) sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
here=$(cd "$(dirname "$0")" && pwd) || exit 1
made=$here/../build-bench
cap=${1:--}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- "$here/../build/syncopate"
if ! command -v "$1" >/dev/null 2>&1; then
	echo "compare.sh: $1 cannot be run (script/demo builds build/syncopate)" >&2
	exit 1
fi
if [ "$cap" = - ]; then
	cap=$made/mixed-3M-96.pcap
	mkdir -p "$made" && cc -O2 -o "$made/gen_capture" "$here/gen_capture.c" || exit 1
	[ -f "$cap" ] || {
		"$made/gen_capture" --packets 3000000 --snaplen 96 --seed 1 --out "$cap.part" && mv "$cap.part" "$cap"
	} || exit 1
elif [ ! -r "$cap" ]; then
	echo "compare.sh: $cap cannot be read" >&2
	exit 2
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
if ! [ -x /usr/bin/time ]; then
	echo "compare.sh: needs GNU time (/usr/bin/time)" >&2
	exit 1
fi
cc -O2 -o "$tmp/pcap_loop" "$here/pcap_loop.c" -lpcap || exit 1
packets=$("$tmp/pcap_loop" "$cap" | awk '{print $2}')
[ "${packets:-0}" -gt 0 ] || { echo "compare.sh: no packets in $cap" >&2; exit 1; }
size=$(stat -Lc %s "$cap")

# one LOG CMD...: appends "cpu wall rss_kib" to LOG; fails as the command does
one() {
	local log=$1; shift
	timeout "$limit" /usr/bin/time -q -o "$tmp/t" -f '%U %S %e %M' \
		"$@" >/dev/null 2>"$tmp/err"
	local rc=$?
	[ $rc -eq 0 ] && awk '{printf "%.3f %.3f %d\n", $1 + $2, $3, $4}' "$tmp/t" >>"$log"
	return $rc
}

printf '%s: %d packets, %d bytes; %d runs, each after a bare loop\n' \
	"$(basename "$cap")" "$packets" "$size" "$runs"
printf '%-16s %12s %12s %9s %9s %10s\n' tool pkts/cpu-s pkts/wall-s GB/cpu-s 'x loop' peak-MiB

row() {
	local name=$1 i rc=0; shift
	case $skip in *" $name "*) return ;; esac
	command -v "$1" >/dev/null 2>&1 || return
	rm -f "$tmp/a" "$tmp/b"
	for ((i = 0; i <= runs; i++)); do
		[ $i -eq 1 ] && rm -f "$tmp/a" "$tmp/b"	# the first pair is a warm-up
		one "$tmp/b" "$tmp/pcap_loop" "$cap" || rc=$?
		one "$tmp/a" "$@" || rc=$?
		if [ $rc -ne 0 ]; then
			printf '%-16s failed: exit %d %s\n' "$name" "$rc" "$(tail -n1 "$tmp/err" | cut -c1-60)"
			return
		fi
	done
	paste -d' ' "$tmp/a" "$tmp/b" | awk -v n="$packets" -v sz="$size" -v name="$name" '
		function med(a, k,  i, j, t) {
			for (i = 2; i <= k; i++)
				for (j = i; j > 1 && a[j-1] > a[j]; j--) { t = a[j]; a[j] = a[j-1]; a[j-1] = t }
			return k % 2 ? a[(k+1)/2] : (a[k/2] + a[k/2+1]) / 2
		}
		{ k++; c[k] = $1 > 0.005 ? $1 : 0.005; w[k] = $2 > 0.005 ? $2 : 0.005
		  r[k] = c[k] / ($4 > 0.005 ? $4 : 0.005); if ($3 > m) m = $3 }
		END { cm = med(c, k); wm = med(w, k)
		  printf "%-16s %12.0f %12.0f %9.3f %9.2f %10.1f\n", name, n / cm, n / wm,
			 sz / cm / 1e9, med(r, k), m / 1024 }'
}

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
cap=$(absolute "$cap")
bin=$1; shift
case $bin in */*) bin=$(absolute "$bin") ;; esac
args=() seen=0
for a in "$@"; do
	case $a in *'{}'*) seen=1; a=${a//'{}'/$cap} ;; esac
	args+=("$a")
done
[ $seen -eq 1 ] || args+=("$cap")
row "$(basename "$bin")" "$bin" ${args[@]+"${args[@]}"}
syn='tcp[tcpflags] & tcp-syn != 0'
row cat            cat "$cap"
row pcap_loop      "$tmp/pcap_loop" "$cap"
row pcap_next_ex   "$tmp/pcap_loop" -n "$cap"
row pcap_loop-1M   "$tmp/pcap_loop" -b 1048576 "$cap"
row pcap_loop-syn  "$tmp/pcap_loop" "$cap" "$syn"
row tcpdump        tcpdump -r "$cap" -w /dev/null
row tcpdump-syn    tcpdump -r "$cap" -w /dev/null "$syn"
row mercury-syn    "${MERCURY:-mercury}" --read "$cap" --fingerprint "$tmp/m.json" --select=tcp
row mercury        "${MERCURY:-mercury}" --read "$cap" --fingerprint "$tmp/m.json"
command -v p0f >/dev/null 2>&1 &&
row p0f            sh -c 'rm -f "$2"; exec p0f -r "$1" -o "$2"' sh "$cap" "$tmp/p0f.log"
row tcptrace       tcptrace -n "$cap"
row ndpiReader     ndpiReader -q -i "$cap"
row tshark-fields  tshark -n -r "$cap" -T fields -e frame.time_epoch -e ip.src -e tcp.flags
row tshark-conv    tshark -n -q -r "$cap" -z conv,tcp
row prads          prads -r "$cap" -l "$tmp/prads.log"
exit 0 # what is not installed is no failure
