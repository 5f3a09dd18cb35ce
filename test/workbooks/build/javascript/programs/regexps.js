//// groups
const m = /(\d+)-(\d+)(x)?/.exec("tel 12-34"); return [m[0], m[1], m[2], m[3] ?? "none", m.index, m.input];
//// named groups
const { groups: { y, m } } = /(?<y>\d{4})-(?<m>\d\d)/.exec("on 2024-05"); return [y, m];
//// flags
return [/A/i.test("a"), "a\nb".match(/^b/m)?.index, /a.b/s.test("a\nb"), /./u.exec("🦀")[0].length, /a/gimsuy.flags];
//// sticky and global keep lastIndex
const y = /a/y, g = /a/g; const o = []; o.push(y.test("ba")); y.lastIndex = 1; o.push(y.test("ba"), y.lastIndex); g.test("aba"); o.push(g.lastIndex); g.test("aba"); o.push(g.lastIndex, g.test("aba"), g.lastIndex); return o;
//// lookahead and lookbehind
return ["100USD 200EUR".match(/\d+(?=EUR)/)[0], "a1 b2".match(/(?<=b)\d/)[0], "foobar".replace(/foo(?!baz)/, "X"), "$5 €6".match(/(?<!\$)\d/)[0]];
//// back references
return [/(["']).*?\1/.exec(`say "it's"`)[0], /(?<c>.)\k<c>/.exec("hello")[0], /^(.)(.)\2\1$/.test("abba")];
//// lazy and greedy
return ["<a><b>".match(/<.+>/)[0], "<a><b>".match(/<.+?>/)[0], "aaa".match(/a{2}/)[0], "aaa".match(/a{1,}?/)[0]];
//// classes
return ["a_1-é ".match(/\w+/)[0], "a b\u00a0c".split(/\s/), /[^\d\s]/.exec("1 x")[0], /[\]\\-]/.test("-"), /[\b]/.test("\b"), /\bfoo\b/.test("a foo b")];
//// Unicode properties
return ["aÄб1".match(/\p{L}+/u)[0], "x٣".match(/\p{Nd}/u)[0], /\p{Lu}/u.test("É"), /\P{L}/u.exec("ab1")[0], /\p{Script=Greek}/u.test("α"), /\p{Emoji_Presentation}/u.test("🦀")];
//// matching ignores case in Unicode
return [/é/i.test("É"), /\u{10428}/iu.test("\u{10400}"), /ß/i.test("ẞ"), /[a-z]/i.test("K")];
//// match with and without g
return ["a1b2".match(/\d/g), "a1b2".match(/\d/).index, "x".match(/\d/g), "x".match(/\d/)];
//// alternation is ordered
return [/a|ab/.exec("ab")[0], /(?:a|ab)(?:c|bcd)(?:d*)/.exec("abcd")[0], /(z)((a+)?(b+)?(c))*/.exec("zaacbbbcac").map((x) => x ?? null)];
//// empty matches advance
return ["abc".replace(/x*/g, "-"), "🦀".replace(/(?:)/gu, "-"), [..."ab".matchAll(/(?:)/g)].map((m) => m.index)];
//// split by expressions
return ["A<B>bold</B>".split(/<(\/)?([^<>]+)>/).map((x) => x ?? null), "ab".split(/(?:)/), "2024-01-02".split(/\D/).map(Number)];
//// a function as replacement
return "John Smith".replace(/(?<f>\w+)\s(?<l>\w+)/, (...a) => { const g = a.at(-1); return `${g.l}, ${g.f} (${a.at(-3)})`; });
//// the indices of matches
const m = /a(?<n>b)/d.exec("xab"); return [m.indices[0], m.indices[1], m.indices.groups.n];
//// RegExp from text
const r = new RegExp("a/b\\d", "g"); return [r.source, r.flags, String(r), new RegExp(r, "i").flags, RegExp("").source];
//// bad expressions
const t = (s, f) => { try { new RegExp(s, f); return "fine"; } catch (e) { return e.name; } }; return [t("("), t("a**"), t("[b-a]"), t("a", "gg"), t("\\u{110000}", "u"), t("(?<a>x)(?<a>y)")];
//// quantifiers with bounds
return [/^a{2,3}$/.test("aaaa"), /^a{2,3}$/.test("aaa"), /a{,2}/.test("a{,2}"), /x{0}y/.exec("xy")[0]];
//// a tokenizer
const re = /\s*(?:(?<num>\d+\.?\d*)|(?<id>[a-z_]\w*)|(?<op>[-+*\/()=]))/iy; const o = []; let m; while ((m = re.exec("x1 = 3.5*(y - 2)"))) { const [k, v] = Object.entries(m.groups).find(([, v]) => v !== undefined); o.push(k + ":" + v); } return o;
//// capture groups in loops are reset
return /(?:(a)|b)*/.exec("ab").map((x) => x ?? null);
//// case conversion by replace
return "hello world".replace(/(?<=\s|^)\w/g, (c) => c.toUpperCase());
//// escapes in expressions
return [/\x41\u0042\u{43}/u.test("ABC"), /\cJ/.test("\n"), /\0/.test("\0"), /\//.source, /[/]/.test("/")];
//// a URL
return /^(?<scheme>\w+):\/\/(?<host>[^/:]+)(?::(?<port>\d+))?(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?/.exec("https://example.org:8080/a/b?c=d#e").groups;
//// a template engine
const render = (t, v) => t.replace(/\{\{\s*(\w+(?:\.\w+)*)\s*\}\}/g, (_, p) => p.split(".").reduce((o, k) => o?.[k], v) ?? ""); return render("Hi {{ user.name }}, {{n}} new{{none}}!", { user: { name: "Ann" }, n: 3 });
//// nested quantifiers end
return /^(a+)+$/.test("aaaaaaaaaaaaaaaa!");
