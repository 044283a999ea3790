-- Writes some rows while others are as they were read. Answers whether they were.
local conditions, writes = {}, {}
for i = 1, number() do conditions[i] = {kind = arg(), name = arg(), field = arg(), is_there = arg() == '1', value = arg()} end
for i = 1, number() do
  local write = {}
  for part = 1, number() do write[part] = arg() end
  writes[i] = write
end
local entailed = effects()

local function holds(condition)
  local command = condition.kind == 'row' and 'HGET' or 'ZSCORE'
  local found = redis.call(command, key(condition.name), condition.field)
  if not found or not condition.is_there then return not found and not condition.is_there end
  if condition.kind == 'row' then return found == condition.value end
  return tonumber(found) == tonumber(condition.value)
end

for _, condition in ipairs(conditions) do
  if not holds(condition) then return {0, 0} end
end
for _, write in ipairs(writes) do
  write[2] = key(write[2])
  redis.call(unpack(write))
end
append(entailed)
return accepted({1})
