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

// A field that says data-zone-guess is filled with the browser's time zone while nobody has chosen one.
class ZoneGuess extends HTMLElement {
  connectedCallback() {
    const select = document.getElementById(this.getAttribute("for"));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (select && [...select.options].some((option) => option.value === zone)) select.value = zone;
  }
}
customElements.define("petra-zone-guess", ZoneGuess);
