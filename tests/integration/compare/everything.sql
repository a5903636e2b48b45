SET NAMES utf8mb4; SET sql_log_bin = 0; SET time_zone = '+00:00'; SET foreign_key_checks = 0;
DROP DATABASE IF EXISTS kinds;
CREATE DATABASE kinds DEFAULT CHARACTER SET utf8mb4;
USE kinds;
CREATE TABLE customers (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, name varchar(64) COLLATE utf8mb4_0900_ai_ci,
  note text, UNIQUE KEY by_name (name), KEY upper_name ((UPPER(name))), KEY head (note(10)), KEY hidden (id DESC) INVISIBLE,
  CONSTRAINT named_ok CHECK (name <> 'nobody')) COMMENT='people';
INSERT INTO customers VALUES (1,'Ann',NULL),(2,'bob',''),(3,'가나다','x '),(18446744073709551614,'big','end');
CREATE TABLE orders (id int PRIMARY KEY, customer bigint unsigned, price decimal(12,2), placed timestamp(3) NULL,
  total decimal(14,2) AS (price * 2) VIRTUAL, twice decimal(14,2) AS (price * 2) STORED, KEY by_customer (customer),
  CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE);
INSERT INTO orders (id, customer, price, placed) VALUES (1,1,9.90,'2026-03-29 01:30:00.125'),(2,2,NULL,NULL),(3,1,0.01,'2026-10-25 00:30:00');
CREATE TABLE types (k varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, part smallint, i tinyint, u bigint unsigned,
  d decimal(65,30), f float, g double, b bit(64), e enum('a','B','', 'c#'), s set('x','y','z'), c char(5), v varchar(30),
  l varchar(30) CHARACTER SET latin1, w varchar(10) CHARACTER SET utf16, ko varchar(10) CHARACTER SET euckr, bi binary(4), vb varbinary(30), tb tinyblob, bl longblob, tt tinytext,
  mt mediumtext, j json, dt datetime(6), da date, ti time(2), y year, ts timestamp NULL, geo geometry, vec vector(3),
  PRIMARY KEY (k, part));
INSERT INTO types VALUES
 ('café',1,-1,18446744073709551615,12345678901234567890123456789012345.123456789012345678901234567890,1.1,1e-300,b'1','B','x,z','ab','a#b','é','가','가',0x00FF,0xFF00FE,0x00,0xFFFE,'t','m','{"b":1,"a":[1,2.0]}','2026-01-01 00:00:00.123456','2026-02-28','-838:59:59.00',2026,'2026-01-01 00:00:01',ST_GeomFromText('POINT(1 2)'),TO_VECTOR('[1,2,3]')),
 ('b',1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 ('b',2,0,0,0,0,-0e0,b'0','','','','','','','','','','','','','','[]','1000-01-01','1000-01-01','00:00:00',1901,'1970-01-01 00:00:01',ST_GeomFromText('POINT(0 0)'),TO_VECTOR('[0,0,0]'));
CREATE TABLE visits (page varchar(40), at datetime, who varbinary(8));
INSERT INTO visits VALUES ('home','2026-01-01',NULL),('home','2026-01-01',NULL),('cart','2026-01-01',0xFF),(NULL,NULL,NULL),(NULL,NULL,NULL);
CREATE TABLE docs (id int PRIMARY KEY, tags json, body longtext, KEY tags_of ((CAST(tags AS UNSIGNED ARRAY))));
INSERT INTO docs VALUES (1,'[1,2,3]',REPEAT('long ',2000)),(2,'[4]',NULL),(3,NULL,'');
CREATE TABLE codes (code varchar(20) COLLATE utf8mb4_0900_ai_ci NOT NULL, UNIQUE KEY u (code), v int);
INSERT INTO codes VALUES ('a',1),('b',2),('ß',3),('z',4);
CREATE TABLE bin_keys (k varbinary(16) PRIMARY KEY, v int);
INSERT INTO bin_keys VALUES ('',0),(0x00,1),(0x0000,2),(0xFF,3),(0xFFFF,4);
CREATE TABLE odd_keys (e enum('z','a','m') NOT NULL, f float NOT NULL, d datetime(3) NOT NULL, v int, PRIMARY KEY (e, f, d));
INSERT INTO odd_keys VALUES ('z',1.1,'2026-01-01',1),('a',2.5,'2026-01-01 00:00:00.5',2),('m',1.1,'2026-01-02',3);
CREATE TABLE `empty` (id int PRIMARY KEY, v text);
CREATE TABLE `we``ird #1` (`a b` int PRIMARY KEY, `c``d` varchar(5));
INSERT INTO `we``ird #1` VALUES (1,'x');
CREATE TABLE parts (id int, at date NOT NULL, v int, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) (PARTITION p1 VALUES LESS THAN (2026), PARTITION p2 VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1,'2025-01-01',1),(2,'2026-01-01',2);
SET cte_max_recursion_depth = 20000;
CREATE TABLE many (tenant int, seq int, v varchar(20), PRIMARY KEY (tenant, seq));
INSERT INTO many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT i % 7, i, CONCAT('v', i) FROM n;
CREATE TABLE words (w varchar(30) PRIMARY KEY, n int);
INSERT INTO words SELECT CONCAT(CHAR(65 + seq % 26 + 32 * (seq % 2) USING ascii), seq), seq FROM many WHERE seq <= 3000;
CREATE TABLE log (line varchar(40), n int);
INSERT INTO log SELECT CONCAT('line ', seq % 2000), seq % 2000 FROM many;
CREATE DEFINER=`root`@`localhost` VIEW cheap AS SELECT id, price FROM orders WHERE price < 5;
DELIMITER //
CREATE DEFINER=`root`@`localhost` PROCEDURE bump(IN n int, OUT m int) COMMENT 'adds' BEGIN
  -- one; two
  SET m = n + 1;
END//
CREATE DEFINER=`root`@`localhost` FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2//
CREATE DEFINER=`root`@`localhost` TRIGGER orders_ins BEFORE INSERT ON orders FOR EACH ROW SET NEW.price = COALESCE(NEW.price, 0)//
CREATE DEFINER=`root`@`localhost` EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DISABLE DO DELETE FROM visits WHERE at < '2000-01-01'//
DELIMITER ;
ANALYZE LOCAL TABLE many, words, log;
