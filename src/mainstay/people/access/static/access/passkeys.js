// Passkeys: forms with data-passkey="get" (prove oneself) or "create" (add one). The form appears where the browser
// can do it; sending it asks the server for options, then the device, and sends the device's answer along.

const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
};

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const withBytes = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function ask(ceremony, options) {
  const publicKey = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (ceremony === "create") {
    publicKey.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    publicKey.excludeCredentials = withBytes(publicKey.excludeCredentials);
    return navigator.credentials.create({ publicKey });
  }
  publicKey.allowCredentials = withBytes(publicKey.allowCredentials);
  return navigator.credentials.get({ publicKey });
}

function answer(credential) {
  const from = credential.response;
  const response = { clientDataJSON: text(from.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (from[name]) response[name] = text(from[name]);
  }
  if (from.getTransports) response.transports = from.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function begin(form) {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  form.setAttribute("aria-busy", "true");
  try {
    const said = await fetch(form.dataset.options, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!said.ok) throw new Error(`options: ${said.status}`);
    form.elements.passkey.value = answer(await ask(form.dataset.passkey, await said.json()));
    form.submit();
  } catch {
    failed.hidden = false; // refused by the person or the device, or no connection
  } finally {
    form.removeAttribute("aria-busy");
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      begin(form);
    });
  }
}
