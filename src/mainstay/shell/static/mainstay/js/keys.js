// The keyboard layer. `data-key="j"`, `"g q"` (one after the other) or `"Ctrl+k"`; `?` shows what there is.
const sheet = document.getElementById("shell-keys");
const words = document.getElementById("shell-words")?.dataset ?? {};
const OFF = "mainstay-keys-off";
let pending = "";
let pendingTimer = 0;

const isOff = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
const isTyping = (node) => node.isContentEditable || node.matches?.("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select");
const isShown = (node) => "keyHidden" in node.dataset || (node.checkVisibility?.() ?? true);

function operate(node) {
  if (node.matches("input, textarea, select")) {
    node.focus();
    node.select?.();
  } else if (node.matches("details")) {
    node.open = true;
    node.querySelector("summary").focus();
  } else node.click();
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-key-list] [data-row]")].filter(isShown);
  if (!rows.length) return false;
  const current = document.querySelector("[data-key-list] :is([aria-selected=true], [data-current]) [data-row]");
  const from = rows.indexOf(rows.includes(document.activeElement) ? document.activeElement : current);
  const next = rows[Math.min(rows.length - 1, Math.max(0, from + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function pressed(event) {
  const name = event.key === " " ? "Space" : event.key;
  const modified = event.ctrlKey || event.metaKey;
  return modified ? `Ctrl+${name.toLowerCase()}` : name;
}

const ROW = "[data-key-list] :is(tr, li)";
const currentRow = () => document.activeElement?.closest?.(ROW) ?? document.querySelector(`${ROW}:is([aria-selected=true], [data-current])`);

function find(combination) {
  const nodes = [...document.querySelectorAll(`[data-key~="${CSS.escape(combination.split(" ")[0])}"]`)]
    .filter((node) => node.dataset.key === combination && isShown(node) && !node.disabled);
  // a key of a row means the row one stands on, and nothing where one stands on none
  const row = currentRow();
  return nodes.find((node) => row?.contains(node)) ?? nodes.find((node) => !node.closest(ROW));
}

const startsSequence = (key) => [...document.querySelectorAll("[data-key]")].some((node) => node.dataset.key.startsWith(`${key} `));

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const key = pressed(event);
  const plain = !key.startsWith("Ctrl+");
  if (plain && (isTyping(event.target) || isOff())) return;
  if (document.querySelector("dialog[open]")) return;
  const combination = pending ? `${pending} ${key}` : key;
  clearTimeout(pendingTimer);
  const node = find(combination) ?? find(key);
  const started = pending;
  pending = "";
  if (node) operate(node);
  else if (plain && key === "?") openSheet();
  else if (plain && key === "j" && move(1)) { /* moved */ }
  else if (plain && key === "k" && move(-1)) { /* moved */ }
  else if (plain && !started && key.length === 1 && startsSequence(key)) {
    pending = key;
    pendingTimer = setTimeout(() => { pending = ""; }, 1200);
  } else return;
  event.preventDefault();
});

function row(combination, word) {
  const term = document.createElement("dt");
  combination.split(" ").forEach((key, index) => {
    if (index) term.append(` ${words.keysThen} `);
    key.split("+").forEach((part) => {
      const cap = document.createElement("kbd");
      cap.textContent = part.length === 1 && key.includes("+") ? part.toUpperCase() : part;
      term.append(cap);
    });
  });
  const meaning = document.createElement("dd");
  meaning.textContent = word;
  return [term, meaning];
}

function openSheet() {
  if (!sheet) return;
  const list = sheet.querySelector("[data-keys-list]");
  const known = new Map();
  for (const node of document.querySelectorAll("[data-key]")) {
    const word = node.dataset.keyWord || node.getAttribute("aria-label") || node.textContent.trim().replace(/\s+/g, " ");
    if (isShown(node) && word && !known.has(node.dataset.key)) known.set(node.dataset.key, word);
  }
  const rows = [...known].flatMap(([key, word]) => row(key, word));
  if (document.querySelector("[data-key-list]")) rows.unshift(...row("j", words.keysDown), ...row("k", words.keysUp));
  list.replaceChildren(...rows, ...row("Ctrl+Enter", words.keysSend), ...row("?", words.keysHelp));
  sheet.querySelector("[data-keys-on]").checked = !isOff();
  sheet.showModal();
}

sheet?.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-on]")) return;
  try { localStorage.setItem(OFF, event.target.checked ? "0" : "1"); } catch { /* private window */ }
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-keys-help]")) openSheet(); });
