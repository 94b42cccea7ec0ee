// WhatsApp's own markup: *bold* _italic_ ~strike~ `code` ```block```, > quotes, lists, and links. Gives nodes, never markup.

import { el, isWebAddress } from "./dom.js";

const MARKS = { "*": "strong", _: "em", "~": "del" };
const LINK = /(?:https?:\/\/|www\.)[^\s<>"']+/gi;
const WORD = /[\p{L}\p{N}]/u;
const DEEPEST = 3;

/** The nodes of a message text. */
export function formatted(text) {
  const box = el("div.text");
  // An opened block that is never closed stays as it was typed.
  const pieces = text.split("```");
  pieces.forEach((piece, i) => {
    const closed = i % 2 === 1 && i < pieces.length - 1;
    if (closed && piece.trim()) box.append(el("pre", {}, piece.replace(/^\n|\n$/g, "")));
    else lines(box, i % 2 === 1 && !closed ? "```" + piece : piece);
  });
  return box;
}

function lines(box, text) {
  const rows = text.split("\n");
  let list = null;
  rows.forEach((row, i) => {
    const bullet = /^(?:[-*•]) (.+)/.exec(row);
    const numbered = /^(\d{1,3})\. (.+)/.exec(row);
    const quote = /^> (.+)/.exec(row);
    if (bullet || numbered) {
      const tag = bullet ? "ul" : "ol";
      if (list?.tagName.toLowerCase() !== tag) {
        if (i > 1 && !rows[i - 1]) box.append("\n"); // a line break right before a block is not drawn
        list = el(tag, numbered ? { start: numbered[1] } : {});
        box.append(list);
      }
      list.append(el("li", numbered ? { value: numbered[1] } : {}, ...inline((bullet ?? numbered).at(-1), 0)));
      return;
    }
    const afterBlock = list !== null;
    list = null;
    if (quote) {
      box.append(el("blockquote", {}, ...inline(quote[1], 0)));
      return;
    }
    const before = box.lastChild;
    const block = before?.tagName === "BLOCKQUOTE" || before?.tagName === "PRE";
    // A block ends its line by itself: the row after a list begins one, also when it is empty.
    if (i > 0 && !afterBlock && !(block && row)) box.append("\n");
    box.append(...inline(row, 0));
  });
}

/** Marks count at word boundaries only, and only around text without blanks at its edges. */
function inline(text, depth) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(...links(plain));
    plain = "";
  };
  for (let i = 0; i < text.length; i += 1) {
    const mark = text[i];
    if ((mark in MARKS || mark === "`") && depth < DEEPEST && !WORD.test(text[i - 1] ?? " ") && text[i + 1]?.trim()) {
      const end = closing(text, mark, i + 1);
      if (end > 0) {
        flush();
        const inner = text.slice(i + 1, end);
        nodes.push(mark === "`" ? el("code", {}, inner) : el(MARKS[mark], {}, ...inline(inner, depth + 1)));
        i = end;
        continue;
      }
    }
    plain += mark;
  }
  flush();
  return nodes;
}

function closing(text, mark, from) {
  // Looks a bounded way ahead, so that a text of nothing but marks stays cheap.
  const most = Math.min(text.length, from + 1500);
  for (let end = text.indexOf(mark, from); end > 0 && end < most; end = text.indexOf(mark, end + 1)) {
    if (end > from && text[end - 1].trim() && !WORD.test(text[end + 1] ?? " ")) return end;
  }
  return -1;
}

function links(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, "");
    const href = address.toLowerCase().startsWith("www.") ? `https://${address}` : address;
    if (!isWebAddress(href)) continue;
    nodes.push(text.slice(last, found.index), el("a", { href, target: "_blank", rel: "noopener noreferrer" }, address));
    last = found.index + address.length;
  }
  nodes.push(text.slice(last));
  return nodes.filter((n) => n !== "");
}

/** The words without marks, for quotes and lists of chats. */
export const plainWords = (text) => text.replace(/```/g, "").replace(/(^|[^\p{L}\p{N}])[*_~`](\S(?:.*?\S)?)[*_~`](?![\p{L}\p{N}])/gu, "$1$2");

/** One to three emoji and nothing else are shown large. */
export const emojiOnly = (text) => /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s?){1,3}$/u.test(text.trim());
