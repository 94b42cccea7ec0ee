// The page of a prescription: puts picture, lines and keys together.
import { Viewer, strips } from "./viewer.js";
import { add, around, begin, decide, editable, field, form, inHand, places, rows, select, step } from "./lines.js";
import { later } from "./keeping.js";

const place = document.getElementById("viewer");
const viewer = place.querySelector("#picture") ? new Viewer(place, (number) => select(document.getElementById(`row-${number}`))) : null;
if (viewer) {
  for (const row of rows()) viewer.add(row.dataset.row, places(row), !row.querySelector(".state .badge.good"));
  strips(viewer, rows().map((row) => ({ canvas: row.querySelector("canvas"), places: places(row) })));
}
begin(viewer, later);

// ------------------------------------------------------------------ dialogs and the menu
const more = document.querySelector("details.more");
function open(name) {
  const dialog = document.getElementById(`dialog-${name}`);
  if (!dialog || document.querySelector("dialog[open]")) return;
  if (more) more.open = false;
  for (const refusal of dialog.querySelectorAll(".refusal")) refusal.hidden = true;
  dialog.showModal();
  dialog.querySelector("select, textarea")?.focus();
}
for (const button of document.querySelectorAll("[data-opens]")) button.addEventListener("click", () => open(button.dataset.opens));
for (const button of document.querySelectorAll("[data-closes]")) button.addEventListener("click", () => button.closest("dialog").close());
for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
if (more) {
  document.addEventListener("click", (event) => { if (!more.contains(event.target)) more.open = false; });
  more.addEventListener("keydown", (event) => { if (event.key === "Escape") { more.open = false; more.querySelector("summary").focus(); } });
}

// ------------------------------------------------------------------ keys
const LOOKING = { j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1) };
const WORKING = {
  a: () => decide("approved"), c: () => decide("changed"), d: () => decide("not_dispensed"), o: () => decide("out_of_stock"),
  "/": () => inHand()?.querySelector(".search").focus(), l: add, n: () => document.getElementById("next").click(),
  q: () => inHand() && field(inHand(), "quantity").select(), w: () => toEnd(inHand() && field(inHand(), "directions")),
  "?": () => open("keys"),
};
const PICTURE = { "+": "larger", "=": "larger", "-": "smaller", "0": "fit", r: "turn", x: "contrast", b: "boxes", p: "photo", f: "full", "[": "page-before", "]": "page-after" };
const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, dialog[open]";

function product(number) {
  const radio = inHand()?.querySelectorAll(`[name="row-${inHand().dataset.row}-ref"]`)[number - 1];
  if (!radio || radio.disabled) return false;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function toEnd(input) {
  input?.focus();
  input?.setSelectionRange(input.value.length, input.value.length);
}

function whileTyping(event) {
  if (event.key === "Escape" && inHand() && !around(event, "dialog")) { event.preventDefault(); select(inHand()); }
  // Enter in a field is no decision.
  if (event.key === "Enter" && event.target.matches("input") && form.contains(event.target)) event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const approve = document.getElementById("approve");
    if (approve && !document.querySelector("dialog[open]")) { event.preventDefault(); form.requestSubmit(approve); }
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (around(event, TYPING)) { whileTyping(event); return; }
  if (document.querySelector("dialog[open]")) return;
  if (editable && /^[1-9]$/.test(event.key) && product(Number(event.key))) { event.preventDefault(); return; }
  // The arrows belong to a group of choices that has the focus.
  if (event.key.startsWith("Arrow") && around(event, "input[type=radio]")) return;
  const act = LOOKING[event.key] || (editable && WORKING[event.key]) || (viewer && PICTURE[event.key] && (() => viewer.act(PICTURE[event.key])));
  if (!act || (event.repeat && WORKING[event.key])) return;
  event.preventDefault();
  act();
});

// The answer to a form stands at another address: this one is what to load again, and what was typed is kept at once.
if (form.dataset.page && location.pathname !== form.dataset.page) {
  history.replaceState(null, "", form.dataset.page);
  if (editable) later();
}

const wrong = form.querySelector(".line.refused") || document.getElementById("wrong");
if (wrong?.classList.contains("line")) select(wrong);
else if (wrong) wrong.scrollIntoView({ block: "nearest" });
if (!inHand() && editable && rows().length) {
  select(rows().find((row) => !row.dataset.outcome) || rows()[0], false);
  inHand().focus({ preventScroll: true });
  viewer?.fit();
}
