// Native dialogs: opened by `data-opens="id"`, closed by `data-closes`; `data-confirm="question"` asks once.
const ask = document.getElementById("shell-confirm");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
  if (event.target.matches("dialog")) event.target.close(); // the backdrop
});

function question(text, word, then) {
  ask.querySelector("[data-confirm-text]").textContent = text;
  const yes = ask.querySelector("[data-confirm-yes]");
  yes.textContent = word || yes.dataset.word;
  ask.returnValue = "";
  ask.addEventListener("close", () => { if (ask.returnValue === "yes") then(); }, { once: true });
  ask.showModal();
}

const confirmed = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  const asker = event.submitter?.matches("[data-confirm]") ? event.submitter : form.matches("[data-confirm]") ? form : null;
  if (!ask || !asker || confirmed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  question(asker.dataset.confirm, asker.dataset.confirmWord, () => {
    confirmed.add(form);
    form.requestSubmit(submitter);
  });
}, true);
document.addEventListener("htmx:confirm", (event) => {
  if (!ask || !event.detail.question) return;
  event.preventDefault();
  question(event.detail.question, event.target.dataset?.confirmWord, () => event.detail.issueRequest(true));
});
