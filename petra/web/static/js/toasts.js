/* Toasts: three at most, 8 s or 12 s with an action, paused while looked at. Errors and "offline" stay.
   A toast with an undo button is kept out of sight for ten minutes after it closes, so that Z still finds it. */
const UNDO_MS = 10 * 60 * 1000;
const stack = () => document.getElementById("toasts");

class Toast extends HTMLElement {
  connectedCallback() {
    if (this.closest("#undo-shelf") || this.started) return;
    this.started = true;
    this.querySelector("[data-close]")?.addEventListener("click", () => this.close());
    for (const earlier of [...stack()?.querySelectorAll("petra-toast") ?? []].slice(0, -3)) earlier.close();
    if (this.hasAttribute("data-stays")) return;
    this.left = this.querySelector("button:not([data-close]), a") ? 12000 : 8000;
    this.bar = this.querySelector(".time-left")?.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], this.left);
    for (const name of ["pointerenter", "focusin"]) this.addEventListener(name, () => this.pause());
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, () => this.run());
    this.run();
  }

  disconnectedCallback() { clearTimeout(this.timer); }

  run() {
    clearTimeout(this.timer);
    this.since = performance.now();
    this.timer = setTimeout(() => this.close(), this.left);
    this.bar?.play();
  }

  pause() {
    clearTimeout(this.timer);
    this.left = Math.max(1500, this.left - (performance.now() - this.since));
    this.bar?.pause();
  }

  close() {
    clearTimeout(this.timer);
    if (!this.querySelector("[data-undo]")) return this.remove();
    document.getElementById("undo-shelf").append(this);
    setTimeout(() => this.remove(), UNDO_MS);
  }
}
customElements.define("petra-toast", Toast);

/** Show the toast of a <template> in the page, with an own sentence if one is given. */
const show = (templateId, words) => {
  const template = document.getElementById(templateId);
  if (!template || !stack()) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  if (words) toast.querySelector(".words").textContent = words;
  stack().append(toast);
};

/** The same, unless it is in sight already: a field that saves by itself asks again and again. */
const showOnce = (templateId) => {
  const words = document.getElementById(templateId)?.content.querySelector(".words")?.textContent;
  if (![...stack()?.querySelectorAll(".words") ?? []].some((each) => each.textContent === words)) show(templateId);
};

addEventListener("petra:toast", (event) => show(event.detail.template, event.detail.words));

/** Z: press the newest undo button there is. Once: it leaves with its toast. */
addEventListener("petra:undo", () => {
  const button = [...document.querySelectorAll("#undo-shelf [data-undo], #toasts [data-undo]")].pop();
  if (button) button.click();
});
document.addEventListener("htmx:after:request", (event) => {
  const undo = event.target.closest?.("[data-undo]");
  if (undo) undo.closest("petra-toast").remove();
});

// Server trouble: the page keeps what it shows, one toast says so.
document.addEventListener("htmx:response:error", (event) => {
  if (event.target === document.body) return; // the live stream: the worker card says it
  const status = event.detail?.ctx?.response?.status ?? 500;
  if (status >= 500) show("toast-broken");
  else if (status === 401) showOnce("toast-signed-out");
  else if (status === 403) showOnce("toast-refused");
});
document.addEventListener("htmx:error", (event) => {
  if (navigator.onLine && event.target !== document.body) show("toast-unreachable");
});

// Offline: writes wait on the page, nothing is queued.
const offlineToast = () => stack()?.querySelector("[data-offline]");
addEventListener("offline", () => { if (!offlineToast()) show("toast-offline"); });
addEventListener("online", () => offlineToast()?.remove());
document.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!offlineToast()) show("toast-offline");
}, true);
