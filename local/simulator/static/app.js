// Puts the page together: the phones side by side, the panel, the events that come in.

import { get, listen, post } from "./api.js";
import { Chat } from "./chat.js";
import { Panel } from "./panel.js";

const MOST_SHOWN = 3;
const KEPT = "drugsng.phones";
const FIRST = { key: "2348031234567", number: "2348031234567", bsuid: "", name: "Ada Obi" };

const main = document.getElementById("phones");
const side = document.getElementById("side");
const state = { phones: [], shown: [], active: "", business: { name: "Drugs.ng", number: "" }, chats: new Map(), stop: () => {} };

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    if (Array.isArray(kept?.phones) && kept.phones.length) return kept;
  } catch {
    // A damaged memory is a new one.
  }
  return { phones: [FIRST], shown: [FIRST.key], active: FIRST.key };
}

function remember() {
  const phones = state.phones.filter((who) => !who.passing);
  localStorage.setItem(KEPT, JSON.stringify({ phones, shown: state.shown.filter((key) => phones.some((who) => who.key === key)), active: state.active }));
}

/** Fetches the chats and shows the phones that are to be shown. */
async function arrange() {
  const keys = state.shown;
  // The line is opened before the chats are fetched, so that nothing can fall between the two.
  state.stop();
  state.stop = listen(keys, heard, line);
  const found = await get(`/phone/state?${new URLSearchParams({ keys: keys.join(",") })}`);
  for (const [key, chat] of state.chats) {
    if (keys.includes(key)) continue;
    chat.replaying = false;
    chat.node.remove();
    state.chats.delete(key);
  }
  for (const key of keys) {
    const who = state.phones.find((p) => p.key === key);
    let chat = state.chats.get(key);
    if (!chat) {
      chat = new Chat(who, found.business, () => document.body.classList.toggle("menu"));
      chat.node.addEventListener("pointerdown", () => activate(key));
      chat.node.addEventListener("focusin", () => activate(key));
      state.chats.set(key, chat);
      main.append(chat.node);
      chat.fill(found.phones.find((p) => p.key === key)?.chat ?? []);
    }
  }
  activate(keys.includes(state.active) ? state.active : keys[0]);
  panel.refresh(found.transcripts);
}

function activate(key) {
  state.active = key;
  for (const [other, chat] of state.chats) chat.node.classList.toggle("active", other === key);
  remember();
}

function heard(event) {
  if (event.event === "reset") return void reload();
  const chat = state.chats.get(event.key);
  if (!chat) return;
  if (event.event === "message") chat.add(event.message);
  if (event.event === "status") chat.mark(event.id, event.status, event.error);
  if (event.event === "typing") chat.typing(event.for_s);
}

function line(up, wasBroken) {
  for (const chat of state.chats.values()) chat.connected(up);
  if (up && wasBroken) reload();
}

async function reload() {
  const found = await get(`/phone/state?${new URLSearchParams({ keys: state.shown.join(",") })}`).catch(() => null);
  if (!found) return;
  for (const [key, chat] of state.chats) chat.fill(found.phones.find((p) => p.key === key)?.chat ?? []);
}

// ------------------------------------------------------------------------------------------------ what the panel asks for

const narrow = () => matchMedia("(max-width: 760px)").matches;

/** How many phones fit beside the panel. */
function room() {
  return narrow() ? 1 : Math.max(1, Math.min(MOST_SHOWN, Math.floor((main.clientWidth - 20) / 412)));
}

async function add(who) {
  const made = await post("/phone/open", who);
  const person = { key: made.key, number: made.number, bsuid: made.bsuid, name: who.name, from: who.from, passing: who.passing };
  if (!state.phones.some((p) => p.key === person.key)) state.phones.push(person);
  await reveal(person.key);
  return state.chats.get(person.key);
}

async function reveal(key) {
  if (!state.shown.includes(key)) state.shown = [...state.shown, key].slice(-room());
  state.active = key;
  document.body.classList.remove("menu");
  await arrange();
}

async function show(key) {
  if (!state.shown.includes(key)) return reveal(key);
  if (narrow() || state.shown.length === 1) return void (activate(key), document.body.classList.remove("menu"));
  state.shown = state.shown.filter((k) => k !== key);
  await arrange();
}

async function drop(key) {
  state.phones = state.phones.filter((who) => who.key !== key);
  state.shown = state.shown.filter((k) => k !== key);
  if (!state.shown.length) state.shown = [state.phones[0].key];
  await arrange();
}

function say(words) {
  document.body.classList.remove("menu");
  state.chats.get(state.active)?.text(words);
}

/** A transcript on a fresh phone, so that it begins as a stranger would. */
async function replay(name) {
  const { steps } = await get(`/phone/transcripts/${name.split("/").map(encodeURIComponent).join("/")}`);
  const number = `23480${String(crypto.getRandomValues(new Uint32Array(1))[0] % 1e8).padStart(8, "0")}`;
  if (state.shown.length >= room()) state.shown = state.shown.slice(1 - room() || state.shown.length);
  const chat = await add({ number, name: "Ngozi Eze", passing: true });
  await chat.replay(steps);
}

async function clear() {
  await post("/phone/clear", { key: state.active });
  state.chats.get(state.active)?.fill([]);
}

Object.assign(state, remembered(), { add, show, drop, say, replay, clear });
const panel = new Panel(side, state);

document.addEventListener("visibilitychange", () => {
  for (const chat of state.chats.values()) chat.seen();
});
document.addEventListener("click", (event) => {
  if (document.body.classList.contains("menu") && !side.contains(event.target) && !event.target.closest(".round")) document.body.classList.remove("menu");
});
setInterval(() => {
  for (const chat of state.chats.values()) chat.tick();
}, 10_000);

async function begin() {
  const wanted = new URLSearchParams(location.search).get("replay");
  for (const who of state.phones) await post("/phone/open", who).catch(() => {});
  // A visitor who follows a link to a transcript sees that alone.
  if (wanted) state.shown = [];
  else await arrange();
  state.shown = state.shown.slice(-room());
  if (wanted) await replay(wanted);
  else if (!narrow()) state.chats.get(state.active)?.input.focus();
  document.body.dataset.ready = "yes";
}

begin().catch((trouble) => main.replaceChildren(Object.assign(document.createElement("p"), { textContent: `The simulator does not answer: ${trouble.message}` })));
