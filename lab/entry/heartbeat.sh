#!/bin/sh
# What Amazon's own account does on every RDS instance: touch mysql.rds_heartbeat2 every few seconds.
# It is written to the binary log, so the position creeps even behind a fence; see mysql-failback facts in docs.
set -u
while sleep "${RR_HEARTBEAT_SECONDS:-10}"; do
  mysql --user=rdsadmin --batch 2>/dev/null <<'SQL'
INSERT INTO mysql.rds_heartbeat2 (id, value) VALUES (1, ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000))
  ON DUPLICATE KEY UPDATE value = VALUES(value);
SQL
done
