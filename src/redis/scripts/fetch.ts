import { script } from './script.js';

/** A hash with more bytes than this does not go through a script: several times what a small event has at most. */
export const SMALL_BYTES = 16 * 1024;
/** More than an event can have, and some that a newer build may add. */
const MOST_FIELDS = 2_000;

/** Lua: a hash as a list of names and values in turn; 1 for one that is not small, nothing for a key of another type. */
export const HASH = `
local function hash(key)
  local hash = redis.pcall('HGETALL', key)
  if hash.err then return {} end
  local size = 0
  for i = 1, #hash do size = size + #hash[i] end
  return size > ${SMALL_BYTES} and 1 or hash
end
`;

/**
 * Reads hashes in two texts, because a client spends more on a reply's parts than on its bytes. KEYS: the hashes.
 * Returns (1) one line of numbers: per shape its number of names and their lengths, then -1, then per hash its shape,
 * counted from 0, and the lengths of its values; (2) all names and all values in that order, without separators.
 * A key of another type counts as an empty hash; one that is not small has the shape -1, and nothing else.
 */
export const FETCH = script(`
local shapes, shapeCount, numbers, names, lengths, values = {}, 0, {}, {}, {}, {}
for k = 1, #KEYS do
  local hash = redis.pcall('HGETALL', KEYS[k])
  if hash.err then hash = {} end
  local own, parts, size = {}, {}, 0
  for i = 1, #hash, 2 do
    own[#own + 1] = hash[i]
    parts[#parts + 1] = #hash[i] .. ':' .. hash[i]
    size = size + #hash[i] + #hash[i + 1]
  end
  local id = table.concat(parts)
  local shape = size > ${SMALL_BYTES} and -1 or shapes[id]
  if not shape then
    shape = shapeCount
    shapes[id] = shape
    shapeCount = shapeCount + 1
    numbers[#numbers + 1] = #own
    for _, name in ipairs(own) do
      numbers[#numbers + 1] = #name
      names[#names + 1] = name
    end
  end
  lengths[#lengths + 1] = shape
  if shape >= 0 then
    for i = 2, #hash, 2 do
      lengths[#lengths + 1] = #hash[i]
      values[#values + 1] = hash[i]
    end
  end
end
numbers[#numbers + 1] = -1
return { table.concat(numbers, ' ') .. ' ' .. table.concat(lengths, ' '), table.concat(names) .. table.concat(values) }
`);

/**
 * Reads a few hashes, each as a list of names and values in turn; there is less to do about them than in {@link FETCH}.
 * KEYS: the hashes. One that is not small is answered with 1, a key of another type counts as an empty hash.
 */
export const FETCH_FEW = script(`${HASH}
local hashes = {}
for k = 1, #KEYS do hashes[k] = hash(KEYS[k]) end
return hashes
`);

/**
 * Reads the hashes of the one entry that a consumer was handed last. KEYS: the stream, what the keys of its events' hashes
 * begin with, and what those of their personal hashes begin with. ARGV: group, consumer, the id up to which it was handed
 * everything before, and the types that are wanted, all when there are none. Returns the event's id and those hashes, as
 * {@link FETCH_FEW} does; nothing for several entries, for a large one, and for one whose text begins in another way than
 * this library writes it: to parse it would take longer than all the rest.
 * Both hashes lie in the slot of the stream; their names end in the event's id, which only a name may be.
 */
export const FETCH_LONE = script(`${HASH}
local new = redis.call('XRANGE', KEYS[1], '(' .. ARGV[3], '+', 'COUNT', 2)
if #new > 1 then
  -- Some may have gone to others.
  local own = redis.call('XPENDING', KEYS[1], ARGV[1], '(' .. ARGV[3], '+', 2, ARGV[2])
  if #own > 1 then return {} end
  new = own[1] and redis.call('XRANGE', KEYS[1], own[1][1], own[1][1]) or {}
end
local id, type, rest = string.match(new[1] and new[1][2][2] or '', '^{"id":"([%w_.-]+)","type":"([%w_.-]+)"(.*)$')
if not id or #id > 128 or string.find(rest, '"large":', 1, true) then return {} end
local wanted = #ARGV == 3
for i = 4, #ARGV do wanted = wanted or ARGV[i] == type end
if not wanted then return {} end
local function spoken(of, key) return string.find(rest, of, 1, true) and hash(key .. id) or false end
return { id, spoken('"fields":', KEYS[2]), spoken('"personal":', KEYS[3]) }
`);

/**
 * Tells how many bytes hashes hold, names included, without reading the values. KEYS: the hashes. One with more fields
 * than any event has counts as endless, a key of another type as empty.
 */
export const SIZES = script(`
local sizes = {}
for k = 1, #KEYS do
  local count = redis.pcall('HLEN', KEYS[k])
  local size = 0
  if type(count) == 'number' then
    if count > ${MOST_FIELDS} then
      size = 2 ^ 53
    else
      for _, name in ipairs(redis.call('HKEYS', KEYS[k])) do
        size = size + #name + redis.call('HSTRLEN', KEYS[k], name)
      end
    end
  end
  sizes[k] = size
end
return sizes
`);
