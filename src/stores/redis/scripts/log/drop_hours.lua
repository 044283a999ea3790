-- Drops the usage of some hours.
for _ = 1, number() do
  local hour = arg()
  redis.call('UNLINK', key('usage:' .. hour))
  redis.call('ZREM', key('usage'), hour)
end
return accepted({})
