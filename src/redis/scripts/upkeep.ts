import { FIND_GROUP, IDS } from './group.js';
import { INDEX_MEMBER } from './key-index.js';
import { script } from './script.js';

/**
 * Removes the oldest events, those of one page. KEYS: stream, the hash of its index by key; per group its pins and its
 * past; per event that has hashes, its hash, its personal hash and the sorted set of its key. ARGV: "force" or an empty
 * text; for how long in ms after an append its id must be known; the number of groups, and per group its name on the
 * server and the index of its pins in KEYS (0 for none); then per event its id and "1" when it has hashes. Unless forced,
 * keeps what a group has not finished and what dead letters refer to.
 * Returns how many were removed, and 1 when a group is not finished with the next one; -1 when there is another group.
 */
export const TRIM = script(`${IDS}${FIND_GROUP}${INDEX_MEMBER}
local a, k = 4, 3
local isIndexed = redis.call('EXISTS', KEYS[2]) == 1
local pins = {}
for i = 1, tonumber(ARGV[3]) do
  pins[ARGV[a]] = tonumber(ARGV[a + 1])
  if pins[ARGV[a]] >= k then k = pins[ARGV[a]] + 2 end
  a = a + 2
end
local unfinished, finished, pinned = {}, {}, {}
if ARGV[1] ~= 'force' then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local info = infoOf(group)
    local at = pins[info.name]
    if not at then return { -1, 0 } end
    if at > 0 then pinned[#pinned + 1] = KEYS[at] end
    local lowest = redis.call('XPENDING', KEYS[1], info.name)[2]
    if lowest then unfinished[#unfinished + 1] = lowest else finished[#finished + 1] = info['last-delivered-id'] end
  end
end
local function isFinished(id)
  for _, from in ipairs(unfinished) do if not lower(id, from) then return false end end
  for _, to in ipairs(finished) do if lower(to, id) then return false end end
  return true
end
local function isPinned(id)
  for _, key in ipairs(pinned) do if redis.call('HEXISTS', key, id) == 1 then return true end end
  return false
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local window = tonumber(ARGV[2])
local removed, stopped = {}, 0
for i = a, #ARGV, 2 do
  local id, hashes = ARGV[i], ARGV[i + 1] == '1'
  if not isFinished(id) then stopped = 1; break end
  if not isPinned(id) then
    removed[#removed + 1] = id
    if hashes and isIndexed then redis.call('ZREM', KEYS[k + 2], member(id)) end
    -- The hashes may be those of another entry that has the same event id.
    if hashes and redis.pcall('HGET', KEYS[k], '$position') == id then
      redis.call('UNLINK', KEYS[k], KEYS[k + 1])
      local rest = math.min(tonumber((parts(id))) + window - now, window)
      if rest > 0 then
        redis.call('HSET', KEYS[k], '$position', id)
        redis.call('PEXPIRE', KEYS[k], string.format('%.0f', rest))
      end
    end
  end
  if hashes then k = k + 3 end
end
if #removed > 0 then
  redis.call('XDEL', KEYS[1], unpack(removed))
  for _, at in pairs(pins) do if at > 0 then redis.call('HDEL', KEYS[at + 1], unpack(removed)) end end
end
return { #removed, stopped }
`);

/**
 * Erases fields of one event. KEYS: event hash, personal hash. ARGV: field names; none means the whole personal hash.
 * Leaves a mark with their names, so that a reader can tell erased from lost: "1", and the names behind it, each with a
 * space before. Returns 1 when the event exists.
 */
export const ERASE = script(`
local function mark(key, old, gone)
  local parts, known = { old or '1' }, {}
  for name in string.gmatch(old or '', ' (%S+)') do known[name] = true end
  for _, name in ipairs(gone) do
    if not known[name] and string.find(name, '^[%w_.-]+$') then parts[#parts + 1] = name end
  end
  redis.call('HSET', key, '$erased', table.concat(parts, ' '))
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
-- Of a trimmed event the id is left for a while: a mark beside it would stay for ever.
if redis.call('PTTL', KEYS[1]) >= 0 and redis.call('HLEN', KEYS[1]) == 1 and redis.call('EXISTS', KEYS[2]) == 0 then
  return 0
end
if #ARGV == 0 then
  local gone = redis.pcall('HKEYS', KEYS[2])
  -- A key of another type holds nothing of ours, and goes as well.
  local old = not gone.err and redis.call('HGET', KEYS[2], '$erased')
  redis.call('DEL', KEYS[2])
  mark(KEYS[2], old, gone)
  return 1
end
for _, key in ipairs(KEYS) do
  local gone = {}
  for _, name in ipairs(ARGV) do
    if redis.call('HDEL', key, name) == 1 then gone[#gone + 1] = name end
  end
  if #gone > 0 then mark(key, redis.call('HGET', key, '$erased'), gone) end
end
return 1
`);
