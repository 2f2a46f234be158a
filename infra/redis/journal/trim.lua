-- KEYS gen dirty idle head tail
-- ARGV incarnation stream upTo
-- Answers how many events remain, -1 if the incarnation is another. The first write frees memory, so that a Redis that
-- is full lets it through.
if redis.call('HGET', KEYS[1], 'of') ~= ARGV[1] then return -1 end
redis.call('XTRIM', KEYS[5], 'MINID', '=', string.format('0-%d', tonumber(ARGV[3]) + 1))
local remain = redis.call('XLEN', KEYS[5])
if remain == 0 then
	redis.call('SREM', KEYS[2], ARGV[2])
	if redis.call('EXISTS', KEYS[4]) == 1 then
		local now = redis.call('TIME')
		redis.call('ZADD', KEYS[3], string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000)), ARGV[2])
	end
end
return remain
