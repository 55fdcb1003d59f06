-- Read model `catalog`: shops, products and stock. Raise Catalog::VERSION with any change.
-- That a product's shop is there, the handler looks at.

CREATE TABLE shops (
    id               uuid        PRIMARY KEY,
    owner            bytea       NOT NULL CHECK (octet_length(owner) = 20),
    name_ko          text,
    name_en          text,
    payout           bytea       NOT NULL CHECK (octet_length(payout) = 20),
    opened_at        timestamptz NOT NULL,
    -- Where the shop opened: the order of lists, unique and never changing.
    opened_xact_id   bigint      NOT NULL,
    opened_position  bigint      NOT NULL,
    -- The last event that changed the row.
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL
);

CREATE TABLE products (
    id               uuid        PRIMARY KEY,
    shop             uuid        NOT NULL,
    sku              uuid        NOT NULL,
    name_ko          text,
    name_en          text,
    description_ko   text,
    description_en   text,
    -- What a search looks at: the names, folded in case and in Unicode form.
    search_text      text        NOT NULL,
    -- Its single characters and pairs of neighbours, by which the index finds it.
    search_grams     bigint[]    NOT NULL,
    -- What it costs: in a token, whose chain old prices do not name, or in a fiat currency.
    price_chain_id   numeric(20),
    price_token      bytea       CHECK (octet_length(price_token) = 20),
    price_fiat       text        CHECK (price_fiat IN ('KRW', 'USD')),
    price_amount     numeric(78) CHECK (price_amount > 0),
    -- The SHA-256 by which its image is kept.
    image            bytea       CHECK (octet_length(image) = 32),
    -- The most pieces that can be ordered while its stock counts as low.
    low_stock_mark   bigint      CHECK (low_stock_mark > 0),
    published        boolean     NOT NULL,
    listed_at        timestamptz NOT NULL,
    listed_xact_id   bigint      NOT NULL,
    listed_position  bigint      NOT NULL,
    xact_id          bigint      NOT NULL,
    position         bigint      NOT NULL,
    CONSTRAINT products_price CHECK (
        num_nonnulls(price_token, price_fiat) = num_nonnulls(price_amount)
        AND num_nonnulls(price_chain_id) <= num_nonnulls(price_token)),
    CONSTRAINT products_published CHECK (NOT published OR price_amount IS NOT NULL)
);

-- Apart from products: it changes with every order, and a SKU may be counted before its
-- product is listed.
CREATE TABLE stock (
    sku              uuid    PRIMARY KEY,
    on_hand          bigint  NOT NULL CHECK (on_hand BETWEEN 0 AND 1000000000),
    reserved         bigint  NOT NULL CHECK (reserved >= 0),
    xact_id          bigint  NOT NULL,
    position         bigint  NOT NULL,
    CONSTRAINT stock_reserved CHECK (reserved <= on_hand)
);
