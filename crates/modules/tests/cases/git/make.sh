# Makes r.git with the commits v1 (f: 1), dev (v1 and g: d) and main (f: 2), whose ids are always the same.
# v1a is an annotated tag of v1. Other repositories of the same kind: `. make.sh`, then `bare NAME`.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
bare() { git clone -q --bare "$1" "$1.git"; }
git init -q -b main r
cd r
echo 1 > f; git add f; git commit -qm 1; git tag v1; git tag -a v1a -m v1a
git checkout -q -b dev; echo d > g; git add g; git commit -qm d
git checkout -q main; echo 2 > f; git commit -qam 2
cd ..
bare r
