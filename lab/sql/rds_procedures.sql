-- The procedures and tables RDS adds to schema mysql, as far as a fail-back needs them.
SET SESSION sql_log_bin = 0;
CREATE TABLE mysql.rds_heartbeat2 (
  id INT NOT NULL PRIMARY KEY,
  value BIGINT DEFAULT NULL
) ENGINE = InnoDB;
CREATE TABLE mysql.rds_configuration (
  name VARCHAR(100) NOT NULL PRIMARY KEY,
  value VARCHAR(100) DEFAULT NULL,
  description VARCHAR(300) NOT NULL
) ENGINE = InnoDB;
-- Set at the cut-over: without it RDS purges its binary logs as soon as it can, and the way back is closed.
INSERT INTO mysql.rds_configuration VALUES
  ('binlog retention hours', '168', 'binlog retention hours specifies the duration in hours before binary logs are automatically deleted.'),
  ('source delay', '0', 'source delay specifies replication delay in seconds between current instance and its master.'),
  ('target delay', '0', 'target delay specifies replication delay in seconds between current instance and its future read-replica.');

DELIMITER //
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill(IN thread BIGINT)
  READS SQL DATA
  COMMENT 'KILL, for accounts without CONNECTION_ADMIN; never a session of Amazon'
BEGIN
  DECLARE owner VARCHAR(32);
  SELECT user INTO owner FROM performance_schema.processlist WHERE id = thread;
  IF owner IN ('rdsadmin', 'rdsrepladmin', 'event_scheduler', 'system user') THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'CANNOT KILL RDSADMIN SESSION';
  END IF;
  KILL thread;
END //

CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill_query(IN thread BIGINT)
  READS SQL DATA
BEGIN
  DECLARE owner VARCHAR(32);
  SELECT user INTO owner FROM performance_schema.processlist WHERE id = thread;
  IF owner IN ('rdsadmin', 'rdsrepladmin', 'event_scheduler', 'system user') THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'CANNOT KILL RDSADMIN QUERY';
  END IF;
  KILL QUERY thread;
END //

CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_configuration(IN name VARCHAR(30), IN value INT)
  MODIFIES SQL DATA
BEGIN
  IF name NOT IN ('binlog retention hours', 'source delay', 'target delay') THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Unknown configuration name';
  END IF;
  IF name = 'binlog retention hours' AND value IS NOT NULL AND (value < 1 OR value > 168) THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'For binlog retention hours the value must be between 1 and 168 inclusive or be NULL';
  END IF;
  UPDATE mysql.rds_configuration c SET c.value = value WHERE c.name = name;
END //

CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_show_configuration()
  READS SQL DATA
BEGIN
  SELECT name, value, description FROM mysql.rds_configuration;
END //
DELIMITER ;
