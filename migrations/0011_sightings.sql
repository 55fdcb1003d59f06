-- Sightings are written by the thousand when a listener catches up. Measured with 20,000 payments,
-- a third of that write was spent on what nobody asked for: a check of the cursor's row for every
-- sighting (an append writes sightings only where it moved that row), an index by payment that no
-- query uses, one by block hash, which is random, beside one by height, and a JSON tree of what is
-- only ever read whole.
ALTER TABLE chain_sightings
    DROP CONSTRAINT chain_sightings_cursor_fkey,
    DROP CONSTRAINT chain_sightings_pkey,
    -- In the order of the chain, so that new rows meet at the index's end. The height follows from
    -- the hash: a log is in it once, as before.
    ADD CONSTRAINT chain_sightings_pkey PRIMARY KEY (chain_id, escrow, block_number, log_index, block_hash),
    ALTER COLUMN observation TYPE json;

DROP INDEX chain_sightings_height;
DROP INDEX chain_sightings_payment;
