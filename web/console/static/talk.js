// Conversations: asks by itself what is new, keeps the place one reads at, sends with Enter, offers ready answers.
const poll = document.querySelector("[data-poll]");
const lines = document.getElementById("lines"), text = document.getElementById("text");
const HIDDEN_MS = 20000, FAILED_MOST_MS = 30000, BOTTOM_PX = 60;
const every = Number(poll.dataset.poll);
let timer = 0, failures = 0, away = false, worked = false, below = 0;

// ------------------------------------------------------------------ asking
const version = () => document.getElementById("thread-version") || document.getElementById("inbox-version");

function later() {
  clearTimeout(timer);
  if (!every) return; // older messages stand still
  const slow = failures ? Math.min(every * 2 ** failures, FAILED_MOST_MS) : 0;
  timer = setTimeout(ask, Math.max(document.hidden ? HIDDEN_MS : every, slow));
}
function ask() { if (away) comeBack(); else htmx.trigger(poll, "poll"); later(); }
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { later(); return; }
  document.title = document.title.replace(/^● /, "");
  if (every) ask();
});
// Who writes or reads is there: asking what is new then keeps them signed in, as pressing something would.
for (const name of ["input", "keydown", "pointerdown", "wheel"]) document.addEventListener(name, () => { worked = true; }, { passive: true });

const byItself = (event) => event.detail.elt === poll;
document.addEventListener("htmx:configRequest", (event) => {
  const given = event.detail.parameters;
  given.v = version().dataset.version;
  if (lines) given.has = [...lines.querySelectorAll("[data-key]")].slice(-120).map((node) => node.dataset.key).join(",");
  if (document.hidden) given.hidden = "1";
  if (byItself(event) && worked && !document.hidden) { delete event.detail.headers["Console-Background"]; worked = false; }
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!byItself(event)) return;
  if (event.detail.successful && failures) { failures = 0; document.getElementById("messages").replaceChildren(); }
  if (!event.detail.successful) failures += 1;
  if (failures === 2) window.consoleSay("No connection to the pharmacy's server. What you write stays here; trying again.", "warn");
  later();
});
// Who was signed out meanwhile keeps what was typed: they sign in beside it, and the page goes on.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const to = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!to || !to.startsWith("/console/login") || !typing()) return;
  event.preventDefault();
  if (away) return;
  away = true;
  window.consoleSay("You were signed out. Nothing was sent, and what you wrote stays here. ", "bad");
  const link = document.createElement("a");
  Object.assign(link, { href: to, target: "_blank", rel: "noopener", textContent: "Sign in in another window" });
  document.querySelector("#messages .message").append(link, ", then go on here.");
});
// Who signed out and in again in another window meanwhile has a session, and this page the token of an older one.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 400 && typing() && event.detail.xhr.responseText.includes("out of date")) away = true;
});
// A session that is there again has other tokens for forms; and it may be a colleague's, who takes over nobody's words.
async function comeBack() {
  const answer = await fetch(location.pathname, { headers: { "Console-Background": "1" }, redirect: "manual" }).catch(() => null);
  if (!away || !answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = fresh.querySelector("meta[name=csrf-token]").content;
  if (fresh.querySelector(".top .who").textContent !== document.querySelector(".top .who").textContent) {
    window.consoleSay("Somebody else is signed in in this browser now. Copy what you wrote, then open the page again.", "bad");
    return;
  }
  document.querySelector("meta[name=csrf-token]").content = token;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
  away = false;
  window.consoleSay("You are signed in again. Send it when you are ready.", "good");
}
const typing = () => [...document.querySelectorAll(".write textarea")].some((node) => node.value.trim());
window.addEventListener("beforeunload", (event) => { if (typing()) event.preventDefault(); });
later();

// ------------------------------------------------------------------ the place one reads at
const down = document.getElementById("down");
const atBottom = () => lines.scrollHeight - lines.scrollTop - lines.clientHeight < BOTTOM_PX;
const toBottom = () => { lines.scrollTop = lines.scrollHeight; down.hidden = true; };
if (lines) {
  toBottom();
  window.addEventListener("load", toBottom);
  let follows = true, height = 0, first = "", oldest = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    follows = atBottom();
    below = lines.querySelectorAll(".by-customer").length;
    oldest = event.detail.target && event.detail.target.id === "older" ? lines.querySelector("[data-key]") : null;
    height = lines.scrollHeight - lines.scrollTop;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (oldest) { lines.scrollTop = lines.scrollHeight - height; oneDayOnce(); oldest = null; return; }
    if (follows) toBottom();
    const fresh = lines.querySelectorAll(".by-customer").length > below;
    if (fresh && !follows) down.hidden = false;
    if (fresh && document.hidden && !document.title.startsWith("● ")) document.title = "● " + document.title;
    below = lines.querySelectorAll(".by-customer").length;
  });
  lines.addEventListener("scroll", () => { if (atBottom()) down.hidden = true; }, { passive: true });
  lines.addEventListener("load", (event) => { if (event.target.tagName === "IMG" && follows) toBottom(); }, true);
  down.addEventListener("click", () => { toBottom(); if (text) text.focus(); });
}
if (matchMedia("(min-width: 901px)").matches) for (const part of document.querySelectorAll(".beside-talk details")) part.open = true;
document.addEventListener("click", (event) => {
  for (const part of document.querySelectorAll("#state details[open], .beside-talk details[open]")) {
    if (!part.contains(event.target) && (part.closest("#state") || matchMedia("(max-width: 900px)").matches)) part.open = false;
  }
});
function oneDayOnce() {
  let last = "";
  for (const day of lines.querySelectorAll(".day")) { if (day.dataset.day === last) day.remove(); last = day.dataset.day; }
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const part of document.querySelectorAll("#state details[open]")) { part.open = false; part.querySelector("summary").focus(); }
});
// What somebody is choosing in is not taken from under their hands.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const place = event.detail.target;
  if (place.classList.contains("arrival") && place.dataset.tick === event.detail.fragment.firstElementChild?.dataset.tick) event.detail.shouldSwap = false;
  if (place.id === "state" && (place.querySelector("details[open]") || place.contains(document.activeElement)) && !acted) event.detail.shouldSwap = false;
});
let acted = false;
document.addEventListener("htmx:beforeRequest", (event) => { acted = !byItself(event); });
// The 24 hours end while somebody looks at the page.
setInterval(() => {
  const known = document.getElementById("thread-version"), ends = known && Date.parse(known.dataset.window);
  if (ends && ends < Date.now() && !known.dataset.over) { known.dataset.over = "1"; known.dataset.version = ""; }
}, 5000);

