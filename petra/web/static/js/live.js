/* Live changes: the numbers of the navigation, hands off what a person holds, focus kept, failures spoken, and a quiet line
   when the connection is lost. The stream itself is the body's hx-sse:connect; what petra:reload does stands on #main. */
const LOST_MS = 10000;
const ANNOUNCE_GAP_MS = 5000;
const root = document.documentElement;

/* Numbers. */
addEventListener("petra:counts", (event) => {
  for (const [name, count] of Object.entries(JSON.parse(event.detail.data))) {
    for (const place of document.querySelectorAll(`[data-count-of="${CSS.escape(name)}"]`)) {
      place.textContent = count;
      if (place.classList.contains("bad")) place.hidden = count === 0;
    }
  }
});

/* What a person holds is not morphed: it waits until the hand is empty. By then a message is older than what the hand did,
   so the page fetches itself instead, if it can. A dialog one has open isn't closed by that either. */
const isHeld = () => root.classList.contains("dragging")
  || document.querySelector(".held, .lifted, [aria-busy=true][data-id], #main dialog[open], [popover].menu:popover-open");
const emptyHand = () => new Promise((go) => {
  const until = performance.now() + 20000;
  const look = () => (isHeld() && performance.now() < until ? setTimeout(look, 120) : go());
  look();
});
const reload = () => document.body.dispatchEvent(new CustomEvent("petra:reload"));
document.addEventListener("htmx:sse:before:message", ({ detail }) => {
  if (!isHeld()) return;
  detail.waitUntil(emptyHand().then(() => {
    if (detail.message.event || !document.querySelector("#main[hx-get]")) return;
    detail.cancelled = true;
    reload();
  }));
});
document.addEventListener("htmx:before:swap", (event) => {
  const { request, sourceElement } = event.detail.ctx;
  if (event.target.id !== "main") return;
  const dialog = document.querySelector("#main dialog[open]");
  if (dialog) dialog.addEventListener("close", reload, { once: true });
  else if (request && sourceElement === event.target && isHeld()) emptyHand().then(reload);
  else return;
  event.preventDefault();
});

/* Focus stays on a card that a swap took away and brought back elsewhere; the next message may be what brings it, since
   one that waited for an empty hand is older than what the hand did. */
const COMES_BACK_MS = 5000;
let focused = null;
document.addEventListener("htmx:before:swap", () => {
  const active = document.activeElement;
  if (!active || active === document.body) return;
  const card = active.closest("[data-id], [data-zone]");
  focused = card ? { id: card.id, inner: card !== active, at: performance.now() } : null;
});
document.addEventListener("htmx:after:swap", () => {
  if (!focused || performance.now() - focused.at > COMES_BACK_MS) return;
  if (document.activeElement && document.activeElement !== document.body) return;
  const card = document.getElementById(focused.id);
  (focused.inner ? card?.querySelector("a") ?? card?.querySelector("button") ?? card : card)?.focus({ preventScroll: true });
});
addEventListener("pointerdown", () => { focused = null; }, true);

/* Failures are announced, at most one in five seconds; and what happens to the card one is on. */
let announcedAt = -ANNOUNCE_GAP_MS;
const statusOf = (card) => [...card.classList].find((name) => name.startsWith("st-")) ?? "";
const watched = () => new Map([...document.querySelectorAll("[data-id][class*='st-']")].map((card) => [card.id, statusOf(card)]));
let before = new Map();
document.addEventListener("htmx:sse:before:message", () => { before = watched(); });
document.addEventListener("htmx:sse:after:message", () => {
  for (const [id, status] of watched()) {
    const was = before.get(id);
    if (!was || was === status || performance.now() - announcedAt < ANNOUNCE_GAP_MS) continue;
    const card = document.getElementById(id);
    if (status !== "st-failed" && !card.contains(document.activeElement)) continue;
    announcedAt = performance.now();
    const word = card.querySelector(".status-icon, .chip")?.textContent.trim() ?? "";
    const live = document.querySelector("[data-live]");
    if (live) live.textContent = `${card.dataset.label}: ${word}`;
  }
});

/* Connection lost for a while: one quiet line in the worker card. */
let lost = 0;
const note = (isShown) => {
  const line = document.getElementById("live-note");
  if (line) line.textContent = isShown ? document.body.dataset.livePaused ?? "" : "";
};
document.addEventListener("htmx:sse:error", () => { lost ||= setTimeout(() => note(true), LOST_MS); });
document.addEventListener("htmx:sse:after:connection", () => { clearTimeout(lost); lost = 0; note(false); });

/* After a break the extension comes back by itself, but not where the very first try failed. */
const AGAIN_MOST_MS = 60000;
let againInMs = 1000;
const isConnected = (body) => Boolean(body._htmx?.sse);
document.addEventListener("htmx:finally:request", (event) => {
  const { sourceElement: body, response } = event.detail.ctx;
  const url = body === document.body && body.getAttribute("hx-sse:connect");
  if (!url || isConnected(body) || (response?.status >= 400 && response.status < 500)) return;
  lost ||= setTimeout(() => note(true), LOST_MS);
  setTimeout(() => { if (!isConnected(body)) htmx.ajax("GET", url, { source: body }); }, againInMs * (0.7 + 0.6 * Math.random()));
  againInMs = Math.min(againInMs * 2, AGAIN_MOST_MS);
});
