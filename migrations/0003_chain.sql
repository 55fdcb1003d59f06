-- How far the chain was followed, and what was seen on it. Written only by appends to the
-- event log, in the same transaction as the events that the sightings led to.

CREATE TABLE chain_cursor (
    chain_id     bigint NOT NULL CHECK (chain_id > 0),
    escrow       bytea  NOT NULL CHECK (octet_length(escrow) = 20),
    -- The chain's first block: another one under the same id is another chain.
    genesis_hash bytea  NOT NULL CHECK (octet_length(genesis_hash) = 32),
    -- The last block that was read.
    block_number bigint NOT NULL CHECK (block_number >= 0),
    block_hash   bytea  NOT NULL CHECK (octet_length(block_hash) = 32),
    moved_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT chain_cursor_pkey PRIMARY KEY (chain_id, escrow)
);

-- The newest blocks that were read, by which a reorganisation is noticed.
CREATE TABLE chain_blocks (
    chain_id     bigint NOT NULL,
    escrow       bytea  NOT NULL,
    block_number bigint NOT NULL CHECK (block_number >= 0),
    block_hash   bytea  NOT NULL CHECK (octet_length(block_hash) = 32),
    CONSTRAINT chain_blocks_pkey PRIMARY KEY (chain_id, escrow, block_number),
    CONSTRAINT chain_blocks_cursor_fkey FOREIGN KEY (chain_id, escrow) REFERENCES chain_cursor
);

-- The escrow's logs, once each. A log that moved to another block is another sighting.
CREATE TABLE chain_sightings (
    chain_id     bigint  NOT NULL,
    escrow       bytea   NOT NULL,
    block_hash   bytea   NOT NULL CHECK (octet_length(block_hash) = 32),
    log_index    bigint  NOT NULL CHECK (log_index >= 0),
    block_number bigint  NOT NULL CHECK (block_number >= 0),
    tx_hash      bytea   NOT NULL CHECK (octet_length(tx_hash) = 32),
    -- The payment that the log names, if it is one of ours by form.
    payment_id   uuid,
    status       text    NOT NULL CHECK (status IN ('seen', 'confirmed', 'reverted', 'unmatched')),
    -- Why it is unmatched.
    reason       text,
    -- The decoded log (application::ports::chain::Observation).
    observation  jsonb   NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT chain_sightings_pkey PRIMARY KEY (chain_id, escrow, block_hash, log_index),
    CONSTRAINT chain_sightings_cursor_fkey FOREIGN KEY (chain_id, escrow) REFERENCES chain_cursor
);

-- What is still to be confirmed or reverted: few rows among many.
CREATE INDEX chain_sightings_open ON chain_sightings (chain_id, escrow, block_number)
    WHERE status = 'seen';
CREATE INDEX chain_sightings_height ON chain_sightings (chain_id, escrow, block_number);
CREATE INDEX chain_sightings_payment ON chain_sightings (payment_id) WHERE payment_id IS NOT NULL;
