-- Read model `payments`: terms, standing and funding. Raise Payments::VERSION with any change.
-- That an attempt's payment is there, the handler looks at.
-- Numbers that are u64 elsewhere are numeric(20): a nonce that a buyer reports may be any.

CREATE TABLE payments (
    order_id         uuid        PRIMARY KEY,
    buyer            bytea       NOT NULL CHECK (octet_length(buyer) = 20),
    seller           bytea       NOT NULL CHECK (octet_length(seller) = 20),
    arbiter          bytea       NOT NULL CHECK (octet_length(arbiter) = 20),
    token            bytea       NOT NULL CHECK (octet_length(token) = 20),
    amount           numeric(78) NOT NULL CHECK (amount > 0),
    deadline         timestamptz NOT NULL,
    hold_secs        numeric(20) NOT NULL,
    dispute_secs     numeric(20) NOT NULL,
    chain_id         numeric(20) NOT NULL,
    escrow           bytea       NOT NULL CHECK (octet_length(escrow) = 20),
    payment_key      bytea       NOT NULL CHECK (octet_length(payment_key) = 32),
    -- How a price in fiat money became the amount: null for a price in a token.
    conversion       jsonb,
    standing         text        NOT NULL
        CHECK (standing IN ('awaited', 'lapsed', 'order_cancelled', 'order_rejected',
            'order_refunded')),
    funding          text        NOT NULL CHECK (funding IN ('none', 'detected', 'confirmed')),
    -- The log that is the payment, with its block's time: all there unless funding is 'none'.
    log_chain_id     numeric(20),
    log_block_number numeric(20),
    log_block_hash   bytea       CHECK (octet_length(log_block_hash) = 32),
    log_tx_hash      bytea       CHECK (octet_length(log_tx_hash) = 32),
    log_index        numeric(20),
    payer            bytea       CHECK (octet_length(payer) = 20),
    funded           numeric(78),
    paid_at          timestamptz,
    -- From when on anyone may release: null before the payment was seen, and when that never comes.
    hold_ends        timestamptz,
    -- How deep the log was when it was confirmed.
    confirmations    numeric(20),
    released         numeric(78) NOT NULL DEFAULT 0,
    refunded         numeric(78) NOT NULL DEFAULT 0,
    -- The dispute, with its place in the log: all there, or nothing.
    disputed_by      bytea       CHECK (octet_length(disputed_by) = 20),
    disputed_at      timestamptz,
    disputed_xact_id bigint,
    disputed_position bigint,
    -- Whether the goods are on their way: then nobody waits for anything but the hold time.
    shipped          boolean     NOT NULL,
    requested_at     timestamptz NOT NULL,
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL,
    CONSTRAINT payments_log CHECK ((funding = 'none') = (num_nonnulls(log_chain_id,
        log_block_number, log_block_hash, log_tx_hash, log_index, payer, funded, paid_at) = 0)),
    CONSTRAINT payments_log_whole CHECK (num_nonnulls(log_chain_id,
        log_block_number, log_block_hash, log_tx_hash, log_index, payer, funded, paid_at)
        IN (0, 8)),
    CONSTRAINT payments_dispute CHECK (num_nonnulls(disputed_by, disputed_at, disputed_xact_id,
        disputed_position) IN (0, 4)),
    CONSTRAINT payments_confirmed CHECK ((funding = 'confirmed') = (confirmations IS NOT NULL)),
    CONSTRAINT payments_value CHECK (released + refunded <= coalesce(funded, 0))
);

CREATE TABLE attempts (
    order_id         uuid        NOT NULL,
    tx_hash          bytea       NOT NULL CHECK (octet_length(tx_hash) = 32),
    nonce            numeric(20) NOT NULL,
    reported_by      bytea       NOT NULL CHECK (octet_length(reported_by) = 20),
    reported_at      timestamptz NOT NULL,
    failure          text        CHECK (failure IN ('reverted', 'replaced', 'dropped')),
    -- Whether it may still come to something: its end is not known, or it may turn up again.
    watched          boolean     NOT NULL,
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL,
    PRIMARY KEY (order_id, tx_hash)
);
