"""The data of the comparison benchmark: five tables as services have them, one of them without a key."""

from __future__ import annotations

# Shares of the rows: numbers only, usual rows with NULLs, long text and JSON, no key, one number.
DATA = """
SET sql_log_bin = 0; SET cte_max_recursion_depth = 20000000;
DROP DATABASE IF EXISTS bench; CREATE DATABASE bench; USE bench;
CREATE TABLE numbers (i int PRIMARY KEY);
INSERT INTO numbers WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {third}) SELECT i FROM n;
CREATE TABLE salaries (emp_no int NOT NULL, salary int NOT NULL, from_date date NOT NULL, to_date date NOT NULL,
 PRIMARY KEY (emp_no, from_date));
INSERT INTO salaries SELECT i DIV 8, 40000 + (i * 7919) % 60000, DATE_ADD('1990-01-01', INTERVAL (i % 8) * 365 DAY),
 DATE_ADD('1991-01-01', INTERVAL (i % 8) * 365 DAY) FROM numbers;
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, token char(36) NOT NULL, customer varchar(64) NOT NULL,
 note varchar(255), status enum('new', 'paid', 'sent'), price decimal(12,2), created_at datetime(6),
 updated_at timestamp NULL, KEY (token), KEY (status));
INSERT INTO orders SELECT i, UUID(), CONCAT('customer-', i % 1000), IF(i % 3, NULL, REPEAT('x', i % 60)), 1 + i % 3,
 i / 7, TIMESTAMPADD(SECOND, i, '2026-01-01'), TIMESTAMPADD(SECOND, i, '2026-01-01') FROM numbers WHERE i <= {orders};
CREATE TABLE articles (id int PRIMARY KEY, title varchar(100), body text, meta json, rating double);
INSERT INTO articles SELECT i, CONCAT('title ', i), REPEAT(CONCAT('word', i, ' '), 20 + i % 30),
 JSON_OBJECT('a', i, 'b', JSON_ARRAY(1, 2, 3)), i / 3 FROM numbers WHERE i <= {articles};
CREATE TABLE visits (page varchar(40), at datetime, ip varbinary(16));
INSERT INTO visits SELECT CONCAT('/p/', i % 100), TIMESTAMPADD(SECOND, i DIV 4, '2026-01-01'),
 INET6_ATON(CONCAT('10.0.0.', i % 250)) FROM numbers WHERE i <= {visits};
ANALYZE LOCAL TABLE numbers, salaries, orders, articles, visits;
"""
# What a person would write: table -> (columns, whole-number column to cut by, "" for none). No care for NULL.
PLAIN = {
    "numbers": ("i", "i"),
    "salaries": ("emp_no, salary, from_date, to_date", "emp_no"),
    "orders": ("id, token, customer, note, status, price, created_at, updated_at", "id"),
    "articles": ("id, title, body, CAST(meta AS CHAR), rating", "id"),
    "visits": ("page, at, HEX(ip)", ""),
}


def statements(rows: int) -> str:
    """Give SQL that makes about ``rows`` rows."""
    third = rows // 3
    parts = {"orders": third * 4 // 5, "articles": third // 10, "visits": third // 10}
    return DATA.format(third=third, **parts)
