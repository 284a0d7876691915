import type { StreamKeys } from '../keys.js';
import { FIND_GROUP, IDS } from './group.js';
import { script } from './script.js';

/** The keys of a group as every script about its dead letters gets them, in this order. */
export function letterKeys(keys: StreamKeys, group: string): readonly string[] {
  return [
    keys.stream,
    keys.group(group),
    keys.dead(group),
    keys.pins(group),
    keys.past(group),
    keys.parked(group),
    keys.types(group),
  ];
}

/** Lua: reads, writes and removes dead letters with all that is kept about them. Needs the keys of {@link letterKeys}. */
export const LETTERS = `
local function fieldsOf(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end
local function letterAt(at)
  local entry = redis.call('XRANGE', KEYS[3], at, at)[1]
  return entry and fieldsOf(entry[2])
end
local function parks(letter)
  return letter.park and letter.partitionkey and letter.park == (redis.call('HGET', KEYS[2], 'epoch') or '0')
end
local function countDown(key, field)
  if redis.call('HINCRBY', key, field, -1) <= 0 then redis.call('HDEL', key, field) end
end
local function forget(at, letter)
  redis.call('XDEL', KEYS[3], at)
  local position = letter.position or ''
  if redis.call('HGET', KEYS[4], position) == at then redis.call('HDEL', KEYS[4], position) end
  if letter.kind == 'unknown' and letter.type then countDown(KEYS[2], 'unknown:' .. letter.type) end
  if parks(letter) then countDown(KEYS[6], letter.partitionkey) end
end
local function remember(position, list)
  local old = redis.call('HGET', KEYS[4], position)
  if old then forget(old, letterAt(old) or {}) end
  local letter = fieldsOf(list)
  local at = redis.call('XADD', KEYS[3], '*', unpack(list))
  redis.call('HSET', KEYS[4], position, at)
  if letter.kind == 'unknown' and letter.type then redis.call('HINCRBY', KEYS[2], 'unknown:' .. letter.type, 1) end
  if parks(letter) then redis.call('HINCRBY', KEYS[6], letter.partitionkey, 1) end
end
`;

/**
 * Lua: hands an event out again. Returns nothing when it is gone from the stream, else its entry, and whether the
 * consumer has it now: what is pending, or was not handed out yet, comes by itself.
 */
const AGAIN = `${IDS}${FIND_GROUP}
local function deliveredBy(name)
  local group = find(KEYS[1], name)
  return group and group['last-delivered-id']
end
local function again(position, name, delivered, consumer, idle, deliveries)
  local entry = redis.call('XRANGE', KEYS[1], position, position)[1]
  if not entry then return nil end
  local comes = lower(delivered, position) or #redis.call('XPENDING', KEYS[1], name, position, position, 1) > 0
  if not comes then
    local how = { 'IDLE', idle, 'RETRYCOUNT', deliveries, 'FORCE', 'JUSTID' }
    redis.call('XCLAIM', KEYS[1], name, consumer, 0, position, unpack(how))
  end
  redis.call('HSET', KEYS[5], position, '0 0 1')
  return entry, not comes
end
`;

const NO_GROUP = "if not delivered then return redis.error_reply('NOGROUP the group is gone') end";

/**
 * Hands dead events to their group again, through a claim. KEYS: those of letterKeys. ARGV: group on the server, then
 * ids of dead letters. A letter whose event is gone from the stream stays. Returns how many were found, and the
 * parked keys among them: for those nothing was done, because all of a key belongs together.
 */
export const REDRIVE = script(`${LETTERS}${AGAIN}
local delivered = deliveredBy(ARGV[1])
${NO_GROUP}
local found, parked, seen = 0, {}, {}
for i = 2, #ARGV do
  local letter = letterAt(ARGV[i])
  local position = letter and letter.position
  if position and parks(letter) then
    if #redis.call('XRANGE', KEYS[1], position, position) > 0 then found = found + 1 end
    if not seen[letter.partitionkey] then parked[#parked + 1] = letter.partitionkey end
    seen[letter.partitionkey] = true
  elseif position and again(position, ARGV[1], delivered, '~redrive', 86400000, 1) then
    forget(ARGV[i], letter)
    found = found + 1
  end
end
return { found, parked }
`);

/**
 * Hands out again all that was set aside of a parked key, and marks the key as resuming, so that newer events of it wait
 * for these. KEYS: those of letterKeys. ARGV: group on the server, key, "all" or "counted", ids of dead letters.
 * Returns how many were handed out again, or -1, with nothing done, when "counted" and these are not all of the key.
 */
