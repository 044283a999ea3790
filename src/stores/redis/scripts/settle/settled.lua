-- A process is done with what it had to do before anything is decided. The last one, or one that has waited long enough, begins an epoch
-- above all that any of them knew. Answers whether that is done, the epoch, and the place of the last decision.
local by, is_enough, row = arg(), arg() == '1', arg()
if known[2] == replid then return {0, 1, known[1], tonumber(known[3] or '0')} end
local settle = key('settle')
if redis.call('HGET', settle, 'replid') ~= replid then return {0, 0, '', 0} end
redis.call('HSET', settle, 'at:' .. by, 'done')

local found, missing = {}, 0
local fields = redis.call('HGETALL', settle)
for i = 1, #fields, 2 do
  found[fields[i]] = fields[i + 1]
  if string.sub(fields[i], 1, 3) == 'at:' and fields[i + 1] ~= 'done' then missing = missing + 1 end
end
if missing > 0 and not is_enough then return {0, 0, '', 0} end

local time = redis.call('TIME')
local new = math.max(tonumber(known[1]) + 1, tonumber(time[1]) + 1, tonumber(found.generation) + 1)
local event = tonumber(redis.call('HGET', seq, 'event') or '0')
event = event + 1
redis.call('HSET', seq, 'epoch', text(new), 'replid', replid, 'event', text(event))
-- Board writes that were lost had numbers that boards have heard of.
redis.call('HINCRBY', seq, 'owed', 1000000)
if found.offset then
  -- Store time goes on from where the processes are, and never back.
  local clock = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local kept = tonumber(redis.call('HGET', seq, 'kept') or '0')
  redis.call('HSET', seq, 'offset', text(math.max(tonumber(found.offset), kept - clock)))
end
redis.call('XADD', key('events'), text(event) .. '-0', 'e', row)
return {0, 1, text(new), tonumber(known[3] or '0')}
