/* Keys. An element says which key presses it: data-key="n", data-key="g o", data-key="mod+k". Letters work only
   outside fields and only while the person has them on (data-letters on <html>). */
const isField = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const lettersOn = () => document.documentElement.dataset.letters !== "off";
let before = "";
let forget = 0;

const nameOf = (event) => {
  const mod = event.metaKey || event.ctrlKey ? "mod+" : "";
  const key = event.key === " " ? "space" : event.key;
  return mod + (key.length === 1 ? key.toLowerCase() : key);
};

const press = (key) => {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const visible = all.find((element) => element.checkVisibility?.() ?? element.offsetParent)
    ?? all.find((element) => element.hasAttribute("data-key-anywhere"));
  if (!visible) return false;
  isField(visible) ? visible.focus() : visible.click();
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const key = nameOf(event);
  const withMod = key.startsWith("mod+");
  if (!withMod && (isField(event.target) || document.querySelector("dialog[open]"))) return;
  if (!withMod && key.length === 1 && !lettersOn()) return;
  if (key === "z") return void dispatchEvent(new CustomEvent("petra:undo"));
  if (press(before ? `${before} ${key}` : key)) event.preventDefault();
  clearTimeout(forget);
  before = key === "g" ? "g" : "";
  forget = setTimeout(() => { before = ""; }, 1200);
});
