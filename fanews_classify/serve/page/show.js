// Answers as elements of the page.

import { make, marked } from "./marks.js";

/** A label with the bar of its probability; a button if `choose` is given. */
function answerRow(speak, answer, question, kind, { chosen = false, choose = null } = {}) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
  bar.firstChild.style.setProperty("inline-size", `${100 * answer.confidence}%`);
  const row = make(
    choose ? "button" : "div",
    choose
      ? { type: "button", class: `answer of-${kind}`, "aria-pressed": String(chosen) }
      : { class: `answer of-${kind}` },
    make("span", { class: "question" }, question),
    make("bdi", { class: "name" }, speak.name(answer)),
    make("span", { class: "share" }, speak.percent(answer.confidence)),
    bar,
  );
  if (choose) row.addEventListener("click", choose);
  return row;
}

/** All answers of an analysis that can be chosen, in the order of the page. */
export function answersOf(data) {
  const found = [{ kind: "section", answer: data.section }];
  for (const topic of data.topics) {
    found.push({ kind: "topic", answer: topic });
    if (topic.stance) found.push({ kind: "stance", answer: topic.stance, of: topic });
  }
  return found;
}

/** Section, topics and stances, and the text as the chosen answer sees it. */
export function analysis(speak, asked, data, chosen, choose) {
  const { say } = speak;
  const found = answersOf(data);
  const rows = found.map(({ kind, answer }, i) =>
    answerRow(speak, answer, kind === "topic" ? "" : say[kind], kind, {
      chosen: i === chosen,
      choose: () => choose(i),
    }),
  );
  const unknown = data.section.label === "unknown" ? make("p", { class: "note" }, say.unknown) : null;
  const topics = rows.slice(1);
  const answers = make(
    "section",
    { class: "card answers" },
    make("h2", {}, say.section),
    rows[0],
    unknown,
    make("h2", {}, say.topics),
    ...(topics.length ? topics : [make("p", { class: "note" }, say.noTopic)]),
    make("p", { class: "note" }, say.choose),
  );
  const { kind, answer, of } = found[chosen];
  const label = of ? `${speak.name(of)}: ${speak.name(answer)}` : speak.name(answer);
  return [answers, reasons(speak, asked.text, kind, label, answer.words, answer.sentences)];
}

/** How a text stands to a claim, and the sentences that decide. */
export function verdict(speak, asked, data) {
  const { say } = speak;
  const { answer, evidence } = data;
  const card = make(
    "section",
    { class: "card answers" },
    make("h2", {}, say.verdict),
    answerRow(speak, answer, "", "claim"),
    make("p", {}, say.verdicts[answer.label] ?? ""),
    make("p", { class: "note" }, say.wordsOnly),
  );
  if (!evidence.length) return [card];
  const { text } = asked;
  return [card, reasons(speak, text, "claim", speak.name(answer), null, evidence)];
}

function reasons(speak, text, kind, label, words, sentences) {
  const { say } = speak;
  const readout = words && make("p", { class: "readout" }, say.hover);
  const number = kind === "claim" ? speak.percent : speak.weight;
  const weigh = (weight) => (kind === "claim" ? say.chance : say.weight)(number(weight));
  const tell = (item) => {
    const shown = item.isWord ? make("bdi", { lang: "fa" }, item.text) : say.sentenceKey;
    readout?.replaceChildren(shown, " — ", weigh(item.weight));
  };
  const box = make(
    "section",
    { class: `card reasons of-${kind}` },
    make("h2", {}, say.inText),
    make("p", { class: "why" }, ...isolated(say.because("\0"), label)),
    legend(say, Boolean(words)),
    ...(readout ? [readout] : []),
    marked(text, words ?? [], sentences, tell),
  );
  if (words) {
    box.append(make("h3", {}, say.words));
    box.append(
      words.length
        ? make("ul", { class: "words" }, ...wordItems(speak, words))
        : make("p", { class: "note" }, say.noWords),
    );
  }
  if (sentences.length) {
    box.append(make("h3", {}, words ? say.sentences : say.evidence));
    box.append(make("ol", { class: "sentences" }, ...sentences.map((item) => sentenceItem(item, weigh))));
  }
  return box;
}

/** A sentence of ours with a label in it that keeps its own direction. */
function isolated(sentence, label) {
  const [before, after] = sentence.split("\0");
  return [before, make("bdi", {}, label), after];
}

function legend(say, withWords) {
  const key = make("p", { class: "legend" });
  if (withWords) {
    key.append(make("span", {}, say.weak));
    for (const strength of ["w1", "w2", "w3", "w4"]) {
      key.append(make("span", { class: `swatch ${strength}`, "aria-hidden": "true" }));
    }
    key.append(make("span", { class: "strong" }, say.strong));
  }
  key.append(make("span", { class: "sentence" }, say.sentenceKey));
  return key;
}

/** Words with their weights, those that stand in several places together. */
function wordItems(speak, words) {
  const summed = new Map();
  for (const { text, weight } of words) {
    const [count, sum] = summed.get(text) ?? [0, 0];
    summed.set(text, [count + 1, sum + weight]);
  }
  return [...summed].map(([text, [count, sum]]) => {
    const where = count > 1 ? ` ${speak.say.places(speak.whole(count))}` : "";
    return make("li", {}, make("bdi", { lang: "fa" }, text), " ", make("span", {}, speak.weight(sum), where));
  });
}

function sentenceItem(item, weigh) {
  const text = item.text.length > 600 ? `${[...item.text.slice(0, 600)].join("")}…` : item.text;
  return make(
    "li",
    {},
    make("bdi", { lang: "fa", dir: "rtl" }, text),
    " ",
    make("span", { class: "soft" }, weigh(item.weight)),
  );
}

/** What is shown where there is no answer yet. */
export const waiting = (text) => make("p", { class: "card empty" }, text);

/** Something went wrong; `again` asks once more. */
export function failure(say, text, again) {
  const box = make("div", { class: "card error", role: "alert" }, make("strong", {}, say.failed), make("p", {}, text));
  if (again) {
    const button = make("button", { type: "button" }, say.again);
    button.addEventListener("click", again);
    box.append(button);
  }
  return box;
}
