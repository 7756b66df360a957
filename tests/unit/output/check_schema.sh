#!/usr/bin/env bash
# usage: check_schema.sh SAMPLE_EVENTS
# The sample's lines are what schema/v1.json allows, and v1.json is what schema/generate.py prints.
set -euo pipefail
top=$(cd "$(dirname "$0")/../../.." && pwd)
python=/usr/bin/python3
"$python" -W ignore -c 'import jsonschema' 2>/dev/null || exit 77
"$python" "$top/schema/generate.py" | cmp - "$top/schema/v1.json"
"$1" | "$python" -W ignore "$top/tests/validate_events.py"
lines=$("$1" | wc -l)
[ "$lines" -ge 500 ]
