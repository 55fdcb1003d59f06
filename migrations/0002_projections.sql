-- Which read models there are, where their tables are, and how far they have come.
--
-- The tables of a read model are not migrated: each version of its code makes a schema of its
-- own (`catalog_v1`), fills it from the event log, and reads no other. So two releases can run
-- on one database, and a read model is changed by building the next version beside it.
CREATE TABLE projections (
    name        text    NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    -- Whether queries read it. A copy that is being rebuilt is not live.
    live        boolean NOT NULL,
    schema_name text    NOT NULL,
    -- The last event whose rows are written. Moves only with those rows, in one transaction.
    xact_id     bigint  NOT NULL DEFAULT 0,
    position    bigint  NOT NULL DEFAULT 0,
    CONSTRAINT projections_pkey PRIMARY KEY (name, version, live),
    CONSTRAINT projections_schema_name_key UNIQUE (schema_name)
);
