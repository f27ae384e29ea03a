-- The shop's database. Rebuilt at every start: the shop forgets, so that each story begins the same.
DROP SCHEMA IF EXISTS shop CASCADE;
CREATE SCHEMA shop;
SET search_path = shop;

CREATE TABLE products (
  sku text PRIMARY KEY,
  name text NOT NULL,
  price_cents int NOT NULL,
  available int NOT NULL
);
INSERT INTO products
SELECT 'SKU-' || lpad(i::text, 3, '0'), 'Product ' || i, 500 + 137 * i, 500 FROM generate_series(1, 24) AS i;

CREATE TABLE cart_items (
  customer_id int NOT NULL,
  sku text NOT NULL,
  quantity int NOT NULL,
  price_cents int NOT NULL,
  PRIMARY KEY (customer_id, sku)
);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10001) PRIMARY KEY,
  customer_id int NOT NULL,
  total_cents int NOT NULL,
  method text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  seeded boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- 40 transactions for each of 500 customers. Every 200th row opens a page that lies on cold storage: 100 pages.
CREATE TABLE transactions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL,
  customer_id int NOT NULL,
  amount_cents int NOT NULL,
  method text NOT NULL,
  reference text NOT NULL,
  cold_page int,
  seeded boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO transactions (order_id, customer_id, amount_cents, method, reference, cold_page, seeded, created_at)
SELECT i % 10000, 1 + (i * 7 + i / 500) % 500, 500 + i % 9000, 'card', 'BANK-' || i,
  CASE WHEN i % 200 = 0 THEN i / 200 END, true, now() - make_interval(mins => i)
FROM generate_series(1, 20000) AS i;
-- With it a customer's 40 rows are read; without it all rows, and with them all cold pages.
CREATE INDEX transactions_customer ON transactions (customer_id);

-- Waits as cold storage would, once for each page. Said to be cheap, so that it is judged before other conditions.
CREATE FUNCTION read_page(page int) RETURNS boolean LANGUAGE plpgsql COST 0.1 AS $$
BEGIN
  IF page IS NOT NULL THEN PERFORM pg_sleep(0.016); END IF;
  RETURN true;
END $$;

CREATE TABLE queue_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  headers jsonb NOT NULL,
  body jsonb NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  visible_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX queue_messages_waiting ON queue_messages (topic, id);

ANALYZE shop.products, shop.transactions;
