-- Adds counts to those of the same hour, key and tool. A row: calls, failed ones, refused ones, calls by how long they took as
-- `step:count`, user.
local MOST = 4294967295
local rows = {}
for i = 1, number() do
  rows[i] = {hour = arg(), name = arg(), calls = number(), errors = number(), limited = number(), took = arg(), user = arg()}
end

local function merged(known, more)
  local counts, parts = {}, {}
  for step, count in string.gmatch(known .. ' ' .. more, '(%d+):(%d+)') do
    counts[step] = math.min((counts[step] or 0) + tonumber(count), MOST)
  end
  for step, count in pairs(counts) do parts[#parts + 1] = step .. ':' .. text(count) end
  return table.concat(parts, ' ')
end

for _, row in ipairs(rows) do
  local hash, took = key('usage:' .. row.hour), row.took
  local found = redis.call('HGET', hash, row.name)
  if found then
    local known = lines(found)
    row.calls, row.errors = row.calls + tonumber(known[1]), row.errors + tonumber(known[2])
    row.limited, took = row.limited + tonumber(known[3]), merged(known[4], took)
  end
  local head = text(row.calls) .. '\n' .. text(row.errors) .. '\n' .. text(row.limited) .. '\n'
  redis.call('HSET', hash, row.name, head .. took .. '\n' .. row.user)
  redis.call('ZADD', key('usage'), row.hour, row.hour)
end
return accepted({})
