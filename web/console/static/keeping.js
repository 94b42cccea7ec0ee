// What keeps the work: the draft, the claim, and decisions that leave the page as it is when they are refused or do not arrive.
import { blame, form, editable, undecided } from "./lines.js";

const saved = document.getElementById("saved");
const claim = document.getElementById("claim");
const AFTER_MS = 1200, AGAIN_MS = 8000, CLAIM_EVERY_MS = 45000;
let timer = 0, saving = null, stale = false, dirty = false, failing = false, deciding = false;
const token = () => document.querySelector('meta[name="csrf-token"]').content;

// {status, ...what was told}; status 0: nobody answered.
async function post(address, body, more = {}) {
  try {
    const headers = { "X-CSRFToken": token(), Accept: "application/json", "HX-Request": "true" };
    const answer = await fetch(address, { method: "POST", body, headers, signal: AbortSignal.timeout(20000), ...more });
    const away = answer.headers.get("HX-Redirect");
    if (away) { dirty = false; location.assign(away); return new Promise(() => {}); } // signed out meanwhile
    const json = (answer.headers.get("content-type") || "").startsWith("application/json");
    return { ...(json ? await answer.json() : {}), status: answer.status };
  } catch (error) { return { status: 0 }; }
}

// Says what stands against going on; where the page is behind, a button brings it up to date with all that was typed.
function tell(told, kind = "bad") {
  window.consoleSay(told.wrong, kind);
  const place = document.getElementById("messages");
  if (told.stale) {
    stale = true;
    clearTimeout(timer);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "small", id: "again", textContent: "Bring it up to date, keep what I typed" });
    button.addEventListener("click", again);
    place.firstElementChild.append(" ", button);
  }
  place.scrollIntoView({ block: "nearest" });
}

function again() {
  leave();
  form.action = form.dataset.again;
  HTMLFormElement.prototype.submit.call(form);
}

function leave() { dirty = false; clearTimeout(timer); deciding = true; }

// ------------------------------------------------------------------ the draft
export function later() {
  if (!editable) return;
  dirty = true;
  if (stale) return;
  clearTimeout(timer);
  timer = setTimeout(keep, AFTER_MS);
}

function keep() {
  if (saving || stale || !dirty || deciding) return saving;
  dirty = false;
  saving = post(form.dataset.draft, new FormData(form), { keepalive: true }).then((told) => {
    failing = told.version === undefined;
    if (told.version !== undefined) {
      form.elements.version.value = told.version;
      saved.textContent = "kept";
    } else if (told.wrong) {
      saved.textContent = "not kept";
      tell(told);
    } else {
      dirty = true;
      saved.textContent = told.status ? "not kept yet" : "no connection, not kept yet";
    }
  }).finally(() => {
    saving = null;
    clearTimeout(timer);
    if (dirty && !stale && !deciding) timer = setTimeout(keep, failing ? AGAIN_MS : AFTER_MS);
  });
  return saving;
}

// What has not been kept yet is kept when the page is left or put away; where that fails, the browser asks before it leaves.
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(); });
window.addEventListener("beforeunload", (event) => { if (!deciding && dirty && (failing || stale)) event.preventDefault(); });

// ------------------------------------------------------------------ the claim
let until = claim ? Date.parse(claim.dataset.until) : 0, asked = Date.now();

async function stay() {
  if (!claim || stale || saving || deciding || Date.now() - asked < CLAIM_EVERY_MS) return;
  asked = Date.now();
  const seen = form.elements.version.value;
  const told = await post(form.dataset.claim, new FormData());
  if (told.until) {
    until = Date.parse(told.until);
    claim.querySelector("b").textContent = new Date(until).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    tick();
    const moved = seen === form.elements.version.value && !saving;
    if (moved && told.version !== Number(seen)) tell({ wrong: "Something has come meanwhile: the customer wrote, or it was worked on in another window.", stale: true }, "warn");
  } else if (told.wrong) tell(told);
}

function tick() {
  const left = (until - Date.now()) / 1000;
  claim.classList.toggle("soon", left < 90);
  claim.firstElementChild.textContent = left <= 0 ? "not yours any more since" : left < 90 ? "touch a key to keep it after" : "yours until";
}
if (claim) {
  for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, stay, { passive: true });
  setInterval(tick, 5000);
}

// ------------------------------------------------------------------ decisions
// The page stays as it is until the server has said yes: nothing typed is lost to a refusal or to a lost connection.
if (editable) form.addEventListener("submit", async (event) => {
  const { submitter } = event;
  event.preventDefault();
  if (deciding) return;
  if (submitter?.id === "approve" || !submitter) {
    const open = undecided(true);
    if (open) {
      open.classList.add("missing");
      blame(open, "Say what becomes of this line.");
      return;
    }
  }
  deciding = true;
  form.setAttribute("aria-busy", "true");
  clearTimeout(timer);
  await saving; // it would be refused as one that saw an older version
  const dialog = submitter?.closest("dialog");
  const told = await post(submitter?.hasAttribute("formaction") ? submitter.formAction : form.action, new FormData(form));
  form.removeAttribute("aria-busy");
  if (told.go) { leave(); location.assign(told.go); return; }
  deciding = false;
  refused(told.wrong ? told : { wrong: told.status ? "The pharmacy's server could not do that. Nothing was decided as far as it said; what you typed is still here." : "No connection. Whether it was decided is not known: try again, or look at the queue. What you typed is still here." }, dialog);
  if (dirty) later();
});

function refused(told, dialog) {
  const inside = dialog?.querySelector(".refusal");
  if (inside && !told.stale) {
    inside.textContent = told.wrong;
    inside.hidden = false;
    dialog.querySelector("select, textarea").focus();
    return;
  }
  dialog?.close();
  const row = told.row === null || told.row === undefined ? null : document.getElementById(`row-${told.row}`);
  if (row) { blame(row, told.wrong); return; }
  blame(null);
  tell({ ...told, wrong: `Nothing was decided. ${told.wrong}` });
  if (told.code === "needs_remark") {
    const asks = document.getElementById("red-asks");
    asks?.classList.add("refusal");
    asks?.scrollIntoView({ block: "center" });
    form.elements["checked-patient"]?.focus({ preventScroll: true });
  }
}
