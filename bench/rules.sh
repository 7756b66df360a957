#!/bin/sh
# rules.sh [BUILD]   instructions and time that 100 rules over one source take (valgrind; BUILD: build)
set -e
top=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$top/build}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
${CC:-gcc} -O2 -D_GNU_SOURCE -I"$top" "$top/bench/rules.c" -o "$out/rules" -Wl,--start-group \
    $(find "$build" -name 'lib*.a') -Wl,--end-group -lm -lyaml -ljansson -lmd -lpcap -lz -lzstd
count() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$out/rules" "$1" 2>&1 | sed -n 's/.*Collected : //p'; }
"$out/rules" 1
one=$(count 1)
more=$(count 1001)
echo "$(((more - one) / 1000)) instructions a source"
start=$(date +%s%N)
"$out/rules" 100000 >/dev/null
end=$(date +%s%N)
echo "$(((end - start) / 100000)) ns a source"
