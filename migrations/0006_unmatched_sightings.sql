-- The few sightings that fit nothing of ours, in the order of the chain: reconciliation lists
-- them each time it runs.
CREATE INDEX chain_sightings_unmatched
    ON chain_sightings (chain_id, escrow, block_number, log_index, block_hash)
    WHERE status = 'unmatched';
