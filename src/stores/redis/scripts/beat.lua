#!lua flags=allow-oom
-- Notes that a process is there; answers which beat within some milliseconds. Only where others began: nothing is written to a server
-- that was emptied. It frees more than it takes.
local seq, live = KEYS[1], KEYS[2]
if redis.call('EXISTS', seq) == 0 then return {} end
local clock = redis.call('TIME')
local offset = tonumber(redis.call('HGET', seq, 'offset') or '0')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + offset
redis.call('ZREMRANGEBYSCORE', live, '-inf', string.format('%.0f', now - 600000))
redis.call('ZADD', live, string.format('%.0f', now), ARGV[1])
return redis.call('ZRANGEBYSCORE', live, string.format('%.0f', now - tonumber(ARGV[2])), '+inf')
