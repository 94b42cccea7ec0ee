// Elements without markup: whatever a customer or the bot wrote only ever becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes starting with "on" are listeners; children are nodes, strings, or null to leave out. */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className += ` ${value}`;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** One of the drawings in the page's sprite. */
export function icon(name, more = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${more}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** An SVG drawing from [tag, attributes] pairs. */
export function drawing(viewBox, shapes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    svg.append(shape);
  }
  return svg;
}

/** Initials on a colour that belongs to the name. */
export function face(name) {
  const letters = [...(name || "?").replace(/[^\p{L}\p{N} ]/gu, "")].join("").split(/\s+/).filter(Boolean);
  const initials = ((letters[0]?.[0] ?? "?") + (letters[1]?.[0] ?? "")).toUpperCase();
  let sum = 0;
  for (const c of name || "") sum = (sum * 31 + c.charCodeAt(0)) % 360;
  const node = el("span.face", { "aria-hidden": "true" }, initials);
  node.style.background = `hsl(${sum} 42% 46%)`;
  return node;
}

export const isWebAddress = (value) => /^https?:\/\/[^\s]+$/i.test(value || "");
