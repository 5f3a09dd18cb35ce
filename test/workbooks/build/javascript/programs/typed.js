//// the views of one buffer
const b = new ArrayBuffer(8), v = new DataView(b); v.setFloat64(0, Math.PI); const u = new Uint8Array(b); return [[...u], v.getInt16(0), v.getInt16(0, true), b.byteLength];
//// clamping and wrapping
return [[...new Uint8Array([256, -1, 1.9])], [...new Uint8ClampedArray([256, -1, 1.5, 2.5])], [...new Int8Array([128, 200])], [...new Float32Array([1.1])].map((x) => x.toFixed(6))];
//// sorting and searching
const a = Float64Array.from([3, -1, 10, 2]); return [[...a.slice().sort()], a.indexOf(10), a.includes(-1), a.join("|"), [...a.map((x) => x * 2)], a.reduce((x, y) => x + y)];
//// subarray shares, slice copies
const a = new Uint8Array([1, 2, 3, 4]), s = a.subarray(1, 3), c = a.slice(1, 3); s[0] = 9; c[1] = 7; return [[...a], [...s], [...c], s.byteOffset];
//// set and fill
const a = new Int16Array(5); a.set([1, 2], 1); a.fill(7, 4); return [...a, a.BYTES_PER_ELEMENT];
//// BigInt arrays
const a = new BigInt64Array([1n, -1n]); const u = new BigUint64Array(a.buffer); return [...a, ...u].map(String);
//// out of bounds
const a = new Uint8Array(2); a[5] = 1; let e; try { new Uint8Array(2).set([1, 2, 3]); } catch (x) { e = x.name; } return [a[5] ?? "none", a.length, e, 5 in a];
//// byte order
const u = new Uint8Array(new Uint32Array([0x01020304]).buffer); return [...u];
//// UTF-8 by hand
const enc = (s) => [...s].flatMap((c) => { const p = c.codePointAt(0); return p < 128 ? [p] : p < 2048 ? [192 | (p >> 6), 128 | (p & 63)] : p < 65536 ? [224 | (p >> 12), 128 | ((p >> 6) & 63), 128 | (p & 63)] : [240 | (p >> 18), 128 | ((p >> 12) & 63), 128 | ((p >> 6) & 63), 128 | (p & 63)]; }); return enc("aé€🦀");
//// a checksum
let c = ~0; for (const b of [..."123456789"].map((x) => x.charCodeAt(0))) { c ^= b; for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1; } return (~c >>> 0).toString(16);
//// typed arrays are not arrays
return [Array.isArray(new Uint8Array()), ArrayBuffer.isView(new DataView(new ArrayBuffer(1))), Object.prototype.toString.call(new Uint8Array()), Object.getPrototypeOf(Uint8Array).name];
//// slices of buffers
const b = new Uint8Array([1, 2, 3, 4]).buffer; return [[...new Uint8Array(b.slice(1, 3))], [...new Uint8Array(b, 2)], [...new Uint16Array(b, 2, 1)]];
//// the copying methods of typed arrays
const a = new Int8Array([3, 1, 2]); return [[...a.toSorted()], [...a.toReversed()], [...a.with(0, 9)], a.at(-1), a.findLast((x) => x > 1)];
//// what is returned of a typed array
return [...new Float32Array([0.5, 1.5])];
