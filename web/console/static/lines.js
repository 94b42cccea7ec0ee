// The lines of the sheet: which one is in hand, what becomes of it, its products, packs and the sum.
export const form = document.getElementById("sheet");
export const editable = Boolean(form.dataset.draft);
export const rows = () => [...form.querySelectorAll(".line")];
export const field = (row, name) => row.querySelector(`[name="row-${row.dataset.row}-${name}"]`);
export const places = (row) => row.dataset.places ? row.dataset.places.split(";").map((one) => one.split(",").map(Number)) : [];
export const around = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;
const WORDS = { approved: "Approved", changed: "Changed", not_dispensed: "Not dispensed", out_of_stock: "Out of stock" };
const TONES = { approved: "good", changed: "info", not_dispensed: "bad", out_of_stock: "warn" };
const DISPENSED = ["approved", "changed"];
const hands = { row: null, viewer: null, changed: () => {} };

// `viewer` shows where a line stands; `changed()` is called when something was typed or chosen by this module.
export function begin(viewer, changed) {
  Object.assign(hands, { viewer, changed });
  if (editable) form.classList.add("folds");
  rows().forEach(equip);
  renumber();
  sum();
}

export const inHand = () => hands.row;

function equip(row) {
  row.addEventListener("click", () => select(row, false));
  if (!editable) return;
  outcome(row);
  brief(row);
  hint(row);
}
// By key only: what a finger or a mouse presses must not move away under it before it is let go.
let pressed = false;
document.addEventListener("pointerdown", () => { pressed = true; }, true);
document.addEventListener("pointerup", () => setTimeout(() => { pressed = false; }), true);
document.addEventListener("pointercancel", () => { pressed = false; }, true);
form.addEventListener("focusin", (event) => {
  const row = around(event, ".line");
  if (row && !pressed) select(row, false);
});

export function select(row, move = true) {
  if (!row) return;
  if (row !== hands.row) {
    const top = row.getBoundingClientRect().top;
    if (hands.row) hands.row.classList.remove("chosen");
    hands.row = row;
    row.classList.add("chosen");
    if (!move) scrollBy(0, row.getBoundingClientRect().top - top); // the line before it has folded: stay where the hand is
    hands.viewer?.select(row.dataset.row);
  }
  if (!move) return;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest", behavior: "auto" });
}

export function step(by) {
  const all = rows();
  select(all[Math.min(Math.max(all.indexOf(hands.row) + by, 0), all.length - 1)]);
}

// The next one that nobody has decided, after this one or from the top; `first`: from the top.
export function undecided(first = false) {
  const all = rows(), from = first ? 0 : all.indexOf(hands.row) + 1;
  return [...all.slice(from), ...all.slice(0, from)].find((row) => !row.dataset.outcome);
}

const product = (row) => row.querySelector(`[name="row-${row.dataset.row}-ref"]:checked`);

// What the outcome asks for is shown, and only the reasons that belong to it.
function outcome(row) {
  const code = row.querySelector(`[name="row-${row.dataset.row}-outcome"]:checked`)?.value || "";
  row.dataset.outcome = code;
  const reason = field(row, "reason");
  for (const group of reason.querySelectorAll("optgroup")) group.disabled = group.hidden = group.dataset.for !== code;
  if (reason.selectedOptions[0]?.parentElement.disabled) reason.value = "";
}

// Another product than the one the paper names is a change, and the customer hears of it: choosing or approving one turns the
// outcome into that, with its reason where that is to be told. When the product goes back, so does the outcome.
function fit(row, wished) {
  const what = product(row)?.dataset.change || "", place = row.querySelector(".switched"), reason = field(row, "reason");
  const switched = row.dataset.before !== undefined;
  const preset = () => { reason.value = row.dataset.preset = what === "other" ? "" : what; };
  if (what && (wished === "approved" || (!wished && ["", "approved"].includes(row.dataset.outcome)))) {
    row.dataset.before = row.dataset.outcome;
    mark(row, "changed");
    preset();
  } else if (wished) delete row.dataset.before;
  else if (switched && what) { if (reason.value === row.dataset.preset) preset(); } // a reason that a person chose stays
  else if (switched) { mark(row, row.dataset.before); delete row.dataset.before; }
  place.hidden = row.dataset.before === undefined;
  place.textContent = place.hidden ? "" : `Not the product the paper names: this is a change, and the customer is told.${reason.value ? "" : " Choose the reason."}`;
}

