//// UTC parts
const d = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789)); return [d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCDay(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds(), d.getTime()];
//// ISO text
return [new Date(0).toISOString(), new Date("2024-02-29T12:00:00Z").toISOString(), new Date("2024-02-29").getTime(), new Date("2024-02-29T12:00:00+02:00").getTime(), new Date(-1).toISOString(), new Date(Date.UTC(-1, 0)).toISOString()];
//// invalid dates
const d = new Date("nonsense"); let e; try { d.toISOString(); } catch (x) { e = x.name; } return [String(d.getTime()), String(d), e, d.toJSON()];
//// days overflow into months
return [new Date(Date.UTC(2023, 0, 31 + 28)).toISOString(), new Date(Date.UTC(2024, 12, 1)).toISOString(), new Date(Date.UTC(2024, 0, 0)).toISOString()];
//// leap years
return [1900, 2000, 2023, 2024].map((y) => new Date(Date.UTC(y, 1, 29)).getUTCMonth() === 1);
//// setting parts
const d = new Date(0); d.setUTCFullYear(2020); d.setUTCMonth(13); d.setUTCDate(0); d.setUTCHours(25, 61, 61, 1001); return d.toISOString();
//// differences
return [(new Date("2024-03-01") - new Date("2024-02-01")) / 86400000, new Date(5) > new Date(4), +new Date(7)];
//// the largest date
return [new Date(8.64e15).toISOString(), String(new Date(8.64e15 + 1).getTime())];
//// adding months
const add = (d, n) => { const r = new Date(d); r.setUTCMonth(r.getUTCMonth() + n); return r.toISOString().slice(0, 10); }; return [add("2024-01-15", 1), add("2024-01-31", 1), add("2024-12-01", 1)];
//// the day of the week by Zeller and by Date
const z = (y, m, d) => { if (m < 3) { m += 12; y--; } return (d + Math.floor((13 * (m + 1)) / 5) + y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)) % 7; }; return [z(2024, 2, 29), (new Date("2024-02-29").getUTCDay() + 1) % 7];
//// text in UTC
return [new Date(0).toUTCString(), new Date(Date.UTC(2024, 11, 25)).toUTCString()];
//// Date as a function and of a date
return [typeof Date(), new Date(new Date(5)).getTime(), Date.length, typeof Date.now(), new Date(2024, 0).getFullYear()];
//// Symbol.toPrimitive of dates
const d = new Date(5); return [d - 0, typeof (d + 1), `${d[Symbol.toPrimitive]("number")}`];
//// weeks
const w = (s) => { const d = new Date(s); d.setUTCDate(d.getUTCDate() + 4 - (d.getUTCDay() || 7)); const y = new Date(Date.UTC(d.getUTCFullYear(), 0, 1)); return Math.ceil(((d - y) / 86400000 + 1) / 7); }; return [w("2024-01-01"), w("2023-01-01"), w("2020-12-31")];
