-- Takes 0002_channels_and_contact back, so that releases before it work again. What `channel` held is lost.
ALTER TABLE `orders` DROP COLUMN `channel`;
--> statement-breakpoint
ALTER TABLE `orders` RENAME COLUMN `contact` TO `customer_email`;
