// The page: two forms, their state, and the language.

import { Failure, ask, isTooLarge, look } from "./ask.js";
import { CLAIMS, NEWS } from "./examples.js";
import { directionOf, length, make } from "./marks.js";
import { analysis, answersOf, failure, verdict, waiting } from "./show.js";
import { WORDS, speaker } from "./words.js";

const KEPT = "fanews-language";
const at = (id) => document.getElementById(id);

let speak = speaker(keptLanguage());
let about = null; // what the server says of its models and limits

// Each form: what it asks, and what it shows. `state` is one of empty, hint, loading,
// done and failed; what is shown follows from it alone, in either language.
const forms = {
  news: {
    path: "api/analyze",
    fields: ["text"],
    body: (asked) => asked,
    isReady: (asked) => asked.text.trim() !== "",
    missing: "nothingToAsk",
    empty: "empty",
    results: (form) =>
      analysis(speak, form.asked, form.data, form.chosen, (i) => {
        form.chosen = i;
        render("news");
        at("news-results").querySelectorAll("button.answer")[i].focus();
      }),
    said: ({ data }) => {
      const { section, topics } = data;
      return speak.say.saidSection(speak.name(section), speak.percent(section.confidence), speak.whole(topics.length));
    },
  },
  claim: {
    path: "api/explain",
    fields: ["claim", "text"],
    body: (asked) => ({ model: "claim_stance", ...asked }),
    isReady: (asked) => asked.claim.trim() !== "" && asked.text.trim() !== "",
    missing: "noClaimToAsk",
    empty: "emptyClaim",
    results: (form) => verdict(speak, form.asked, form.data),
    said: ({ data }) => speak.say.saidClaim(speak.name(data.answer), speak.percent(data.answer.confidence)),
  },
};
for (const form of Object.values(forms)) {
  Object.assign(form, { state: "empty", asked: null, data: null, chosen: 0, error: null, running: null });
}

function keptLanguage() {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept in WORDS ? kept : "fa";
  } catch {
    return "fa"; // storage may be forbidden
  }
}

function setLanguage(language) {
  speak = speaker(language);
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // The choice then lasts as long as the page.
  }
  const { say } = speak;
  document.documentElement.lang = language;
  document.documentElement.dir = speak.direction;
  document.title = say.title;
  for (const element of document.querySelectorAll("[data-say]")) {
    element.textContent = say[element.dataset.say];
  }
  for (const element of document.querySelectorAll("[data-say-placeholder]")) {
    element.placeholder = say[element.dataset.sayPlaceholder];
  }
  for (const element of document.querySelectorAll("[data-say-label]")) {
    element.setAttribute("aria-label", say[element.dataset.sayLabel]);
  }
  const button = at("language");
  const other = language === "fa" ? "en" : "fa";
  button.textContent = other === "en" ? "English" : "فارسی";
  button.lang = other;
  button.dir = speaker(other).direction;
  showExamples();
  showAbout();
  for (const name of Object.keys(forms)) {
    count(name);
    render(name);
  }
}

const input = (name, field) => at(`${name}-${field}`);
const written = (name) =>
  Object.fromEntries(forms[name].fields.map((field) => [field, input(name, field).value]));

/** Show the length of a text, or that it is too long; return whether it can be asked. */
function count(name) {
  const { say } = speak;
  const asked = written(name);
  for (const field of forms[name].fields) {
    const box = input(name, field);
    // An empty box shows its hint, which is in the language of the page.
    box.dir = box.value ? directionOf(box.value) : speak.direction;
  }
  let wrong = null;
  if (about && isTooLarge(forms[name].body(asked), about.limits.max_bytes)) {
    wrong = say.tooLong(speak.whole(about.limits.max_bytes));
  } else if (about && length(asked.claim ?? "") > about.limits.max_claim) {
    wrong = say.claimTooLong(speak.whole(about.limits.max_claim));
  }
  const line = at(`${name}-count`);
  line.textContent = wrong ?? say.characters(speak.whole(length(asked.text)));
  line.classList.toggle("wrong", wrong !== null);
  input(name, "text").setAttribute("aria-invalid", String(wrong !== null));
  at(name).querySelector(".primary").disabled = wrong !== null;
  return wrong === null;
}

