//// map, filter, reduce
return [[1, 2, 3].map((x) => x * 2), [1, 2, 3].filter((x) => x % 2), [1, 2, 3].reduce((a, b) => a + b), [[1], [2]].reduceRight((a, b) => [...a, ...b])];
//// sort is by text unless told
return [[10, 9, 1, 100].sort(), [10, 9, 1, 100].sort((a, b) => a - b), ["b", undefined, "a"].sort().map(String), [3, 1, 2].sort((a, b) => b - a)];
//// sort is stable
return [["a", 2], ["b", 1], ["c", 2], ["d", 1]].sort((x, y) => x[1] - y[1]).map((x) => x[0]).join("");
//// sorting many is stable
const a = Array.from({ length: 600 }, (_, i) => ({ k: (i * 7919) % 13, i })); a.sort((x, y) => x.k - y.k); return a.every((x, i) => i === 0 || a[i - 1].k < x.k || (a[i - 1].k === x.k && a[i - 1].i < x.i));
//// splice
const a = [1, 2, 3, 4, 5]; const r = a.splice(1, 2, "x", "y", "z"); const s = a.splice(-1); return [a, r, s];
//// slice, concat and join
return [[1, 2, 3].slice(-2), [1, 2, 3].slice(1, -1), [1].concat([2], [[3]], 4), [1, null, undefined, [2, 3]].join("-")];
//// find and its kin
const a = [5, 12, 8, 130]; return [a.find((x) => x > 10), a.findIndex((x) => x > 10), a.findLast((x) => x > 10), a.findLastIndex((x) => x > 200), a.find((x) => x > 999) ?? "none"];
//// indexOf and includes
const a = [1, NaN, 3, 1]; return [a.indexOf(1), a.lastIndexOf(1), a.indexOf(NaN), a.includes(NaN), a.includes(3, -1), a.indexOf(1, 1)];
//// some, every, forEach
const o = []; [1, 2].forEach((x, i, a) => o.push([x, i, a.length])); return [[].every(() => false), [].some(() => true), [1, 2].some((x) => x > 1), o];
//// flat and flatMap
return [[1, [2, [3, [4]]]].flat(), [1, [2, [3, [4]]]].flat(Infinity), [1, 2].flatMap((x) => [x, [x * 2]])];
//// fill, copyWithin, reverse
return [Array(3).fill(0), [1, 2, 3, 4].fill(9, 1, 3), [1, 2, 3, 4, 5].copyWithin(0, 3), [1, 2, 3].reverse()];
//// at
const a = [1, 2, 3]; return [a.at(-1), a.at(0), a.at(5) ?? "none", "abc".at(-2)];
//// push, pop, shift, unshift
const a = [2]; return [a.push(3, 4), a.unshift(0, 1), a.pop(), a.shift(), a];
//// the length can be set
const a = [1, 2, 3]; a.length = 1; a[3] = 9; return [a.length, 2 in a, a];
//// Array.of and Array
return [Array.of(7), Array(3).length, Array(1, 2), new Array("3"), Array.isArray([]), Array.isArray({ length: 0 })];
//// an invalid length
try { new Array(-1); } catch (e) { return e.name; }
//// the copying methods of 2023
const a = [3, 1, 2]; return [a.toSorted(), a.toReversed(), a.with(1, 9), a.toSpliced(0, 1, 7, 8), a];
//// holes are skipped by some
let n = 0; [1, , 3].forEach(() => n++); return [n, [1, , 3].map((x) => 2).length, [, 1].findIndex((x) => x === undefined), [...[, 1]][0] === undefined, [1, , 2].filter(() => true)];
//// array-likes
return [Array.prototype.map.call("abc", (c) => c + c), Array.prototype.join.call({ length: 2, 0: "x", 1: "y" }, "+"), Array.prototype.slice.call({ length: 1, 0: 5 })];
//// a matrix and its transpose
const m = [[1, 2, 3], [4, 5, 6]]; return m[0].map((_, i) => m.map((r) => r[i]));
//// chunks and ranges
const chunk = (a, n) => a.length ? [a.slice(0, n), ...chunk(a.slice(n), n)] : []; return chunk([...Array(7).keys()], 3);
//// partition, zip, unzip
const zip = (...a) => a[0].map((_, i) => a.map((x) => x[i])); return [zip([1, 2], ["a", "b"]), zip(...zip([1, 2], ["a", "b"]))];
//// quicksort
const q = ([p, ...r]) => p === undefined ? [] : [...q(r.filter((x) => x < p)), p, ...q(r.filter((x) => x >= p))]; return q([3, 6, 1, 8, 2, 9, 2]);
//// binary search
const s = (a, x) => { let l = 0, h = a.length; while (l < h) { const m = (l + h) >> 1; if (a[m] < x) l = m + 1; else h = m; } return l; }; return [s([1, 3, 5, 7], 5), s([1, 3, 5, 7], 4), s([], 1)];
//// reduce of nothing
try { [].reduce((a) => a); } catch (e) { return [e.name, [].reduce((a) => a, "start")]; }
//// toString of arrays
return [String([1, [2, 3], null]), [] + "", [[]].toString(), [1, 2] + [3]];
//// comparators that lie
return [3, 1, 2].sort(() => 0);
//// sorting mixed values
return [true, "b", 3, null, undefined, "a", [1]].sort().map(String);
//// localeCompare sorts letters
return ["b", "a", "c"].sort((x, y) => x.localeCompare(y));
//// Array.from with an iterator and a map
return Array.from(new Map([["a", 1]]), ([k, v]) => k + v);
//// keys of arrays
const a = ["x"]; a.extra = 1; a[2] = "z"; return [Object.keys(a), JSON.stringify(a), a.length];
