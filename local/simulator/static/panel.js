// The side panel: whose phones there are, what to try, transcripts, and (folded away) the switches of a developer.

import { get, post, remove } from "./api.js";
import { el, face, icon } from "./dom.js";

const TRY = ["hi", "find paracetamol", "I need something for malaria", "add 1", "cart", "checkout", "track", "agent", "menu"];
const FAULTS = [
  ["Next send fails once (500)", { on: "send", code: 131000 }],
  ["Next send: slow down (130429)", { on: "send", code: 130429, retry_after: 3 }],
  ["Next send: answer lost after the work", { on: "send", cut: "after" }],
  ["Next send: cut before the work", { on: "send", cut: "before" }],
  ["Next send: 8 s late", { on: "send", delay_s: 8 }],
  ["Next send: never answered", { on: "send", hang_s: 60 }],
  ["Next send fails later (131026)", { on: "send", failed_code: 131026 }],
  ["All sends: token refused (190)", { on: "send", code: 190, times: null }],
  ["Next webhook comes three times", { on: "webhook", duplicate: 2 }],
  ["Next webhook is lost", { on: "webhook", drop: true }],
  ["Next 3 messages arrive backwards", { on: "webhook", reorder: 3, gather_s: 8, match: { kind: "messages" } }],
  ["Next 3 messages in one batch", { on: "webhook", batch: 3, gather_s: 8, match: { kind: "messages" } }],
];

export class Panel {
  /** `app`: {phones, shown, business, add, show, drop, say, replay, clear}. */
  constructor(node, app) {
    this.app = app;
    this.people = el("div.people");
    this.transcripts = el("div.chips.transcripts");
    this.transcriptsBlock = el("section.block", { hidden: true }, el("h2", {}, "Replay a conversation"), this.transcripts);
    const add = el("button.plain", { type: "button", "data-add": "", onclick: () => this.open() }, "Add");
    this.form = el("div");
    const chips = TRY.map((words) => el("button.chip", { type: "button", onclick: () => app.say(words) }, words));
    node.append(
      el("div.brand", {}, icon("logo"), el("div", {}, el("h1", {}, app.business.name), el("p", {}, "The pharmacy on WhatsApp, on this machine"))),
      el("section.block", {}, el("h2", {}, "Try saying"), el("div.chips", {}, chips)),
      el("section.block", {}, el("h2", {}, "Phones", add), this.people, this.form),
      this.transcriptsBlock,
      this.developer(),
      el("p.foot", {}, "A stand-in for WhatsApp: no message leaves this machine."),
    );
  }

  /** Shows the phones and transcripts as they are now. */
  refresh(transcripts) {
    const { phones, shown } = this.app;
    this.people.replaceChildren(...phones.map((who) => this.person(who, shown.includes(who.key))));
    if (transcripts) {
      this.transcripts.replaceChildren(...transcripts.slice(0, 100).map((name) => el("button.chip", { type: "button", onclick: () => this.app.replay(name) }, name.replaceAll("_", " "))));
      this.transcriptsBlock.hidden = transcripts.length === 0;
    }
  }

  person(who, isShown) {
    const label = who.number ? `+${who.number}` : who.bsuid;
    const toggle = el("button.person", { type: "button", class: isShown ? "shown" : "", "aria-pressed": String(isShown), "data-person": who.key, onclick: () => this.app.show(who.key) }, face(who.name || who.key), el("span.who", {}, el("b", {}, who.name || "Customer"), el("small", {}, label)), el("span.dot"));
    if (this.app.phones.length > 1) {
      const bye = el("span.bye", { role: "button", tabindex: "0", "aria-label": `Remove ${who.name || label}`, onclick: (e) => (e.stopPropagation(), this.app.drop(who.key)) }, icon("close"));
      toggle.append(bye);
    }
    return toggle;
  }

  open() {
    if (this.form.childElementCount) return void this.form.replaceChildren();
    const name = el("input", { name: "name", placeholder: "Chinedu Okafor", maxlength: 80, required: true });
    const identity = el("input", { name: "identity", placeholder: "0803 123 4567", maxlength: 140, required: true });
    const forms = el("select", { name: "from" }, ["number", "missing", "empty", "bsuid"].map((form) => el("option", { value: form }, form)));
    const hidden = el("label", { hidden: true }, "What stands in “from”", forms);
    identity.addEventListener("input", () => (hidden.hidden = !/^[A-Z]{2}\./.test(identity.value)));
    const error = el("p.error", { hidden: true });
    const submit = async (event) => {
      event.preventDefault();
      try {
        await this.app.add({ ...identityOf(identity.value.trim()), name: name.value.trim(), from: hidden.hidden ? "number" : forms.value });
        this.form.replaceChildren();
      } catch (trouble) {
        error.textContent = trouble.message;
        error.hidden = false;
      }
    };
    this.form.replaceChildren(el("form.form", { onsubmit: submit }, el("label", {}, "Name", name), el("label", {}, "Number, or a user id such as NG.1349120865", identity), hidden, error, el("button.primary", { type: "submit" }, "Add phone")));
    name.focus();
  }

