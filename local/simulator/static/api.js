// Everything the page asks of the simulator.

export class Refusal extends Error {}

async function answer(response) {
  const found = await response.json().catch(() => ({ error: "the simulator gave no answer" }));
  if (!response.ok) throw new Refusal(found.error ?? `error ${response.status}`);
  return found;
}

const json = (method, path, body) =>
  fetch(path, { method, headers: { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) }).then(answer);

export const get = (path) => fetch(path).then(answer);
export const post = (path, body) => json("POST", path, body ?? {});
export const remove = (path) => json("DELETE", path);

export const upload = (file) =>
  fetch(`/phone/upload?${new URLSearchParams({ filename: file.name ?? "" })}`, {
    method: "POST",
    headers: { "Content-Type": file.type || "application/octet-stream" },
    body: file,
  }).then(answer);

/** A message id of the customer's own making, so that the page knows its message when it comes back as an event. */
export function messageId() {
  const bytes = crypto.getRandomValues(new Uint8Array(21));
  return `wamid.${btoa(String.fromCharCode(0x1c, 0x18, ...bytes))}`;
}

/** Events of these chats for as long as the page is open; `heard` gets each, `lost` is told when the line breaks and comes back. */
export function listen(keys, heard, line) {
  const source = new EventSource(`/phone/events?${new URLSearchParams({ keys: keys.join(",") })}`);
  let broken = false;
  source.onmessage = (message) => heard(JSON.parse(message.data));
  source.onopen = () => {
    line(true, broken);
    broken = false;
  };
  source.onerror = () => {
    broken = true;
    line(false, broken);
  };
  return () => source.close();
}
