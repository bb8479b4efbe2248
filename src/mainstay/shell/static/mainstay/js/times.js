// Keeps relative times and SLA counters right: one timer, asleep while the page is hidden.
const words = document.getElementById("shell-words")?.dataset ?? {};
const plural = new Intl.PluralRules(document.documentElement.lang || "en");
const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

function spanWords(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60000);
  const minute = (count) => fill(words.minute, { count });
  const hour = (count) => fill(words.hour, { count });
  if (minutes < 60) return minutes ? minute(minutes) : "";
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hour(hours)} ${minute(minutes % 60)}` : hour(hours);
  const days = Math.floor(hours / 24);
  if (hours % 24 && days < 3) return `${fill(words.dayShort, { count: days })} ${hour(hours % 24)}`;
  return fill(plural.select(days) === "one" ? words.dayOne : words.dayOther, { count: days });
}

function momentWords(milliseconds) {
  const span = spanWords(milliseconds);
  if (!span) return milliseconds > 0 ? words.soon : words.now;
  return fill(milliseconds > 0 ? words.in : words.ago, { span });
}

function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

function tickCounter(node, now) {
  const { due, warn, calm } = node.dataset;
  const left = Date.parse(due) - now;
  const span = spanWords(left);
  let text;
  let meaning = calm;
  if (left <= 0) {
    text = span ? fill(words.over, { span }) : words.overNow;
    meaning = "critical";
  } else {
    text = span ? fill(words.left, { span }) : words.dueNow;
    if (warn && now >= Date.parse(warn)) meaning = "warning";
  }
  setText(node.querySelector(".counter-time"), text);
  if (node.dataset.meaning !== meaning) {
    node.dataset.meaning = meaning;
    node.dispatchEvent(new CustomEvent("mainstay:counter", { bubbles: true, detail: { meaning } }));
  }
}

function tick() {
  const now = Date.now();
  for (const node of document.querySelectorAll("time[data-tick]")) {
    setText(node, momentWords(Date.parse(node.dateTime) - now));
  }
  for (const node of document.querySelectorAll("[data-counter]")) tickCounter(node, now);
}

let timer = 0;
function run() {
  clearInterval(timer);
  timer = 0;
  if (document.hidden) return;
  tick();
  timer = setInterval(tick, 10000);
}
if (words.minute) {
  document.addEventListener("visibilitychange", run);
  run();
}
