-- The Merkle tree over the event log (docs/audit.md), one leaf an event, in log order. Written by
-- one of the log's readers, well after the append; an event is never asked for it. Salts are
-- random and stand nowhere else: without these tables old receipts can be checked, and no new ones
-- made that belong to them. So they are part of every backup.

-- How far the tree has come. Moves only with leaves and tiles, in one transaction.
CREATE TABLE tree_head (
    singleton boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    -- Leaves.
    size      bigint      NOT NULL CHECK (size >= 0),
    -- RFC 6962, section 2.1; of no leaves it is SHA-256 of nothing.
    root      bytea       NOT NULL CHECK (octet_length(root) = 32),
    -- The last event that is a leaf.
    xact_id   bigint      NOT NULL,
    position  bigint      NOT NULL,
    moved_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO tree_head (size, root, xact_id, position) VALUES (0, sha256(''), 0, 0);

-- The nodes of the tree, 256 of one level in a row (C2SP tlog-tiles): those of level 0 are leaves,
-- a hash of level n + 1 is the root of a full tile of level n. Seven levels between are worked out.
CREATE TABLE tree_tiles (
    level  smallint NOT NULL CHECK (level >= 0),
    number bigint   NOT NULL CHECK (number >= 0),
    hashes bytea    NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    CONSTRAINT tree_tiles_pkey PRIMARY KEY (level, number)
);

-- Which events the leaves are of, 256 in a row, and what hides their contents.
CREATE TABLE tree_leaves (
    -- Leaves number * 256 and the following.
    number         bigint NOT NULL CHECK (number >= 0),
    first_xact_id  bigint NOT NULL,
    first_position bigint NOT NULL,
    -- 16 bytes a leaf: xact_id and position of its event, big-endian.
    positions      bytea  NOT NULL CHECK (octet_length(positions) BETWEEN 16 AND 4096 AND octet_length(positions) % 16 = 0),
    -- 32 bytes a leaf.
    salts          bytea  NOT NULL CHECK (octet_length(salts) = 2 * octet_length(positions)),
    CONSTRAINT tree_leaves_pkey PRIMARY KEY (number)
);

CREATE UNIQUE INDEX tree_leaves_first ON tree_leaves (first_xact_id, first_position);

-- Hashes and salts cannot be compressed; trying costs more than writing them.
ALTER TABLE tree_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE tree_leaves ALTER COLUMN salts SET STORAGE EXTERNAL;

-- What was signed and published, for ever.
CREATE TABLE tree_checkpoints (
    size      bigint      NOT NULL CHECK (size > 0),
    root      bytea       NOT NULL CHECK (octet_length(root) = 32),
    -- The signed note (C2SP tlog-checkpoint).
    note      text        NOT NULL,
    -- The public key that checks it.
    key       text        NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT tree_checkpoints_pkey PRIMARY KEY (size)
);

-- Sizes and roots of signed checkpoints that were written to a chain, one row a transaction, so
-- that restarts and replicas write nothing twice and keep to one budget.
CREATE TABLE anchors (
    tx_hash      bytea       NOT NULL CHECK (octet_length(tx_hash) = 32),
    chain_id     bigint      NOT NULL CHECK (chain_id > 0),
    contract     bytea       NOT NULL CHECK (octet_length(contract) = 20),
    publisher    bytea       NOT NULL CHECK (octet_length(publisher) = 20),
    nonce        bigint      NOT NULL CHECK (nonce >= 0),
    -- The signed transaction: sent again, as it is, when the node forgot it.
    raw          bytea       NOT NULL,
    size         bigint      NOT NULL CHECK (size > 0),
    root         bytea       NOT NULL CHECK (octet_length(root) = 32),
    -- wei: the most that it may cost while it is on its way, then what it did cost.
    cost_wei     numeric(78) NOT NULL CHECK (cost_wei >= 0),
    -- pending: written down; sent: the node took it; mined: in a block; confirmed: deep enough.
    -- refused: the node did not take it; lost: another transaction took its nonce.
    state        text        NOT NULL
        CHECK (state IN ('pending', 'sent', 'mined', 'confirmed', 'reverted', 'refused', 'lost')),
    block_number bigint      CHECK (block_number >= 0),
    sent_at      timestamptz NOT NULL,
    settled_at   timestamptz,
    CONSTRAINT anchors_pkey PRIMARY KEY (tx_hash),
    CONSTRAINT anchors_settled CHECK ((state IN ('pending', 'sent', 'mined')) = (settled_at IS NULL)),
    CONSTRAINT anchors_block CHECK (state NOT IN ('mined', 'confirmed') OR block_number IS NOT NULL)
);

-- At most one of an account is on its way, whichever replica sent it.
CREATE UNIQUE INDEX anchors_one ON anchors (chain_id, publisher) WHERE settled_at IS NULL;
CREATE INDEX anchors_spent ON anchors (chain_id, publisher, sent_at);
CREATE INDEX anchors_confirmed ON anchors (size) WHERE state = 'confirmed';
