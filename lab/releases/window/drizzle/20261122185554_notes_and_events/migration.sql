CREATE TABLE `order_events` (
	`id` bigint AUTO_INCREMENT PRIMARY KEY,
	`order_token` varchar(36) NOT NULL,
	`kind` varchar(20) NOT NULL,
	`happened_at` timestamp(3) NOT NULL DEFAULT (now())
);
--> statement-breakpoint
ALTER TABLE `orders` ADD `note` varchar(200);--> statement-breakpoint
CREATE INDEX `order_events_token` ON `order_events` (`order_token`);