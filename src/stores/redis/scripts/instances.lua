#!lua flags=no-writes
-- Which processes beat within some milliseconds, by the store's time.
local seq, live = KEYS[1], KEYS[2]
local clock = redis.call('TIME')
local offset = tonumber(redis.call('HGET', seq, 'offset') or '0')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + offset
return redis.call('ZRANGEBYSCORE', live, string.format('%.0f', now - tonumber(ARGV[1])), '+inf')
