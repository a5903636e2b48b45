-- The shop's tables. Read by lab/shop/data.py (statements end with $$) and, by hand, by the mysql client.
-- What a rollback must carry safely is here on purpose: foreign keys (cascading and self-referring), unique and secondary
-- indexes, JSON, Korean text, decimal, datetime(6), timestamp, varbinary, stored generated columns, a table without a key.
DELIMITER $$

CREATE DATABASE IF NOT EXISTS shop CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci$$

CREATE TABLE shop.customers (
  id bigint NOT NULL AUTO_INCREMENT,
  email varchar(190) NOT NULL,
  name varchar(60) NOT NULL,
  grade enum('일반', '우수', 'VIP') NOT NULL DEFAULT '일반',
  password_digest varbinary(32) NOT NULL,
  preferences json NOT NULL,
  points decimal(12, 2) NOT NULL DEFAULT 0,
  joined_at datetime(6) NOT NULL,
  updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY customers_email (email),
  KEY customers_grade_joined (grade, joined_at)
) ENGINE = InnoDB$$

CREATE TABLE shop.addresses (
  id bigint NOT NULL AUTO_INCREMENT,
  customer_id bigint NOT NULL,
  label varchar(20) NOT NULL,
  city varchar(40) NOT NULL,
  street varchar(120) NOT NULL,
  postcode char(5) NOT NULL,
  PRIMARY KEY (id),
  KEY addresses_customer (customer_id),
  KEY addresses_postcode (postcode),
  CONSTRAINT addresses_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) ON DELETE CASCADE
) ENGINE = InnoDB$$

CREATE TABLE shop.categories (
  id int NOT NULL AUTO_INCREMENT,
  parent_id int NULL,
  slug varchar(60) NOT NULL,
  name varchar(60) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY categories_slug (slug),
  KEY categories_parent (parent_id),
  CONSTRAINT categories_parent FOREIGN KEY (parent_id) REFERENCES shop.categories (id)
) ENGINE = InnoDB$$

CREATE TABLE shop.suppliers (
  id int NOT NULL AUTO_INCREMENT,
  name varchar(80) NOT NULL,
  business_number char(12) NOT NULL,
  contact json NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY suppliers_business_number (business_number)
) ENGINE = InnoDB$$

CREATE TABLE shop.warehouses (
  id int NOT NULL AUTO_INCREMENT,
  code varchar(10) NOT NULL,
  city varchar(40) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY warehouses_code (code)
) ENGINE = InnoDB$$

CREATE TABLE shop.products (
  id bigint NOT NULL AUTO_INCREMENT,
  sku varchar(24) NOT NULL,
  category_id int NOT NULL,
  supplier_id int NOT NULL,
  name varchar(160) NOT NULL,
  description text NOT NULL,
  attributes json NOT NULL,
  price decimal(12, 2) NOT NULL,
  tax_rate decimal(4, 3) NOT NULL DEFAULT 0.100,
  price_with_tax decimal(14, 2) GENERATED ALWAYS AS (round(price * (1 + tax_rate), 2)) STORED,
  weight_kg double NOT NULL,
  image_digest varbinary(32) NULL,
  created_at datetime(6) NOT NULL,
  updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY products_sku (sku),
  KEY products_category_price (category_id, price),
  KEY products_supplier (supplier_id),
  KEY products_name (name(40)),
  CONSTRAINT products_category FOREIGN KEY (category_id) REFERENCES shop.categories (id),
  CONSTRAINT products_supplier FOREIGN KEY (supplier_id) REFERENCES shop.suppliers (id)
) ENGINE = InnoDB$$

CREATE TABLE shop.stock (
  product_id bigint NOT NULL,
  warehouse_id int NOT NULL,
  quantity int NOT NULL,
  counted_at datetime(6) NULL,
  PRIMARY KEY (product_id, warehouse_id),
  KEY stock_warehouse (warehouse_id),
  CONSTRAINT stock_quantity CHECK (quantity >= 0),
  CONSTRAINT stock_product FOREIGN KEY (product_id) REFERENCES shop.products (id) ON DELETE CASCADE,
  CONSTRAINT stock_warehouse FOREIGN KEY (warehouse_id) REFERENCES shop.warehouses (id)
) ENGINE = InnoDB$$

CREATE TABLE shop.coupons (
  code varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  title varchar(80) NOT NULL,
  discount decimal(5, 2) NOT NULL,
  uses int NOT NULL DEFAULT 0,
  valid_until datetime(6) NOT NULL,
  PRIMARY KEY (code)
) ENGINE = InnoDB$$

-- token is indexed but not unique: an order written twice must be visible, not refused.
CREATE TABLE shop.orders (
  id bigint NOT NULL AUTO_INCREMENT,
  number char(20) NOT NULL,
  token char(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  customer_id bigint NOT NULL,
  status enum('placed', 'paid', 'shipped', 'delivered', 'cancelled') NOT NULL DEFAULT 'placed',
  coupon_code varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  total decimal(14, 2) NOT NULL,
  memo varchar(200) NULL,
  placed_at datetime(6) NOT NULL,
  updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY orders_number (number),
  KEY orders_token (token),
  KEY orders_customer_placed (customer_id, placed_at),
  KEY orders_status (status),
  KEY orders_coupon (coupon_code),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id),
  CONSTRAINT orders_coupon FOREIGN KEY (coupon_code) REFERENCES shop.coupons (code)
) ENGINE = InnoDB$$

