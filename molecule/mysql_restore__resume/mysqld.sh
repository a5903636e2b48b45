#!/bin/sh
# One MySQL with GTIDs and a server_uuid of its own: `mysqld.sh UUID`.
set -e
data=/var/lib/mysql socket=/var/run/mysqld/mysqld.sock
mkdir -p /var/run/mysqld "$data"
chown mysql:mysql /var/run/mysqld "$data"
mysqld --no-defaults --user=mysql --datadir="$data" --initialize-insecure --innodb-redo-log-capacity=16M
printf '[auto]\nserver-uuid=%s\n' "$1" > "$data/auto.cnf"
exec mysqld --no-defaults --user=mysql --datadir="$data" --socket="$socket" --mysqlx=OFF --gtid-mode=ON \
  --enforce-gtid-consistency=ON --event-scheduler=OFF --innodb-buffer-pool-size=128M --innodb-redo-log-capacity=64M
