// Texts of the user, with places marked in them. Only ever text nodes: no HTML is read.

const SURROGATE = /[\ud800-\udfff]/;

/** Turn offsets in code points, as the server counts, into places in a string here. */
export function unitsOf(text, offsets) {
  if (!SURROGATE.test(text)) return new Map(offsets.map((offset) => [offset, offset]));
  const wanted = [...new Set(offsets)].sort((a, b) => a - b);
  const units = new Map();
  let unit = 0;
  let point = 0;
  for (const offset of wanted) {
    while (point < offset && unit < text.length) {
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
      point += 1;
    }
    units.set(offset, unit);
  }
  return units;
}

/** How many characters a reader would count: code points. */
export function length(text) {
  let count = text.length;
  for (const _ of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) count -= 1;
  return count;
}

/** The direction of most letters: one Latin word at the start does not turn a Persian text. */
export function directionOf(text) {
  const part = text.slice(0, 5000);
  const latin = part.match(/[A-Za-z\u00c0-\u024f]/g)?.length ?? 0;
  const persian = part.match(/[\u0590-\u08ff\ufb1d-\ufefc]/g)?.length ?? 0;
  return latin > persian ? "ltr" : "rtl";
}

/** Make an element; strings become text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const inside = (spans, at) => spans.find((span) => span.from <= at && at < span.to) ?? null;

/**
 * Build the text with its words and sentences marked.
 *
 * A word gets one of four strengths by its share of the largest weight. `tell` is called with
 * a place that the reader points at or taps, as the server described it.
 */
export function marked(text, words, sentences, tell) {
  const units = unitsOf(text, [...words, ...sentences].flatMap((item) => [item.start, item.end]));
  const placed = (items) =>
    items.map((item) => ({ item, from: units.get(item.start), to: units.get(item.end) }));
  const [wordSpans, sentenceSpans] = [placed(words), placed(sentences)];
  const most = Math.max(...words.map((item) => item.weight), 1e-9);
  const cuts = [...wordSpans, ...sentenceSpans].flatMap((span) => [span.from, span.to]);
  const edges = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b);
  const box = make("div", { class: "text", dir: directionOf(text), lang: "fa" });
  const items = new WeakMap();
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const piece = text.slice(edges[i], edges[i + 1]);
    const word = inside(wordSpans, edges[i]);
    const sentence = inside(sentenceSpans, edges[i]);
    if (!word && !sentence) {
      box.append(piece);
      continue;
    }
    const strength = word ? `w${Math.max(1, Math.ceil((4 * word.item.weight) / most))}` : "";
    const element = make(word ? "mark" : "span", {
      class: `${strength} ${sentence ? "sentence" : ""}`.trim(),
    }, piece);
    items.set(element, { ...(word ?? sentence).item, isWord: Boolean(word) });
    box.append(element);
  }
  for (const kind of ["pointerover", "click"]) {
    box.addEventListener(kind, (event) => {
      if (items.has(event.target)) tell(items.get(event.target));
    });
  }
  return box;
}
