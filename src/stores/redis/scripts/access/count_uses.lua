-- Adds calls to keys that are there.
local uses = {}
for i = 1, number() do uses[i] = {id = arg(), calls = arg(), at = arg()} end

for _, use in ipairs(uses) do
  if redis.call('HEXISTS', key('keys'), use.id) == 1 then
    redis.call('HINCRBY', key('uses'), use.id, use.calls)
    local last = redis.call('HGET', key('used'), use.id)
    if tonumber(last or '0') < tonumber(use.at) then redis.call('HSET', key('used'), use.id, use.at) end
  end
end
return accepted({1})
