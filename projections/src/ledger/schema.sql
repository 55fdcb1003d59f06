-- Read model `ledger`: who may take what out of an escrow. Raise Ledger::VERSION with any change.

-- What is needed of a payment to say what its events do to accounts.
CREATE TABLE payments (
    order_id   uuid        PRIMARY KEY,
    chain_id   numeric(20) NOT NULL,
    escrow     bytea       NOT NULL CHECK (octet_length(escrow) = 20),
    token      bytea       NOT NULL CHECK (octet_length(token) = 20),
    buyer      bytea       NOT NULL CHECK (octet_length(buyer) = 20),
    seller     bytea       NOT NULL CHECK (octet_length(seller) = 20),
    amount     numeric(78) NOT NULL CHECK (amount > 0),
    -- Whether the escrow holds it, or held it.
    confirmed  boolean     NOT NULL,
    released   numeric(78) NOT NULL CHECK (released >= 0),
    refunded   numeric(78) NOT NULL CHECK (refunded >= 0),
    xact_id    bigint      NOT NULL,
    position   bigint      NOT NULL,
    CONSTRAINT payments_value
        CHECK (released + refunded <= CASE WHEN confirmed THEN amount ELSE 0 END)
);

-- An account of one escrow in one token.
CREATE TABLE accounts (
    owner      bytea       NOT NULL CHECK (octet_length(owner) = 20),
    token      bytea       NOT NULL CHECK (octet_length(token) = 20),
    chain_id   numeric(20) NOT NULL,
    escrow     bytea       NOT NULL CHECK (octet_length(escrow) = 20),
    -- As a seller: held for payments to it, gone to it, gone back to buyers.
    held       numeric(78) NOT NULL CHECK (held >= 0),
    released   numeric(78) NOT NULL CHECK (released >= 0),
    refunded   numeric(78) NOT NULL CHECK (refunded >= 0),
    -- As a buyer: come back to it.
    returned   numeric(78) NOT NULL CHECK (returned >= 0),
    -- Taken out. May be more than went there, when the escrow has payments that are none of ours.
    withdrawn  numeric(78) NOT NULL CHECK (withdrawn >= 0),
    xact_id    bigint      NOT NULL,
    position   bigint      NOT NULL,
    PRIMARY KEY (owner, token, chain_id, escrow)
);

-- The wallets that a shop's money goes or went to.
CREATE TABLE shop_wallets (
    shop_id    uuid        NOT NULL,
    wallet     bytea       NOT NULL CHECK (octet_length(wallet) = 20),
    -- The last event that named it.
    xact_id    bigint      NOT NULL,
    position   bigint      NOT NULL,
    PRIMARY KEY (shop_id, wallet)
);
