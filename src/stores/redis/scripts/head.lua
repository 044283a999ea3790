-- What every script begins with: the names of what it touches, its arguments in order, and whether the server is the one it is for.
local seq = KEYS[1]
local function key(what) return string.sub(seq, 1, -4) .. what end
local place = 1
local function arg() place = place + 1 return ARGV[place] end
local function number() return tonumber(arg()) end
-- Numbers leave as text: Lua's own would lose digits or show an exponent.
local function text(n) return string.format('%.0f', n) end
-- The head lines of a row, and where what follows them begins. Not by a pattern: that would look at the rest once for each of its bytes.
local function lines(row)
  local found, from = {}, 1
  while true do
    local to = string.find(row, '\n', from, true)
    if not to then return found, from end
    found[#found + 1] = string.sub(row, from, to - 1)
    from = to + 1
  end
end
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
do
  local known = redis.call('HMGET', seq, 'epoch', 'replid')
  if ARGV[1] ~= '' and (known[1] ~= ARGV[1] or known[2] ~= replid) then return {-2} end
end
-- Every decision that was accepted has a place of its own.
local function accepted() redis.call('HINCRBY', seq, 'write', 1) end
