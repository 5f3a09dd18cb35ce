(() => {
  const found = [];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.baseVal === undefined ? "." + e.className : "");
  const visible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  // names
  for (const e of document.querySelectorAll("input:not([type=hidden]), textarea, select"))
    if (visible(e) && !(e.labels && e.labels.length) && !e.getAttribute("aria-label")) found.push("no label: " + name(e));
  for (const e of document.querySelectorAll("a[href], button, summary, iframe"))
    if (visible(e) && !(e.textContent.trim() || e.getAttribute("aria-label") || e.title)) found.push("no name: " + name(e));
  for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
    for (const id of (e.getAttribute("aria-describedby") || e.getAttribute("aria-labelledby")).split(" "))
      if (!document.getElementById(id)) found.push("describes nothing: " + id);
  // ids
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) found.push("id twice: " + id);
  // headings
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((e) => +e.tagName[1]);
  if (levels.filter((l) => l === 1).length !== 1 || levels[0] !== 1) found.push("h1s: " + levels);
  levels.reduce((a, b) => (b > a + 1 && found.push("heading skipped: " + levels), b), 0);
  if (document.querySelectorAll("main").length !== 1) found.push("mains");
  if (!document.documentElement.lang || !document.title) found.push("lang or title");
  // width
  if (document.documentElement.scrollWidth > innerWidth) {
    found.push("wider than the window: " + document.documentElement.scrollWidth);
    for (const e of document.querySelectorAll("main *, header *")) { if (!e.closest(".scroll, svg") && e.getBoundingClientRect().right > innerWidth + 1) { found.push("  by " + name(e)); break; } }
  }
  // contrast
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const lum = ([r, g, b]) => { const f = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      if (at.tagName === "a" || at.tagName === "g") { const r = at.querySelector && at.querySelector("rect"); if (r) return rgba(getComputedStyle(r).fill); }
      const c = rgba(getComputedStyle(at).backgroundColor); if (c[3] > 0) return c;
    }
    return [255, 255, 255, 255];
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !visible(e) || ["TITLE", "SCRIPT", "NOSCRIPT", "OPTION"].includes(e.tagName.toUpperCase())) continue;
    const style = getComputedStyle(e);
    const svg = e instanceof SVGElement;
    const a = rgba(svg ? style.fill : style.color), b = behind(e);
    const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p);
    const ratio = (x + 0.05) / (y + 0.05);
    const key = a + "/" + b;
    if (ratio < 4.5 && !seen.has(key)) { seen.add(key); found.push("contrast " + ratio.toFixed(2) + ": " + name(e) + " " + walker.currentNode.data.trim().slice(0, 30)); }
  }
  return found;
})()
