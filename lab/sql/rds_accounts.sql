-- What makes the copy an RDS instance: Amazon's own account, and a master account without SUPER,
-- CONNECTION_ADMIN or SYSTEM_VARIABLES_ADMIN. Not in the binary log: none of it belongs to the service.
SET SESSION sql_log_bin = 0;
CREATE USER 'rdsadmin'@'localhost' IDENTIFIED WITH auth_socket AS 'root';
GRANT ALL PRIVILEGES ON *.* TO 'rdsadmin'@'localhost' WITH GRANT OPTION;

REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'rr_admin'@'%';
ALTER USER 'rr_admin'@'%' IDENTIFIED BY '$aws_rr_admin';
-- The list of the RDS guide, "Master user account privileges" (MySQL 8.0.36 and later).
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES,
  CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW,
  CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ON *.* TO 'rr_admin'@'%' WITH GRANT OPTION;
REVOKE INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES,
  CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER ON `mysql`.* FROM 'rr_admin'@'%';
CREATE ROLE 'rds_superuser_role'@'%';
-- 9.x split SET_USER_ID into the two *_DEFINER privileges.
GRANT CREATE ROLE, DROP ROLE, APPLICATION_PASSWORD_ADMIN, ROLE_ADMIN, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER,
  XA_RECOVER_ADMIN ON *.* TO 'rds_superuser_role'@'%' WITH GRANT OPTION;
GRANT 'rds_superuser_role'@'%' TO 'rr_admin'@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE 'rds_superuser_role'@'%' TO 'rr_admin'@'%';

CREATE USER 'repl'@'%' IDENTIFIED BY '$repl' REQUIRE SSL;
GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'repl'@'%';
DROP USER 'root'@'localhost';
