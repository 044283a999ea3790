-- Drops some rows whose time is over, from sets of whoever they are of too. Answers how many.
local hash, now, most = arg(), arg(), arg()
local sets = {}
for i = 1, number() do sets[i] = arg() end

local rows, ends = key(hash), key(hash .. ':until')
local over = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, most)
for _, field in ipairs(over) do
  local row = #sets > 0 and redis.call('HGET', rows, field)
  local person = row and lines(row)[2]
  for _, set in ipairs(person and sets or {}) do redis.call('ZREM', key(set .. person), field) end
  redis.call('HDEL', rows, field)
  redis.call('ZREM', ends, field)
end
return {#over > 0 and 1 or 0, #over}
