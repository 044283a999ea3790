-- Drops some of what tasks deleted before a moment left, and of the oldest entries beyond a number. Answers whether there may be more.
local before, most, left = arg(), number(), 500
local function drop_all(entries)
  for _, n in ipairs(entries) do
    drop_history(n)
    left = left - 1
  end
end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', key('h:deleted'), '-inf', '(' .. before, 'LIMIT', 0, left)) do
  local row = left > 0 and redis.call('HGET', key('h:rows'), gone)
  if row then drop_all(redis.call('ZRANGEBYSCORE', key('ht:' .. lines(row)[1]), '-inf', gone, 'LIMIT', 0, left)) end
end
local surplus = math.min(redis.call('ZCARD', key('h:order')) - most, left)
if surplus > 0 then drop_all(redis.call('ZRANGE', key('h:order'), 0, surplus - 1)) end
return {0, left == 0 and 1 or 0}
