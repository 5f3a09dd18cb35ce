//// floats
return [0.1 + 0.2, 1 / 3, 1e21, 1e-7, 123456789012345680000, 5e-324, 1.7976931348623157e308, -1e-10];
//// what JSON cannot hold
return [NaN, Infinity, -Infinity, 1 / 0, -0];
//// toFixed, toPrecision, toExponential
return [(1.005).toFixed(2), (0.5).toFixed(0), (1.5).toFixed(0), (1234.5678).toFixed(2), (0.00001).toPrecision(1), (1234.5).toPrecision(2), (12345).toExponential(2), (1e21).toFixed(2), (-1.5).toFixed(0)];
//// toString with a base
return [(255).toString(16), (255).toString(2), (-255).toString(36), (0.5).toString(2), (3.75).toString(8)];
//// parseInt and parseFloat
return [parseInt("12px"), parseInt("0x1f"), parseInt("101", 2), parseInt("z", 36), parseFloat("3.14abc"), parseFloat(".5"), parseFloat("-.5e2x"), String(parseInt("")), parseInt("9".repeat(20))];
//// Number's constants and tests
return [Number.MAX_SAFE_INTEGER, Number.EPSILON > 0, Number.isInteger(5.0), Number.isSafeInteger(2 ** 53), Number.isNaN("x"), isNaN("x"), Number.isFinite("1"), isFinite("1")];
//// rounding
return [Math.round(0.5), Math.round(-0.5) === 0, Math.round(2.5), Math.round(-1.5), Math.floor(-1.5), Math.ceil(-1.5), Math.trunc(-1.9), Math.sign(-3)];
//// Math's functions
return [Math.max(), Math.min(1, "2"), Math.hypot(3, 4), Math.cbrt(27), Math.log2(8), Math.log10(1000), Math.fround(5.5), Math.clz32(1), Math.imul(0xffffffff, 5), Math.sqrt(2), Math.abs("-3"), String(Math.max(1, NaN))];
//// Math's functions of real numbers, to twelve digits
return ["sin", "cos", "tan", "atan", "exp", "sinh", "cosh", "tanh", "asinh", "expm1", "log1p"].map((f) => Math[f](0.7).toPrecision(12)).concat(Math.atan2(1, -1).toPrecision(12), Math.pow(2, 0.5).toPrecision(12));
//// remainders
return [5 % 3, -5 % 3, 5 % -3, 5.5 % 2, String(5 % 0), 0 % 5];
//// integers of 32 bits
return [2 ** 31 | 0, 2 ** 32 | 0, -1 >>> 0, 1.9 | 0, -1.9 | 0, "7" | 0, NaN | 0, ~~3.7];
//// BigInt's arithmetic
return [2n ** 64n, -7n / 2n, -7n % 3n, 5n - 8n, 10n ** 20n * 3n].map(String);
//// BigInt and Number are compared, not mixed
let e; try { 1n + 1; } catch (x) { e = x.name; } return [1n == 1, 1n === 1, 2n > 1, 1n < 1.5, e, typeof 1n, 0n ? 1 : 2, [3n, 1, 2n].sort((a, b) => (a < b ? -1 : 1)).map(String)];
//// BigInt's bits
return [5n & 3n, 5n | 3n, 5n ^ 3n, ~5n, 1n << 70n, -9n >> 1n, BigInt.asIntN(8, 255n), BigInt.asUintN(8, -1n)].map(String);
//// BigInt's conversions
return [BigInt("0xff"), BigInt(2 ** 60), BigInt("  12 "), BigInt(true), Number(2n ** 60n), parseInt("12n"), (255n).toString(16)].map(String);
//// BigInt refuses
const t = (f) => { try { return f(); } catch (e) { return e.name; } }; return [t(() => BigInt(1.5)), t(() => BigInt("x")), t(() => 1n / 0n), t(() => 2n ** -1n), t(() => +1n), t(() => JSON.stringify(1n)), t(() => Math.max(1n))];
//// a big factorial
let f = 1n; for (let i = 1n; i <= 50n; i++) f *= i; return f.toString();
//// a big Fibonacci number
let a = 0n, b = 1n; for (let i = 0; i < 300; i++) [a, b] = [b, a + b]; return [a.toString(), a.toString(16).length];
//// powers modulo
const pow = (b, e, m) => { let r = 1n; while (e) { if (e & 1n) r = (r * b) % m; b = (b * b) % m; e >>= 1n; } return r; }; return pow(3n, 1000n, 1000000007n).toString();
//// the greatest common divisor
const g = (a, b) => (b ? g(b, a % b) : a); return [g(48, 18), g(17, 5), Number(g(2n ** 40n, 6n ** 20n))];
//// primes
const p = (n) => { if (n < 2) return false; for (let i = 2; i * i <= n; i++) if (n % i === 0) return false; return true; }; return [...Array(60).keys()].filter(p);
//// pi by a series
let s = 0; for (let k = 0; k < 1000; k++) s += (k % 2 ? -1 : 1) / (2 * k + 1); return (4 * s).toFixed(10);
//// Newton's method
let x = 1; for (let i = 0; i < 20; i++) x = (x + 2 / x) / 2; return x;
//// mean, median, deviation
const a = [2, 4, 4, 4, 5, 5, 7, 9]; const m = a.reduce((s, x) => s + x) / a.length; return [m, Math.sqrt(a.reduce((s, x) => s + (x - m) ** 2, 0) / a.length), (a[3] + a[4]) / 2];
//// numbers as text
return [String(1e21), String(123456789.123), `${0.000001}`, `${1e-7}`, 100..toString(), (25).toString(36), `${-0}`, 1e300 * 10 + ""];
//// a generator of pseudo-random numbers
let s = 42; const r = () => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return s; }; return [r(), r(), r()];
//// Math.random is within bounds
const a = Array.from({ length: 1000 }, Math.random); return [a.every((x) => x >= 0 && x < 1), new Set(a).size > 990, Math.abs(a.reduce((s, x) => s + x) / 1000 - 0.5) < 0.1];
//// Collatz
const c = (n) => { let k = 0; while (n !== 1) { n = n % 2 ? 3 * n + 1 : n / 2; k++; } return k; }; return [c(27), c(97), c(1)];
