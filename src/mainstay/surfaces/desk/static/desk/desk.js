// The ticket page: the newest message in sight, and the box that writes replies and notes.
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
document.addEventListener("click", (event) => {
  const kind = event.target.closest("[data-writes]")?.dataset.writes;
  if (kind) choose(kind);
});
