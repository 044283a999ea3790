-- Gives back, owns up and leases calls of rates. Each is a moment up to which its calls are spoken for, in microseconds since 2026: a
-- double lacks digits for those since 1970. The time is the store's by the server's clock, so that no gateway's opens or locks anything;
-- where the two are apart, one of them was set, and nothing is decided until that is known.
local EPOCH = 1767225600
local at = number()
local clock = redis.call('TIME')
local micros = (tonumber(clock[1]) - EPOCH) * 1000000 + tonumber(clock[2])
local offset = redis.call('HGET', seq, 'offset')
if offset then
  micros = micros + tonumber(offset) * 1000
  if math.abs((at - EPOCH * 1000) * 1000 - micros) > 2000000 then return {0, 0} end
end
local answer = {0, 1}
for _ = 1, number() do
  local kind, name = arg(), arg()
  local capacity, period, back, owed, want = number(), number(), number(), number(), number()
  local most = micros + capacity * period
  local before = redis.call('GET', key(kind .. name))
  local spoken = math.max(tonumber(before or '0') - back * period, micros) + owed * period
  spoken = math.min(spoken, most)
  local granted = math.min(want, math.floor((most - spoken) / period))
  spoken = spoken + granted * period
  if granted + back + owed > 0 then
    -- A minute and more beyond the moment from which on it says nothing.
    redis.call('SET', key(kind .. name), text(spoken), 'PX', text((spoken - micros) / 1000 + 120000))
  end
  local room = most - spoken
  if kind == 'f:' and room < period then
    redis.call('ZREMRANGEBYSCORE', key('locked'), '-inf', text(at))
    redis.call('ZADD', key('locked'), text(at + math.ceil((period - room) / 1000)), name)
  end
  answer[#answer + 1] = text(granted)
  answer[#answer + 1] = text(room)
end
return answer
