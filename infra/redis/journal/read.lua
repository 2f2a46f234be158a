-- KEYS gen halted head tail
-- ARGV incarnation stream from limit
-- Answers {generation, head or "", why halted or "", entries}.
local gen = redis.call('HMGET', KEYS[1], 'of', 'n')
if gen[1] ~= ARGV[1] then return {'estranged', '', '', {}} end
return {gen[2], redis.call('GET', KEYS[3]) or '', redis.call('HGET', KEYS[2], ARGV[2]) or '',
	redis.call('XRANGE', KEYS[4], '0-' .. ARGV[3], '+', 'COUNT', ARGV[4])}
