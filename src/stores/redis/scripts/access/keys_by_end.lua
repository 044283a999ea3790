-- A part of the keys of a set that is in order of their ends. Answers how many there are, and the part: ids, rows, calls, last uses.
local set, from, to = key(arg()), arg(), arg()
local ids = {}
for i, member in ipairs(redis.call('ZRANGE', set, from, to)) do ids[i] = string.match(member, '^[^ ]* (.*)$') end
local function of(hash) return #ids > 0 and redis.call('HMGET', key(hash), unpack(ids)) or {} end
return {0, redis.call('ZCARD', set), ids, of('keys'), of('uses'), of('used')}
