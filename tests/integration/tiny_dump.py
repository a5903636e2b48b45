"""A dump of two tables as mysqldump writes it: what both begin with, and the line that says that it is whole."""

TABLES = """-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: localhost    Database: tiny
-- ------------------------------------------------------
-- Server version\t9.7.4
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `tiny` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `tiny`;
CREATE TABLE `a` (
  `id` int NOT NULL,
  `name` varchar(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `name` (`name`)
) ENGINE=InnoDB;
INSERT INTO `a` VALUES (1,'it''s'),(2,NULL),(3,'),(');
CREATE TABLE `b` (
  `id` int NOT NULL,
  `a` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `a` (`a`),
  CONSTRAINT `b_a` FOREIGN KEY (`a`) REFERENCES `a` (`id`)
) ENGINE=InnoDB;
INSERT INTO `b` VALUES (1,1),(2,NULL);
"""
END = "-- Dump completed on 2026-01-01  0:00:00\n"
