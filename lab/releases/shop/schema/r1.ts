import { int, mysqlTable, timestamp, varchar } from "drizzle-orm/mysql-core";

export const products = mysqlTable("products", {
  id: int("id").autoincrement().primaryKey(),
  name: varchar("name", { length: 120 }).notNull(),
  priceCents: int("price_cents").notNull(),
});

export const orders = mysqlTable("orders", {
  id: int("id").autoincrement().primaryKey(),
  token: varchar("token", { length: 36 }).notNull().unique(),
  productId: int("product_id").notNull().references(() => products.id),
  quantity: int("quantity").notNull(),
  customerEmail: varchar("customer_email", { length: 255 }).notNull(),
  placedAt: timestamp("placed_at", { fsp: 3 }).notNull().defaultNow(),
});
