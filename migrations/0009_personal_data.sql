-- The customers' keys, and that they were destroyed. What they sealed stands in the events.

CREATE TABLE personal_keys (
    id           uuid        NOT NULL,
    -- The wallet whose data it seals.
    customer     bytea       NOT NULL CHECK (octet_length(customer) = 20),
    -- The key, encrypted (AES-SIV, RFC 5297) with one that is not in this database. None when it
    -- was destroyed: the row stays, so that "erased" can be told from "never here".
    wrapped      bytea,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    erased_at    timestamptz,
    CONSTRAINT personal_keys_pkey PRIMARY KEY (id),
    CONSTRAINT personal_keys_erased CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);

-- One key of a customer at a time: of two first orders, one makes it and the other takes it.
CREATE UNIQUE INDEX personal_keys_customer ON personal_keys (customer) WHERE erased_at IS NULL;

-- What was asked for and done: the same request again is answered, not done, again. Else a late
-- repetition would erase what the customer gave since.
CREATE TABLE personal_erasures (
    customer     bytea       NOT NULL CHECK (octet_length(customer) = 20),
    request      text        NOT NULL,
    -- Who asked, as in the metadata of events.
    erased_by    text        NOT NULL,
    erased_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- How many keys were destroyed.
    keys         integer     NOT NULL CHECK (keys >= 0),
    CONSTRAINT personal_erasures_pkey PRIMARY KEY (customer, request)
);
