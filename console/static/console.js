// What the pages gain from a script. Every page works without it: forms are sent and links are followed as they stand.
const language = document.documentElement.lang;

// A form or a link with data-swap="id" brings the page that it leads to, and puts that page's element of the same id in place.
async function swap(id, url, options = {}) {
  const place = document.getElementById(id);
  if (!place) return false;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { ...options, headers: { "X-Part": id }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(id);
    if (!fresh) return false;
    place.replaceWith(fresh);
    ready(fresh);
    if (!options.method && url !== location.href) history.replaceState(null, "", url);
    return true;
  } catch {
    return false;
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function address(form) {
  const url = new URL(form.action);
  url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")).toString();
  return url.href;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method === "get" && form.dataset.swap) {
    event.preventDefault();
    if (!(await swap(form.dataset.swap, address(form)))) form.submit();
    return;
  }
  if (form.method === "post") {
    form.dataset.sent = "1";
    button?.setAttribute("aria-busy", "true");
  }
});

// Coming back by the browser's history, a form may be sent again: its key makes it the same command.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (!(await swap(link.dataset.swap, link.href))) location.href = link.href;
});

// A hidden tab listens to nothing: browsers keep six connections to one host, and every tab needs some.
function follow(box) {
  const status = box.querySelector("[role=status]");
  const plural = new Intl.PluralRules(language);
  let source = null;
  let last = "";
  let count = 0;
  let shown = 0;
  const told = () => {
    if (count === shown) return;
    shown = count;
    const words = box.dataset[plural.select(count)] ?? box.dataset.many;
    status.textContent = words.replace(/\d+/, new Intl.NumberFormat(language).format(count));
    box.hidden = false;
  };
  const happened = (event) => { last = event.lastEventId; count += 1; setTimeout(told, 300); };
  const stop = () => { source?.close(); source = null; };
  const start = () => {
    if (source || document.hidden || !box.isConnected) return;
    const url = new URL(box.dataset.live, location.href);
    if (last) url.searchParams.set("after", last);
    source = new EventSource(url);
    source.addEventListener("kepil", happened);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", start);
  start();
}

function takesFiles(area) {
  const input = area.querySelector("input[type=file]");
  if (!input) return;
  const over = (event) => { event.preventDefault(); area.classList.add("over"); };
  area.addEventListener("dragenter", over);
  area.addEventListener("dragover", over);
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    const files = new DataTransfer();
    for (const file of [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1)) files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function ready(root) {
  for (const box of root.querySelectorAll("[data-live]")) follow(box);
  for (const area of root.querySelectorAll("[data-drop]")) takesFiles(area);
  for (const box of root.querySelectorAll("[data-slash]")) switches(box);
  root.querySelector("#problem")?.focus();
  const named = document.getElementById(location.hash.slice(1));
  for (const opener of root.querySelectorAll("details")) if (named && opener.contains(named)) opener.open = true;
}

// The key / leads to the search. It can be switched off, as every key that works alone must be.
const slashless = () => localStorage.getItem("kepil-slash") === "off";

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || slashless()) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const here = document.querySelector("[data-search]");
  const link = document.querySelector("nav.areas a[href$='/search']");
  if (!here && !link) return;
  event.preventDefault();
  if (here) here.focus();
  else location.href = link.href;
});

function switches(box) {
  const button = box.querySelector("button");
  const told = () => { button.textContent = slashless() ? button.dataset.on : button.dataset.off; };
  button.addEventListener("click", () => { localStorage.setItem("kepil-slash", slashless() ? "on" : "off"); told(); });
  told();
  box.hidden = false;
}

addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details:not([open])")) { each.open = true; each.dataset.print = "1"; } });
addEventListener("afterprint", () => { for (const each of document.querySelectorAll("details[data-print]")) { each.open = false; delete each.dataset.print; } });

ready(document);
