-- What the keeper sent to the escrow, one row a transaction, so that restarts and replicas send
-- nothing twice and keep to one budget.

CREATE TABLE keeper_releases (
    tx_hash      bytea       NOT NULL CHECK (octet_length(tx_hash) = 32),
    chain_id     bigint      NOT NULL CHECK (chain_id > 0),
    sender       bytea       NOT NULL CHECK (octet_length(sender) = 20),
    nonce        bigint      NOT NULL CHECK (nonce >= 0),
    -- The signed transaction: sent again, as it is, when the node forgot it.
    raw          bytea       NOT NULL,
    payment_id   uuid        NOT NULL,
    -- wei: the most that it may cost while it is on its way, then what it did cost.
    cost_wei     numeric(78) NOT NULL CHECK (cost_wei >= 0),
    -- refused: the node did not take it; lost: another transaction took its nonce.
    state        text        NOT NULL
        CHECK (state IN ('sent', 'released', 'reverted', 'refused', 'lost')),
    sent_at      timestamptz NOT NULL,
    settled_at   timestamptz,
    CONSTRAINT keeper_releases_pkey PRIMARY KEY (tx_hash),
    CONSTRAINT keeper_releases_settled CHECK ((state = 'sent') = (settled_at IS NULL))
);

-- At most one transaction of an account is on its way, whichever replica sent it.
CREATE UNIQUE INDEX keeper_releases_one ON keeper_releases (chain_id, sender) WHERE state = 'sent';
CREATE INDEX keeper_releases_spent ON keeper_releases (chain_id, sender, sent_at);
