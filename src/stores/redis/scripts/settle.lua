-- Takes the server for what it is now. Another one, or one that was restarted, begins an epoch above every number given before.
local known = redis.call('HMGET', seq, 'epoch', 'replid')
if known[1] and known[2] == replid then return {0, known[1]} end
local now = tonumber(redis.call('TIME')[1])
local epoch = math.max((tonumber(known[1] or '0')) + 1, now + 1)
redis.call('HSET', seq, 'epoch', text(epoch), 'replid', replid)
return {0, text(epoch)}
