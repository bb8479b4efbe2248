// The live stream. It brings hints, never content: `{"kind": "ticket", "id", "name": "ticket.replied", "n"}`. An
// element with `data-live="ticket:ID ticket sla"` receives `mainstay:hint` when one of its names is meant (kind, id,
// kind:id, the event's name or what stands before its dot), and fetches itself again through its ordinary door
// (`hx-trigger="mainstay:hint"`). The event `refresh` means: refresh everything.
const address = document.documentElement.dataset.liveUrl;
const words = document.getElementById("shell-words")?.dataset ?? {};
const FIRST = 1000;
const LONGEST = 60000;
let source = null;
let position = "";
let delay = FIRST;
let timer = 0;
let told = false;

const waiting = new Map();
function hint(node, detail) {
  if (waiting.has(node)) return;
  // many hints become one request, and many readers do not ask in the same instant
  waiting.set(node, setTimeout(() => {
    waiting.delete(node);
    if (node.isConnected) node.dispatchEvent(new CustomEvent("mainstay:hint", { detail }));
  }, 80 + Math.random() * 320));
}

function deliver(detail) {
  const { kind, id, name } = detail;
  const names = [kind, id, `${kind}:${id}`, name, name?.split(".")[0]].filter(Boolean);
  for (const node of document.querySelectorAll("[data-live]")) {
    const wanted = node.dataset.live.split(/\s+/);
    if (names.some((name) => wanted.includes(name))) hint(node, detail);
  }
}

function refresh() {
  for (const node of document.querySelectorAll("[data-live]")) hint(node, { kind: "refresh" });
}

function say(text, meaning) {
  document.dispatchEvent(new CustomEvent("mainstay:toast", { detail: { text, meaning } }));
}

function received(event) {
  if (event.lastEventId) position = event.lastEventId;
  let detail;
  try { detail = JSON.parse(event.data); } catch { return; }
  deliver(detail);
}

function open() {
  clearTimeout(timer);
  const url = new URL(address, location.href);
  if (position) url.searchParams.set("after", position);
  else url.searchParams.set("age", Math.ceil(performance.now())); // what came while the page was on its way
  source = new EventSource(url, { withCredentials: true });
  source.addEventListener("open", () => {
    delay = FIRST;
    if (told) say(words.online, "good");
    told = false;
  });
  source.addEventListener("message", received);
  source.addEventListener("refresh", (event) => {
    if (event.lastEventId) position = event.lastEventId;
    refresh();
  });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    retry();
  });
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function retry() {
  close();
  if (delay >= 16000 && !told) {
    told = true;
    say(words.offline, "warning");
  }
  timer = setTimeout(open, delay * (0.75 + Math.random() / 2));
  delay = Math.min(delay * 2, LONGEST);
}

if (address) {
  open();
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    refresh();
    open();
  });
  addEventListener("online", () => { delay = FIRST; if (!source) open(); });
}
