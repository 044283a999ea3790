-- Gives who asks the turn of linking the audit log, for as long as asked, unless another has it. Answers for how long another has it, or
-- nothing, and the places of the newest record and of the newest one with a link. A link is put by compare and set, so that a turn
-- which two believe to have costs nothing but work.
local by, now, lasts = arg(), number(), number()
local known = redis.call('HMGET', seq, 'linker', 'linker_until', 'audit', 'linked')
local left = tonumber(known[2] or '0') - now
local others = known[1] and known[1] ~= by and left > 0 and left <= 60000
-- Its end is moved now and then: what asks often writes little.
if not others and (known[1] ~= by or left < lasts * 3 / 4 or left > lasts) then
  redis.call('HSET', seq, 'linker', by, 'linker_until', text(now + lasts))
end
local linked = string.match(known[4] or '', '^(%d+) ')
return {0, others and text(left) or false, known[3] or '0', linked or '0'}
