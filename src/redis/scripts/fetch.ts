import { script } from './script.js';

/**
 * Reads hashes in two texts, because a client spends more on a reply's parts than on its bytes. KEYS: the hashes.
 * Returns (1) one line of numbers: per shape its number of names and their lengths, then -1, then per hash its shape,
 * counted from 0, and the lengths of its values; (2) all names and all values in that order, without separators.
 * A key of another type counts as an empty hash.
 */
export const FETCH = script(`
local shapes, shapeCount, numbers, names, lengths, values = {}, 0, {}, {}, {}, {}
for k = 1, #KEYS do
  local hash = redis.pcall('HGETALL', KEYS[k])
  if hash.err then hash = {} end
  local own, parts = {}, {}
  for i = 1, #hash, 2 do
    own[#own + 1] = hash[i]
    parts[#parts + 1] = #hash[i] .. ':' .. hash[i]
  end
  local id = table.concat(parts)
  local shape = shapes[id]
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
  for i = 2, #hash, 2 do
    lengths[#lengths + 1] = #hash[i]
    values[#values + 1] = hash[i]
  end
end
numbers[#numbers + 1] = -1
return { table.concat(numbers, ' ') .. ' ' .. table.concat(lengths, ' '), table.concat(names) .. table.concat(values) }
`);
