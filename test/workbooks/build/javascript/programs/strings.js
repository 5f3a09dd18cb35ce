//// slicing
const s = "hello"; return [s.slice(1, 3), s.slice(-3), s.substring(3, 1), s.substr(-3, 2), s.charAt(9), s[1], s.at(-1)];
//// searching
const s = "banana"; return [s.indexOf("an"), s.lastIndexOf("an"), s.indexOf("an", 2), s.includes("nan"), s.startsWith("na", 2), s.endsWith("na"), s.endsWith("ban", 3), s.search(/n/)];
//// case
return ["Straße".toUpperCase(), "ÀÉ".toLowerCase(), "İ".toLowerCase().length, "ﬁ".toUpperCase(), "ΑΣ".toLowerCase()];
//// trimming and padding
return ["\t a \n".trim(), " a ".trimStart(), " a ".trimEnd(), "5".padStart(3, "0"), "5".padEnd(4, "ab"), "abc".padStart(2)];
//// split and join
return ["a,b,,c".split(","), "abc".split(""), "a1b2".split(/\d/), "a1b2".split(/(\d)/), "a,b,c".split(",", 2), "".split(","), "".split("")];
//// replace
return ["aaa".replace("a", "b"), "aaa".replaceAll("a", "b"), "abc".replace("b", "[$&$`$']"), "x-y".replace(/(\w)-(\w)/, "$2-$1"), "abc".replace(/./g, (c, i) => c + i)];
//// replace with named groups
return "2024-05-06".replace(/(?<y>\d+)-(?<m>\d+)-(?<d>\d+)/, "$<d>.$<m>.$<y>");
//// repeat
try { return ["ab".repeat(3), "x".repeat(0), "x".repeat(-1)]; } catch (e) { return e.name; }
//// code units and code points
const s = "a🦀"; return [s.length, [...s].length, s.codePointAt(1), s.charCodeAt(1), String.fromCodePoint(129408), String.fromCharCode(97, 98), "\u{1F980}" === "🦀"];
//// halves of surrogate pairs
const h = "🦀"[0]; return [h.length, h.codePointAt(0), ("x" + h).isWellFormed?.() ?? false, (h + "🦀"[1]) === "🦀"];
//// normalisation
return ["é".normalize("NFD").length, "e\u0301".normalize("NFC") === "é", "ﬁ".normalize("NFKC")];
//// comparing
return ["a" < "b", "a" < "B", "10" < "2", "" < "a", "é" > "z"];
//// reversing by code points
return [..."añ🦀"].reverse().join("");
//// palindromes
const p = (s) => { const t = s.toLowerCase().replace(/[^a-z]/g, ""); return t === [...t].reverse().join(""); }; return [p("A man, a plan, a canal: Panama"), p("hello")];
//// title case and camel case
return ["the quick fox".replace(/\b\w/g, (c) => c.toUpperCase()), "some-name-here".replace(/-(\w)/g, (_, c) => c.toUpperCase()), "someNameHere".replace(/[A-Z]/g, (c) => "_" + c.toLowerCase())];
//// counting characters
return Object.entries([..."mississippi"].reduce((m, c) => ({ ...m, [c]: (m[c] ?? 0) + 1 }), {}));
//// Caesar's cipher
const c = (s, k) => s.replace(/[a-z]/gi, (x) => { const b = x < "a" ? 65 : 97; return String.fromCharCode((x.charCodeAt(0) - b + k + 26) % 26 + b); }); return [c("Hello, World", 3), c(c("Hello", 5), -5)];
//// run-length encoding
const e = (s) => s.replace(/(.)\1*/g, (r, c) => c + r.length), d = (s) => s.replace(/(.)(\d+)/g, (_, c, n) => c.repeat(n)); return [e("aaabcc"), d(e("aaabcc"))];
//// escapes
return ["\x41\u0042\u{43}\0\b\t\n\v\f\r\"\'\\", "line\
 continued"];
//// strings cannot be changed
const s = "abc"; try { s[0] = "x"; } catch (e) { return [s, e.name]; }
//// concat and numbers
return ["a".concat(1, null, [2]), "5" * "2", "5" + 2, +"", +" 12 ", +"1x" ? 1 : "NaN", Number("0x1f"), Number("1e3")];
//// matchAll
return [..."a1b22".matchAll(/([a-z])(\d+)/g)].map((m) => [m[0], m[1], m[2], m.index]);
//// encodeURIComponent and its kin
return [encodeURIComponent("a b&c/é🦀"), decodeURIComponent("%C3%A9"), encodeURI("http://x/a b?c=d&e"), escape("é"), unescape("%E9")];
//// a bad URI
try { decodeURIComponent("%"); } catch (e) { return e.name; }
//// HTML is escaped
const esc = (s) => s.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]); return esc('<a href="x">&</a>');
//// raw strings
return [String.raw`a\nb${1 + 1}`, String.raw({ raw: ["x", "y", "z"] }, 1, 2)];
//// iterating with indices
return [..."abc"].map((c, i) => c.charCodeAt(0) * (i + 1)).reduce((a, b) => a + b);
//// words are wrapped
const wrap = (s, n) => s.split(" ").reduce((l, w) => (l.at(-1) + " " + w).trim().length <= n ? [...l.slice(0, -1), (l.at(-1) + " " + w).trim()] : [...l, w], [""]); return wrap("the quick brown fox jumps over", 10);
//// a hash of a string
let h = 0; for (const c of "hello world") h = (Math.imul(31, h) + c.charCodeAt(0)) | 0; return h;
//// base64 by hand
const b = (s) => { const A = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; let o = ""; for (let i = 0; i < s.length; i += 3) { const n = (s.charCodeAt(i) << 16) | ((s.charCodeAt(i + 1) || 0) << 8) | (s.charCodeAt(i + 2) || 0); o += A[n >> 18] + A[(n >> 12) & 63] + (i + 1 < s.length ? A[(n >> 6) & 63] : "=") + (i + 2 < s.length ? A[n & 63] : "="); } return o; }; return [b("Man"), b("Ma"), b("M")];
