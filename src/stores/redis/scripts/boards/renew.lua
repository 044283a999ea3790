-- Goes on with the lease on those of some entries that the process still has.
local over_at, by = arg(), arg()
local touched = {}
for _ = 1, number() do
  local id, task = arg(), arg()
  local taken = redis.call('HGET', key('owed:taken'), id)
  local state = taken and lines(taken)
  if state and state[3] == by then
    take_note(id, over_at, state[2], by)
    touched[task] = true
  end
end
line_up_all(touched, 0)
return {0}
