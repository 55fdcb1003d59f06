-- The run of this server, and the table in it: the microsecond in which the server was started, and
-- the table's file. A server that was started anew may hold an older state of the log (a restored
-- backup, a replica that took over), and so may a table that was made anew (a restored dump); so
-- whoever keeps aggregates in memory forgets them when this changes. After a crash that the server recovers from by
-- itself it is the same, and so is the log: only synchronous commits are acknowledged.
CREATE FUNCTION server_incarnation() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN hashint8extended((extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
                        pg_relation_filenode('events')::bigint);
