// A text to point at: a card tells of the part under the pointer or the focus. Arrows go from part to part.
function node(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function told(panel, part) {
  const list = node("dl");
  for (const [name, figure] of part.facts) list.append(node("dt", name), node("dd", figure));
  if (!part.others.length) return [list];
  const table = node("table"), head = table.createTHead().insertRow(), body = table.createTBody();
  for (const name of panel.columns) {
    const cell = node("th", name);
    cell.scope = "col";
    head.append(cell);
  }
  for (const other of part.others) {
    const row = body.insertRow();
    for (const text of other) row.append(node("td", text));
  }
  return [list, table];
}

function shading(section, panel) {
  const parts = [...section.querySelectorAll(".part")], card = section.querySelector(".card");
  let at = 0; // the part that Tab comes to

  // Below the text, so that it covers none of it; where that is out of sight, over it, but not over the part.
  function place(part) {
    const inside = section.getBoundingClientRect(), text = parts[0].parentElement.getBoundingClientRect();
    const [box] = part.getClientRects(), high = card.offsetHeight;
    const left = Math.max(0, Math.min(box.left - inside.left, inside.width - card.offsetWidth));
    let top = Math.min(text.bottom + 4, innerHeight - high - 8);
    if (top < box.bottom && top + high > box.top) top = box.top - high - 4;
    card.style.left = `${left}px`;
    card.style.top = `${top - inside.top}px`;
  }

  function show(part) {
    for (const other of parts) other.removeAttribute("aria-describedby");
    card.replaceChildren(...told(panel, panel.parts[parts.indexOf(part)]));
    card.hidden = false;
    part.setAttribute("aria-describedby", card.id);
    place(part);
  }

  const hide = () => (card.hidden = true);

  function go(to) {
    parts[at].tabIndex = -1;
    parts[at].setAttribute("aria-selected", "false");
    at = Math.max(0, Math.min(to, parts.length - 1));
    parts[at].tabIndex = 0;
    parts[at].setAttribute("aria-selected", "true");
    parts[at].focus();
  }

  parts.forEach((part, number) => {
    part.addEventListener("pointerenter", () => show(part));
    part.addEventListener("focus", () => show(part));
    part.addEventListener("click", () => go(number));
  });
  section.addEventListener("pointerleave", () => {
    const focused = parts.indexOf(document.activeElement);
    if (focused < 0) hide();
    else show(parts[focused]);
  });
  section.addEventListener("focusout", (event) => {
    if (!section.contains(event.relatedTarget)) hide();
  });
  section.addEventListener("keydown", (event) => {
    const step = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1 };
    const to = { ...step, Home: 0, End: parts.length - 1 }[event.key];
    if (event.key === "Escape") hide();
    if (to === undefined || !parts.includes(event.target)) return;
    event.preventDefault();
    go(to);
  });
}