function mark(row, code) {
  for (const radio of row.querySelectorAll(`[name="row-${row.dataset.row}-outcome"]`)) radio.checked = radio.value === code;
  outcome(row);
}

// A folded line says in one row what stands in it.
function brief(row) {
  const place = row.querySelector(".brief"), code = row.dataset.outcome, chosen = product(row);
  const said = [];
  if (code) said.push(Object.assign(document.createElement("span"), { className: `badge ${TONES[code]}`, textContent: WORDS[code] }));
  const name = chosen?.dataset.name, packs = field(row, "quantity").value;
  if (code === "not_dispensed") said.push(field(row, "reason").selectedOptions[0]?.value ? field(row, "reason").selectedOptions[0].textContent : "reason missing");
  else if (name) said.push(`${name}${packs ? ` × ${packs}` : ""}${chosen.dataset.price > 0 ? ` · ${naira(chosen.dataset.price * (parseInt(packs, 10) || 0))}` : ""}`);
  else said.push(Object.assign(document.createElement("span"), { className: "out", textContent: "no product chosen" }));
  place.replaceChildren(...said.flatMap((one) => [one, " "]));
}

// What the paper asks for in packs of the chosen product; a click takes it over. Made anew only when it says something else:
// a button that is replaced between press and release is not clicked.
function hint(row) {
  const place = row.querySelector(".hint"), chosen = product(row), typed = field(row, "quantity");
  const { packs, hint: words } = chosen?.dataset || {};
  const differs = Boolean(packs) && typed.value.trim() !== packs;
  const says = `${chosen?.value} ${differs}`;
  if (place.dataset.says === says) return;
  const first = place.dataset.says === undefined;
  place.dataset.says = says;
  place.classList.toggle("differs", differs);
  if (first && !differs) return; // as the server wrote it
  place.replaceChildren(...(words ? [Object.assign(document.createElement("span"), { textContent: words })] : []));
  if (!differs) return;
  const take = Object.assign(document.createElement("button"), { type: "button", className: "small plain", textContent: `Take ${packs}` });
  take.addEventListener("click", () => { typed.value = packs; changed(row); typed.focus(); });
  place.append(" ", take);
}

function changed(row) {
  hint(row);
  brief(row);
  sum();
  hands.changed();
}

export function decide(code) {
  const row = hands.row, radio = row?.querySelector(`[name="row-${row.dataset.row}-outcome"][value="${code}"]`);
  if (!radio || radio.disabled) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

// Decided lines make room for the next; those that ask for a reason wait for it.
function goOn(row, code) {
  if ((code === "changed" || code === "not_dispensed") && !field(row, "reason").value) {
    field(row, "reason").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  else if (undecided()) select(undecided());
}

export const naira = (kobo) => "₦" + (kobo / 100).toLocaleString("en-NG", { minimumFractionDigits: kobo % 100 ? 2 : 0 });

function sum() {
  const total = document.getElementById("total");
  if (!total) return;
  const all = rows();
  let kobo = 0;
  for (const row of all) if (DISPENSED.includes(row.dataset.outcome)) kobo += Number(product(row)?.dataset.price || 0) * (parseInt(field(row, "quantity").value, 10) || 0);
  const done = all.filter((row) => row.dataset.outcome).length;
  total.textContent = kobo ? naira(kobo) : "";
  document.getElementById("progress").textContent = done === all.length && done ? (all.length > 1 ? `all ${done} decided` : "decided") : `${done} of ${all.length} decided`;
  document.getElementById("deciding").classList.toggle("complete", done === all.length && done > 0);
}

function renumber() {
  const all = rows();
  all.forEach((row, index) => { row.querySelector(".ordinal").textContent = index + 1; });
  document.getElementById("lines-count").textContent = `${all.length} ${all.length === 1 ? "line" : "lines"}`;
}

if (editable) {
  form.addEventListener("change", (event) => {
    const row = around(event, ".line");
    if (!row || !event.target.name) return;
    row.classList.remove("missing");
    clear(row);
    if (event.target.name.endsWith("-outcome")) { outcome(row); fit(row, row.dataset.outcome); goOn(row, row.dataset.outcome); }
    if (event.target.name.endsWith("-ref")) { if (product(row)?.value && !field(row, "quantity").value) field(row, "quantity").value = "1"; fit(row, ""); hint(row); }
    changed(row);
  });
  form.addEventListener("input", (event) => {
    const row = around(event, ".line");
    if (row && !around(event, ".search") && !["radio"].includes(event.target.type)) changed(row);
    else if (!around(event, ".search")) hands.changed();
  });
}

async function fetched(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(15000) });
    if (answer.ok) return await answer.text();
  } catch (error) { /* said below */ }
  window.consoleSay("That could not be fetched. Look at your connection and try again; what you typed is still here.", "bad");
  return null;
}

