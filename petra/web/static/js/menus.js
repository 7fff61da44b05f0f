/* Places native popovers beside their opener, moves through menus with arrow keys, and opens dialogs where the
   browser does not know invoker commands yet. Opening, Esc and focus return are the browser's. */
const GAP = 6;
const narrow = matchMedia("(max-width: 719.98px)");

const openerOf = (popover) => document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]:is(:focus, :hover)`)
  ?? document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);

const place = (popover) => {
  const opener = openerOf(popover);
  if (!opener || narrow.matches) return;
  const from = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = from.bottom + GAP + height <= innerHeight || from.top < height + GAP;
  const top = below ? from.bottom + GAP : from.top - GAP - height;
  const left = popover.dataset.align === "start" ? from.left : from.right - width;
  popover.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  popover.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
};

// Placed before the first paint, and once more when its size is known for sure.
document.addEventListener("beforetoggle", (event) => {
  const popover = event.target;
  if (event.newState === "open" && popover.matches?.("[popover]")) requestAnimationFrame(() => place(popover));
}, true);
document.addEventListener("toggle", (event) => {
  const popover = event.target;
  if (!(popover instanceof HTMLElement) || !popover.matches("[popover]")) return;
  for (const opener of document.querySelectorAll(`[popovertarget="${CSS.escape(popover.id)}"]`)) {
    opener.setAttribute("aria-expanded", String(event.newState === "open"));
  }
  if (event.newState !== "open") return;
  place(popover);
  popover.querySelector("[autofocus]")?.focus();
}, true);

// What was typed could not be taken: its form is open again.
for (const popover of document.querySelectorAll("[popover][data-opened]")) popover.showPopover();

// A live page that fetched itself again keeps what is open, but not where it was put.
document.addEventListener("htmx:after:swap", () => document.querySelectorAll(":popover-open").forEach(place));

const items = (menu) => [...menu.querySelectorAll("a[href], button:not([disabled])")];
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu") ?? openMenuOf(event.target);
  if (!menu) return;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  if (event.key === "Enter" && at < 0 && event.target.dataset.menu && all.length) {
    event.preventDefault();
    return void all[0].click();
  }
  if (at < 0 && (event.key === "Home" || event.key === "End")) return; // the caret's
  const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1
    : event.key in STEPS ? (at + STEPS[event.key] + all.length) % all.length : null;
  if (to === null) return;
  event.preventDefault();
  all[at < 0 && event.key === "ArrowUp" ? all.length - 1 : to].focus();
});

const openMenuOf = (element) => {
  const below = element.dataset?.menu && document.getElementById(element.dataset.menu);
  if (below) return below;
  const id = element.getAttribute?.("popovertarget");
  const menu = id && document.getElementById(id);
  return menu?.matches(".menu:popover-open") ? menu : null;
};

// Choosing something closes the menu it was in. A link that opens a dialog is a page of its own without script.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-opens-dialog]");
  if (link && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    document.getElementById(link.dataset.opensDialog)?.showModal();
  }
  const chosen = event.target.closest?.(".menu :is(a, button)");
  if (chosen && !chosen.hasAttribute("popovertarget")) chosen.closest("[popover]")?.hidePopover();
  const opener = event.target.closest?.("button[commandfor]");
  if (opener && !("commandForElement" in HTMLButtonElement.prototype)) {
    const dialog = document.getElementById(opener.getAttribute("commandfor"));
    opener.getAttribute("command") === "close" ? dialog?.close() : dialog?.showModal();
  }
});

// A dialog that the server sent opens by itself; it leaves the page when it closes.
class ArrivingDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    if (!dialog || dialog.open) return;
    const back = document.activeElement;
    dialog.showModal();
    dialog.addEventListener("close", () => { this.remove(); back?.isConnected && back.focus(); });
  }
}
customElements.define("petra-dialog", ArrivingDialog);
