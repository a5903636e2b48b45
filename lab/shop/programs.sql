-- The shop's view, routines, triggers and event. Loaded after the data, so that filling the tables fires no trigger.
-- Triggers and the event run as the account that loads this file: it must exist on both sides.
DELIMITER $$

CREATE SQL SECURITY INVOKER VIEW shop.order_summary AS
SELECT o.id, o.number, o.status, o.total, o.placed_at, c.name AS customer, c.grade,
       count(i.line) AS line_count, coalesce(sum(i.quantity), 0) AS piece_count
FROM shop.orders AS o
JOIN shop.customers AS c ON c.id = o.customer_id
LEFT JOIN shop.order_items AS i ON i.order_id = o.id
GROUP BY o.id, o.number, o.status, o.total, o.placed_at, c.name, c.grade$$

CREATE FUNCTION shop.won(amount decimal(14, 2)) RETURNS varchar(30) CHARACTER SET utf8mb4
DETERMINISTIC NO SQL SQL SECURITY INVOKER
RETURN concat('₩', format(amount, 0))$$

CREATE PROCEDURE shop.roll_up_sales(IN wanted date)
MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
  REPLACE INTO shop.daily_sales (day, orders, revenue, computed_at)
  SELECT wanted, count(*), coalesce(sum(total), 0), now(6)
  FROM shop.orders
  WHERE placed_at >= wanted AND placed_at < wanted + INTERVAL 1 DAY AND status <> 'cancelled';
END$$

CREATE TRIGGER shop.products_price_history AFTER UPDATE ON shop.products FOR EACH ROW
BEGIN
  IF NEW.price <> OLD.price THEN
    INSERT INTO shop.price_history (product_id, price_before, price_after, changed_at)
    VALUES (NEW.id, OLD.price, NEW.price, now(6));
  END IF;
END$$

CREATE TRIGGER shop.orders_audit AFTER UPDATE ON shop.orders FOR EACH ROW
BEGIN
  IF NEW.status <> OLD.status THEN
    INSERT INTO shop.audit_log (entity, entity_id, what, detail, account, at)
    VALUES ('orders', NEW.id, 'status', json_object('before', OLD.status, 'after', NEW.status), user(), now(6));
  END IF;
END$$

CREATE TRIGGER shop.stock_low AFTER UPDATE ON shop.stock FOR EACH ROW
BEGIN
  IF NEW.quantity < 10 AND OLD.quantity >= 10 THEN
    INSERT INTO shop.audit_log (entity, entity_id, what, detail, account, at)
    VALUES ('stock', NEW.product_id, 'low', json_object('warehouse', NEW.warehouse_id, 'quantity', NEW.quantity),
            user(), now(6));
  END IF;
END$$

-- 18:10 UTC is 03:10 in Seoul: the shop's night.
CREATE EVENT shop.nightly_sales ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 18:10:00'
ON COMPLETION PRESERVE COMMENT 'yesterday''s revenue'
DO CALL shop.roll_up_sales(date(now() - INTERVAL 1 DAY))$$
