-- Everything that one decision writes, in one statement of its own transaction: one round trip,
-- and the transaction id is held for no longer than the commit takes. All parts see the same
-- snapshot, and each depends on `gate`, so that a closed gate writes nothing at all. Locks are
-- taken in one order everywhere (cursor, events by stream, key): appends never deadlock.
--
--  $1..$7    the events: type and id of the stream, sequence, event type, version, payload, metadata
--  $8..$10   the streams: type, id, the sequence on which the decision was based
--  $11, $12  the position to answer when there are no events
--  $13..$16  the idempotency key: principal, key, hash of the request, output; null for none
--  $17..$22  the cursor's move: chain, escrow, from number and hash, to number and hash; null for none
--  $23..$25  numbers and hashes of the blocks that join the ring, and the ring's length
--  $26..$33  the sightings
WITH gap AS MATERIALIZED (
    -- A stream whose event number `expected` is not there: appending would leave a gap. That it
    -- is the last one is left to events_pkey, which also decides races after this snapshot.
    SELECT s.aggregate_type, s.aggregate_id, s.expected
      FROM unnest($8::text[], $9::text[], $10::bigint[]) AS s (aggregate_type, aggregate_id, expected)
     WHERE s.expected > 0
       AND NOT EXISTS (
           SELECT FROM events e
            WHERE e.aggregate_type = s.aggregate_type
              AND e.aggregate_id = s.aggregate_id
              AND e.sequence = s.expected)
     LIMIT 1
), log AS MATERIALIZED (
    -- Whether the log holds transaction ids that this cluster has not reached.
    SELECT coalesce((SELECT max(xact_id) FROM events), 0)
           >= o.value + pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS displaced
      FROM log_offset o
), sound AS MATERIALIZED (
    SELECT FROM log WHERE NOT log.displaced AND NOT EXISTS (SELECT FROM gap)
), moved AS (
    -- Compare-and-swap: waits for another listener's move, then finds the row changed.
    UPDATE chain_cursor
       SET block_number = $21, block_hash = $22, moved_at = clock_timestamp()
     WHERE chain_id = $17 AND escrow = $18 AND block_number = $19 AND block_hash = $20
       AND EXISTS (SELECT FROM sound)
    RETURNING block_number
), gate AS MATERIALIZED (
    SELECT FROM sound WHERE $17::bigint IS NULL OR EXISTS (SELECT FROM moved)
), ring AS (
    INSERT INTO chain_blocks (chain_id, escrow, block_number, block_hash)
    SELECT $17, $18, b.number, b.hash
      FROM unnest($23::bigint[], $24::bytea[]) AS b (number, hash), moved
     WHERE b.number > moved.block_number - $25::bigint AND b.number <= moved.block_number
        ON CONFLICT ON CONSTRAINT chain_blocks_pkey DO UPDATE SET block_hash = excluded.block_hash
), cut AS (
    -- Too old to matter, or above the cursor after a reorganisation: never a row of `ring`.
    DELETE FROM chain_blocks c
     USING moved
     WHERE c.chain_id = $17 AND c.escrow = $18
       AND (c.block_number > moved.block_number OR c.block_number <= moved.block_number - $25::bigint)
), sighted AS (
    INSERT INTO chain_sightings (chain_id, escrow, block_hash, log_index, block_number, tx_hash,
                                 payment_id, status, reason, observation)
    SELECT $17, $18, s.*
      FROM unnest($26::bytea[], $27::bigint[], $28::bigint[], $29::bytea[], $30::uuid[], $31::text[],
                  $32::text[], $33::jsonb[]) AS s
     WHERE EXISTS (SELECT FROM moved)
        ON CONFLICT ON CONSTRAINT chain_sightings_pkey
        DO UPDATE SET status = excluded.status, reason = excluded.reason, changed_at = clock_timestamp()
), appended AS (
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
    SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version, e.payload, e.metadata
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[])
           WITH ORDINALITY AS e (aggregate_type, aggregate_id, sequence, event_type, event_version,
                                 payload, metadata, ordinal)
     WHERE EXISTS (SELECT FROM gate)
     ORDER BY e.ordinal
    RETURNING xact_id, position
), answer AS MATERIALIZED (
    SELECT coalesce(max(xact_id), $11) AS xact_id, coalesce(max(position), $12) AS position FROM appended
), remembered AS (
    -- Reads `answer`, so it comes after the events: who is late on a stream hears of a conflict.
    INSERT INTO idempotency_keys (principal, key, request_hash, output, xact_id, position)
    SELECT $13, $14, $15, $16, answer.xact_id, answer.position
      FROM answer
     WHERE $13::text IS NOT NULL AND EXISTS (SELECT FROM gate)
)
SELECT answer.xact_id, answer.position, log.displaced, EXISTS (SELECT FROM moved) AS moved,
       gap.aggregate_type, gap.aggregate_id, gap.expected
  FROM answer CROSS JOIN log LEFT JOIN gap ON true
