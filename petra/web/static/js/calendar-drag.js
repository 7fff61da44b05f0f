/* Drag and drop of the calendar with mouse, touch and keys; no dependency, no request of its own.

   A card has data-id, data-label, data-version and tabindex; data-time where it stands on the calendar, data-pin where it
   is a pin without a time, data-why where it can't be planned yet, data-locked where it does not lift.
   A place that takes drops has data-zone, data-label (what the ghost says on it: "Thu 19 Nov, 17:10") and data-at (the
   instant). data-keeps ("Thu 19 Nov, {time}") with data-day says that a card with a time keeps it there. data-slot is a
   free slot inside a place, data-strip a day of the phone's strip. data-past takes nothing. The tray has data-tray.
   The grid has data-cols. One [data-live] with role=status speaks.

   After a drop the card stands in its new place, marked aria-busy, and petra:move is sent from it with
   { cards, place, label, settle(), back() }: who listens makes the request and calls one of the two. */
const LIFT_PX = 5;
const SCROLL_TOUCH_PX = 8;
const LONG_PRESS_MS = 280;
const EDGE_PX = 48;
const root = document.documentElement;

const live = () => document.querySelector("[data-live]");
const say = (text) => {
  if (!live()) return;
  live().textContent = "";
  requestAnimationFrame(() => { live().textContent = text; });
};
const words = (name, values) => Object.entries(values).reduce(
  (text, [key, value]) => text.replace(`{${key}}`, () => value), live()?.dataset[name] ?? "");

const cardAt = (element) => element?.closest?.("[data-id]:not([data-locked], [aria-busy=true])");
const takes = (place, card) => place && !place.hasAttribute("data-past")
  && !(place.hasAttribute("data-tray") && card.hasAttribute("data-pin"))
  && !(place.hasAttribute("data-keeps") && !card.dataset.time && !place.dataset.at);
const placeAt = (x, y, card) => {
  for (const element of document.elementsFromPoint(x, y)) {
    const place = element.closest("[data-zone]");
    if (place) return takes(place, card) ? place : null;
  }
  return null;
};
const listOf = (place) => place.querySelector("[data-list]") ?? place;
const homeOf = (card) => card.closest("[data-zone]");
const together = (card) => {
  const kind = card.hasAttribute("data-pin") ? "[data-pin]" : ":not([data-pin])";
  const picked = [...document.querySelectorAll(`[data-id].selected${kind}:not([data-locked])`)];
  return picked.includes(card) ? picked : [card];
};
/** What a place says it will do with a card: name the day and time. */
const saying = (place, card) => {
  if (card.dataset.why && !place.hasAttribute("data-tray")) return card.dataset.why;
  return card.dataset.time && place.dataset.keeps ? place.dataset.keeps.replace("{time}", card.dataset.time) : place.dataset.label;
};

/** Put the cards into the place now, and hand the rest to whoever makes the request. */
const drop = (cards, place) => {
  const label = saying(place, cards[0]);
  const homes = cards.map((card) => [card, card.parentNode, card.nextSibling]);
  for (const card of cards) {
    if (place.matches("[data-slot]")) place.before(card);
    else if (!place.matches("[data-strip]")) listOf(place).append(card);
    card.setAttribute("aria-busy", "true");
  }
  cards[0].focus({ preventScroll: true });
  const settle = () => cards.forEach((card) => card.removeAttribute("aria-busy"));
  const back = () => {
    for (const [card, parent, next] of homes) {
      if (parent.isConnected && card.isConnected) parent.insertBefore(card, next?.parentNode === parent ? next : null);
    }
    settle();
    cards[0].focus({ preventScroll: true });
  };
  cards[0].dispatchEvent(new CustomEvent("petra:move", { bubbles: true, detail: { cards, place, label, settle, back } }));
};

/* Pointer. */
let drag = null;
let hold = 0;

const ghostOf = (card, count) => {
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.setAttribute("aria-hidden", "true");
  const picture = card.querySelector("img")?.cloneNode();
  if (picture) { picture.className = "thumb thumb-40"; ghost.append(picture); }
  const text = document.createElement("span");
  const title = document.createElement("b");
  title.className = "cut-2";
  title.textContent = card.dataset.label;
  const when = document.createElement("span");
  when.className = "ghost-when";
  text.append(title, when);
  ghost.append(text);
  if (count > 1) {
    const badge = document.createElement("span");
    badge.className = "ghost-count";
    badge.textContent = count;
    ghost.append(badge);
  }
  return { ghost, when };
};

const lift = (x, y) => {
  drag.on = true;
  drag.cards = together(drag.card);
  Object.assign(drag, ghostOf(drag.card, drag.cards.length));
  document.body.append(drag.ghost);
  drag.cards.forEach((card) => card.classList.add("drag"));
  root.classList.add("dragging");
  getSelection()?.removeAllRanges();
  follow(x, y);
  scrollAtEdge();
};

const follow = (x, y) => {
  drag.x = x;
  drag.y = y;
  const left = Math.min(x + 12, innerWidth - drag.ghost.offsetWidth - 8);
  drag.ghost.style.left = `${Math.max(8, left)}px`;
  drag.ghost.style.top = `${drag.isTouch ? y - 96 : y - 20}px`;
  const place = placeAt(x, y, drag.card);
  if (place === drag.over) return;
  drag.over?.classList.remove("drop");
  place?.classList.add("drop");
  drag.over = place;
  drag.when.textContent = place && place !== homeOf(drag.card) ? saying(place, drag.card) : "";
};

