/* The calendar's behaviour around the drag: the requests behind a drop, moving through the grid with keys, the tray, the
   day's popover, the forms, and the line that marks now.

   It imports nothing: names of static files carry a digest, so an import by the plain name would load a second copy. */
const calendar = () => document.getElementById("calendar");
const root = document.documentElement;
const isLifted = () => root.classList.contains("dragging") || document.querySelector(".lifted") !== null;
const say = (text) => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
};
const lettersOn = () => root.dataset.letters !== "off";
const headers = () => ({
  "HX-Request": "true",
  "HX-Current-URL": location.href,
  ...JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}"),
});
const spoken = (name, values) => Object.entries(values).reduce(
  (text, [key, value]) => text.replace(`{${key}}`, () => value), document.querySelector("[data-live]")?.dataset[name] ?? "");

/* A drop becomes a request. The server answers with the places that changed and a toast. */
const bodyOf = (cards, place) => {
  const body = new URLSearchParams({
    id: cards.map((card) => card.dataset.id).join(","),
    plan_no: cards.map((card) => card.dataset.version ?? "").join(","),
  });
  if (place.hasAttribute("data-tray")) return body;
  const keepsTime = place.dataset.keeps && cards[0].dataset.time;
  keepsTime ? body.set("day", place.dataset.day) : body.set("at", place.dataset.at);
  return body;
};
const urlOf = (cards, place) => {
  const { moveUrl, planUrl, offUrl } = calendar().dataset;
  if (place.hasAttribute("data-tray")) return offUrl;
  return cards[0].hasAttribute("data-pin") ? planUrl : moveUrl;
};

document.addEventListener("petra:move", async (event) => {
  const { cards, place, label, settle, back } = event.detail;
  const card = cards[0];
  let answer;
  let text;
  try {
    answer = await fetch(urlOf(cards, place), { method: "POST", headers: headers(), body: bodyOf(cards, place) });
    text = await answer.text();
  } catch {
    back();
    return dispatchEvent(new CustomEvent("petra:toast", { detail: { template: "toast-unreachable" } }));
  }
  if (answer.ok) {
    unselect();
    say(spoken("moved", { card: card.dataset.label, place: label }));
  } else back();
  if (answer.status >= 500 || !answer.headers.get("Content-Type")?.startsWith("text/html")) {
    return dispatchEvent(new CustomEvent("petra:toast", { detail: { template: "toast-broken" } }));
  }
  const { id, post } = card.dataset;
  const isPin = card.hasAttribute("data-pin");
  await htmx.swap({ text, sourceElement: document.getElementById("main"), swap: "none" });
  settle();
  // A planned pin is another element now: the card of its delivery; one taken off is a pin of the tray.
  const now = document.getElementById(`card-${id}`) ?? (isPin ? document.querySelector(`[data-post="${id}"]`) : document.getElementById(`card-${post}`));
  if (!document.activeElement || document.activeElement === document.body) now?.focus({ preventScroll: true });
});

/* Forms in dialogs: close what was saved, keep what was refused. Not before the answer is on the page: htmx drops the
   answer to a form that has left it. */
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.matches?.("form[data-closes]") ? event.target : null;
  if (form && event.detail?.ctx?.response?.status < 400) form.closest("dialog")?.close();
  if (event.target.matches?.("form[data-once]")) event.target.closest("petra-toast")?.remove();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-close-dialog]")) event.target.closest("dialog")?.close();
  const off = event.target.closest?.("[data-off]");
  if (off) { // another address for the same form: htmx reads the form's own
    off.form.setAttribute("hx-post", off.getAttribute("formaction"));
  }
});
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-picks-own]")) return;
  const own = event.target.form.querySelector("input[type=radio][value=own]");
  if (own && !own.checked) { own.checked = true; own.dispatchEvent(new Event("change", { bubbles: true })); }
});

/* The tray folds away and remembers it; on narrow pages it is a sheet. */
const narrow = matchMedia("(max-width: 1279.98px)");
const remembered = () => { try { return localStorage.getItem("petra-tray") === "folded"; } catch { return false; } };
const remember = (isFolded) => { try { localStorage.setItem("petra-tray", isFolded ? "folded" : "open"); } catch { /* a private window */ } };
let wasOpen = true;
const showTray = (isOpen) => {
  const body = calendar();
  wasOpen = isOpen;
  body?.classList.toggle(narrow.matches ? "tray-open" : "no-tray", narrow.matches ? isOpen : !isOpen);
  for (const button of document.querySelectorAll("[data-tray-toggle]")) button.setAttribute("aria-expanded", String(isOpen));
};
const isTrayOpen = () => (narrow.matches ? calendar()?.classList.contains("tray-open") : !calendar()?.classList.contains("no-tray"));
const settleTray = () => {
  calendar()?.classList.remove("tray-open", "no-tray");
  showTray(narrow.matches ? false : !remembered());
};
narrow.addEventListener("change", settleTray);
settleTray();
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-tray-toggle]")) return;
  const isOpen = !isTrayOpen();
  showTray(isOpen);
  if (!narrow.matches) remember(!isOpen);
  document.querySelector(isOpen ? "#tray [data-tray-toggle]" : ".cal-tray-opener")?.focus?.({ preventScroll: true });
});
// While a card is carried from the sheet, the sheet makes room for the days under it.
new MutationObserver(() => {
  if (root.classList.contains("dragging") && narrow.matches && calendar()?.classList.contains("tray-open")) showTray(false);
}).observe(root, { attributes: true, attributeFilter: ["class"] });

/* Keys in the grid: arrows move between cells (one of them is in the tab order), Enter opens the day. A phone's week is
   the list of one day: there is nowhere to move to, and its cards are in the tab order themselves. */
