r"""The shell that runs inside a helper container, and what it answers. POSIX sh and coreutils only.

Every step is safe to repeat and leaves one of the states of ``place.State`` behind, so a helper that is killed halfway
leaves what the next run goes on from. Files are moved by rename within one file system, never copied, never deleted;
only the directory this tool is just filling is ever removed. ``@TIME@`` in a state becomes the host's own time, because
it is compared with docker's.
"""

from __future__ import annotations

MARKER = ".rollback-runner.json"
NEW = "rollback_runner_new"  # not hidden: InnoDB does not find its undo tablespaces in a hidden directory
ASIDE = ".set-aside-"  # hidden: InnoDB reads every other directory for tablespaces and refuses copies

_COMMON = r"""
set -eu
fail() { echo "rollback-runner: $*" >&2; exit 70; }
owner() { case "$1" in *:*) echo "$1" ;; *) echo "$(id -u "$1"):$(id -g "$1")" ;; esac; }
state() {
    printf '%s%s%s\n' "${2%%@TIME@*}" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${2#*@TIME@}" > "$1/.rollback-runner.json.part"
    sync "$1/.rollback-runner.json.part" 2>/dev/null || sync
    mv -f "$1/.rollback-runner.json.part" "$1/.rollback-runner.json"
}
into() {
    name=${1##*/}
    if [ -e "$2/$name" ] || [ -L "$2/$name" ]; then mv "$1" "$2/$name.again-$(date +%s)"; else mv "$1" "$2/"; fi
}
"""

# $1 data directory  $2 error log file or ""  $3 its mount
LOOK = r"""
set -u
if [ -d "$1" ]; then
    echo "present yes"
    ls -A1 "$1" | while IFS= read -r name; do echo "entry $name"; done
    tables=0
    for file in "$1"/*/*.ibd; do
        case "$file" in "$1"/mysql/* | "$1"/sys/* | "$1"/rollback_runner_new/*) continue ;; esac
        [ -e "$file" ] && tables=$((tables + 1))
    done
    echo "tables $tables"
    [ -f "$1/.rollback-runner.json" ] && echo "state $(cat "$1/.rollback-runner.json")"
    [ -f "$1/mysql/user.frm" ] && echo "old yes"
    [ -f "$1/mysqld-auto.cnf" ] && echo "persisted $(tr -d '\n' < "$1/mysqld-auto.cnf")"
fi
target="$1"
[ -d "$target" ] || target="$3"
set -- "$1" "$2" $(df -Pk "$target" | tail -n 1)
echo "free $6"
echo "log"
if [ -n "$2" ]; then tail -n 400 "$2" 2>/dev/null; fi
exit 0
"""

# $1 data directory  $2 new directory  $3 state  $4 user
BEGIN = (
    _COMMON
    + r"""
if [ ! -d "$1" ]; then mkdir -p "$1"; chown "$(owner "$4")" "$1"; fi
rm -rf "$2"
state "$1" "$3"
mkdir "$2"
chown "$(owner "$4")" "$2"
"""
)

# the whole call of the server
INITIALISE = r"""
set -u
code=0
"$@" || code=$?
cat /run/rollback-runner/log >&2
exit "$code"
"""

# $1 data directory  $2 new directory  $3 server_uuid  $4 user  $5 keep mysqld-auto.cnf: yes or no
IDENTIFY = (
    _COMMON
    + r"""
printf '[auto]\nserver-uuid=%s\n' "$3" > "$2/auto.cnf"
chmod 0640 "$2/auto.cnf"
if [ -s "$1/ca.pem" ] && [ -s "$1/server-cert.pem" ] && [ -s "$1/server-key.pem" ]; then
    cp -p "$1"/*.pem "$2/"
    echo "certificates kept"
fi
if [ "$5" = yes ]; then cp -p "$1/mysqld-auto.cnf" "$2/"; fi
chown -R "$(owner "$4")" "$2"
"""
)

# the whole call of the server; standard input: the statements, the last of which is SHUTDOWN
POPULATE = r"""
set -u
umask 077
cat > /run/rollback-runner/first.sql
: > /run/rollback-runner/log
"$@" --init-file=/run/rollback-runner/first.sql &
server=$!
refused=0
while kill -0 "$server" 2>/dev/null; do
    case "$(cat /run/rollback-runner/log)" in *MY-000061*) refused=1; kill "$server" 2>/dev/null ;; esac
    sleep 0.1
done
wait "$server"
code=$?
case "$(cat /run/rollback-runner/log)" in *MY-000061*) refused=1 ;; esac
cat /run/rollback-runner/log >&2
[ "$refused" = 0 ] || exit 71
exit "$code"
"""

# $1 data directory  $2 new directory
CLEAN = _COMMON + 'rm -rf "$2"'

# $1 data directory  $2 state
STATE = _COMMON + 'sync; state "$1" "$2"'

# $1 data directory  $2 where to  $3 state  $4 folder of the binary logs or ""  $5 how their names begin
SET_ASIDE = (
    _COMMON
    + r"""
state "$1" "$3"
mkdir -p "$2"
for file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    case "${file##*/}" in
        rollback_runner_new | .rollback-runner.json* | .set-aside-* | lost+found) continue ;;
    esac
    into "$file" "$2"
done
if [ -n "$4" ] && [ -d "$4" ]; then
    for file in "$4/$5".*; do
        [ -e "$file" ] || continue
        mkdir -p "$4/.set-aside-${2##*set-aside-}"
        into "$file" "$4/.set-aside-${2##*set-aside-}"
    done
fi
"""
)

# $1 data directory  $2 new directory  $3 state  $4 set-aside directory  $5 state when done  $6 user
PUBLISH = (
    _COMMON
    + r"""
state "$1" "$3"
if [ -d "$2" ]; then
    [ -f "$2/mysql.ibd" ] || [ -f "$1/mysql.ibd" ] || fail "the new data directory $2 has lost its files"
    for file in "$2"/* "$2"/.[!.]*; do
        [ -e "$file" ] || continue
        name=${file##*/}
        if [ -e "$1/$name" ]; then into "$1/$name" "$4"; fi
        mv "$file" "$1/"
    done
    rmdir "$2"
fi
[ -f "$1/mysql.ibd" ] || fail "the new data directory has lost its files"
chown "$(owner "$6")" "$1"
sync
state "$1" "$5"
rmdir "$4" 2>/dev/null || true
echo "kilobytes $(du -sk "$4" 2>/dev/null | cut -f1)"
ls -A1 "$4" 2>/dev/null | while IFS= read -r name; do echo "entry $name"; done
exit 0
"""
)
