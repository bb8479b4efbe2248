// Sending once, and sending by Ctrl+Enter.
const busy = new Set();

function release(form) {
  busy.delete(form);
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("[data-busy]")) {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || form.matches("[data-filters], [data-theme-form], [data-no-guard]")) return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  const byHtmx = form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");
  if (form.method !== "post" && !byHtmx) return;
  if ((event.defaultPrevented && !byHtmx) || form.matches("[data-theme-form], [data-no-guard]")) return;
  form.dataset.sending = "";
  busy.add(form);
  const button = event.submitter ?? form.querySelector("[type=submit], button:not([type])");
  if (button) {
    button.dataset.busy = "";
    button.setAttribute("aria-disabled", "true");
  }
  setTimeout(() => release(form), 15000); // an answer that is a download leaves the page standing
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});
addEventListener("pageshow", () => { for (const form of [...busy]) release(form); });

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.form;
  if (!form || !event.target.matches("textarea, input, select")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-default], [data-kind=primary]:not([type=button])") ?? undefined);
});