function render(name) {
  const { say } = speak;
  const form = forms[name];
  const results = at(`${name}-results`);
  results.setAttribute("aria-busy", String(form.state === "loading"));
  const shown = {
    empty: () => [waiting(say[form.empty])],
    hint: () => [waiting(say[form.missing])],
    loading: () => [waiting(say.loading)],
    done: () => form.results(form),
    failed: () => [failure(say, reason(form.error), () => submit(name, form.asked))],
  };
  results.replaceChildren(...shown[form.state]());
}

function reason({ kind, told }) {
  const { say, language } = speak;
  if (kind === "offline") return say.offline;
  if (kind === "rate") return say.rateLimited(speak.whole(told.seconds));
  return told[`message_${language}`] ?? say.failed;
}

function announce(text) {
  at("said").textContent = text;
}

async function submit(name, asked = written(name)) {
  const form = forms[name];
  form.running?.abort();
  if (!form.isReady(asked)) {
    form.state = "hint";
    render(name);
    announce(speak.say[form.missing]);
    form.fields.map((field) => input(name, field)).find((box) => !box.value.trim())?.focus();
    return;
  }
  const running = new AbortController();
  Object.assign(form, { state: "loading", asked, chosen: 0, running });
  render(name);
  announce(speak.say.loading);
  try {
    const data = await ask(form.path, form.body(asked), running.signal);
    Object.assign(form, { state: "done", data });
    // Topics say more than the section, if there are any.
    if (name === "news") form.chosen = Math.min(1, answersOf(data).length - 1);
  } catch (error) {
    if (error.name === "AbortError") return; // a later question is on its way
    if (!(error instanceof Failure)) throw error;
    Object.assign(form, { state: "failed", error });
  }
  form.running = null;
  render(name);
  announce(form.state === "done" ? form.said(form) : "");
  const results = at(`${name}-results`);
  if (results.getBoundingClientRect().top > window.innerHeight * 0.8) {
    results.scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
  }
}

const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function showExamples() {
  const fill = (name, example) => {
    for (const field of forms[name].fields) input(name, field).value = example[field];
    if (count(name)) submit(name);
  };
  for (const [name, examples] of [["news", NEWS], ["claim", CLAIMS]]) {
    at(`${name}-examples`).replaceChildren(
      ...examples.map((example) => {
        const button = make("button", { type: "button" }, example[speak.language]);
        button.addEventListener("click", () => fill(name, example));
        return button;
      }),
    );
  }
}

function showAbout() {
  if (!about) return;
  const { say } = speak;
  const rows = about.models
    .filter((model) => model.scores.macro_f1)
    .map(({ name, scores }) => {
      const { value, low, high } = scores.macro_f1;
      return make("li", {}, say.aboutModel(say.aboutNames[name], ...[value, low, high].map(speak.score)));
    });
  at("about-models").replaceChildren(make("ul", {}, ...rows), make("p", {}, say.aboutNote));
  at("about").hidden = rows.length === 0;
  at("version").textContent = `fanews ${about.version}`;
}

function choose(tab, { focus = true } = {}) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", String(isChosen));
    other.tabIndex = isChosen ? 0 : -1;
    at(other.getAttribute("aria-controls")).hidden = !isChosen;
  }
  if (focus) tab.focus();
}

function moveTab(event) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const here = tabs.indexOf(event.currentTarget);
  const onward = speak.direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = speak.direction === "rtl" ? "ArrowRight" : "ArrowLeft";
  const steps = { [onward]: here + 1, [back]: here - 1, Home: 0, End: -1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  choose(tabs.at(steps[event.key] % tabs.length));
}

for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", moveTab);
}
for (const name of Object.keys(forms)) {
  at(name).addEventListener("submit", (event) => {
    event.preventDefault();
    if (count(name)) submit(name);
  });
  at(name).addEventListener("reset", () => {
    forms[name].running?.abort();
    forms[name].state = "empty";
    setTimeout(() => {
      count(name); // once the boxes are empty
      render(name);
      input(name, forms[name].fields[0]).focus();
    });
  });
  at(name).addEventListener("input", () => count(name));
  at(name).addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (count(name)) submit(name);
    }
  });
}
at("language").addEventListener("click", () => setLanguage(speak.language === "fa" ? "en" : "fa"));
setLanguage(speak.language);
look("api/models").then(
  (found) => {
    about = found;
    showAbout();
    Object.keys(forms).forEach(count);
  },
  () => {}, // the first question will tell that there is no server
);
