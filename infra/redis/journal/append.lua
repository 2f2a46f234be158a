-- KEYS gen dirty halted head tail
-- ARGV incarnation stream expected seed n, then of each event: type meta data id. seed is "" or a generation.
-- Answers {verdict, number}. Nothing is written before the first XADD, so a refused write leaves nothing behind.
local gen = redis.call('HMGET', KEYS[1], 'of', 'n', 'closed')
if gen[1] ~= ARGV[1] then return {'estranged', '0'} end
if gen[3] then return {'closed', '0'} end
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then return {'stopped', '0'} end
local expected, n = tonumber(ARGV[3]), tonumber(ARGV[5])
local head = tonumber(redis.call('GET', KEYS[4]) or '-1')
if head < 0 then
	if ARGV[4] ~= gen[2] then return {'absent', gen[2]} end
	head = expected -- what the store said, and nobody can have moved it since
end
local stop = expected + n
if head == expected then
	local last = string.format('%d', stop)
	for i = 0, n - 1 do
		redis.call('XADD', KEYS[5], string.format('0-%d', expected + 1 + i),
			'type', ARGV[6 + 4 * i], 'meta', ARGV[7 + 4 * i], 'data', ARGV[8 + 4 * i], 'id', ARGV[9 + 4 * i], 'end', last)
	end
	redis.call('SET', KEYS[4], last)
	redis.call('SADD', KEYS[2], ARGV[2])
	return {'appended', last}
end
local at = string.format('%d', head)
if head < stop then return {'conflict', at} end
local floor = head + 1
local first = redis.call('XRANGE', KEYS[5], '-', '+', 'COUNT', 1)
if first[1] then floor = tonumber(string.sub(first[1][1], 3)) end
if floor <= stop then
	local there = redis.call('XRANGE', KEYS[5], string.format('0-%d', expected + 1), string.format('0-%d', stop))
	for _, entry in ipairs(there) do
		local i = tonumber(string.sub(entry[1], 3)) - expected - 1
		if entry[2][8] ~= ARGV[9 + 4 * i] then return {'conflict', at} end
	end
end
if floor > expected + 1 then return {'older', string.format('%d', floor)} end
return {'repeated', at}
