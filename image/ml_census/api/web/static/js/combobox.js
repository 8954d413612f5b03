// A text field that searches a list of names: the combobox of WAI-ARIA, for a column with many categories.

import { element } from "./format.js";

const MAX_OPTIONS = 50; // a browser needs seconds to build a list of many thousands of names

/** Return the field and its list. The field sends the events input and change when the user has picked a name, or has
 *  left the field, and not for each key. */
export function createCombobox(names, id) {
  const input = element("input");
  const list = element("ul");
  let active = -1;
  Object.assign(list, { id: `${id}-list`, role: "listbox", hidden: true, ariaLabel: "Categories" });
  Object.assign(input, { role: "combobox", autocomplete: "off", spellcheck: false, ariaExpanded: "false", ariaAutoComplete: "list" });
  input.setAttribute("aria-controls", list.id);

  const mark = (index) => {
    active = Math.max(-1, Math.min(index, list.children.length - 1));
    [...list.children].forEach((option, at) => (option.ariaSelected = String(at === active)));
    list.children[active]?.scrollIntoView({ block: "nearest" });
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[active].id);
  };
  const open = (part) => {
    const found = [];
    for (const name of names) if (name.toLowerCase().includes(part) && found.push(name) === MAX_OPTIONS) break;
    list.replaceChildren(...found.map((name, at) => Object.assign(element("li", name), { id: `${id}-${at}`, role: "option" })));
    list.hidden = !found.length;
    input.ariaExpanded = String(!list.hidden);
    mark(part ? 0 : found.indexOf(input.value));
  };
  const close = (picked) => {
    const isOpen = !list.hidden;
    if (picked) input.value = picked.textContent;
    list.hidden = true;
    input.ariaExpanded = "false";
    mark(-1);
    if (isOpen) for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
  };
  input.addEventListener("input", (event) => {
    if (!event.isTrusted) return; // sent by close()
    event.stopPropagation();
    open(input.value.trim().toLowerCase());
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => open(""));
  input.addEventListener("blur", () => close());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && !list.hidden) close(list.children[active]);
    else if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      if (list.hidden) open("");
      else mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => close(event.target.closest("li")));
  return { input, list };
}