CREATE TABLE shop.order_items (
  order_id bigint NOT NULL,
  line int NOT NULL,
  product_id bigint NOT NULL,
  quantity int NOT NULL,
  unit_price decimal(12, 2) NOT NULL,
  amount decimal(14, 2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
  PRIMARY KEY (order_id, line),
  KEY order_items_product (product_id),
  CONSTRAINT order_items_order FOREIGN KEY (order_id) REFERENCES shop.orders (id) ON DELETE CASCADE,
  CONSTRAINT order_items_product FOREIGN KEY (product_id) REFERENCES shop.products (id)
) ENGINE = InnoDB$$

CREATE TABLE shop.payments (
  id bigint NOT NULL AUTO_INCREMENT,
  order_id bigint NOT NULL,
  method enum('card', 'transfer', 'kakaopay', 'naverpay') NOT NULL,
  amount decimal(14, 2) NOT NULL,
  approval varbinary(16) NOT NULL,
  answer json NULL,
  paid_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payments_approval (approval),
  KEY payments_order (order_id),
  KEY payments_paid (paid_at),
  CONSTRAINT payments_order FOREIGN KEY (order_id) REFERENCES shop.orders (id)
) ENGINE = InnoDB$$

CREATE TABLE shop.shipments (
  id bigint NOT NULL AUTO_INCREMENT,
  order_id bigint NOT NULL,
  warehouse_id int NOT NULL,
  tracking_number char(14) NOT NULL,
  shipped_at datetime(6) NOT NULL,
  delivered_at datetime(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY shipments_tracking (tracking_number),
  KEY shipments_order (order_id),
  KEY shipments_warehouse (warehouse_id, shipped_at),
  CONSTRAINT shipments_order FOREIGN KEY (order_id) REFERENCES shop.orders (id),
  CONSTRAINT shipments_warehouse FOREIGN KEY (warehouse_id) REFERENCES shop.warehouses (id)
) ENGINE = InnoDB$$

CREATE TABLE shop.reviews (
  id bigint NOT NULL AUTO_INCREMENT,
  product_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  rating tinyint NOT NULL,
  body text NOT NULL,
  written_at timestamp(6) NOT NULL,
  PRIMARY KEY (id),
  KEY reviews_product (product_id, rating),
  KEY reviews_customer (customer_id),
  CONSTRAINT reviews_product FOREIGN KEY (product_id) REFERENCES shop.products (id) ON DELETE CASCADE,
  CONSTRAINT reviews_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) ON DELETE CASCADE
) ENGINE = InnoDB$$

-- No primary key, on purpose: such tables exist, and they are the hard case for replication and for comparing.
CREATE TABLE shop.page_views (
  seen_at datetime(6) NOT NULL,
  customer_id bigint NULL,
  product_id bigint NULL,
  address varbinary(16) NULL,
  agent varchar(120) NOT NULL,
  KEY page_views_seen (seen_at)
) ENGINE = InnoDB$$

CREATE TABLE shop.price_history (
  id bigint NOT NULL AUTO_INCREMENT,
  product_id bigint NOT NULL,
  price_before decimal(12, 2) NOT NULL,
  price_after decimal(12, 2) NOT NULL,
  changed_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY price_history_product (product_id, changed_at),
  CONSTRAINT price_history_product FOREIGN KEY (product_id) REFERENCES shop.products (id) ON DELETE CASCADE
) ENGINE = InnoDB$$

CREATE TABLE shop.audit_log (
  id bigint NOT NULL AUTO_INCREMENT,
  entity varchar(30) NOT NULL,
  entity_id bigint NOT NULL,
  what varchar(40) NOT NULL,
  detail json NULL,
  account varchar(120) NOT NULL,
  at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY audit_log_entity (entity, entity_id)
) ENGINE = InnoDB$$

CREATE TABLE shop.daily_sales (
  day date NOT NULL,
  orders int NOT NULL,
  revenue decimal(16, 2) NOT NULL,
  computed_at datetime(6) NOT NULL,
  PRIMARY KEY (day)
) ENGINE = InnoDB$$

-- What every client writes, so that each acknowledged write can be counted afterwards. token is not unique on purpose.
CREATE TABLE shop.write_ledger (
  id bigint NOT NULL AUTO_INCREMENT,
  token char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  client varchar(32) NOT NULL,
  note varchar(200) NOT NULL DEFAULT '',
  created_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY write_ledger_token (token)
) ENGINE = InnoDB$$

CREATE TABLE shop.markers (
  id bigint NOT NULL AUTO_INCREMENT,
  token char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY markers_token (token)
) ENGINE = InnoDB$$
