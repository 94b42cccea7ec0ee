// One message as WhatsApp shows it. `act` is what taps lead to: {tap, openList, askLocation, view, jump, find}.

import { drawing, el, face, icon, isWebAddress } from "./dom.js";
import { emojiOnly, formatted, plainWords } from "./format.js";

const LONG = 900;

/** The row of a message: its bubble, and the options that hang under it. */
export function rowOf(message, act) {
  const row = el("div.row", { class: message.mine ? "mine" : "theirs", "data-id": message.id });
  if (!message.mine && message.status === "failed") return lost(message, row);
  const shown = (RENDER[message.type] ?? unknown)(message.payload[message.type] ?? {}, message, act);
  const bubble = el("div.bubble", { class: shown.class });
  const quote = quoteOf(message, act);
  if (message.payload.context?.forwarded) bubble.append(el("span.forwarded", {}, "Forwarded"));
  if (quote) bubble.append(quote);
  bubble.append(el("div.said", {}, ...shown.inside, metaOf(message)));
  if (shown.action) bubble.append(shown.action);
  row.append(bubble);
  if (shown.under) row.append(shown.under);
  return row;
}

function lost(message, row) {
  row.className = "lost";
  row.append(`Not delivered: ${message.error?.code ?? ""} ${message.error?.title ?? "failed"}`);
  return row;
}

