/* Small help in fields: counters that turn amber and never block, showing a password, previews of chosen files,
   the theme at once. */
const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const lengthOf = (text) => [...segments.segment(text)].length;

class Counter extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.getAttribute("for"));
    this.max = Number(this.getAttribute("max"));
    this.field?.addEventListener("input", () => this.count());
  }

  count() {
    const used = lengthOf(this.field.value);
    this.textContent = `${used} / ${this.max}`;
    this.classList.toggle("over", used > this.max);
    this.field.classList.toggle("over", used > this.max);
  }
}
customElements.define("petra-counter", Counter);

document.addEventListener("click", (event) => {
  const eye = event.target.closest?.("[data-shows]");
  if (eye) {
    const field = document.getElementById(eye.dataset.shows);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!shown));
  }
  const pointer = event.target.closest?.("[data-focuses]");
  if (pointer) document.querySelector(pointer.dataset.focuses)?.focus();
  const copier = event.target.closest?.("[data-copies]");
  if (copier) navigator.clipboard?.writeText(copier.dataset.copies).then(() => {
    dispatchEvent(new CustomEvent("petra:toast", { detail: { template: "toast-copied" } }));
  });
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("[name=theme]")) {
    field.value === "auto" ? delete document.documentElement.dataset.theme : document.documentElement.dataset.theme = field.value;
  }
  if (field.matches("[data-submits]")) field.form.requestSubmit();
});

// Files: dropped or pasted anywhere into the frame, and shown before they are sent.
class Drop extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.getAttribute("for"));
    this.addEventListener("dragover", (event) => { event.preventDefault(); this.classList.add("drop"); });
    this.addEventListener("dragleave", () => this.classList.remove("drop"));
    this.addEventListener("drop", (event) => { event.preventDefault(); this.classList.remove("drop"); this.add(event.dataTransfer.files); });
    this.onPaste = (event) => { if (event.clipboardData.files.length) this.add(event.clipboardData.files); };
    document.addEventListener("paste", this.onPaste);
    this.field.addEventListener("change", () => this.show());
  }

  disconnectedCallback() { document.removeEventListener("paste", this.onPaste); }

  add(files) {
    const all = new DataTransfer();
    for (const file of [...this.field.files, ...files]) if (file.type.startsWith("image/")) all.items.add(file);
    this.field.files = all.files;
    this.show();
  }

  show() {
    const list = this.querySelector("[data-chosen]");
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...[...this.field.files].map((file) => {
      const [item, image] = [document.createElement("li"), document.createElement("img")];
      Object.assign(image, { src: URL.createObjectURL(file), alt: file.name, width: 40, height: 60, className: "thumb thumb-40" });
      item.append(image);
      return item;
    }));
  }
}
customElements.define("petra-drop", Drop);

// <petra-zone-guess for="id"> fills a field with the browser's time zone.
class ZoneGuess extends HTMLElement {
  connectedCallback() {
    const field = document.getElementById(this.getAttribute("for"));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const fits = field && (!field.options || [...field.options].some((option) => option.value === zone));
    if (fits) field.value = zone;
  }
}
customElements.define("petra-zone-guess", ZoneGuess);

/* A save that waited for the one before it names the version that one made: htmx fills a request in before it waits.
   It says what was typed into, too: the rest is not this person's to keep. */
const savedOver = new Map();
const isSave = ({ sourceElement, request }) => sourceElement.id === "pin-words" && request.body?.get?.("version");
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  let version = isSave(ctx);
  if (version && document.getElementById("conflict")?.open) return event.preventDefault(); // first the person chooses
  while (savedOver.has(version)) version = savedOver.get(version);
  if (!version) return;
  ctx.request.body.set("version", version);
  for (const field of ctx.sourceElement.elements) if (field.value !== field.defaultValue) ctx.request.body.append("touched", field.name);
});
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const version = ctx.response.status === 200 && isSave(ctx);
  if (version) savedOver.set(version, String(Number(version) + 1));
});
