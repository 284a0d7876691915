import { script } from './script.js';

/**
 * Lua: how a position stands in the index of a key: both numbers behind a letter that tells how many digits come, so that
 * members of the same score are in the order of the stream.
 */
export const INDEX_MEMBER = `
local function member(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return string.char(96 + #ms) .. ms .. string.char(96 + #seq) .. seq
end`;

/**
 * Reads the next entries of a key by its index. KEYS: the sorted set of the key, the stream. ARGV: where to begin and to end
 * among the members, and how many at most. Returns the last member that was looked at, or nothing, and the entries that
 * are there.
 */
export const READ_KEY = script(`
local members = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[3])
local entries = {}
for _, m in ipairs(members) do
  local ms, seq = string.match(m, '^%l(%d+)%l(%d+)$')
  local found = ms and redis.call('XRANGE', KEYS[2], ms .. '-' .. seq, ms .. '-' .. seq) or {}
  entries[#entries + 1] = found[1]
end
return { members[#members] or '', entries }
`);