/** Time and, on the customer's own messages, the ticks. */
export function metaOf(message) {
  const time = new Date(message.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  return el("span.meta", {}, el("time", {}, time), message.mine ? tickOf(message.status) : null);
}

export function tickOf(status) {
  const name = { waiting: "clock", sent: "check", delivered: "checks", read: "checks", failed: "warn" }[status] ?? "clock";
  const said = { waiting: "waiting", sent: "sent", delivered: "delivered", read: "read", failed: "failed" }[status] ?? status;
  const tick = icon(name, `tick ${name === "clock" ? "clock" : ""} ${status}`);
  tick.removeAttribute("aria-hidden");
  tick.setAttribute("role", "img");
  tick.setAttribute("aria-label", said);
  return tick;
}

function quoteOf(message, act) {
  const id = message.payload.context?.id ?? message.payload.context?.message_id;
  const about = id && act.find(id);
  if (!about) return null;
  return el("button.quote", { type: "button", onclick: () => act.jump(id) }, el("b", {}, about.mine ? "You" : act.business()), el("span", {}, summary(about)));
}

/** A message in one line. */
export function summary(message) {
  const content = message.payload[message.type] ?? {};
  const text = content.body?.text ?? content.body ?? content.caption ?? content.list_reply?.title ?? content.button_reply?.title ?? content.text;
  if (typeof text === "string" && text) return plainWords(text).slice(0, 160);
  return { image: "Photo", video: "Video", audio: "Voice message", document: content.filename ?? "Document", location: "Location", sticker: "Sticker", contacts: "Contact" }[message.type] ?? message.type;
}

function words(text) {
  if (text.length <= LONG) return formatted(text);
  const box = el("div");
  const cut = text.slice(0, LONG).replace(/\s+\S*$/, "");
  const more = el("button.more", { type: "button", onclick: () => box.replaceChildren(formatted(text)) }, "Read more");
  box.append(formatted(`${cut}…`), more);
  return box;
}

// ------------------------------------------------------------------------------------------------ one for each type

const RENDER = { text, interactive, image, video, audio, voice: audio, document: file, sticker, location, contacts, template, button: tapped, order, unsupported };

function text(content) {
  const body = String(content.body ?? "");
  return { inside: [words(body)], class: emojiOnly(body) ? "emoji-only" : "" };
}

function unknown(content, message) {
  return { inside: [el("em", {}, `[${message.type}]`)] };
}

function unsupported() {
  return { inside: [el("em", {}, "This message can't be shown here.")] };
}

function tapped(content) {
  return { inside: [words(String(content.text ?? ""))] };
}

function interactive(content, message, act) {
  const reply = content.list_reply ?? content.button_reply ?? content.nfm_reply;
  if (reply) {
    const inside = [el("div.text", {}, String(reply.title ?? reply.body ?? "")), reply.description ? el("small", {}, String(reply.description)) : null];
    return { inside: [el("div.choice", {}, ...inside.filter(Boolean))] };
  }
  const inside = [...header(content.header), words(String(content.body?.text ?? ""))];
  if (content.footer?.text) inside.push(el("div.foot-line", {}, content.footer.text));
  const action = content.action ?? {};
  if (content.type === "button") {
    const under = el("div.options");
    for (const { reply: option } of action.buttons ?? [])
      under.append(el("button.option", { type: "button", "data-option": option.id, onclick: () => act.tap(message, option) }, icon("reply"), option.title));
    return { inside, under, class: "wide" };
  }
  const made = {
    list: () => el("button.action", { type: "button", onclick: () => act.openList(message) }, icon("list"), action.button ?? "Choose"),
    cta_url: () => link(action.parameters ?? {}),
    location_request_message: () => el("button.action", { type: "button", onclick: () => act.askLocation(message) }, icon("pin"), "Send location"),
    request_contact_info: () => el("button.action", { type: "button", onclick: () => act.shareContact(message) }, icon("person"), "Share contact info"),
    flow: () => el("button.action", { type: "button", onclick: () => act.note("Flows cannot be filled in here") }, icon("list"), action.parameters?.flow_cta ?? "Open"),
  }[content.type]?.();
  return { inside, class: "wide", action: made };
}

function link(parameters) {
  const href = isWebAddress(parameters.url) ? parameters.url : undefined;
  return el("a.action", { href, target: "_blank", rel: "noopener noreferrer" }, icon("link"), parameters.display_text ?? "Open");
}

function header(found) {
  if (!found) return [];
  if (found.type === "text") return [el("h4", {}, found.text ?? "")];
  if (found.type === "image") return [pictureBox(found.image)];
  if (found.type === "document") return [fileBox(found.document)];
  return [];
}

const addressOf = (content) => (content.id ? `/phone/media/${encodeURIComponent(content.id)}` : (content.local ?? ""));

function pictureBox(content, act) {
  const box = el("button.picture", { type: "button", "aria-label": "Open picture" });
  const source = addressOf(content);
  const img = el("img", { alt: content.caption ?? "Picture", loading: "lazy", src: source || undefined });
  // A picture by link lives on another host, which this page never asks: its address is shown instead.
  if (source) box.append(img);
  else box.append(el("span.file", {}, icon("image"), el("span", {}, content.link ?? "Picture")));
  if (act && source) box.addEventListener("click", () => act.view(source));
  return box;
}

function image(content, message, act) {
  const inside = [pictureBox(content, act)];
  if (content.caption) inside.push(words(String(content.caption)));
  return { inside, class: content.caption ? "" : "media-only" };
}

function sticker(content) {
  return { inside: [el("img", { alt: "Sticker", src: addressOf(content) || undefined })], class: "sticker" };
}

function video(content) {
  const inside = [el("video", { controls: true, preload: "metadata", src: addressOf(content) || undefined })];
  if (content.caption) inside.push(words(String(content.caption)));
  return { inside };
}

function audio(content) {
  return { inside: [el("audio", { controls: true, preload: "metadata", src: addressOf(content) || undefined })] };
}

function fileBox(content) {
  const name = String(content.filename ?? content.link ?? "Document");
  const ending = (/\.([a-z0-9]{1,5})$/i.exec(name)?.[1] ?? content.mime_type?.split("/")[1] ?? "file").slice(0, 4).toUpperCase();
  const href = addressOf(content) || (isWebAddress(content.link) ? content.link : undefined);
  const badge = el("span.badge", { class: ending === "PDF" ? "" : "other" }, ending);
  const size = content.size ? ` · ${readable(content.size)}` : "";
  return el("a.file", { href, target: "_blank", rel: "noopener noreferrer" }, badge, el("span", {}, el("b", {}, name), el("small", {}, `${ending}${size}`)));
}

export const readable = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1048576).toFixed(1)} MB`);

function file(content) {
  const inside = [fileBox(content)];
  if (content.caption) inside.push(words(String(content.caption)));
  return { inside, class: "wide" };
}

/** A small map drawn from the coordinates: the same place always looks the same. */
function location(content) {
  const [lat, lon] = [Number(content.latitude) || 0, Number(content.longitude) || 0];
  const turn = (n, salt) => Math.abs(Math.sin(n * 127.1 + salt * 311.7)) % 1;
  const y = (i) => 10 + turn(lat, i) * 110;
  const x = (i) => 10 + turn(lon, i) * 240;
  const road = (d, width, stroke) => ["path", { d, fill: "none", stroke, "stroke-width": width, "stroke-linecap": "round" }];
  const roads = [`M-5 ${y(1)} C80 ${y(2)} 150 ${y(3)} 265 ${y(4)}`, `M${x(1)} -5 C${x(2)} 40 ${x(3)} 90 ${x(4)} 135`, `M-5 ${y(5)} L265 ${y(6)}`, `M${x(5)} -5 L${x(6)} 135`];
  const map = drawing("0 0 260 130", [
    ["rect", { width: 260, height: 130, fill: "#e6eadc" }],
    ["path", { d: `M0 ${95 + y(7) / 8} Q 90 ${70 + y(8) / 4} 260 ${100 + y(9) / 9} V130 H0z`, fill: "#a9d4e6" }],
    ["rect", { x: x(7) / 1.4, y: y(10) / 2, width: 58, height: 34, rx: 6, fill: "#c5dfae" }],
    ...roads.map((d, i) => road(d, i < 2 ? 9 : 6, "#d5d9c9")),
    ...roads.map((d, i) => road(d, i < 2 ? 7 : 4, i === 0 ? "#fbe39a" : "#ffffff")),
    ["ellipse", { cx: 130, cy: 72, rx: 9, ry: 3, fill: "#0003" }],
    ["path", { d: "M130 70s-15-17-15-29a15 15 0 0 1 30 0c0 12-15 29-15 29z", fill: "#ea4335" }],
    ["circle", { cx: 130, cy: 41, r: 5.5, fill: "#8a1c12" }],
  ]);
  const name = content.name || `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
  const href = `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
  const note = content.address ? el("small", {}, content.address) : null;
  return { inside: [el("a.place", { href, target: "_blank", rel: "noopener noreferrer" }, map, el("div", {}, el("b", {}, name), note))], class: "" };
}

function contacts(content) {
  const cards = (Array.isArray(content) ? content : []).map((card) => {
    const name = String(card.name?.formatted_name ?? "Contact");
    return el("div.card", {}, face(name), el("span", {}, el("b", {}, name), el("small", {}, String(card.phones?.[0]?.phone ?? ""))));
  });
  return { inside: cards };
}

function template(content, message) {
  if (message.words) return { inside: [words(message.words), el("div.foot-line", {}, "Template message")] };
  const parameters = (content.components ?? []).flatMap((c) => (c.parameters ?? []).map((p) => String(p.text ?? p.payload ?? p[p.type]?.link ?? "")));
  return { inside: [el("h4", {}, String(content.name ?? "template").replaceAll("_", " ")), words(parameters.filter(Boolean).join("\n") || " "), el("div.foot-line", {}, "Template message")] };
}

function order(content) {
  const count = (content.product_items ?? []).length;
  return { inside: [el("h4", {}, `${count} item${count === 1 ? "" : "s"}`), words(String(content.text ?? ""))] };
}