const scrollAtEdge = () => {
  if (!drag?.on) return;
  for (let box = document.elementFromPoint(drag.x, drag.y); box; box = box.parentElement) {
    if (box.scrollHeight <= box.clientHeight + 1 || !/auto|scroll/.test(getComputedStyle(box).overflowY)) continue;
    const edge = box.getBoundingClientRect();
    if (drag.y < edge.top + EDGE_PX) box.scrollTop -= 10;
    else if (drag.y > edge.bottom - EDGE_PX) box.scrollTop += 10;
    break;
  }
  requestAnimationFrame(scrollAtEdge);
};

const end = (isDropped) => {
  clearTimeout(hold);
  const was = drag;
  drag = null;
  was?.card.classList.remove("held");
  if (!was?.on) return;
  was.ghost.remove();
  was.cards.forEach((card) => card.classList.remove("drag"));
  was.over?.classList.remove("drop");
  // The click that follows a drop must not open the card.
  setTimeout(() => root.classList.remove("dragging"));
  if (isDropped && was.over && was.over !== homeOf(was.card) && was.card.isConnected) drop(was.cards, was.over);
};

addEventListener("pointerdown", (event) => {
  const card = cardAt(event.target);
  if (!card || event.button || !event.isPrimary || lifted || event.target.closest("button, input, .post-card-menu, .tray-card-plan")) return;
  card.classList.add("held"); // nothing may replace it from here on
  drag = { card, x0: event.clientX, y0: event.clientY, pointer: event.pointerId, isTouch: event.pointerType === "touch" };
  if (drag.isTouch) hold = setTimeout(() => { if (drag) { lift(drag.x0, drag.y0); navigator.vibrate?.(8); } }, LONG_PRESS_MS);
});
addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  if (!drag.on) {
    const far = Math.hypot(event.clientX - drag.x0, event.clientY - drag.y0);
    if (drag.isTouch) return void (far > SCROLL_TOUCH_PX && end(false));
    if (far < LIFT_PX) return;
    lift(event.clientX, event.clientY);
  }
  follow(event.clientX, event.clientY);
});
addEventListener("pointerup", (event) => { if (drag && event.pointerId === drag.pointer) end(true); });
addEventListener("pointercancel", (event) => { if (drag && event.pointerId === drag.pointer) end(false); });
addEventListener("blur", () => end(false));
document.addEventListener("pointerleave", () => end(false));
addEventListener("touchmove", (event) => { if (drag?.on) event.preventDefault(); }, { passive: false });
addEventListener("contextmenu", (event) => { if (drag?.isTouch) event.preventDefault(); });
addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-id]")) event.preventDefault(); });
addEventListener("click", (event) => {
  if (root.classList.contains("dragging")) { event.preventDefault(); event.stopPropagation(); }
}, true);

/* Keys: M lifts, arrows choose a place, Enter drops, Escape cancels. Every step is spoken. */
let lifted = null;

const columns = () => Number(document.querySelector("[data-cols]")?.dataset.cols ?? 1);
const stepOf = (key) => ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() })[key];
const isSeen = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
const grid = () => [...document.querySelectorAll("[data-zone]:not([data-tray], [data-slot], [data-strip])")].filter(isSeen);

const start = (card) => {
  lifted = { card, place: homeOf(card) };
  card.classList.add("lifted");
  card.focus({ preventScroll: true });
  say(words("lifted", { card: card.dataset.label }));
};
const point = (place) => {
  document.querySelector(".drop")?.classList.remove("drop");
  lifted.place = place;
  place.classList.add("drop");
  place.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(place === homeOf(lifted.card) ? place.dataset.name ?? "" : saying(place, lifted.card));
};
const finish = (isDropped) => {
  const { card, place } = lifted;
  lifted = null;
  card.classList.remove("lifted");
  document.querySelector(".drop")?.classList.remove("drop");
  if (isDropped && place !== homeOf(card)) return drop(together(card), place);
  card.focus({ preventScroll: true });
  say(words("cancelled", {}));
};

/** The place so many steps away. Past days keep their cells, so steps count cells and skip those that take nothing. */
const neighbour = (step) => {
  const all = grid();
  let at = all.indexOf(lifted.place);
  if (at < 0) return all.find((place) => takes(place, lifted.card));
  do at += step; while (all[at] && !takes(all[at], lifted.card));
  return all[at];
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) { event.preventDefault(); return end(false); }
  if (lifted) {
    if (!lifted.card.isConnected) { lifted = null; return; }
    const step = stepOf(event.key);
    if (step) { const place = neighbour(step); if (place) point(place); }
    else if (event.key === "Enter") finish(true);
    else if (event.key === "Escape") finish(false);
    else if (event.key === "Delete" || event.key === "Backspace") { const tray = document.querySelector("[data-tray]"); if (takes(tray, lifted.card)) { point(tray); finish(true); } }
    else if (event.key === "Tab") return finish(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const wants = event.key.toLowerCase() === "m" && root.dataset.letters !== "off" && !event.metaKey && !event.ctrlKey && !event.altKey;
  const card = wants && !event.target.closest("input, textarea, select, dialog") ? cardAt(document.activeElement) : null;
  if (card) { event.preventDefault(); event.stopPropagation(); start(card); }
}, true);
