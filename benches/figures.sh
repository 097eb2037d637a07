#!/bin/bash
# What adept costs: seconds of the quickstart's three transitions, of an empty play and of `--version`, and the programs' sizes.
#
#     cargo xtask dist && benches/figures.sh
#     benches/figures.sh target/release 20        # another pair, more runs
#
# The first argument is the folder of the pair (default: target/dist/<architecture>), the second how often each command runs (11).
# A line gives the median and the quickest of the runs; a busy machine shows as a large distance between them. Nothing
# is compared with a limit: the numbers say something only beside others of the same machine.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
dist=$(realpath "${1:-$here/target/dist/$(uname -m)}")
runs=${2:-11}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# No setting, inventory or state of this user takes part.
alone() { env -i PATH=/usr/bin:/bin HOME="$scratch" LC_ALL=C.UTF-8 "$@" </dev/null; }

# seconds COMMAND..: how long it took; it has to succeed.
seconds() {
    local start=$EPOCHREALTIME
    alone "$@" >"$scratch/output" 2>&1 || { cat "$scratch/output" >&2; exit 1; }
    local end=$EPOCHREALTIME
    echo $((${end/./} - ${start/./}))
}

# line NAME < microseconds: the median and the least.
line() {
    sort -n | awk -v name="$1" '
        { taken[NR] = $1 / 1e6 }
        END {
            median = NR % 2 ? taken[(NR + 1) / 2] : (taken[NR / 2] + taken[NR / 2 + 1]) / 2
            printf "%-34s median %7.3f s   quickest %7.3f s   of %d\n", name, median, taken[1], NR
        }'
}

"$dist/adept" --version | head -1
# No facts, no tasks: what it costs to read a playbook and to end.
printf -- '- hosts: localhost\n  gather_facts: false\n' >empty.yml

for name in adept adept-agent; do
    if [ -e "$dist/$name" ]; then
        printf '%-34s %d bytes\n' "$name" "$(stat -c %s "$dist/$name")"
    else
        echo "no $name here: adept serves in its role"
    fi
done
for ((n = 0; n < runs; n++)); do seconds "$dist/adept" --version; done | line 'adept --version'
for ((n = 0; n < runs; n++)); do seconds "$dist/adept" playbook empty.yml; done | line 'an empty play'
for ((n = 0; n < runs; n++)); do seconds "$dist/adept" job --workspace "job$n"; done | line 'quickstart, all three transitions'

# The same three one by one, as `adept.py` started them.
alone "$dist/adept" job --unpack content >/dev/null
for ((n = 0; n < runs; n++)); do
    mkdir "step$n"
    for context in setup run cleanup; do
        seconds content/adept.py "$context" "step$n" content/exekutir.xn >>"$context.times"
    done
done
for context in setup run cleanup; do line "quickstart, $context" <"$context.times"; done
