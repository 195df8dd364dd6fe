-- Secrets of webhook endpoints, sealed with the master key: in no event, and shown once.
CREATE TABLE webhook_secrets (
    agency      text        NOT NULL,
    key_id      text        NOT NULL,
    endpoint_id text        NOT NULL,
    algorithm   text        NOT NULL,
    sealed      bytea       NOT NULL,
    public_key  text,
    made_at     timestamptz NOT NULL DEFAULT now(),
    shown_at    timestamptz,
    PRIMARY KEY (agency, key_id)
);
CREATE INDEX webhook_secrets_endpoint ON webhook_secrets (agency, endpoint_id);

-- One row for each event and endpoint: what is to arrive there, and whether it has. `body` is what is signed, byte for byte.
CREATE TABLE webhook_deliveries (
    agency         text        NOT NULL,
    delivery_id    text        NOT NULL,
    event_id       text        NOT NULL,
    endpoint_id    text        NOT NULL,
    institution_id text        NOT NULL,
    type           text        NOT NULL,
    case_id        text,
    body           text        NOT NULL,
    status         text        NOT NULL, -- waiting, held, delivered, failed, stopped
    attempts       integer     NOT NULL DEFAULT 0,
    http_status    integer,
    trouble        text,
    next_at        timestamptz,
    created_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    PRIMARY KEY (agency, delivery_id),
    UNIQUE (agency, event_id, endpoint_id)
);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (agency, endpoint_id, created_at);
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (agency, endpoint_id) WHERE status IN ('waiting', 'held');

-- Each attempt as it was made: written before it is sent, completed by the answer. A row without either is one whose sender died.
CREATE TABLE webhook_attempts (
    agency          text        NOT NULL,
    delivery_id     text        NOT NULL,
    number          integer     NOT NULL,
    at              timestamptz NOT NULL,
    url             text        NOT NULL,
    request_headers jsonb       NOT NULL,
    body_sha256     text        NOT NULL,
    address         text,
    http_status     integer,
    response        text,
    duration_ms     integer,
    trouble         text,
    PRIMARY KEY (agency, delivery_id, number)
);

-- Since when an endpoint has answered nothing well; no row: it is well, or was never asked.
CREATE TABLE webhook_health (
    agency        text        NOT NULL,
    endpoint_id   text        NOT NULL,
    failing_since timestamptz NOT NULL,
    failures      integer     NOT NULL,
    PRIMARY KEY (agency, endpoint_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['webhook_secrets', 'webhook_deliveries', 'webhook_attempts', 'webhook_health'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_agency ON %I TO kepil_api USING (agency = current_setting(''app.agency'', true))'
            ' WITH CHECK (agency = current_setting(''app.agency'', true))', name);
        EXECUTE format('CREATE POLICY every_agency ON %I TO kepil_system USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;

-- The API makes secrets and shows them once; what is sent, and what came of it, only the service's own jobs write.
GRANT SELECT, INSERT, UPDATE (shown_at) ON webhook_secrets TO kepil_api;
GRANT SELECT ON webhook_secrets TO kepil_system;
GRANT SELECT ON webhook_deliveries, webhook_attempts, webhook_health TO kepil_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries, webhook_attempts, webhook_health TO kepil_system;