  // ---------------------------------------------------------------------------------------------- for developers

  developer() {
    this.figures = el("p.note");
    this.pending = el("p.note");
    const faults = el("select", { "aria-label": "Fault" }, el("option", { value: "" }, "Choose a fault…"), FAULTS.map(([label], i) => el("option", { value: i }, label)));
    faults.addEventListener("change", async () => {
      if (faults.value !== "") await post("/_sim/faults", FAULTS[Number(faults.value)][1]).catch(() => {});
      faults.value = "";
      this.look();
    });
    const flip = (label, setting, on, off) => {
      const box = el("input", { type: "checkbox", "data-setting": setting, onchange: () => post("/_sim/config", { [setting]: box.checked ? on : off }).then(() => this.look()) });
      this.boxes.push([box, setting, on]);
      return el("label.switch", {}, label, box);
    };
    this.boxes = [];
    const latency = el("input", { type: "number", min: 0, max: 60000, step: 50, value: 0, onchange: () => post("/_sim/config", { latency_s: Number(latency.value) / 1000 }).catch(() => {}) });
    const block = el(
      "details.block",
      { ontoggle: () => this.toggled(block.open) },
      el("summary", {}, icon("down"), "Developer"),
      el(
        "div",
        {},
        el("label.switch", {}, "Faults", faults),
        this.pending,
        flip("Statuses are sent", "statuses", true, false),
        flip("24-hour window counts", "window", "async", "off"),
        flip("Pair limit (1 in 6 s)", "pair_limit", true, false),
        flip("Throughput limit (80/s)", "throughput_limit", true, false),
        el("label.switch", {}, "Latency of a send, ms", latency),
        el("div.chips", {}, el("button.chip", { type: "button", onclick: () => remove("/_sim/faults").then(() => this.look()) }, "Clear faults"), el("button.chip", { type: "button", "data-later": "", title: "The 24 hours after the customer's last message are over", onclick: (event) => this.later(event.currentTarget) }, "24 hours later"), el("button.chip", { type: "button", onclick: () => this.app.clear() }, "Clear this chat"), el("button.chip", { type: "button", onclick: () => post("/_sim/reset", {}).then(() => this.look()) }, "Reset everything")),
        this.figures,
      ),
    );
    return block;
  }

  /** Closes the window of every phone that is shown: from now on only templates reach them, until they write. */
  async later(button) {
    button.disabled = true;
    const shown = this.app.phones.filter((who) => this.app.shown.includes(who.key));
    await Promise.all(shown.map(({ number, bsuid }) => post("/_sim/window", { number, bsuid, open: false }).catch(() => {})));
    button.disabled = false;
    this.look();
  }

  toggled(open) {
    document.body.classList.toggle("developer", open);
    clearInterval(this.looking);
    if (!open) return;
    this.look();
    this.looking = setInterval(() => this.look(), 2000);
  }

  async look() {
    try {
      const [health, config, { faults }] = await Promise.all([get("/_sim/health"), get("/_sim/config"), get("/_sim/faults")]);
      for (const [box, setting, on] of this.boxes) box.checked = config[setting] === on;
      this.pending.textContent = faults.length ? `Waiting: ${faults.map((f) => `${f.on}${f.code ? ` ${f.code}` : ""}${f.times === null ? " (all)" : ""}`).join(", ")}` : "";
      this.pending.hidden = faults.length === 0;
      const out = health.webhooks;
      this.figures.textContent = `${health.accepted} accepted from the bot, ${out.posts} webhooks posted\n${out.waiting} waiting, ${out.refused} refused, ${out.given_up} given up, ${out.dropped} dropped`;
    } catch {
      this.figures.textContent = "The simulator does not answer.";
    }
  }
}

/** {number} or {bsuid} from what was typed; Nigerian numbers may start with 0. */
export function identityOf(typed) {
  if (/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(typed)) return { bsuid: typed, number: "" };
  const digits = typed.replace(/[^\d]/g, "");
  if (digits.length < 7 || digits.length > 15 || /[A-Za-z]/.test(typed)) throw new Error("A phone number such as 0803 123 4567, or a user id such as NG.1349120865");
  return { number: digits.startsWith("0") ? `234${digits.replace(/^0+/, "")}` : digits, bsuid: "" };
}
