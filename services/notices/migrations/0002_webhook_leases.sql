-- Until when somebody who read the event makes the first attempt; empty: the delivery is its workflow's.
ALTER TABLE webhook_deliveries ADD COLUMN leased_until timestamptz;

-- What is over is pruned by its end.
CREATE INDEX webhook_deliveries_over ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
