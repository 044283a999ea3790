-- What every script begins with: the names of what it touches, its arguments in order, and whether the server is the one it is for.
local seq = KEYS[1]
local function key(what) return string.sub(seq, 1, -4) .. what end
local source, place = ARGV, 4
local function arg() place = place + 1 return source[place] end
local function number() return tonumber(arg()) end
-- What `read` makes of arguments that are packed into one.
local function unpacked(packed, read)
  local outer, at = source, place
  source, place = cmsgpack.unpack(packed), 0
  local found = read()
  source, place = outer, at
  return found
end
-- Numbers leave as text: Lua's own would lose digits or show an exponent.
local function text(n) return string.format('%d', n) end
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
-- Before its own arguments a script has: the epoch it is for, the server's name where scripts cannot read that, which run it is, and the
-- place of a decision that was made before it. No epoch: it only reads; `?`: what is put back while the store is being settled.
local epoch, replid, run = ARGV[1], ARGV[2], ARGV[3]
if replid == '' then replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') end
-- Answers are kept for whoever did not get them, of 65,536 decisions at least: in two halves, of which the older is dropped whole.
local HALF, LATEST = 65536, 60000
local known = redis.call('HMGET', seq, 'epoch', 'replid', 'write')
if run ~= '' then
  local answered = redis.call('HGET', key('ran:0'), run) or redis.call('HGET', key('ran:1'), run)
  if answered then
    -- A replica that has this has all before it.
    redis.call('HINCRBY', seq, 'marks', 1)
    return cmsgpack.unpack(answered)
  end
end
if epoch == '?' then
  if redis.call('HGET', key('settle'), 'replid') ~= replid then return {-2} end
elseif epoch ~= '' and (known[1] ~= epoch or known[2] ~= replid) then
  return {-2}
end
-- Its answer might have been kept and dropped since.
if run ~= '' and tonumber(known[3] or '0') - tonumber(ARGV[4]) > LATEST then return {-3, tonumber(known[3])} end
-- Every decision that was accepted has a place of its own, which its answer begins with.
local function accepted(answer)
  local n = redis.call('HINCRBY', seq, 'write', 1)
  table.insert(answer, 1, n)
  local half = key('ran:' .. math.floor(n / HALF) % 2)
  if n % HALF == 0 then redis.call('UNLINK', half) end
  if run ~= '' then redis.call('HSET', half, run, cmsgpack.pack(answer)) end
  return answer
end
