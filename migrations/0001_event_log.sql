-- The event log and what is written with it.
--
-- `events` is postgres-es's table (postgres-es 0.5, db/init.sql), so that its repository reads
-- and writes it, with three columns more. Its INSERT names its columns; ours have defaults.

-- What is added to this cluster's transaction ids to get the log's. A log that moved to another
-- cluster (a restored dump, a logical upgrade) meets smaller ids there, and without an offset
-- its readers would wait for years. Only `gage migrate` raises it; it never falls.
CREATE TABLE log_offset (
    singleton         boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    value             bigint      NOT NULL CHECK (value >= 0),
    -- The cluster that the offset was settled for (pg_control_system).
    system_identifier bigint      NOT NULL,
    settled_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO log_offset (value, system_identifier)
SELECT 0, system_identifier FROM pg_control_system();

-- The writing transaction's id in the log. VOLATILE, so that it reads the offset that is in
-- force when the row is written, not the one of the statement's start: `gage migrate` changes
-- the offset under a table lock that a waiting writer gets afterwards.
CREATE FUNCTION log_xact_id() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    RETURN (SELECT value FROM log_offset) + pg_current_xact_id()::text::bigint;
END
$$;

CREATE TABLE events (
    aggregate_type text   NOT NULL,
    aggregate_id   text   NOT NULL,
    sequence       bigint NOT NULL CHECK (sequence >= 0),
    event_type     text   NOT NULL,
    event_version  text   NOT NULL,
    payload        jsonb  NOT NULL,
    metadata       jsonb  NOT NULL,
    -- (xact_id, position) is the order of the log. `position` alone is not: it is handed out
    -- before the commit, so that a reader by position skips what commits late.
    position       bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    xact_id        bigint NOT NULL DEFAULT log_xact_id(),
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The one index that may report a conflict of writers. Errors are told apart by its name.
    CONSTRAINT events_pkey PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);

CREATE UNIQUE INDEX events_log_order ON events (xact_id, position);

-- History is never changed. An operator who must (a court's order, a repair that is written
-- down) says so: as the table's owner, in one transaction, ALTER TABLE events DISABLE TRIGGER
-- events_append_only, the change, ALTER TABLE events ENABLE TRIGGER events_append_only.
CREATE FUNCTION refuse_change_of_history() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Compensate with a new event. migrations/README.md says how an operator overrides this.';
END
$$;

CREATE TRIGGER events_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

-- What requests with an idempotency key did, written in the append itself.
CREATE TABLE idempotency_keys (
    principal    text   NOT NULL,
    key          text   NOT NULL,
    -- SHA-256 of the request: the same key with another request is an error.
    request_hash bytea  NOT NULL CHECK (octet_length(request_hash) = 32),
    output       jsonb  NOT NULL,
    -- The position that was answered.
    xact_id      bigint NOT NULL,
    position     bigint NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal, key)
);

-- Folded states: a cache, safe to empty. Not named `snapshots`, which is postgres-es's own
-- layout and whose stores corrupt the state (DECISIONS.md).
CREATE TABLE state_snapshots (
    aggregate_type text    NOT NULL,
    aggregate_id   text    NOT NULL,
    -- Layouts live side by side, so that replicas of two versions do not fight over one row.
    state_version  integer NOT NULL,
    sequence       bigint  NOT NULL CHECK (sequence > 0),
    xact_id        bigint  NOT NULL,
    position       bigint  NOT NULL,
    state          jsonb   NOT NULL,
    saved_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT state_snapshots_pkey PRIMARY KEY (aggregate_type, aggregate_id, state_version)
);

-- How far consumers without rows of their own (reactions) have come.
CREATE TABLE checkpoints (
    consumer text   NOT NULL,
    xact_id  bigint NOT NULL,
    position bigint NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT checkpoints_pkey PRIMARY KEY (consumer)
);
