-- KEYS[1]: the moment from which on the whole burst is free again, in microseconds.
-- ARGV[1] times ARGV[2]: so often in so many microseconds.
-- ARGV[3]: how often it is asked for now, at least once.
-- Gives how often it is granted, and if not at all, the microseconds until the next attempt
-- fits. A refusal writes nothing, so trying on and on does not push the moment away.
local per = tonumber(ARGV[2])
local interval = math.min(per, math.max(1, math.floor(per / tonumber(ARGV[1]))))
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free_at = tonumber(redis.call('GET', KEYS[1])) or now
-- A clock that was set back must not lock anyone out for longer than the limit itself.
free_at = math.min(math.max(free_at, now), now + per)
local fit = math.floor((now + per - free_at) / interval)
if fit < 1 then
    return { 0, free_at + interval - per - now }
end
local granted = math.min(fit, tonumber(ARGV[3]))
local next_free_at = free_at + granted * interval
redis.call('SET', KEYS[1], string.format('%.0f', next_free_at),
    'PX', math.max(1, math.ceil((next_free_at - now) / 1000)))
return { granted, 0 }
