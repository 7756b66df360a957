#!/usr/bin/env bash
# usage: check_schema.sh SAMPLE_EVENTS
# The sample's lines are what schema/v1.json allows, and v1.json is what schema/generate.py prints. Prints TAP.
set -uo pipefail
top=$(cd "$(dirname "$0")/../../.." && pwd)
python=/usr/bin/python3
failed=0
n=0
check() {
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failed=1
	fi
}
generated() { "$python" "$top/schema/generate.py" | cmp - "$top/schema/v1.json"; }
valid() { "$sample" | "$python" -W ignore "$top/tests/validate_events.py" >&2; }
many() { [ "$("$sample" | wc -l)" -ge 500 ]; }
sample=$1
check "v1.json is what generate.py prints" generated
check "events with random content satisfy the schema" valid
check "the sample is large" many
echo "1..$n"
exit $failed
