// One phone: its chat with the pharmacy, its composer, what slides over it.

import { messageId, post, upload } from "./api.js";
import { rowOf, tickOf } from "./bubbles.js";
import { el, icon } from "./dom.js";
import * as sheets from "./sheets.js";

const RANK = { waiting: 0, accepted: 1, sent: 2, delivered: 3, read: 4, failed: 9 };
const MOST_ROWS = 600;

export class Chat {
  /** `who`: {key, number, bsuid, name}; `business`: {name, number}; `onMenu` opens the side panel on narrow screens. */
  constructor(who, business, onMenu) {
    Object.assign(this, { who, business, replaying: false });
    this.messages = new Map();
    this.waiters = new Set();
    this.lastDay = "";
    this.lastMine = null;
    this.build(onMenu);
  }

  build(onMenu) {
    const round = (name, label, onclick, more = "") => el("button.round", { type: "button", "aria-label": label, onclick, class: more }, icon(name));
    this.clock = el("span");
    this.line = el("small", {}, "online");
    const name = el("b", {}, this.business.name, icon("verified"));
    this.head = el("header.head", {}, round("back", "Phones", onMenu, "menu-button"), icon("logo", "logo"), el("div.title", {}, name, this.line), round("video", "Video call", () => this.note("The pharmacy is reached by messages only")), round("call", "Call", () => this.note("The pharmacy is reached by messages only")), round("more", "Menu", onMenu));
    const bar = el("div.bar", {}, el("span", {}, this.clock, el("small", {}, this.who.name || this.who.key)), el("span", {}, icon("signal"), icon("battery", "wide")));
    this.log = el("div.log", { role: "log", "aria-live": "polite", "aria-label": `Chat of ${this.who.name || this.who.key}`, tabindex: "0" });
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    const moved = () => setTimeout(() => (this.stuck = this.atEnd()), 60);
    for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) this.log.addEventListener(name, moved, { passive: true });
    this.toEnd = el("button.to-end", { type: "button", "aria-label": "To the newest message", hidden: true, onclick: () => this.down(true) }, icon("down"));
    this.input = el("textarea", { rows: 1, placeholder: "Message", "aria-label": "Message", maxlength: 65536, oninput: () => this.grow(), onkeydown: (e) => this.key(e) });
    this.pickFile = el("input", { type: "file", hidden: true, "data-file": "", onchange: () => this.files([...this.pickFile.files]) });
    const small = (picture, label, onclick) => el("button", { type: "button", "aria-label": label, onclick }, icon(picture));
    this.camera = small("camera", "Photo", () => this.browse("image/*"));
    this.go = el("button.go", { type: "submit", "aria-label": "Voice message" }, icon("mic"));
    const field = el("div.field", {}, small("smile", "Emoji", () => this.emoji()), this.input, small("attach", "Attach", () => this.attach()), this.camera);
    const compose = el("form.compose", { onsubmit: (e) => (e.preventDefault(), this.send()) }, field, this.go, this.pickFile);
    this.screen = el("div.screen", {}, bar, this.head, this.log, this.toEnd, compose);
    this.node = el("section.phone", { "data-key": this.who.key, "aria-label": `Phone of ${this.who.name || this.who.key}` }, this.screen);
    this.node.addEventListener("dragover", (e) => e.preventDefault());
    this.node.addEventListener("drop", (e) => (e.preventDefault(), this.files([...e.dataTransfer.files])));
    this.input.addEventListener("paste", (e) => e.clipboardData.files.length && (e.preventDefault(), this.files([...e.clipboardData.files])));
    this.tick();
  }

  tick() {
    this.clock.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  }

  // ---------------------------------------------------------------------------------------------- what is shown

  /** Shows the whole chat anew. */
  fill(messages) {
    this.messages.clear();
    this.log.replaceChildren(el("div.secure", {}, icon("lock"), "This is a simulation. Messages stay on this machine; no WhatsApp account is involved."));
    this.lastDay = "";
    this.lastMine = null;
    this.hello = el("div.hello", {}, el("button", { type: "button", onclick: () => this.text("hi") }, "Say hi"), "or write what you need below");
    if (messages.length === 0) this.log.append(this.hello);
    for (const message of messages) this.add(message, false);
    this.down(false);
    this.seen();
  }

  add(message, fresh = true) {
    const known = this.messages.get(message.id);
    if (known) {
      this.mark(message.id, message.status, message.error);
      return;
    }
    this.messages.set(message.id, message);
    this.hello.remove();
    if (message.type === "reaction") return void this.react(message);
    const day = new Date(message.at * 1000).toDateString();
    if (day !== this.lastDay) this.log.append(el("div.day", {}, this.dayName(message.at)));
    const row = rowOf(message, this.acts());
    if (fresh) row.classList.add("fresh");
    if (day !== this.lastDay || this.lastMine !== message.mine) row.classList.add("first");
    [this.lastDay, this.lastMine] = [day, message.mine];
    const near = this.near();
    if (!message.mine) this.typing(0);
    this.log.append(row);
    if (this.bubbleOfTyping) this.log.append(this.bubbleOfTyping);
    while (this.log.childElementCount > MOST_ROWS) this.log.children[1].remove();
    if (fresh && (near || message.mine)) this.down(true);
    else if (fresh) this.toEnd.hidden = false;
    row.querySelectorAll("img").forEach((img) => img.addEventListener("load", () => (near || !fresh) && this.down(false), { once: true }));
    if (!message.mine) for (const heard of this.waiters) heard(message);
  }

  dayName(at) {
    const days = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(at * 1000).setHours(12, 0, 0, 0)) / 86400000);
    if (days < 2) return days === 1 ? "Yesterday" : "Today";
    return new Date(at * 1000).toLocaleDateString([], days < 7 ? { weekday: "long" } : { day: "numeric", month: "long", year: "numeric" });
  }

  row(id) {
    return this.log.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  /** A status: ticks of the customer's own messages, the end of ours that failed. */
  mark(id, status, error) {
    const message = this.messages.get(id);
    if (!message || (RANK[status] ?? 0) <= (RANK[message.status] ?? 0)) return;
    message.status = status;
    message.error = error ?? message.error;
    const row = this.row(id);
    if (!row) return;
    if (message.mine) row.querySelector(".meta .tick")?.replaceWith(tickOf(status));
    else if (status === "failed") row.replaceWith(rowOf(message, this.acts()));
    else if (status === "delivered") this.seen();
  }

  react(message) {
    const about = message.payload.reaction ?? {};
    const row = this.row(about.message_id ?? "");
    row?.querySelector(".reacted")?.remove();
    if (row && about.emoji) row.append(el("span.reacted", {}, about.emoji));
  }

  typing(seconds) {
    clearTimeout(this.typingEnds);
    this.bubbleOfTyping?.remove();
    this.bubbleOfTyping = null;
    this.line.textContent = seconds ? "typing…" : "online";
    if (!seconds) return;
    this.bubbleOfTyping = el("div.row.theirs.typing.first", { "aria-label": "typing" }, el("div.bubble", {}, el("i"), el("i"), el("i")));
    const near = this.near();
    this.log.append(this.bubbleOfTyping);
    if (near) this.down(true);
    this.typingEnds = setTimeout(() => this.typing(0), seconds * 1000);
  }

  connected(up) {
    if (!this.bubbleOfTyping) this.line.textContent = up ? "online" : "connecting…";
  }

  /** At the end, or on the way there: only a person's own scrolling leaves it. */
  near() {
    return this.stuck || this.atEnd();
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 140;
  }

  scrolled() {
    if (!this.atEnd()) return;
    this.stuck = true;
    this.toEnd.hidden = true;
  }

  down(smooth) {
    this.toEnd.hidden = true;
    this.stuck = true;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  /** Tells the simulator that the customer looks at the chat: delivered messages become read. */
  seen() {
    if (document.visibilityState !== "visible" || !this.node.isConnected || this.seenSoon) return;
    this.seenSoon = setTimeout(() => {
      this.seenSoon = null;
      post("/phone/seen", { key: this.who.key }).catch(() => {});
    }, 250);
  }

  note(sentence) {
    sheets.note(this.screen, sentence);
  }

  // ---------------------------------------------------------------------------------------------- what the customer does

  acts() {
    return {
      business: () => this.business.name,
      find: (id) => this.messages.get(id),
      jump: (id) => this.row(id)?.scrollIntoView({ block: "center", behavior: "smooth" }),
      view: (address) => sheets.viewPicture(this.screen, address),
      note: (sentence) => this.note(sentence),
      tap: (message, option) => this.tap(message, option),
      openList: async (message) => {
        const row = await sheets.chooseRow(this.screen, message.payload.interactive);
        if (row) this.tap(message, row);
      },
      askLocation: async (message) => {
        const place = await sheets.choosePlace(this.screen);
        if (place) this.say({ location: place, reply_to: message.id }, { type: "location", location: place });
      },
      shareContact: (message) => this.contact(true, message.id),
    };
  }

  /** Sends what the customer did; the bubble with a clock is there at once. Gives the message or null. */
  async say(what, content) {
    const id = messageId();
    const context = what.reply_to ? { id: what.reply_to } : undefined;
    this.add({ id, mine: true, at: Date.now() / 1000, type: content.type, status: "waiting", payload: { id, ...content, context } });
    try {
      const { message } = await post("/phone/say", { number: this.who.number, bsuid: this.who.bsuid, name: this.who.name, from: this.who.from, id, ...what });
      this.mark(id, message.status);
      return message;
    } catch (trouble) {
      this.mark(id, "failed");
      this.note(trouble.message);
      return null;
    }
  }

  text(words) {
    return this.say({ text: words }, { type: "text", text: { body: words } });
  }

  tap(message, option) {
    const list = message.payload.interactive?.type === "list";
    const kind = list ? "list_reply" : "button_reply";
    if (!list) this.row(message.id)?.querySelectorAll(".option").forEach((o) => o.classList.add("used"));
    const shown = { type: "interactive", interactive: { type: kind, [kind]: { id: option.id, title: option.title, description: option.description } } };
    return this.say({ tap: { id: option.id, message_id: message.id }, reply_to: message.id }, shown);
  }

  send() {
    const words = this.input.value.trim();
    if (!words) return void this.voice();
    this.input.value = "";
    this.grow();
    this.input.focus();
    this.text(words);
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
  }

  grow() {
    this.input.style.height = "46px";
    this.input.style.height = `${Math.min(128, Math.max(46, this.input.scrollHeight))}px`;
    const ready = Boolean(this.input.value.trim());
    this.camera.hidden = ready;
    if (this.go.dataset.ready !== String(ready)) {
      this.go.dataset.ready = String(ready);
      this.go.replaceChildren(icon(ready ? "send" : "mic"));
      this.go.setAttribute("aria-label", ready ? "Send" : "Voice message");
    }
  }

  async emoji() {
    const found = await sheets.chooseEmoji(this.screen);
    if (found) this.input.setRangeText(found, this.input.selectionStart, this.input.selectionEnd, "end");
    this.grow();
    this.input.focus();
  }

  async attach() {
    const choice = await sheets.chooseAttachment(this.screen);
    if (choice === "image") this.browse("image/*");
    if (choice === "document") this.browse(".pdf,.doc,.docx,.xls,.xlsx,.txt,application/pdf");
    if (choice === "contact") this.contact(false);
    if (choice === "location") {
      const place = await sheets.choosePlace(this.screen);
      if (place) this.say({ location: place }, { type: "location", location: place });
    }
  }

  contact(requested, replyTo) {
    const [name, number] = [this.who.name || "Customer", `+${this.who.number || "2348030000000"}`];
    const card = { name: { formatted_name: name }, phones: [{ phone: number }] };
    this.say({ contact: { name, phones: [number], requested }, reply_to: replyTo }, { type: "contacts", contacts: [card] });
  }

  browse(accept) {
    this.pickFile.accept = accept;
    this.pickFile.value = "";
    this.pickFile.click();
  }

  async files(files) {
    for (const file of files.slice(0, 10)) {
      const caption = await sheets.beforeSending(this.screen, file);
      if (caption !== null) await this.sendFile(file, caption.trim());
    }
  }

  async sendFile(file, caption) {
    try {
      const { id, kind } = await upload(file);
      const content = { id, caption: caption || undefined, filename: file.name, mime_type: file.type, size: file.size };
      await this.say({ media: { id, caption, filename: file.name } }, { type: kind, [kind]: content });
    } catch (trouble) {
      this.note(trouble.message);
    }
  }

  /** A short voice note: the bot cannot hear it, and that is what it is for. */
  voice() {
    const rate = 8000;
    const samples = new Uint8Array(44 + rate).fill(128, 44);
    for (let i = 0; i < rate; i += 1) samples[44 + i] = 128 + 40 * Math.sin(i / (6 + 2 * Math.sin(i / 900))) * Math.sin((Math.PI * i) / rate);
    const view = new DataView(samples.buffer);
    "RIFF".split("").forEach((c, i) => view.setUint8(i, c.charCodeAt(0)));
    view.setUint32(4, 36 + rate, true);
    "WAVEfmt ".split("").forEach((c, i) => view.setUint8(8 + i, c.charCodeAt(0)));
    [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, rate, 4], [28, rate, 4], [32, 1, 2], [34, 8, 2]].forEach(([at, n, size]) => (size === 4 ? view.setUint32(at, n, true) : view.setUint16(at, n, true)));
    "data".split("").forEach((c, i) => view.setUint8(36 + i, c.charCodeAt(0)));
    view.setUint32(40, rate, true);
    this.sendFile(new File([samples], "voice.ogg", { type: "audio/ogg" }), "");
  }

  // ---------------------------------------------------------------------------------------------- replay

  /** Does the steps of a transcript one after another, each after the answer to the one before. */
  async replay(steps) {
    this.replaying = true;
    this.go.classList.add("replaying");
    for (const step of steps) {
      if (!this.replaying || !this.node.isConnected) break;
      if (step.direction) {
        this.log.append(el("div.day", {}, `( ${step.direction} )`));
        continue;
      }
      const answered = this.answer();
      if (step.text) await this.type(step.text);
      await (step.text ? this.text(step.text) : this.perform(step));
      await answered;
    }
    this.replaying = false;
    this.go.classList.remove("replaying");
  }

  /** A step that is not words; its bubble comes back as an event. */
  async perform(step) {
    try {
      await post("/phone/say", { number: this.who.number, bsuid: this.who.bsuid, name: this.who.name, ...step });
    } catch (trouble) {
      this.note(trouble.message);
    }
  }

  /** Resolves when the business has answered and then been silent for a moment, at most 15 s from now. */
  answer() {
    return new Promise((resolve) => {
      let quiet = 0;
      const end = () => {
        clearTimeout(quiet);
        clearTimeout(late);
        this.waiters.delete(heard);
        resolve();
      };
      const heard = () => {
        clearTimeout(quiet);
        quiet = setTimeout(end, 900);
      };
      const late = setTimeout(end, 15000);
      this.waiters.add(heard);
    });
  }

  async type(words) {
    const step = Math.min(35, 700 / Math.max(1, words.length));
    for (let i = 1; i <= words.length && words.length < 400; i += Math.ceil(16 / step)) {
      this.input.value = words.slice(0, i);
      this.grow();
      await new Promise((resolve) => setTimeout(resolve, Math.max(16, step)));
    }
    this.input.value = "";
    this.grow();
  }
}

