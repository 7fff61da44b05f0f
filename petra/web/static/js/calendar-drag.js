/* Drag and drop of the calendar with mouse, touch and keys; no dependency, no request of its own.

   Markup: a card has data-id, data-label, tabindex; data-locked where it does not lift. A place that takes drops has
   data-zone (its key), data-label (what the ghost says on it: "Thu 19 Nov, 17:10") and data-at (the instant); a free slot
   inside a place is a place itself. data-past takes nothing. The tray has data-tray. The grid has data-cols.
   One [data-live] with role=status speaks.

   After a drop the card stands in its new place, marked aria-busy, and petra:move is sent from it with
   { ids, zone, at, label, settle(), back() }: who listens makes the request and calls one of the two. */
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
  (text, [key, value]) => text.replace(`{${key}}`, value), live()?.dataset[name] ?? "");

const cardAt = (element) => element.closest?.("[data-id]:not([data-locked])");
const takesDrops = (place) => place && !place.hasAttribute("data-past");
const placeAt = (x, y) => {
  for (const element of document.elementsFromPoint(x, y)) {
    const place = element.closest("[data-zone]");
    if (place) return takesDrops(place) ? place : null;
  }
  return null;
};
const listOf = (place) => place.querySelector("[data-list]") ?? place;
const together = (card) => {
  const picked = [...document.querySelectorAll("[data-id].selected:not([data-locked])")];
  return picked.includes(card) ? picked : [card];
};

/** Put the cards into the place now, and hand the rest to whoever makes the request. */
const drop = (cards, place) => {
  const homes = cards.map((card) => [card, card.parentNode, card.nextSibling]);
  const target = place.matches("[data-slot]") ? place.closest("[data-zone]:not([data-slot])") : place;
  for (const card of cards) {
    place.matches("[data-slot]") ? place.before(card) : listOf(target).append(card);
    card.setAttribute("aria-busy", "true");
  }
  cards[0].focus({ preventScroll: true });
  const settle = () => cards.forEach((card) => card.removeAttribute("aria-busy"));
  const back = () => {
    for (const [card, parent, next] of homes) if (parent.isConnected) parent.insertBefore(card, next?.parentNode === parent ? next : null);
    settle();
  };
  say(words("moved", { card: cards[0].dataset.label, place: place.dataset.label }));
  cards[0].dispatchEvent(new CustomEvent("petra:move", {
    bubbles: true,
    detail: { ids: cards.map((card) => card.dataset.id), zone: place.dataset.zone, at: place.dataset.at ?? "", label: place.dataset.label, settle, back },
  }));
};

/* Pointer. */
let drag = null;
let hold = 0;

const lift = (event) => {
  drag.on = true;
  drag.cards = together(drag.card);
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.setAttribute("aria-hidden", "true");
  const picture = drag.card.querySelector("img")?.cloneNode();
  if (picture) { picture.className = "thumb thumb-40"; ghost.append(picture); }
  const text = document.createElement("span");
  const title = document.createElement("b");
  title.textContent = drag.card.dataset.label;
  drag.when = document.createElement("span");
  drag.when.className = "ghost-when";
  text.append(title, drag.when);
  ghost.append(text);
  if (drag.cards.length > 1) {
    const count = document.createElement("span");
    count.className = "ghost-count";
    count.textContent = drag.cards.length;
    ghost.append(count);
  }
  document.body.append(ghost);
  drag.ghost = ghost;
  drag.cards.forEach((card) => card.classList.add("drag"));
  root.classList.add("dragging");
  follow(event.clientX, event.clientY);
  scrollAtEdge();
};

const follow = (x, y) => {
  drag.x = x;
  drag.y = y;
  drag.ghost.style.left = `${x + 10}px`;
  drag.ghost.style.top = `${y - 20}px`;
  const place = placeAt(x, y);
  if (place === drag.over) return;
  drag.over?.classList.remove("drop");
  place?.classList.add("drop");
  drag.over = place;
  drag.when.textContent = place?.dataset.label ?? "";
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
  if (!was?.on) return;
  was.ghost.remove();
  was.cards.forEach((card) => card.classList.remove("drag"));
  was.over?.classList.remove("drop");
  // The click that follows a drop must not open the card.
  setTimeout(() => root.classList.remove("dragging"));
  if (isDropped && was.over && was.over !== was.card.closest("[data-zone]")) drop(was.cards, was.over);
};

addEventListener("pointerdown", (event) => {
  const card = cardAt(event.target);
  if (!card || event.button || event.target.closest("button, input")) return;
  drag = { card, x0: event.clientX, y0: event.clientY, pointer: event.pointerId, isTouch: event.pointerType === "touch" };
  if (drag.isTouch) hold = setTimeout(() => { if (drag) { lift(event); navigator.vibrate?.(8); } }, LONG_PRESS_MS);
});
addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  if (!drag.on) {
    const far = Math.hypot(event.clientX - drag.x0, event.clientY - drag.y0);
    if (drag.isTouch) return void (far > SCROLL_TOUCH_PX && end(false));
    if (far < LIFT_PX) return;
    lift(event);
  }
  follow(event.clientX, event.clientY);
});
addEventListener("pointerup", () => end(true));
addEventListener("pointercancel", () => end(false));
addEventListener("blur", () => end(false));
addEventListener("touchmove", (event) => { if (drag?.on) event.preventDefault(); }, { passive: false });
addEventListener("contextmenu", (event) => { if (drag?.on) event.preventDefault(); });
addEventListener("dragstart", (event) => { if (cardAt(event.target)) event.preventDefault(); });
addEventListener("click", (event) => {
  if (root.classList.contains("dragging")) { event.preventDefault(); event.stopPropagation(); }
}, true);

/* Keys: M lifts, arrows choose a place, Enter drops, Escape cancels. */
let lifted = null;

const places = () => [...document.querySelectorAll("[data-zone]:not([data-tray], [data-slot], [data-past])")];
const columns = () => Number(document.querySelector("[data-cols]")?.dataset.cols ?? 1);
const stepOf = (key) => ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() })[key];

const start = (card) => {
  lifted = { card, place: card.closest("[data-zone]") };
  card.classList.add("lifted");
  say(words("lifted", { card: card.dataset.label }));
};
const point = (place) => {
  document.querySelector(".drop")?.classList.remove("drop");
  lifted.place = place;
  place.classList.add("drop");
  place.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(place.dataset.label);
};
const finish = (isDropped) => {
  const { card, place } = lifted;
  lifted = null;
  card.classList.remove("lifted");
  document.querySelector(".drop")?.classList.remove("drop");
  if (isDropped && place !== card.closest("[data-zone]")) return drop(together(card), place);
  card.focus();
  if (!isDropped) say(words("cancelled", {}));
};

/** The place one step away; past days keep their cells, so the step counts cells and skips those that take nothing. */
const neighbour = (step) => {
  const all = [...document.querySelectorAll("[data-zone]:not([data-tray], [data-slot])")];
  let at = all.indexOf(lifted.place);
  if (at < 0) return places()[0];
  do at += step; while (all[at] && !takesDrops(all[at]));
  return all[at];
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) return end(false);
  if (lifted) {
    const step = stepOf(event.key);
    if (step) { const place = neighbour(step); if (place) point(place); }
    else if (event.key === "Enter") finish(true);
    else if (event.key === "Escape") finish(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const card = event.key.toLowerCase() === "m" && root.dataset.letters !== "off" && !event.metaKey && !event.ctrlKey
    ? cardAt(document.activeElement) : null;
  if (card) { event.preventDefault(); start(card); }
}, true);
