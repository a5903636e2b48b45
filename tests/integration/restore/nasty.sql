-- Every hard case that a reader of dumps must not be fooled by. Loaded into a scratch server by the tests.
SET NAMES utf8mb4;
CREATE DATABASE nasty DEFAULT CHARACTER SET utf8mb4;
CREATE DATABASE `we``ird-db.1`;
USE nasty;
SET sql_mode='';
CREATE TABLE texts (id int AUTO_INCREMENT PRIMARY KEY, a varchar(200), b text, c char(5) NOT NULL DEFAULT '', KEY k_a (a(20)), FULLTEXT KEY ft (b)) COMMENT 'it''s; a "comment" ) with \\ and `ticks`';
INSERT INTO texts (a,b,c) VALUES ('',NULL,''),(NULL,'','x'),('NULL','NULL','NULL'),('it''s','say "hi"','`'),('back\\slash','trailing\\',''),('\\','\\\\',''),
('),(','x),(y'',''z','),('),(');','; INSERT INTO `texts` VALUES (','--'),('a,_binary ','(_binary ',',_b'),(',_binary ','_binary ''x''',''),('0x41','0x',''),
('line\nbreak','cr\r\nlf\ttab',''),('nul\0byte','ctrl-z\Z','\b'),('emoji 😀👍🏽','한국어 텍스트 안녕하세요',''),('mysqldump: Error 2013: Lost connection','\nERROR 1064 (42000): You have\n-- Dump completed on 2020-01-01  1:00:00\n',''),
('%_\\%\\_','\\N','\\N'),('CONVERT(','" USING UTF8MB4)',''),(',CONVERT(',',CONVERT("',''),(' USING UTF8MB4)','" USING UTF8MB4),',''),("'","''",'"'),('"','""',"'"),('''),(''','"),("',''),("\n,(",")\n,(",''),(REPEAT('a',200),REPEAT('b''',1000),'zzzzz');
CREATE TABLE latin (id int PRIMARY KEY, t varchar(100) CHARACTER SET latin1, e enum('é','b','') CHARACTER SET latin1, s set('ä','ö') CHARACTER SET latin1, u varchar(50), g text CHARACTER SET euckr) DEFAULT CHARSET=latin1;
INSERT INTO latin VALUES (9,'ÿ','b','','x','한글 똠'),(1,'café ñ','é','ä,ö','uu','한국'),(2,NULL,'b','',NULL,NULL),(3,'','','ö','é',''),(0,'€','é','ä','q','가나다');
CREATE TABLE wide (id int PRIMARY KEY, u varchar(20) CHARACTER SET utf16, g varchar(20) CHARACTER SET gbk, s varchar(20) CHARACTER SET sjis);
INSERT INTO wide VALUES (1,'한\\\t\n한','誠\\','ソ'),(2,'x가😀','乗\\\\','表\\'),(3,NULL,'','NULL');
CREATE TABLE latinbin (id int PRIMARY KEY, t varchar(100) CHARACTER SET latin1, b varbinary(300), e enum('é','b') CHARACTER SET latin1, j json, u varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, g text CHARACTER SET euckr);
INSERT INTO latinbin VALUES (1,'café ñ',x'00ff275c22','é','{"k":"v\\"é😀"}','é','한국'),(2,NULL,NULL,NULL,NULL,NULL,NULL),(3,'','',NULL,'null','',''),(4,'€',0x2C5F62696E61727920,'b','"s"','_binary ','a,_binary ');
CREATE TABLE nums (d decimal(65,30), f float, g double, i bigint unsigned, t tinyint, y year, dt datetime(6), ts timestamp(6) NULL, tm time(3), da date, zf int(8) zerofill, bo bool);
INSERT INTO nums VALUES (12345678901234567890123456789012345.123456789012345678901234567890,1.17549e-38,2.2250738585072014e-308,18446744073709551615,-128,1901,'0000-00-00','1970-01-01 00:00:01','-838:59:59','0000-00-00',42,1),
(-0.000000000000000000000000000001,3.4e38,-1.7976931348623157e308,0,127,0,'9999-12-31 23:59:59.999999','2038-01-19 03:14:07.5','838:59:59','2024-00-00',0,0),(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),(1.5,0.1,0.1,1,1,2155,'2024-02-30','2024-07-01 12:00:00','00:00:00.001','2024-02-29',99999999,1);
CREATE TABLE bins (id bigint PRIMARY KEY, v varbinary(300), b blob, lb longblob, bi binary(16), bt bit(1), bt2 bit(64), bt3 bit(13));
INSERT INTO bins VALUES (1,'','', '', '', b'0', b'0', b'0'),(2,NULL,NULL,NULL,NULL,NULL,NULL,NULL),(3,x'2c5f62696e61727920','),(',',_binary ','\\',b'1',0xFFFFFFFFFFFFFFFF,b'1010101010101'),(4,x'27',x'5c27',x'27292c2827',x'0a0d001a',b'1',0x27,0x5c),(5,',',')','0x41','NULL',b'1',0x2c,0x29);
SET @@cte_max_recursion_depth=100000;
INSERT INTO bins WITH RECURSIVE n AS (SELECT 10 i UNION ALL SELECT i+1 FROM n WHERE i<3000) SELECT i, RANDOM_BYTES(1+i%200), RANDOM_BYTES(1+i%300), RANDOM_BYTES(1+i%500), RANDOM_BYTES(16), i%2, CONV(HEX(RANDOM_BYTES(8)),16,10), i%8192 FROM n;
CREATE TABLE geo (id int PRIMARY KEY, p point NOT NULL SRID 4326, g geometry, SPATIAL KEY (p));
INSERT INTO geo VALUES (1,ST_GeomFromText('POINT(37.5 127)',4326),ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0))')),(2,ST_GeomFromText('POINT(1 1)',4326),NULL);
CREATE TABLE js (id int PRIMARY KEY, j json, tags json, KEY mv ((CAST(tags AS UNSIGNED ARRAY))));
INSERT INTO js VALUES (1,'{"a":"q\\"uo''te","b":[1,2.50,null,true],"k":"\\\\ \\n 한😀"}','[1,2,3]'),(2,NULL,'[]'),(3,'[]',NULL),(4,'"),("','[7]'),(5,'" USING UTF8MB4)"','[9]');
CREATE TABLE gen (a int, b int AS (a*2) STORED, c varchar(20) AS (CONCAT('x',a)) VIRTUAL, d varchar(10), inv int INVISIBLE DEFAULT 7, KEY (c));
INSERT INTO gen (a,d,inv) VALUES (1,'x',5),(2,NULL,NULL),(NULL,'''',1);
CREATE TABLE nokey (a int, b varchar(10));
INSERT INTO nokey VALUES (1,'x'),(1,'x'),(NULL,NULL),(2,'),(');
CREATE TABLE enums (id int PRIMARY KEY, e enum('a','b''c','d,e','한'), s set('x','y','z)'));
INSERT INTO enums VALUES (1,'a','x,y'),(2,'b''c',''),(3,'d,e','z)'),(4,'한',NULL),(5,'bad','x');
CREATE TABLE zero (id int AUTO_INCREMENT PRIMARY KEY, x int); SET sql_mode='NO_AUTO_VALUE_ON_ZERO'; INSERT INTO zero VALUES (0,1),(5,2),(-3,3); SET sql_mode='';
CREATE TABLE big (id int PRIMARY KEY, t longtext, b longblob);
INSERT INTO big VALUES (1,REPEAT('한글),(''\\',100000),NULL),(2,'small',REPEAT(x'00ff27',400000)),(3,REPEAT('x',1500000),'');
CREATE TABLE `we``ird "tbl'\\ .1` (`co``l'"\\` int PRIMARY KEY, `b c` varchar(9), `),(` int, `한글` varbinary(5));
INSERT INTO `we``ird "tbl'\\ .1` VALUES (1,'x',2,x'00'),(2,NULL,3,NULL);
CREATE TABLE `select` (`order` int, `VALUES (` int); INSERT INTO `select` VALUES (1,2);
CREATE TABLE empty_one (a int);
CREATE TABLE onlyinv (id int AUTO_INCREMENT PRIMARY KEY INVISIBLE, v varchar(5)); INSERT INTO onlyinv (v) VALUES ('a'),('b');
CREATE TABLE many (id int PRIMARY KEY, a int, b varchar(30), c datetime);
INSERT INTO many WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i+1 FROM n WHERE i<30000) SELECT i,i*7,CONCAT('row ',i),'2024-01-01' + INTERVAL i SECOND FROM n;
CREATE TABLE part (id int PRIMARY KEY, v varchar(10)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE); INSERT INTO part VALUES (1,'a'),(20,'b');
CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, p int, CONSTRAINT fk1 FOREIGN KEY (p) REFERENCES parent(id)); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1,1),(2,NULL);
CREATE VIEW v1 AS SELECT id, a FROM texts; CREATE VIEW v2 AS SELECT * FROM v1;
DELIMITER //
CREATE TRIGGER tr1 BEFORE INSERT ON nokey FOR EACH ROW BEGIN SET NEW.b = COALESCE(NEW.b, 'it''s; -- x'); END//
CREATE PROCEDURE p1(IN x int) COMMENT 'c' BEGIN /* ; */ SELECT ';;'; SELECT 'DELIMITER ;
-- Dump completed'; END//
CREATE FUNCTION f1(x int) RETURNS int DETERMINISTIC RETURN x+1//
CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM nokey WHERE a=99; END//
DELIMITER ;
USE `we``ird-db.1`; CREATE TABLE t (a int); INSERT INTO t VALUES (1);
