/* The brand page: sliders say their step in words, lists of words are chips. Without this, plain fields. */
for (const range of document.querySelectorAll("[data-steps]")) {
  const say = () => range.setAttribute("aria-valuetext", range.dataset.steps.split("|")[range.value - range.min]);
  range.addEventListener("input", say);
  say();
}

for (const all of document.querySelectorAll("[data-removes]")) {
  const box = document.createElement("div");
  const field = document.createElement("input");
  const words = () => [...new Set(all.value.split(/[\n,]/).map((word) => word.trim()).filter(Boolean))];
  const draw = () => box.replaceChildren(...words().map((word) => {
    const chip = document.getElementById("brand-chip").content.cloneNode(true);
    const button = chip.querySelector("button");
    button.value = word;
    button.setAttribute("aria-label", all.dataset.removes.replace("{word}", word));
    button.before(word);
    return chip;
  }), field);
  const save = (text) => {
    const here = document.activeElement;
    all.value = text;
    field.value = "";
    draw();
    here.focus();
    all.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const add = (more) => save(`${all.value}\n${field.value}${more}`);
  field.addEventListener("change", () => add(""));
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    add(event.clipboardData.getData("text"));
  });
  box.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) save(words().filter((word) => word !== button.value).join("\n"));
    field.focus();
  });
  field.id = all.id;
  all.id = "";
  all.hidden = true;
  box.className = "input words-chips";
  all.after(box);
  draw();
}
