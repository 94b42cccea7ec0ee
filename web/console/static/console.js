"use strict";
// What every page of the console does: tokens for HTMX, times that stay current, forms that are sent once, keys.
// Pages work without it but for what HTMX brings.
(() => {
  const csrf = () => document.querySelector('meta[name="csrf-token"]').content;

  // Whether a person asked for it; a page that asks by itself has no event, or one called "poll".
  const asked = (config) => Boolean(config && config.triggeringEvent && config.triggeringEvent.type !== "poll");

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrf();
    // What a page asks by itself keeps nobody signed in.
    if (!asked(event.detail)) event.detail.headers["Console-Background"] = "1";
  });

  function say(text, kind) {
    const place = document.getElementById("messages");
    const node = document.createElement("div");
    node.className = "message " + kind;
    node.textContent = text;
    place.replaceChildren(node);
  }
  window.consoleSay = say;

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (asked(event.detail.requestConfig)) {
        say("No connection to the pharmacy's server. Nothing was changed; try again.", "bad");
      }
    });
  }
  // An error message is put at the top: bring it into view when a person asked for what failed.
  document.addEventListener("htmx:responseError", (event) => {
    if (asked(event.detail.requestConfig)) document.getElementById("messages").scrollIntoView({ block: "nearest" });
  });

  // "5 min ago" grows older on its own.
  function length(s) {
    if (s < 3600) return Math.floor(s / 60) + " min";
    if (s < 48 * 3600) return Math.floor(s / 3600) + " h";
    return Math.floor(s / 86400) + " days";
  }
  setInterval(() => {
    for (const node of document.querySelectorAll("time.ago")) {
      const s = (Date.now() - Date.parse(node.dateTime)) / 1000;
      if (s >= 60 && s < 7 * 86400) node.textContent = length(s) + " ago";
    }
  }, 20000);

  // A form is sent once; `data-confirm` asks first.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asker = event.submitter && event.submitter.dataset.confirm ? event.submitter : form;
    if (form.dataset.sent || (asker.dataset.confirm && !window.confirm(asker.dataset.confirm))) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented || form.method === "get" || form.matches("[hx-post], [hx-put], [hx-delete]")) return;
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  document.addEventListener("change", (event) => {
    const shown = event.target.dataset.shows;
    if (shown) for (const field of document.querySelectorAll(shown)) field.type = event.target.checked ? "text" : "password";
  });

  // Where there is no room for all pages, the one somebody is on is in sight.
  const present = document.querySelector(".places [aria-current]");
  if (present && present.offsetLeft + present.offsetWidth > present.parentNode.clientWidth) present.parentNode.scrollLeft = present.offsetLeft - present.parentNode.offsetLeft - 40;

  // The menu under the name closes with Escape or a click beside it.
  const menu = document.querySelector("details.me");
  if (menu) {
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
    });
  }

  // A button or link with data-key="a" is pressed by that key, unless somebody is typing or a dialog is open.
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog[open]")) return;
    const wanted = [...document.querySelectorAll("[data-key]")].find((node) => node.dataset.key === event.key && !node.disabled && node.getClientRects().length);
    if (wanted) { event.preventDefault(); wanted.focus(); wanted.click(); }
  });
})();
