// Lists chosen files with their sizes before they are sent; accepts dropped and pasted ones.
const words = document.getElementById("shell-words")?.dataset ?? {};
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 2 });

function size(bytes) {
  let value = bytes;
  for (const unit of ["B", "kB", "MB"]) {
    if (value < 999.5) return `${value < 9.95 ? number.format(value) : Math.round(value)} ${unit}`;
    value /= 1000;
  }
  return `${number.format(value)} GB`;
}

function put(input, files) {
  const carrier = new DataTransfer();
  for (const file of input.multiple ? files : files.slice(-1)) carrier.items.add(file);
  input.files = carrier.files;
  show(input);
}

function show(input) {
  const drop = input.closest("[data-drop]");
  const list = document.querySelector(`[data-files-for="${CSS.escape(input.id)}"]`);
  const model = drop.parentElement.querySelector("template[data-file-row]");
  const limit = Number(drop.dataset.limit ?? 0);
  const files = [...input.files];
  list.replaceChildren(...files.map((file, index) => {
    const node = model.content.firstElementChild.cloneNode(true);
    node.querySelector(".file-name").textContent = file.name;
    const over = limit && file.size > limit;
    node.querySelector(".file-size").textContent = over
      ? `${size(file.size)} – ${words.tooLarge.replace("%(limit)s", size(limit))}` : size(file.size);
    if (over) node.dataset.problem = "";
    const remove = node.querySelector("button");
    remove.setAttribute("aria-label", words.remove.replace("%(name)s", file.name));
    remove.addEventListener("click", () => {
      put(input, files.filter((_, other) => other !== index));
      input.focus();
    });
    return node;
  }));
  document.dispatchEvent(new CustomEvent("mainstay:announce", { detail: { text: words.filesChosen.replace("%(count)s", files.length) } }));
}

const chosen = new WeakMap();
document.addEventListener("click", (event) => {
  // choosing again adds to the list instead of replacing it
  if (event.target.matches("[data-drop] input[type=file]")) chosen.set(event.target, [...event.target.files]);
});
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("[data-drop] input[type=file]")) return;
  const before = input.multiple ? chosen.get(input) ?? [] : [];
  put(input, [...before, ...input.files]);
  chosen.delete(input);
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const drop = event.target.closest?.("[data-drop]");
    if (drop) drop.toggleAttribute("data-over", name === "dragenter" || name === "dragover");
    if (drop && name === "drop" && event.dataTransfer.files.length) {
      event.preventDefault();
      const input = drop.querySelector("input[type=file]");
      put(input, [...(input.multiple ? input.files : []), ...event.dataTransfer.files]);
    }
  });
}
document.addEventListener("paste", (event) => {
  const input = event.target.closest?.("form")?.querySelector("[data-drop] input[type=file]");
  if (input && event.clipboardData?.files.length) {
    put(input, [...input.files, ...event.clipboardData.files]);
    event.preventDefault();
  }
});
