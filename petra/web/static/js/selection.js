/* Picking rows: all, one, a range with Shift, with the keys X, J and K; the bulk bar comes with the first. */
class Selection extends HTMLElement {
  connectedCallback() {
    this.bar = document.getElementById(this.getAttribute("bar"));
    this.words = this.bar?.querySelector("[data-count]");
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("change", () => this.tell());
    this.bar?.querySelector("[data-clear]")?.addEventListener("click", () => this.clear());
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("htmx:after:swap", this.onSwap = () => this.tell());
    this.tell();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("htmx:after:swap", this.onSwap);
  }

  get boxes() { return [...this.querySelectorAll("[data-pick]")]; }
  get rows() { return [...this.querySelectorAll("tbody tr")]; }

  clicked(event) {
    const box = event.target.closest("[data-pick], [data-pick-all]");
    if (!box) return;
    if (box.hasAttribute("data-pick-all")) for (const one of this.boxes) one.checked = box.checked;
    else if (event.shiftKey && this.last?.isConnected) this.range(this.last, box);
    this.last = box;
    this.tell();
  }

  range(from, to) {
    const boxes = this.boxes;
    const [first, end] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
    for (const box of boxes.slice(Math.max(0, first), end + 1)) box.checked = to.checked;
  }

  clear() {
    for (const box of this.boxes) box.checked = false;
    this.tell();
  }

  tell() {
    const picked = this.boxes.filter((box) => box.checked).length;
    const all = this.querySelector("[data-pick-all]");
    if (all) { all.checked = picked > 0 && picked === this.boxes.length; all.indeterminate = picked > 0 && !all.checked; }
    if (this.bar) this.bar.hidden = picked === 0;
    if (this.words) this.words.textContent = picked;
  }

  key(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    if (event.key === "Escape" && !document.querySelector(":popover-open")) return this.clear();
    if (document.documentElement.dataset.letters === "off") return;
    const at = this.rows.findIndex((row) => row.classList.contains("current"));
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") this.go(Math.max(0, Math.min(this.rows.length - 1, at + (key === "j" ? 1 : -1))));
    else if (key === "x") this.pick(at, event.shiftKey);
    else if (key === "e") this.rows[at]?.querySelector(".table-title")?.click();
  }

  go(index) {
    for (const row of this.rows) row.classList.remove("current");
    this.rows[index]?.classList.add("current");
    this.rows[index]?.querySelector(".table-title, a")?.focus();
  }

  pick(at, isRange) {
    const box = this.rows[at]?.querySelector("[data-pick]");
    if (!box) return;
    box.checked = !box.checked;
    if (isRange && this.last?.isConnected) { box.checked = true; this.range(this.last, box); }
    this.last = box;
    this.tell();
  }
}
customElements.define("petra-selection", Selection);
