-- Everything that a group of decisions writes, in one statement of its own transaction: one round
-- trip, and the transaction id is held for no longer than the commit takes. All parts see the
-- same snapshot, and each depends on `gate`, so that a closed gate writes nothing at all. Locks
-- are taken in one order everywhere (cursor, events by stream, keys): appends never deadlock.
--
--  $1..$7    the events in the order of the log: type and id of the stream, sequence, event type,
--            version, payload, metadata
--  $8        each event's place in the order of locks
--  $9..$12   the streams that the decisions are based on: type, id, the last event that was seen,
--            whether events are added
--  $13, $14  the position to answer when there are no events
--  $15..$18  the idempotency keys: principal, key, hash of the request, output
--  $19..$24  the cursor's move: chain, escrow, from number and hash, to number and hash; null for none
--  $25..$27  numbers and hashes of the blocks that join the ring, and the ring's length
--  $28..$35  the sightings
--  $36       the run of the server in which the streams were read (the time of its start); null for
--            unknown, and then each stream's last event that was seen is looked for
WITH basis AS MATERIALIZED (
    -- Scalar subqueries: the planner cannot make one pass over the whole log of them, as it may
    -- of an anti-join while it thinks that the log is small.
    SELECT b.*,
           $36::bigint IS NOT NULL OR b.sequence = 0 OR (
               SELECT true FROM events e
                WHERE e.aggregate_type = b.aggregate_type AND e.aggregate_id = b.aggregate_id
                  AND e.sequence = b.sequence) IS NOT NULL AS present,
           NOT b.written AND (
               SELECT true FROM events e
                WHERE e.aggregate_type = b.aggregate_type AND e.aggregate_id = b.aggregate_id
                  AND e.sequence = b.sequence + 1) IS NOT NULL AS grown
      FROM unnest($9::text[], $10::text[], $11::bigint[], $12::boolean[])
           AS b (aggregate_type, aggregate_id, sequence, written)
), gap AS MATERIALIZED (
    -- A stream whose event number `sequence` is not there: appending would leave a gap. That it
    -- is the last one is left to events_pkey, which also decides races after this snapshot.
    SELECT aggregate_type, aggregate_id, sequence FROM basis WHERE NOT present LIMIT 1
), grown AS MATERIALIZED (
    -- A stream that was only read and is not as it was.
    SELECT FROM basis WHERE grown LIMIT 1
), log AS MATERIALIZED (
    -- Whether the log holds transaction ids that this cluster has not reached; and whether the
    -- server was started anew, perhaps on an older state of the log.
    SELECT coalesce((SELECT max(xact_id) FROM events), 0)
           >= o.value + pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS displaced,
           coalesce($36 <> server_incarnation(), false) AS restarted
      FROM log_offset o
), sound AS MATERIALIZED (
    SELECT FROM log
     WHERE NOT log.displaced AND NOT log.restarted AND NOT EXISTS (SELECT FROM gap) AND NOT EXISTS (SELECT FROM grown)
), moved AS (
    -- Compare-and-swap: waits for another listener's move, then finds the row changed.
    UPDATE chain_cursor
       SET block_number = $23, block_hash = $24, moved_at = clock_timestamp()
     WHERE chain_id = $19 AND escrow = $20 AND block_number = $21 AND block_hash = $22
       AND EXISTS (SELECT FROM sound)
    RETURNING block_number
), gate AS MATERIALIZED (
    SELECT FROM sound WHERE $19::bigint IS NULL OR EXISTS (SELECT FROM moved)
), ring AS (
    INSERT INTO chain_blocks (chain_id, escrow, block_number, block_hash)
    SELECT $19, $20, b.number, b.hash
      FROM unnest($25::bigint[], $26::bytea[]) AS b (number, hash), moved
     WHERE b.number > moved.block_number - $27::bigint AND b.number <= moved.block_number
        ON CONFLICT ON CONSTRAINT chain_blocks_pkey DO UPDATE SET block_hash = excluded.block_hash
), cut AS (
    -- Too old to matter, or above the cursor after a reorganisation: never a row of `ring`.
    DELETE FROM chain_blocks c
     USING moved
     WHERE c.chain_id = $19 AND c.escrow = $20
       AND (c.block_number > moved.block_number OR c.block_number <= moved.block_number - $27::bigint)
), sighted AS (
    INSERT INTO chain_sightings (chain_id, escrow, block_hash, log_index, block_number, tx_hash,
                                 payment_id, status, reason, observation)
    SELECT $19, $20, s.block_hash, s.log_index, s.block_number, s.tx_hash, s.payment_id, s.status,
           s.reason, s.observation::json
      FROM unnest($28::bytea[], $29::bigint[], $30::bigint[], $31::bytea[], $32::uuid[], $33::text[],
                  $34::text[], $35::text[])
           AS s (block_hash, log_index, block_number, tx_hash, payment_id, status, reason, observation)
     WHERE EXISTS (SELECT FROM moved)
        ON CONFLICT ON CONSTRAINT chain_sightings_pkey
        DO UPDATE SET status = excluded.status, reason = excluded.reason, changed_at = clock_timestamp()
), xact AS MATERIALIZED (
    -- Once, where the column's default would ask for each row; and only when there is a row, since
    -- it takes a transaction id.
    SELECT log_xact_id() AS id WHERE cardinality($1::text[]) > 0 AND EXISTS (SELECT FROM gate)
), appended AS (
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                        metadata, position, xact_id)
    OVERRIDING SYSTEM VALUE
    SELECT n.aggregate_type, n.aggregate_id, n.sequence, n.event_type, n.event_version, n.payload,
           n.metadata, n.position, xact.id
      FROM xact CROSS JOIN (
            -- Positions in the order of the decisions, which is not that of the locks.
            SELECT e.*, nextval('events_position_seq') AS position
              FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[],
                          $7::jsonb[], $8::integer[])
                   AS e (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                         metadata, lock_order)) AS n
     ORDER BY n.lock_order
    RETURNING xact_id, position
), answer AS MATERIALIZED (
    SELECT coalesce(max(xact_id), $13) AS xact_id, coalesce(max(position), $14) AS position FROM appended
), remembered AS (
    -- Reads `answer`, so it comes after the events: who is late on a stream hears of a conflict.
    INSERT INTO idempotency_keys (principal, key, request_hash, output, xact_id, position)
    SELECT k.principal, k.key, k.request_hash, k.output, answer.xact_id, answer.position
      FROM answer, unnest($15::text[], $16::text[], $17::bytea[], $18::jsonb[])
           AS k (principal, key, request_hash, output)
     WHERE EXISTS (SELECT FROM gate)
)
SELECT answer.xact_id, answer.position, log.displaced, log.restarted, EXISTS (SELECT FROM grown) AS grown,
       EXISTS (SELECT FROM moved) AS moved, gap.aggregate_type, gap.aggregate_id, gap.sequence
  FROM answer CROSS JOIN log LEFT JOIN gap ON true
