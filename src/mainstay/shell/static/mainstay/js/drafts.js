// Keeps what was typed in `<form data-draft="key">` in this browser until the server says it has it:
// a cookie `mainstay_sent` with the key, set by the answer that stored the text.
const words = document.getElementById("shell-words")?.dataset ?? {};
const owner = document.documentElement.dataset.person ?? "";
const store = (key) => `mainstay-draft:${owner}:${key}`;
const A_MONTH = 30 * 24 * 3600 * 1000;
const KEPT = "textarea, select, input:not([type=hidden], [type=password], [type=file], [type=submit], [type=button], [type=search])";
const fields = (form) => [...form.querySelectorAll(KEPT)].filter((field) => field.name && !field.matches("[data-no-draft]"));

function forgetSent() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("mainstay_sent="));
  if (!found) return;
  const keys = decodeURIComponent(found.slice("mainstay_sent=".length)).split(" ");
  document.cookie = "mainstay_sent=; Path=/; Max-Age=0; SameSite=Lax";
  for (const key of keys) {
    localStorage.removeItem(store(key));
    const form = document.querySelector(`form[data-draft="${CSS.escape(key)}"]`);
    form?.querySelector("[data-draft-note]")?.remove();
  }
}

function sweep() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith("mainstay-draft:")) continue;
    try {
      if (Date.now() - JSON.parse(localStorage.getItem(key)).at > A_MONTH) localStorage.removeItem(key);
    } catch { localStorage.removeItem(key); }
  }
}

const isToggle = (field) => field.type === "checkbox" || field.type === "radio";
const untouched = (field) => {
  if (isToggle(field)) return field.checked === field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].every((option) => option.selected === option.defaultSelected) || field.selectedIndex === 0;
  return field.value === field.defaultValue;
};

function save(form) {
  const values = {};
  let typed = false;
  for (const field of fields(form)) {
    if (untouched(field)) continue;
    const name = field.type === "radio" ? `${field.name}=${field.value}` : field.name;
    values[name] = isToggle(field) ? field.checked : field.value;
    typed ||= isToggle(field) || field.tagName === "SELECT" ? typed : Boolean(field.value.trim());
  }
  if (typed) localStorage.setItem(store(form.dataset.draft), JSON.stringify({ at: Date.now(), values }));
  else localStorage.removeItem(store(form.dataset.draft));
}

function restore(form) {
  if (form.dataset.draftReady !== undefined) return;
  form.dataset.draftReady = "";
  let draft;
  try { draft = JSON.parse(localStorage.getItem(store(form.dataset.draft))); } catch { return; }
  // after an error the server's copy of what was typed is the newer one
  if (!draft || form.querySelector("[aria-invalid=true], [data-error-summary]")) return;
  let restored = false;
  for (const field of fields(form)) {
    const name = field.type === "radio" ? `${field.name}=${field.value}` : field.name;
    if (!(name in draft.values) || !untouched(field)) continue;
    if (isToggle(field)) field.checked = draft.values[name];
    else if (field.value !== draft.values[name]) field.value = draft.values[name];
    restored = true;
  }
  if (!restored) return;
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(draft.at);
  const text = words.draftRestored.replace("%(when)s", when);
  const note = document.createElement("p");
  note.className = "draft-note";
  note.dataset.draftNote = "";
  const discard = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: words.draftDiscard });
  discard.dataset.kind = "quiet";
  discard.dataset.size = "small";
  discard.addEventListener("click", () => {
    localStorage.removeItem(store(form.dataset.draft));
    form.reset();
    note.remove();
  });
  note.append(text, " ", discard);
  (form.querySelector("[data-draft-place]") ?? form).prepend(note);
  form.dispatchEvent(new CustomEvent("mainstay:draft", { bubbles: true }));
  document.dispatchEvent(new CustomEvent("mainstay:announce", { detail: { text } }));
}

function prepare() {
  forgetSent();
  for (const form of document.querySelectorAll("form[data-draft]")) restore(form);
}

try {
  sweep();
  const timers = new WeakMap();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => save(form), 300));
  });
  // the last words before sending: the answer may be an error, or that the session has ended
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    clearTimeout(timers.get(form));
    save(form);
  }, true);
  addEventListener("pagehide", () => {
    for (const form of document.querySelectorAll("form[data-draft]:not([data-sending])")) save(form);
  });
  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("htmx:afterRequest", forgetSent);
  prepare();
} catch { /* a browser without storage keeps no drafts */ }
