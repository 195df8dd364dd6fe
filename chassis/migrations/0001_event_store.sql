-- The event store of one service. Rows are appended and read, never changed: no role but the owner may update or delete.
CREATE TABLE events (
    xid            xid8        NOT NULL DEFAULT pg_current_xact_id(),
    position       bigint      GENERATED ALWAYS AS IDENTITY,
    agency         text        NOT NULL,
    stream         text        NOT NULL,
    version        integer     NOT NULL CHECK (version > 0),
    event_id       uuid        NOT NULL,
    type           text        NOT NULL,
    schema_version smallint    NOT NULL,
    data           jsonb       NOT NULL,
    metadata       jsonb       NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    hash           bytea       NOT NULL,
    PRIMARY KEY (xid, position),
    UNIQUE (agency, stream, version)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Answers already given, by the caller's key: written in the transaction of the events they tell of.
CREATE TABLE idempotency_keys (
    agency      text        NOT NULL,
    client      text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    answer      jsonb       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agency, client, key)
);

-- Other services' events as they arrived, kept so that a read model can be rebuilt without asking anybody. Read by (xid, arrival), as events are.
CREATE TABLE inbox (
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    arrival     bigint      GENERATED ALWAYS AS IDENTITY,
    source      text        NOT NULL,
    agency      text        NOT NULL,
    event_id    uuid        NOT NULL,
    type        text        NOT NULL,
    envelope    jsonb       NOT NULL,
    PRIMARY KEY (xid, arrival),
    UNIQUE (source, event_id)
);

-- How far another service's events are applied here: that service's (xid, position).
CREATE TABLE subscriptions (
    source   text   PRIMARY KEY,
    xid      xid8   NOT NULL,
    position bigint NOT NULL
);

-- One row a read model: the hash of its definition, so that a changed definition is rebuilt.
CREATE TABLE read_models (
    name       text        PRIMARY KEY,
    definition text        NOT NULL,
    built_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE subject_keys (
    agency       text        NOT NULL,
    subject      text        NOT NULL,
    wrapped      bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    forgotten_at timestamptz,
    PRIMARY KEY (agency, subject)
);

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE inbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox FORCE ROW LEVEL SECURITY;
ALTER TABLE subject_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE subject_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY own_agency ON events TO kepil_api USING (agency = current_setting('app.agency', true)) WITH CHECK (agency = current_setting('app.agency', true));
CREATE POLICY own_agency ON idempotency_keys TO kepil_api USING (agency = current_setting('app.agency', true)) WITH CHECK (agency = current_setting('app.agency', true));
CREATE POLICY own_agency ON inbox TO kepil_api USING (agency = current_setting('app.agency', true)) WITH CHECK (agency = current_setting('app.agency', true));
CREATE POLICY own_agency ON subject_keys TO kepil_api USING (agency = current_setting('app.agency', true)) WITH CHECK (agency = current_setting('app.agency', true));
CREATE POLICY every_agency ON events TO kepil_system USING (true) WITH CHECK (true);
CREATE POLICY every_agency ON idempotency_keys TO kepil_system USING (true) WITH CHECK (true);
CREATE POLICY every_agency ON inbox TO kepil_system USING (true) WITH CHECK (true);
CREATE POLICY every_agency ON subject_keys TO kepil_system USING (true) WITH CHECK (true);

-- xid and position are the server's to give: whoever could write them could place an event where readers have been already.
GRANT SELECT, INSERT (agency, stream, version, event_id, type, schema_version, data, metadata, occurred_at, recorded_at, hash) ON events TO kepil_api;
GRANT SELECT ON events TO kepil_system;
GRANT SELECT, INSERT ON idempotency_keys TO kepil_api, kepil_system;
GRANT SELECT ON inbox TO kepil_api;
GRANT SELECT, INSERT (source, agency, event_id, type, envelope) ON inbox TO kepil_system;
GRANT SELECT, INSERT, UPDATE ON subscriptions TO kepil_system;
GRANT SELECT, INSERT, UPDATE ON read_models TO kepil_system;
GRANT SELECT, INSERT, UPDATE ON subject_keys TO kepil_api, kepil_system;
