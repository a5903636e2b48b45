import { bigint, index, int, mysqlTable, timestamp, varchar } from "drizzle-orm/mysql-core";

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
  note: varchar("note", { length: 200 }),
  placedAt: timestamp("placed_at", { fsp: 3 }).notNull().defaultNow(),
});

export const orderEvents = mysqlTable(
  "order_events",
  {
    id: bigint("id", { mode: "number" }).autoincrement().primaryKey(),
    orderToken: varchar("order_token", { length: 36 }).notNull(),
    kind: varchar("kind", { length: 20 }).notNull(),
    happenedAt: timestamp("happened_at", { fsp: 3 }).notNull().defaultNow(),
  },
  (table) => [index("order_events_token").on(table.orderToken)],
);
