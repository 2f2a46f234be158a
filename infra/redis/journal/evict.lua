-- KEYS gen idle head tail
-- ARGV incarnation stream idle(ms)
-- Answers 1 if the head was forgotten. The new generation makes every seed invalid that was read before.
if redis.call('HGET', KEYS[1], 'of') ~= ARGV[1] then return -1 end
local since = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not since or redis.call('XLEN', KEYS[4]) > 0 then return 0 end
local now = redis.call('TIME')
if now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(since) < tonumber(ARGV[3]) then return 0 end
redis.call('DEL', KEYS[3], KEYS[4])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[1], 'n', 1)
return 1