// ------------------------------------------------------------------ writing
const answer = document.getElementById("answer"), note = document.getElementById("note");
if (answer) {
  const tabs = [document.getElementById("tab-answer"), document.getElementById("tab-note")], forms = [answer, note];
  const choose = (which, focus = true) => {
    tabs.forEach((tab, i) => { tab.setAttribute("aria-selected", String(i === which)); tab.tabIndex = i === which ? 0 : -1; forms[i].hidden = i !== which; });
    if (focus) forms[which].querySelector("textarea").focus();
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => choose(i));
    tab.addEventListener("keydown", (event) => { if (["ArrowLeft", "ArrowRight"].includes(event.key)) { event.preventDefault(); choose(1 - i, false); tabs[1 - i].focus(); } });
  });
  choose(note.querySelector("textarea").value || (!answer.dataset.may && !text.value) ? 1 : 0, !matchMedia("(pointer: coarse)").matches);

  const fit = (area) => { area.style.height = "auto"; area.style.height = Math.min(area.scrollHeight + 2, 190) + "px"; };
  for (const form of forms) {
    const area = form.querySelector("textarea");
    area.addEventListener("input", () => fit(area));
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.altKey) return;
      if (listed()) return;
      if (!event.ctrlKey && !event.metaKey && matchMedia("(pointer: coarse)").matches) return; // on a phone Enter begins a line
      event.preventDefault();
      if (!event.repeat) form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      if (!area.value.trim() && !(form === answer && file.files.length)) { event.preventDefault(); event.stopImmediatePropagation(); area.focus(); }
    }, true);
  }
  // What was said leaves the field; what was refused stays, and so does what was typed or attached meanwhile.
  const going = new Map();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (forms.includes(form)) going.set(form, { words: form.querySelector("textarea").value, file: file.files[0] });
  });
  document.body.addEventListener("said", (event) => {
    const form = event.detail.value === "note" ? note : event.detail.value === "reply" ? answer : null;
    if (!form) return;
    const area = form.querySelector("textarea"), gone = going.get(form) || { words: "" };
    if (area.value.startsWith(gone.words)) area.value = area.value.slice(gone.words.length).trimStart();
    fit(area);
    if (form === answer && file.files[0] === gone.file) without();
    area.focus();
    toBottom();
  });
  document.addEventListener("htmx:sendError", (event) => { if (!byItself(event)) answer.querySelector("textarea").focus(); });

  // -------- a file
  const file = document.getElementById("file"), attached = document.getElementById("attached"), limit = Number(answer.dataset.fileLimit);
  const without = () => { file.value = ""; attached.hidden = true; };
  const show = () => {
    const chosen = file.files[0];
    if (chosen && chosen.size > limit) { without(); window.consoleSay("This file is larger than 3 MB. Make it smaller, or send it in parts.", "bad"); return; }
    attached.hidden = !chosen;
    if (chosen) { attached.querySelector("bdi").textContent = chosen.name; text.focus(); }
  };
  file.addEventListener("change", show);
  attached.querySelector("button").addEventListener("click", () => { without(); text.focus(); });
  text.addEventListener("paste", (event) => {
    const picture = [...event.clipboardData.files].find((each) => ["image/jpeg", "image/png"].includes(each.type));
    if (!picture) return;
    event.preventDefault();
    const given = new DataTransfer();
    given.items.add(picture);
    file.files = given.files;
    show();
  });

  // -------- ready answers
  const list = document.getElementById("canned"), opener = document.getElementById("open-canned"), all = [...list.children];
  const listed = () => !list.hidden && all.some((each) => !each.hidden);
  const chosen = () => list.querySelector("[aria-selected=true]");
  const mark = (node) => {
    for (const each of all) each.setAttribute("aria-selected", String(each === node));
    text.setAttribute("aria-activedescendant", node ? node.id : "");
    if (node) node.scrollIntoView({ block: "nearest" });
  };
  const offer = (words) => {
    for (const each of all) each.hidden = !(each.dataset.shortcut.startsWith(words) || (words.length > 2 && each.textContent.toLowerCase().includes(words.slice(1))));
    const found = all.find((each) => !each.hidden);
    list.hidden = !found;
    if (opener) opener.setAttribute("aria-expanded", String(!list.hidden));
    mark(found || null);
  };
  const close = () => { list.hidden = true; mark(null); if (opener) opener.setAttribute("aria-expanded", "false"); };
  const take = (node) => {
    const before = text.value.startsWith("/") ? "" : text.value && text.value.trimEnd() + "\n";
    text.value = before + node.dataset.text;
    close();
    fit(text);
    text.focus();
  };
  text.addEventListener("input", () => { if (/^\/\S*$/.test(text.value)) offer(text.value.toLowerCase()); else close(); });
  text.addEventListener("keydown", (event) => {
    if (!listed()) return;
    const shown = all.filter((each) => !each.hidden), at = shown.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(shown[(at + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length]); }
    if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); take(chosen() || shown[0]); }
    if (event.key === "Escape") { event.preventDefault(); close(); }
  });
  list.addEventListener("mousedown", (event) => { const node = event.target.closest("li"); if (node) { event.preventDefault(); take(node); } });
  if (opener) opener.addEventListener("click", () => { if (list.hidden) { offer("/"); text.focus(); } else close(); });
  document.addEventListener("click", (event) => { if (!answer.contains(event.target)) close(); });
}
