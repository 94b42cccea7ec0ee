// What slides over a chat. Each function puts its layer on `screen` and resolves with the choice, or with null when it is closed.

import { el, icon } from "./dom.js";
import { readable } from "./bubbles.js";

const PLACES = [
  { name: "Yaba, Lagos", address: "12 Herbert Macaulay Way, Yaba, Lagos", latitude: 6.5095, longitude: 3.3711 },
  { name: "Ikeja City Mall", address: "Obafemi Awolowo Way, Ikeja, Lagos", latitude: 6.6137, longitude: 3.3581 },
  { name: "Victoria Island", address: "Adeola Odeku Street, Victoria Island, Lagos", latitude: 6.4281, longitude: 3.4219 },
  { name: "Wuse 2, Abuja", address: "Aminu Kano Crescent, Wuse 2, Abuja", latitude: 9.0785, longitude: 7.4702 },
  { name: "GRA, Port Harcourt", address: "Aba Road, GRA Phase 2, Port Harcourt", latitude: 4.8242, longitude: 7.0056 },
  { name: "Bodija, Ibadan", address: "Awolowo Avenue, Bodija, Ibadan", latitude: 7.4346, longitude: 3.9081 },
];
const EMOJIS = "😀 😂 😊 😍 🙏 👍 👎 ❤️ 🎉 😢 😮 😡 🤒 🤕 😷 🤧 💊 🩺 🏥 🚑 🛒 📦 📍 ✅".split(" ");

/** A layer with a title; `fill(close)` gives what is in it. Escape and a tap beside it close it. */
function layer(screen, title, fill) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const close = (choice) => {
      veil.remove();
      document.removeEventListener("keydown", escape);
      before?.focus?.({ preventScroll: true });
      resolve(choice ?? null);
    };
    const escape = (event) => event.key === "Escape" && close(null);
    const head = el("header", {}, el("button", { type: "button", "aria-label": "Close", onclick: () => close(null) }, icon("close")), title);
    const sheet = el("div.sheet", { role: "dialog", "aria-modal": "true", "aria-label": title }, head, ...fill(close));
    const veil = el("div.veil", { onclick: (event) => event.target === veil && close(null) }, sheet);
    document.addEventListener("keydown", escape);
    screen.append(veil);
    sheet.querySelector("button.pick, .tile, input")?.focus({ preventScroll: true });
  });
}

/** The rows of an interactive list with radio marks and a send button; resolves with the row. */
export function chooseRow(screen, interactive) {
  const action = interactive.action ?? {};
  return layer(screen, action.button || "Choose", (close) => {
    let chosen = null;
    const send = el("button.primary", { type: "button", disabled: true, onclick: () => chosen && close(chosen) }, "Send");
    const rows = el("div.rows", { role: "radiogroup" });
    for (const section of action.sections ?? []) {
      if (section.title) rows.append(el("h5", {}, section.title));
      for (const row of section.rows ?? []) {
        const words = el("span.words", {}, el("b", {}, row.title), row.description ? el("small", {}, row.description) : null);
        const pick = el("button.pick", { type: "button", role: "radio", "aria-checked": "false", "data-option": row.id }, words, el("span.radio"));
        pick.addEventListener("click", () => {
          rows.querySelectorAll(".pick").forEach((other) => other.setAttribute("aria-checked", String(other === pick)));
          chosen = row;
          send.disabled = false;
        });
        pick.addEventListener("dblclick", () => close(row));
        rows.append(pick);
      }
    }
    return [rows, el("footer", {}, send)];
  });
}

/** What to attach: image, document, location, contact. */
export function chooseAttachment(screen) {
  return layer(screen, "Share", (close) => {
    const tile = (colour, picture, label, choice) =>
      el("button.tile", { type: "button", class: colour, "data-attach": choice, onclick: () => close(choice) }, el("i", {}, icon(picture)), label);
    return [el("div.tiles", {}, tile("violet", "doc", "Document", "document"), tile("pink", "image", "Photo", "image"), tile("green", "pin", "Location", "location"), tile("blue", "person", "Contact", "contact"))];
  });
}

/** A place: one of the known ones, or coordinates typed in. */
export function choosePlace(screen) {
  return layer(screen, "Send location", (close) => {
    const rows = el("div.rows");
    for (const place of PLACES)
      rows.append(el("button.pick", { type: "button", onclick: () => close(place) }, icon("pin"), el("span.words", {}, el("b", {}, place.name), el("small", {}, place.address))));
    const typed = el("input", { placeholder: "6.5244, 3.3792", inputmode: "decimal", "aria-label": "Coordinates" });
    const use = (event) => {
      event.preventDefault();
      const [latitude, longitude] = typed.value.split(/[ ,]+/).map(Number);
      if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) close({ latitude, longitude });
      else typed.setCustomValidity("Latitude and longitude, such as 6.5244, 3.3792"), typed.reportValidity();
    };
    typed.addEventListener("input", () => typed.setCustomValidity(""));
    return [rows, el("form.form", { onsubmit: use }, typed, el("button.primary", { type: "submit" }, "Send these coordinates"))];
  });
}

/** One emoji. */
export function chooseEmoji(screen) {
  return layer(screen, "Emoji", (close) => [el("div.emojis", {}, EMOJIS.map((e) => el("button", { type: "button", onclick: () => close(e) }, e)))]);
}

/** The file before it is sent, with a caption; resolves with the caption or null. */
export function beforeSending(screen, file) {
  return new Promise((resolve) => {
    const address = URL.createObjectURL(file);
    const end = (caption) => {
      box.remove();
      URL.revokeObjectURL(address);
      resolve(caption);
    };
    const caption = el("input", { placeholder: "Add a caption…", maxlength: 1024, "aria-label": "Caption" });
    const shown = file.type.startsWith("image/")
      ? el("img", { src: address, alt: "Preview" })
      : el("div.file", {}, el("span.badge", { class: file.type === "application/pdf" ? "" : "other" }, file.type === "application/pdf" ? "PDF" : "FILE"), el("span", {}, el("b", {}, file.name), el("small", {}, readable(file.size))));
    const head = el("header", {}, el("button", { type: "button", "aria-label": "Cancel", onclick: () => end(null) }, icon("close")), el("span", {}, file.name));
    const form = el("form", { onsubmit: (event) => (event.preventDefault(), end(caption.value)) }, caption, el("button.go", { type: "submit", "aria-label": "Send" }, icon("send")));
    const box = el("div.before", { role: "dialog", "aria-label": "Send file" }, head, el("div.stage", {}, shown), form);
    screen.append(box);
    caption.focus();
  });
}

/** A picture in full. */
export function viewPicture(screen, address) {
  const close = () => {
    box.remove();
    document.removeEventListener("keydown", escape);
  };
  const escape = (event) => event.key === "Escape" && close();
  const head = el("header", {}, el("button", { type: "button", "aria-label": "Close", onclick: close }, icon("back")), el("span", {}, "Photo"));
  const box = el("div.before", { role: "dialog", "aria-label": "Picture" }, head, el("div.stage", { onclick: close }, el("img", { src: address, alt: "Picture" })));
  document.addEventListener("keydown", escape);
  screen.append(box);
}

/** A short word at the bottom of the screen. */
export function note(screen, sentence) {
  screen.querySelectorAll(".says").forEach((old) => old.remove());
  const says = el("div.says", { role: "status" }, sentence);
  screen.append(says);
  setTimeout(() => says.remove(), 3500);
}
