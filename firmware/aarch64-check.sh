#!/usr/bin/env bash
# Runs the cross-built binary in the emulator and compares what it understands with the native one: sentences
# through `ask`, one sample through `hear`. Needs `make build`, `make models` and `make aarch64` before.
set -euo pipefail
cd "$(dirname "$0")/.."

native=${SOTTO:-target/release/sotto}
board=(qemu-aarch64-static -L /usr/aarch64-linux-gnu target-aarch64/sotto/sotto)
export SOTTO_MODELS=${SOTTO_MODELS:-$PWD/models/.pulled}
sample=${SAMPLE:-samples/01-kitchen-ceiling-on.wav}
home=tests/homes/demo.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Only what was understood is compared: times differ.
commands() {
  python3 -c '
import json, sys
for line in sys.stdin:
    answer = json.loads(line)
    keep = ("understood", "by", "commands", "actions", "reply", "question")
    print(json.dumps({key: answer.get(key) for key in keep} | {"text": answer.get("transcript", {}).get("text", answer.get("text"))}))
'
}
compare() {
  local name=$1
  if diff "$work/native" "$work/board" > "$work/difference"; then
    echo "the same on both: $name"
    sed 's/^/  /' "$work/board" | cut -c1-160
  else
    echo "different: $name" >&2
    cat "$work/difference" >&2
    exit 1
  fi
}

sentences='turn on the kitchen lights and set the bedroom to 20 percent
close the bedroom curtains
what time is it in the oven
set a timer for five minutes
is the front door locked'
ask=(ask --stdin --json --home "$home" --grammar-only --clock 2026-11-24T07:00:00Z)
"$native" ask --help | grep -q -- --clock || ask=(ask --stdin --json --home "$home" --grammar-only)
{ "$native" "${ask[@]}" <<< "$sentences" || true; } | commands > "$work/native"
{ "${board[@]}" "${ask[@]}" <<< "$sentences" || true; } | commands > "$work/board"
[ -s "$work/native" ] || { echo "the native binary answered nothing" >&2; exit 1; }
compare "ask, $(wc -l < "$work/native") sentences"

hear=(hear --no-wake --json --home "$home" --grammar-only "$sample")
"$native" "${hear[@]}" | commands > "$work/native"
began=$(date +%s)
"${board[@]}" "${hear[@]}" | commands > "$work/board"
compare "hear $sample ($(($(date +%s) - began)) s in the emulator)"

# No ONNX Runtime for arm64 is there in the emulator: the built-in voice speaks, with the data beside the binary.
"${board[@]}" say "The kitchen light is on." -o "$work/reply.wav"
size=$(stat -c %s "$work/reply.wav")
[ "$size" -gt 40000 ] || { echo "only $size bytes of speech" >&2; exit 1; }
echo "say: $size bytes of speech in the emulator"
