#!/bin/sh
# Runs this content with the original adept.py under Ansible 2.4.1, and prints what the test expects: for each transition
# its exit code and the lines of its recaps.
#
#     VENV24=... ORIGINAL=.../adept.py tests/three_step/record.sh [EXTRA...] > tests/three_step/expected.txt
#
# VENV24 is a virtualenv of Python 2.7 with ansible==2.4.1.0, whose bin goes first on PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cp -r "$here" "$root/content"
cp "$ORIGINAL" "$root/content/adept.py"
sed -i "1s|.*|#!$VENV24/bin/python|" "$root/content/adept.py"
mkdir -p "$root/ws/cache"
sed "s|CONTENT|$root/content|" "$here/exekutir_vars.yml" > "$root/ws/exekutir_vars.yml"
cd "$root/content"
for context in setup run cleanup; do
    code=0
    PATH="$VENV24/bin:$PATH" HOME="$root" PYTHONWARNINGS=ignore ./adept.py $context "$root/ws" exekutir.xn \
        -e magic=from_the_command_line -e ansible_python_interpreter="$VENV24/bin/python" "$@" \
        > "$root/$context.log" 2>&1 || code=$?
    echo "$context: exit $code"
    sed 's/\x1b\[[0-9;]*m//g' "$root/$context.log" | grep -E 'PLAY RECAP|: ok=' |
        sed -e 's/PLAY RECAP.*/recap/' -e 's/^/  /' -e 's/  *: /: /' -e 's/   */ /g' -e 's/^ /  /' -e 's/ *$//'
    [ -z "${LOGS-}" ] || cp "$root/$context.log" "$LOGS/"
done
(cd "$root/ws" && find results/ -type f | sort | while read -r f; do echo "== $f"; sed "s|$root|ROOT|" "$f"; done)
