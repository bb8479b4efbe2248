// The frame itself: time zone, theme, menus, filters, toasts, copying.
const root = document.documentElement;
const words = document.getElementById("shell-words")?.dataset ?? {};
const secure = location.protocol === "https:" ? "; Secure" : "";
const keepCookie = (name, value, age) => {
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
};

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) keepCookie("mainstay_zone", zone, 31536000);

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || event.submitter?.name !== "theme") return;
  event.preventDefault();
  const theme = event.submitter.value;
  keepCookie("mainstay_theme", theme, theme ? 31536000 : 0);
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of document.querySelectorAll('[data-theme-form] [name="theme"]')) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new CustomEvent("mainstay:theme", { detail: { theme } }));
});

// menus close on a click elsewhere, on Escape, and when focus leaves
const openMenus = () => document.querySelectorAll("details[data-menu][open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  const items = [...menu.querySelectorAll(".menu-list :is(a, button):not([hidden])")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
  } else if (step && items.length) {
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
    event.preventDefault();
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filters]");
  if (form && event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-filters]")) return;
  // empty filters stay out of the address, so that a shared view is short
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-filters] :disabled")) field.disabled = false;
});

// where words run off a narrow screen, the current one is in sight
for (const here of document.querySelectorAll(":is(.topnav, .subnav, .tabs, .rail-nav) > [aria-current]")) {
  const strip = here.parentElement;
  const { left, width } = here.getBoundingClientRect();
  if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft += left - strip.getBoundingClientRect().left - (strip.clientWidth - width) / 2;
}

// toasts and announcements
function announce(text) {
  const place = document.querySelector("[data-announcer]");
  if (place) place.textContent = text;
}
function toast(text, meaning = "good") {
  const model = document.getElementById(`shell-toast-${meaning}`) ?? document.getElementById("shell-toast-good");
  if (!model) return;
  const node = model.content.firstElementChild.cloneNode(true);
  node.querySelector(".toast-text").textContent = text;
  document.querySelector("[data-toasts]").append(node);
  if (meaning === "good") expire(node);
}
function expire(node) {
  let timer = setTimeout(() => node.remove(), 8000);
  node.addEventListener("mouseenter", () => clearTimeout(timer));
  node.addEventListener("focusin", () => clearTimeout(timer));
  node.addEventListener("mouseleave", () => { timer = setTimeout(() => node.remove(), 4000); });
}
for (const node of document.querySelectorAll('[data-toast][data-meaning="good"]')) expire(node);
document.addEventListener("mainstay:announce", (event) => announce(event.detail.text ?? event.detail.value));
document.addEventListener("mainstay:toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.meaning));
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => toast(words.requestFailed, "critical"));
}
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500 || !event.detail.xhr.getResponseHeader("HX-Trigger")) toast(words.requestFailed, "critical");
});

document.addEventListener("click", async (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  const field = document.getElementById(copy.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // no clipboard without https
  }
  const word = copy.querySelector("span");
  const before = word.textContent;
  word.textContent = words.copied;
  announce(words.copied);
  setTimeout(() => { word.textContent = before; }, 2000);
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-select-all]")) event.target.select();
});

document.querySelector("[data-error-summary]")?.focus();
document.addEventListener("htmx:afterSettle", (event) => {
  event.target.querySelector?.("[data-error-summary]")?.focus();
});
