-- Gives a follower to an instance, or moves it on for the one that has it. Answers its place; nothing: it is another's.
local name, instance, now, ends, place = arg(), arg(), number(), arg(), arg()

-- followers: place, end of the lease, instance.
local row = redis.call('HGET', key('followers'), name)
local known = row and lines(row)
local is_its_own = known and known[3] == instance
if place == '' then
  if known and not is_its_own and tonumber(known[2]) > now then return {0, false} end
  place = known and known[1] or redis.call('HGET', seq, 'event') or '0'
else
  if not is_its_own then return {0, false} end
  place = tonumber(known[1]) > tonumber(place) and known[1] or place
end
redis.call('HSET', key('followers'), name, place .. '\n' .. ends .. '\n' .. instance .. '\n')
return {1, place}
