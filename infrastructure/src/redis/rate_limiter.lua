-- KEYS[1]: the moment from which on the whole burst is free again, in microseconds.
-- ARGV[1] times ARGV[2]: so often in so many microseconds.
-- Gives 0 when granted, else the microseconds until the next attempt fits. A refusal writes
-- nothing, so trying on and on does not push the moment away.
local per = tonumber(ARGV[2])
local interval = math.min(per, math.max(1, math.floor(per / tonumber(ARGV[1]))))
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free_at = tonumber(redis.call('GET', KEYS[1])) or now
-- A clock that was set back must not lock anyone out for longer than the limit itself.
free_at = math.min(math.max(free_at, now), now + per)
local next_free_at = free_at + interval
local wait = next_free_at - per - now
if wait > 0 then
    return wait
end
redis.call('SET', KEYS[1], string.format('%.0f', next_free_at),
    'PX', math.max(1, math.ceil((next_free_at - now) / 1000)))
return 0
