-- KEYS gen halted
-- ARGV incarnation stream why
-- Answers 1, or -1 if the incarnation is another. The first reason stays.
if redis.call('HGET', KEYS[1], 'of') ~= ARGV[1] then return -1 end
redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3])
return 1
