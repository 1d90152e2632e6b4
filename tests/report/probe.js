// Measures the reports in the frames beside it, once all have been laid out, and
// leaves what is wrong with them in the document, as a line of JSON.

// A computed colour as [red, green, blue, alpha], each 0 to 1.
function colour(text) {
  const numbers = text.match(/-?[\d.]+(e-?\d+)?/g)?.map(Number) ?? [];
  if (text.startsWith("rgb")) return [...numbers.slice(0, 3).map((v) => v / 255), numbers[3] ?? 1];
  if (text.startsWith("color(srgb")) return [...numbers.slice(0, 3), numbers[3] ?? 1];
  return null;
}

function over(top, below) {
  return [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
}

// Relative luminance and contrast as WCAG 2.2 has them.
function luminance(rgb) {
  const [r, g, b] = rgb.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const grounds = new WeakMap();
function ground(element) {
  if (!element) return [1, 1, 1, 1];
  if (!grounds.has(element)) {
    const own = colour(getComputedStyle(element).backgroundColor) ?? [0, 0, 0, 0];
    grounds.set(element, over(own, ground(element.parentElement)));
  }
  return grounds.get(element);
}

function place(element) {
  const label = element.textContent.trim().slice(0, 30) || element.outerHTML.slice(0, 80);
  const section = element.closest("[id]")?.id ?? "";
  return `${section} <${element.localName}> ${label}`;
}

function measure(frame, expected) {
  const { document: page, innerWidth: width } = frame.contentWindow;
  const wrong = [];
  const need = (holds, what) => holds || wrong.push(what);

  // The page itself.
  need(page.title.length > 10, "no title");
  need(page.documentElement.lang === "en", "no language");
  need(page.querySelectorAll("h1").length === 1, "not one h1");
  const isDark = luminance(ground(page.body)) < 0.5;
  need(isDark === expected.isDark, `the ground is ${isDark ? "dark" : "light"}`);
  const root = page.documentElement;
  need(root.scrollWidth <= width, `wider than the window: ${root.scrollWidth} > ${width}`);
  const foreign = page.querySelectorAll("script,link,img,iframe,object,embed,base,form,[src]");
  for (const element of foreign) wrong.push(`foreign: ${place(element)}`);
  for (const element of page.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      const isLink = /href$|^(src|action|data|style)$/.test(name);
      need(!name.startsWith("on") && (!isLink || value.startsWith("#")), `${name} of ${place(element)}`);
    }
  }
  const ids = [...page.querySelectorAll("[id]")].map((element) => element.id);
  need(new Set(ids).size === ids.length, "an id stands twice");
  for (const link of page.querySelectorAll("a")) {
    need(page.getElementById(link.hash.slice(1)), `nothing behind ${link.hash}`);
  }
  const warnings = [...page.querySelectorAll(".warnings li")].map((item) => item.textContent);
  need(JSON.stringify(warnings) === JSON.stringify(expected.warnings), `warnings: ${warnings}`);

  // Figures.
  const figures = {};
  for (const figure of page.querySelectorAll("section figure")) {
    const section = figure.closest("section").id;
    figures[section] = (figures[section] ?? 0) + 1;
    need(figure.querySelector("figcaption")?.textContent.trim(), `no caption: ${place(figure)}`);
  }
  for (const svg of page.querySelectorAll("svg")) {
    const box = svg.getBoundingClientRect();
    need(box.width > 250 && box.height > 80, `${box.width} × ${box.height}: ${place(svg)}`);
    need(svg.getAttribute("role") === "img" && svg.getAttribute("aria-label"), `no label: ${place(svg)}`);
    for (const text of svg.querySelectorAll("text")) {
      const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
      need(size >= 9.99, `${size} px: ${place(text)}`);
      const at = text.getBoundingClientRect();
      const isInside = at.left >= box.left && at.right <= box.right && at.top >= box.top - 1 && at.bottom <= box.bottom + 1;
      need(isInside, `cut off: ${place(text)}`);
    }
    // What is drawn in full, apart from the grid.
    for (const shape of svg.querySelectorAll("circle,rect,polyline")) {
      if (shape.getAttribute("opacity") !== "1") continue;
      const { fill, stroke } = getComputedStyle(shape);
      const drawn = [fill, stroke].map(colour).find((found) => found);
      if (/#DDE2E8/i.test(shape.outerHTML) || !drawn) continue;
      const found = contrast(drawn, ground(svg));
      need(found >= 3, `contrast ${found.toFixed(2)}: ${place(shape)}`);
    }
  }

  // Tables.
  for (const table of page.querySelectorAll("table")) {
    need(table.caption?.textContent, `no caption: ${place(table)}`);
    for (const head of table.querySelectorAll("th")) need(head.scope, `no scope: ${place(head)}`);
    need(getComputedStyle(table.parentElement).overflowX === "auto", `no box: ${place(table)}`);
    const box = table.parentElement;
    const scrolls = box.scrollWidth > box.clientWidth;
    const says = getComputedStyle(table.querySelector(".scrolls")).visibility === "visible";
    need(scrolls === says, `${scrolls ? "scrolls and does not say so" : "says that it scrolls"}: ${place(table)}`);
  }

  // Text that is seen has contrast and is in the window, or in a box that scrolls.
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || element.closest("title")) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const ink = colour(element.ownerSVGElement ? style.fill : style.color);
    // The label of an element of a graph stands on its box.
    const behind = element.closest(".element") && element.parentElement.querySelector("rect:not(.port) + text") === element;
    const below = behind && colour(getComputedStyle(element.previousElementSibling).fill);
    const base = below ? over(below, ground(element)) : ground(element);
    const found = ink ? contrast(over(ink, base), base) : 0;
    need(found >= 4.5, `contrast ${found.toFixed(2)}: ${place(element)}`);
    if (element.closest(".table,pre,svg")) continue;
    const box = element.getBoundingClientRect();
    need(box.left >= 0 && box.right <= width + 0.5, `out of the window: ${place(element)}`);
  }
  return { page: frame.title, width, figures, wrong };
}

addEventListener("load", () => {
  const expected = JSON.parse(document.getElementById("expected").textContent);
  const frames = [...document.querySelectorAll("iframe")];
  for (const frame of frames) {
    for (const details of frame.contentDocument.querySelectorAll("details")) details.open = true;
  }
  // What hangs on how far a box scrolls is decided when it is drawn: the second
  // drawing has it.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const found = frames.map((frame) => measure(frame, expected[frame.title]));
    document.body.textContent = `FINDINGS ${JSON.stringify(found)}\n`;
  }));
});
