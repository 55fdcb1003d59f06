-- The run of this server: the microsecond in which it was started. A server that was started anew may
-- hold an older state of the log (a restored backup, a replica that took over), so whoever keeps
-- aggregates in memory forgets them when it changes. After a crash that the server recovers from by
-- itself it is the same, and so is the log: only synchronous commits are acknowledged.
CREATE FUNCTION server_incarnation() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint;
