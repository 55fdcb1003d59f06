-- Images of products. Beside the log, which names them by their hash: they are large, and nothing
-- is decided by what they show.

CREATE TABLE images (
    -- SHA-256 of the largest rendition.
    hash         bytea       NOT NULL CHECK (octet_length(hash) = 32),
    -- The wallet that gave it first: what one may give is bounded.
    given_by     bytea       NOT NULL CHECK (octet_length(given_by) = 20),
    given_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT images_pkey PRIMARY KEY (hash)
);

CREATE INDEX images_given_by ON images (given_by);

-- An image in the sizes in which it is shown. Written with it, and never changed.
CREATE TABLE image_renditions (
    hash         bytea       NOT NULL REFERENCES images (hash),
    -- The side of the square that it fits into, pixels.
    side         integer     NOT NULL CHECK (side > 0),
    width        integer     NOT NULL CHECK (width BETWEEN 1 AND side),
    height       integer     NOT NULL CHECK (height BETWEEN 1 AND side),
    jpeg         bytea       NOT NULL,
    CONSTRAINT image_renditions_pkey PRIMARY KEY (hash, side)
);

-- JPEG is compressed already.
ALTER TABLE image_renditions ALTER COLUMN jpeg SET STORAGE EXTERNAL;
