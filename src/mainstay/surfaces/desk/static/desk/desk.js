// The queue: keys that act on the row one stands on. The ticket page: the newest message in sight, and the box
// that writes replies and notes.
const rowKeys = document.querySelector("[data-row-keys]");
const currentRow = () => document.activeElement?.closest("[data-key-list] tr") ?? null;

const actions = {
  open: (row) => row.querySelector("[data-row]").click(),
  reply: (row) => { location.href = `${row.querySelector("[data-row]").href}#reply`; },
  note: (row) => { location.href = `${row.querySelector("[data-row]").href}#note`; },
  take: (row) => window.htmx.ajax("POST", rowKeys.dataset.takeUrl, {
    source: row, target: row, swap: "outerHTML",
    values: { ...Object.fromEntries(new URLSearchParams(location.search)), number: row.dataset.number },
  }),
  resolve: (row) => {
    const form = rowKeys.querySelector("[data-row-form]");
    form.action = `${new URL(row.querySelector("[data-row]").href).pathname}/status`;
    form.elements.was.value = row.dataset.status;
    form.requestSubmit();
  },
};
rowKeys?.addEventListener("click", (event) => {
  const action = event.target.closest("[data-row-key]")?.dataset.rowKey;
  const row = currentRow() ?? document.querySelector("[data-key-list] tbody tr");
  if (!action || !row) return;
  row.querySelector("[data-row]").focus();
  actions[action](row);
});

const thread = document.querySelector("[data-thread]");
const box = document.querySelector("[data-composer]");
const field = box?.querySelector("textarea");

const choose = (kind) => {
  const choice = box?.querySelector(`input[name=kind][value=${kind}]`);
  if (!choice) return;
  choice.checked = true;
  field.focus();
};
if (thread && !location.hash) thread.scrollTop = thread.scrollHeight;
if (location.hash === "#reply" || location.hash === "#note") choose(location.hash.slice(1));
document.querySelector(".pane-row[data-current]")?.scrollIntoView({ block: "nearest" });
document.addEventListener("click", (event) => {
  const kind = event.target.closest("[data-writes]")?.dataset.writes;
  if (kind) choose(kind);
});
