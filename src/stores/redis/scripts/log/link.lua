-- Puts links to audit records, while the newest link is the one they go on from and the last of these records is the one that was
-- read: another log has another there. Answers whether it did.
local before, after, first, mac = arg(), arg(), number(), arg()
local links = {}
for i = 1, number() do links[i] = arg() end

local last = text(first + #links - 1) .. '-0'
if (redis.call('HGET', seq, 'linked') or '') ~= before then return {0, 0} end
local record = redis.call('XRANGE', key('audit'), last, last)[1]
if not record or record[2][4] ~= mac then return {0, 0} end
for i, link in ipairs(links) do
  redis.call('XADD', key('audit:links'), text(first + i - 1) .. '-0', 'l', link)
end
redis.call('HSET', seq, 'linked', after)
return {0, 1}
