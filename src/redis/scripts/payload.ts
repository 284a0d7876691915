import { script } from './script.js';

/**
 * Puts values of one event. KEYS: the set of its fields' names, then the values' keys. ARGV: time to live in
 * milliseconds or '', 'NX' or '', then a name and a value for each key. The set lives as long as the longest of them.
 */
export const PUT_PAYLOADS = script(`
local ttl, mode = tonumber(ARGV[1]), ARGV[2]
local left = redis.call('PTTL', KEYS[1])
for i = 2, #KEYS do
  local set = { 'SET', KEYS[i], ARGV[2 * i] }
  if ttl then
    set[#set + 1] = 'PX'
    set[#set + 1] = ARGV[1]
  end
  if mode ~= '' then set[#set + 1] = mode end
  redis.call(unpack(set))
  redis.call('SADD', KEYS[1], ARGV[2 * i - 1])
end
if not ttl then
  redis.call('PERSIST', KEYS[1])
elseif left ~= -1 and left < ttl then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
`);

/**
 * Erases values of one event. KEYS: the set of its fields' names, then the values' keys. ARGV: the names of these.
 * Returns how many were there.
 */
export const ERASE_PAYLOADS = script(`
local erased = 0
for i = 2, #KEYS do
  erased = erased + redis.call('DEL', KEYS[i])
  redis.call('SREM', KEYS[1], ARGV[i - 1])
end
return erased
`);

/**
 * Tells which of an event's fields have a value, and forgets the names of those whose time is over. KEYS: the set of its
 * fields' names, then the values' keys. ARGV: the names of these. Returns the names that are left.
 */
export const LIST_PAYLOADS = script(`
local names = {}
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    names[#names + 1] = ARGV[i - 1]
  else
    redis.call('SREM', KEYS[1], ARGV[i - 1])
  end
end
return names
`);