export const REDRIVE_KEY = script(`${LETTERS}${AGAIN}
local delivered = deliveredBy(ARGV[1])
${NO_GROUP}
local letters = {}
for i = 4, #ARGV do
  local letter = letterAt(ARGV[i])
  if letter and parks(letter) and letter.partitionkey == ARGV[2] then letters[#letters + 1] = { ARGV[i], letter } end
end
local count = tonumber(redis.call('HGET', KEYS[6], ARGV[2]) or 0)
if ARGV[3] ~= 'all' and count ~= #letters then return -1 end
local done = 0
for _, l in ipairs(letters) do
  local at, letter = l[1], l[2]
  local found = again(letter.position, ARGV[1], delivered, '~redrive', 86400000, 1)
  local list = redis.call('XRANGE', KEYS[3], at, at)[1][2]
  forget(at, letter)
  if found then
    done = done + 1
  else
    -- It stays as the only trace of its event, but its key does not wait for it.
    local kept = {}
    for f = 1, #list, 2 do
      if list[f] ~= 'park' then kept[#kept + 1] = list[f]; kept[#kept + 1] = list[f + 1] end
    end
    remember(letter.position, kept)
  end
end
redis.call('HDEL', KEYS[6], ARGV[2])
if done > 0 then redis.call('HINCRBY', KEYS[2], 'resuming:' .. ARGV[2], 1) end
return done
`);

/**
 * Ends the resuming of keys whose events of before were handed out. KEYS: group state. ARGV: per key the key and its mark
 * as it was before those were looked for; another mark is of a later redrive and stays.
 */
export const RESUMED = script(`
for i = 1, #ARGV, 2 do
  local field = 'resuming:' .. ARGV[i]
  if redis.call('HGET', KEYS[1], field) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], field) end
end
`);

/** Removes dead letters. KEYS: those of letterKeys. ARGV: their ids. Returns how many there were. */
export const REMOVE = script(`${LETTERS}
local removed = 0
for _, at in ipairs(ARGV) do
  local letter = letterAt(at)
  if letter then
    forget(at, letter)
    removed = removed + 1
  end
end
return removed
`);

/**
 * Remembers which types a member of the group handles, and hands it the dead letters of kind "unknown" that have them.
 * KEYS: those of letterKeys. ARGV: group on the server, consumer, for how long types are remembered in ms, after how long
 * they are written again, exclusive id of the letter to go on behind (an empty text at first), how many letters to look
 * at, types.
 * Returns the id of the last letter looked at (or an empty text at the end); per event its id, its entry's fields, its
 * deliveries and its past; and the parked keys whose letters have these types, with which nothing was done.
 */
export const ADOPT = script(`${LETTERS}${AGAIN}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local handled, waiting, written = {}, false, false
for i = 7, #ARGV do
  handled[ARGV[i]] = true
  local heard = tonumber(redis.call('HGET', KEYS[7], ARGV[i]) or 0) or 0
  if heard < now - tonumber(ARGV[4]) then
    redis.call('HSET', KEYS[7], ARGV[i], string.format('%.0f', now))
    written = true
  end
  waiting = waiting or redis.call('HEXISTS', KEYS[2], 'unknown:' .. ARGV[i]) == 1
end
if written then
  local heard = redis.call('HGETALL', KEYS[7])
  for i = 1, #heard, 2 do
    if (tonumber(heard[i + 1]) or 0) < now - tonumber(ARGV[3]) then redis.call('HDEL', KEYS[7], heard[i]) end
  end
end
if not waiting then return { '', {}, {} } end
local delivered = deliveredBy(ARGV[1])
${NO_GROUP}
local start = ARGV[5] == '' and '-' or '(' .. ARGV[5]
local page = redis.call('XRANGE', KEYS[3], start, '+', 'COUNT', ARGV[6])
local entries, parked = {}, {}
for _, l in ipairs(page) do
  local letter = fieldsOf(l[2])
  if letter.kind == 'unknown' and handled[letter.type] and letter.position then
    if parks(letter) then
      parked[#parked + 1] = letter.partitionkey
    else
      local entry, has = again(letter.position, ARGV[1], delivered, ARGV[2], 0, 2)
      if entry then forget(l[1], letter) end
      if has then entries[#entries + 1] = { entry[1], entry[2], 2, '0 0 1' } end
    end
  end
end
return { #page == tonumber(ARGV[6]) and page[#page][1] or '', entries, parked }
`);
