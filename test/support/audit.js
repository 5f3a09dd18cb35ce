// What a page should be for everybody, as sentences about what it is not: names and labels, ids, the order of
// headings, the window's width, contrast. It is an expression, for Workbooks.TestBrowser.eval/2.
(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;

  const called = (element) => {
    const id = element.id && "#" + element.id;
    const classes = element.getAttribute("class");
    return element.tagName.toLowerCase() + id + (classes ? "." + classes : "");
  };

  // Names, labels, and what they point to.
  for (const field of all("input:not([type=hidden]), textarea, select").filter(shown))
    if (!field.labels?.length && !field.getAttribute("aria-label")) found.push("no label: " + called(field));

  for (const element of all("a[href], button, summary, iframe").filter(shown))
    if (!element.textContent.trim() && !element.getAttribute("aria-label") && !element.title)
      found.push("no name: " + called(element));

  for (const element of all("[aria-describedby]"))
    for (const id of element.getAttribute("aria-describedby").split(" "))
      if (!document.getElementById(id)) found.push("described by nothing: " + id);

  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push("id twice: " + id);

  // One h1, first; none skipped below; one main; a language and a title.
  const levels = all("h1, h2, h3, h4, h5, h6").map((heading) => Number(heading.tagName[1]));
  if (levels[0] !== 1 || levels.lastIndexOf(1) !== 0) found.push("not one h1, first: " + levels);
  if (levels.some((level, at) => at > 0 && level > levels[at - 1] + 1)) found.push("heading skipped: " + levels);
  if (all("main").length !== 1) found.push("not one main");
  if (!document.documentElement.lang || !document.title) found.push("no language, or no title");

  // What is wide is scrolled in a box of its own.
  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = all("header *, main *").find(
      (element) => !element.closest(".scroll") && element.getBoundingClientRect().right > innerWidth + 1,
    );
    found.push("wider than the window: " + (wide ? called(wide) : ""));
  }

  // Contrast as WCAG 2 has it; of text in a drawing with its node's box.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };

  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) =>
      value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const box = at instanceof SVGElement && at.querySelector(":scope > rect");
      const colour = channels(box ? getComputedStyle(box).fill : getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };

  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);

  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    if (!text || !shown(element)) continue;
    const style = getComputedStyle(element);
    const pair = [channels(element instanceof SVGElement ? style.fill : style.color), behind(element)];
    const [dark, light] = pair.map(luminance).sort((one, other) => one - other);
    const ratio = (light + 0.05) / (dark + 0.05);

    if (ratio < 4.5 && !seen.has(String(pair))) {
      seen.add(String(pair));
      found.push(`contrast ${ratio.toFixed(2)}: ${called(element)} ${text.slice(0, 30)}`);
    }
  }

  return found;
})();
