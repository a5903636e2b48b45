ALTER TABLE `orders` RENAME COLUMN `customer_email` TO `contact`;--> statement-breakpoint
ALTER TABLE `orders` ADD `channel` varchar(16) NOT NULL;