const phone = matchMedia("(max-width: 719.98px)");
let roving = "";
const cells = () => [...document.querySelectorAll("[role=gridcell]")].filter((cell) => cell.checkVisibility?.() ?? true);
const rove = (cell) => {
  for (const each of document.querySelectorAll("[role=gridcell][tabindex='0']")) each.tabIndex = -1;
  if (cell) cell.tabIndex = 0;
  roving = cell?.id ?? "";
};
const firstStop = () => {
  if (phone.matches && document.querySelector(".wk")) return rove(null);
  const shown = cells();
  if (shown.some((cell) => cell.tabIndex === 0)) return;
  rove(shown.find((cell) => cell.id === roving) ?? shown.find((cell) => cell.matches(".today")) ?? shown[0]);
};
firstStop();
phone.addEventListener("change", firstStop);
document.addEventListener("focusin", (event) => { if (event.target.matches?.("[role=gridcell]")) rove(event.target); });

const stepIn = (cell, key) => {
  const all = cells();
  const at = all.indexOf(cell);
  const column = at % 7;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 7, ArrowDown: at + 7, Home: at - column, End: at - column + 6 }[key];
  return to === undefined ? undefined : all[to] ?? null;
};
const openDay = (cell) => {
  const link = cell.querySelector("[data-open-day]") ?? document.querySelector(`#head-${CSS.escape(cell.dataset.day)} .wk-day-link`);
  link?.click();
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || isLifted() || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog, [popover], .menu")) return;
  const cell = event.target.closest("[role=gridcell]");
  if (cell && event.target === cell) {
    if (event.key === "Enter") { event.preventDefault(); return openDay(cell); }
    const next = stepIn(cell, event.key);
    if (next !== undefined) { event.preventDefault(); next?.focus(); return; }
  }
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    if (event.target.closest("[role=gridcell], [popovertarget], summary") || document.querySelector(":popover-open")) return;
    event.preventDefault();
    document.querySelector(`[data-step="${event.key}"]`)?.click();
    return;
  }
  const card = document.activeElement?.closest("[data-id]");
  const key = event.key.toLowerCase();
  if (key === "s" && lettersOn()) schedule(card ?? document.querySelector("[data-id].selected"));
  else if (key === "x" && lettersOn() && card) { event.preventDefault(); select(card); }
  else if (event.key === "Escape") unselect();
});

/** Open the form that gives a card a time. */
const schedule = (card) => {
  if (card?.dataset.why) return say(card.dataset.why);
  const url = card?.dataset.sheet;
  if (url) htmx.ajax("GET", url, { source: card, target: "body", swap: "beforeend" });
};
const selected = new Set();
const select = (card) => {
  if (card.hasAttribute("data-locked")) return;
  card.classList.toggle("selected") ? selected.add(card.id) : selected.delete(card.id);
};
const unselect = () => {
  selected.clear();
  for (const card of document.querySelectorAll("[data-id].selected")) card.classList.remove("selected");
};
document.addEventListener("click", (event) => {
  const card = (event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.("[data-id]");
  if (card && calendar()?.contains(card)) { event.preventDefault(); select(card); }
}, true);

/* One day in a popover, beside what opened it. */
class Peek extends HTMLElement {
  connectedCallback() {
    const pop = this.querySelector("[popover]");
    for (const other of document.querySelectorAll("petra-peek")) if (other !== this) other.remove();
    const day = this.getAttribute("day");
    const opener = document.activeElement !== document.body ? document.activeElement : null;
    pop.addEventListener("toggle", (event) => {
      if (event.newState !== "closed") return;
      if (this.contains(document.activeElement) || document.activeElement === document.body) opener?.focus?.({ preventScroll: true });
      this.remove();
    });
    pop.showPopover();
    if (phone.matches) return;
    const from = (document.querySelector(`[role=gridcell][data-day="${day}"]`) ?? opener)?.getBoundingClientRect();
    if (!from) return;
    const left = from.left + from.width / 2 - pop.offsetWidth / 2;
    const top = Math.min(from.top, innerHeight - pop.offsetHeight - 12);
    pop.style.left = `${Math.max(8, Math.min(left, innerWidth - pop.offsetWidth - 8))}px`;
    pop.style.top = `${Math.max(8, top)}px`;
  }
}
customElements.define("petra-peek", Peek);
// What is opened out of the popover takes its place.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-close-peek]")) document.getElementById("peek")?.hidePopover();
  if (event.target.closest?.("petra-peek a")) setTimeout(() => document.getElementById("peek")?.hidePopover());
});

/* A swap writes what the server knows; what only this page knows is put back. */
document.addEventListener("htmx:after:swap", () => {
  firstStop();
  showTray(wasOpen);
  for (const id of selected) document.getElementById(id)?.classList.add("selected");
});

/* The line that marks now walks down its day. */
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: calendar()?.dataset.zoneName || undefined, hour: "2-digit", minute: "2-digit" });
const instantOf = (line) => Date.parse(line.dataset.at ?? line.querySelector("time[datetime]")?.dateTime ?? "");
const walk = () => {
  const line = document.querySelector("[data-now]");
  if (!line || isLifted()) return;
  line.querySelector("time").textContent = clock.format(Date.now());
  const later = [...line.parentNode.children].find((each) => each !== line && instantOf(each) > Date.now());
  if (later ? line.nextElementSibling !== later : line.nextElementSibling) line.parentNode.insertBefore(line, later ?? null);
};
setInterval(walk, 20000);
// A new day, or a part of the day that is over: the page as it is now.
let hour = new Date().getHours();
setInterval(() => {
  if (hour === new Date().getHours()) return;
  hour = new Date().getHours();
  document.body.dispatchEvent(new CustomEvent("petra:reload"));
}, 30000);
