-- Read model `orders`: orders, their lines and timelines. Raise Orders::VERSION with any change.
-- That what a row refers to is there, the handler looks at.

-- Who owns a shop, for who may see its orders.
CREATE TABLE shops (
    id               uuid        PRIMARY KEY,
    owner            bytea       NOT NULL CHECK (octet_length(owner) = 20),
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL
);

CREATE TABLE orders (
    id               uuid        PRIMARY KEY,
    buyer            bytea       NOT NULL CHECK (octet_length(buyer) = 20),
    shop             uuid        NOT NULL,
    phase            text        NOT NULL CHECK (phase IN ('awaiting_payment', 'paid',
        'approved', 'shipped', 'delivered', 'completed', 'rejected', 'cancelled', 'expired',
        'refunded')),
    -- What it costs: in a token, whose chain old prices do not name, or in a fiat currency.
    total_chain_id   numeric(20),
    total_token      bytea       CHECK (octet_length(total_token) = 20),
    total_fiat       text        CHECK (total_fiat IN ('KRW', 'USD')),
    total            numeric(78) NOT NULL CHECK (total > 0),
    pay_by           timestamptz NOT NULL,
    placed_at        timestamptz NOT NULL,
    -- The chain on which it is to be paid, once a payment was asked for.
    chain_id         numeric(20),
    -- Whether the chain showed a payment that stands: such an order does not expire.
    payment_seen     boolean     NOT NULL,
    -- From when on an unpaid order may expire: its deadline, or when a payment was taken back
    -- after it. The chain has to be read past this moment: the payment may be in another block.
    expires_at       timestamptz NOT NULL,
    -- Who decides disputes of the payment, and whether there was one: then that wallet may look.
    arbiter          bytea       CHECK (octet_length(arbiter) = 20),
    disputed         boolean     NOT NULL,
    tracking_carrier text,
    tracking_number  text,
    rejection_reason text,
    placed_xact_id   bigint      NOT NULL,
    placed_position  bigint      NOT NULL,
    -- The last event of the order or of its payment.
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL,
    CONSTRAINT orders_currency CHECK (num_nonnulls(total_token, total_fiat) = 1
        AND num_nonnulls(total_chain_id) <= num_nonnulls(total_token)),
    CONSTRAINT orders_tracking CHECK ((tracking_carrier IS NULL) = (tracking_number IS NULL))
);

CREATE TABLE order_lines (
    order_id         uuid        NOT NULL,
    line             integer     NOT NULL,
    product          uuid        NOT NULL,
    sku              uuid        NOT NULL,
    name_ko          text,
    name_en          text,
    price_chain_id   numeric(20),
    price_token      bytea       CHECK (octet_length(price_token) = 20),
    price_fiat       text        CHECK (price_fiat IN ('KRW', 'USD')),
    price_amount     numeric(78) NOT NULL CHECK (price_amount > 0),
    quantity         bigint      NOT NULL CHECK (quantity > 0),
    CONSTRAINT order_lines_currency CHECK (num_nonnulls(price_token, price_fiat) = 1
        AND num_nonnulls(price_chain_id) <= num_nonnulls(price_token))
);

CREATE TABLE timeline (
    order_id         uuid        NOT NULL,
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL,
    milestone        text        NOT NULL,
    at               timestamptz NOT NULL,
    actor            text        NOT NULL,
    details          jsonb       NOT NULL
);
