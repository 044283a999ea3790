-- Drops the audit records up to one, and begins the log after it, while it holds that one with that link. Answers whether it did.
local sequence, link, row = number(), arg(), arg()
local place = text(sequence) .. '-0'
local held = redis.call('XRANGE', key('audit:links'), place, place)[1]
if not held or held[2][2] ~= link or not redis.call('XRANGE', key('audit'), place, place)[1] then return {0, 0} end
for _, stream in ipairs({'audit', 'audit:links'}) do
  redis.call('XTRIM', key(stream), 'MINID', text(sequence + 1) .. '-0')
end
redis.call('HSET', key('facts'), 'audit_start', row)
return accepted({1})
