CREATE TABLE `orders` (
	`id` int AUTO_INCREMENT PRIMARY KEY,
	`token` varchar(36) NOT NULL,
	`product_id` int NOT NULL,
	`quantity` int NOT NULL,
	`customer_email` varchar(255) NOT NULL,
	`placed_at` timestamp(3) NOT NULL DEFAULT (now()),
	CONSTRAINT `token_unique` UNIQUE INDEX(`token`)
);
--> statement-breakpoint
CREATE TABLE `products` (
	`id` int AUTO_INCREMENT PRIMARY KEY,
	`name` varchar(120) NOT NULL,
	`price_cents` int NOT NULL
);
--> statement-breakpoint
ALTER TABLE `orders` ADD CONSTRAINT `orders_product_id_products_id_fkey` FOREIGN KEY (`product_id`) REFERENCES `products`(`id`);