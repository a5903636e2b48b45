-- Accounts of the IDC server, before anything is loaded. Passwords are filled in by the lab and read from standard input.
ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket;
CREATE USER 'rr_admin'@'%' IDENTIFIED BY '$idc_rr_admin';
GRANT ALL PRIVILEGES ON *.* TO 'rr_admin'@'%' WITH GRANT OPTION;
CREATE USER 'shop_app'@'%' IDENTIFIED BY '$shop_app';
CREATE USER 'shop_batch'@'%' IDENTIFIED BY '$shop_batch';
CREATE USER 'report'@'%' IDENTIFIED BY '$report';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON `shop`.* TO 'shop_app'@'%', 'shop_batch'@'%';
GRANT SELECT, EXECUTE ON `shop`.* TO 'report'@'%';