// A product that was searched stands first to be chosen, and is.
document.addEventListener("click", async (event) => {
  const found = around(event, ".found");
  if (!found) return;
  const row = found.closest(".line"), number = row.dataset.row;
  const query = new URLSearchParams({ ref: found.dataset.ref, need: row.dataset.need, line: field(row, "line").value });
  for (const radio of row.querySelectorAll(`[name="row-${number}-ref"]`)) if (radio.value) query.append("has", radio.value);
  const made = await fetched(`${form.dataset.rows.replace("__", number)}/product?${query}`);
  if (made === null) return;
  row.querySelector(`#options-${number}`).innerHTML = made;
  row.querySelector(".founds").replaceChildren();
  row.querySelector(".search").value = "";
  if (!field(row, "quantity").value) field(row, "quantity").value = "1";
  clear(row);
  fit(row, "");
  hint(row);
  changed(row);
  field(row, "quantity").select();
});

// Arrows walk through what was found, Enter takes it.
document.addEventListener("keydown", (event) => {
  const search = around(event, ".search"), found = around(event, ".found");
  if (!search && !found) return;
  const list = [...(search || found).closest(".options").querySelectorAll(".found:not(:disabled)")];
  if (event.key === "Enter" && search) { event.preventDefault(); list[0]?.click(); }
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = list.indexOf(found) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    event.stopPropagation();
    (next < 0 ? found?.closest(".options").querySelector(".search") : list[Math.min(next, list.length - 1)])?.focus();
  }
}, true);

export async function add() {
  const next = Math.max(-1, ...rows().map((row) => Number(row.dataset.row))) + 1;
  const made = await fetched(form.dataset.rows.replace("__", next));
  if (made === null) return;
  document.getElementById("rows").insertAdjacentHTML("beforeend", made);
  const row = document.getElementById(`row-${next}`);
  window.htmx.process(row);
  equip(row);
  renumber();
  select(row);
  row.querySelector(".search").focus();
  sum();
}
document.getElementById("add-row")?.addEventListener("click", add);

document.addEventListener("click", (event) => {
  const row = around(event, ".remove")?.closest(".line");
  if (!row) return;
  event.stopPropagation();
  const all = rows(), next = all[all.indexOf(row) + 1] || all[all.indexOf(row) - 1];
  if (hands.row === row) hands.row = null;
  row.remove();
  renumber();
  sum();
  hands.changed();
  if (next) select(next);
}, true);

function clear(row) {
  row.classList.remove("refused");
  row.querySelector(".refusal").hidden = true;
}

// What the server or this page finds wrong about a line stands in it, until something of it is changed.
export function blame(row, words) {
  for (const each of form.querySelectorAll(".line.refused")) clear(each);
  if (!row) return;
  row.classList.add("refused");
  const place = row.querySelector(".refusal");
  place.textContent = words;
  place.hidden = false;
  select(row);
}
