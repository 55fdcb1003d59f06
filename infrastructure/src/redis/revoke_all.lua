-- KEYS[1]: the wallet's list. ARGV[1]: what the keys of sessions begin with.
-- Gives how many sessions were open.
local ended = 0
for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    ended = ended + redis.call('DEL', ARGV[1] .. hash)
end
redis.call('DEL', KEYS[1])
return ended
