// The picture of a prescription: zoom, pan, turn, contrast, pages; boxes of the lines that were read on it.
const SVG = "http://www.w3.org/2000/svg";
const LARGEST = 12;

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  return node;
}

export class Viewer {
  // `chosen(row)` is called when a box is clicked.
  constructor(place, chosen) {
    this.place = place;
    this.svg = place.querySelector("#picture");
    this.chosen = chosen;
    this.boxes = []; // {row, page, x, y, width, height, node}, in pixels of the flattened page
    this.turned = 0;
    this.page = 0;
    this.pages = [];
    const count = Number(this.svg.dataset.pages);
    for (let n = 0; n < count; n++) {
      const [page, width, height] = this.svg.getAttribute(`data-page-${n}`).split(",").map(Number);
      this.pages.push({ page, width, height, flat: this.svg.getAttribute(`data-flat-${n}`), photo: this.svg.getAttribute(`data-photo-${n}`) });
    }
    this.group = this.svg.appendChild(make("g", {}));
    this.image = this.group.appendChild(make("image", {}));
    this.marks = this.group.appendChild(make("g", {}));
    this.fetched = new Map(); // address: a promise of the picture's bytes as an address of this page
    this.listen();
    this.open(0);
    new ResizeObserver(() => this.fit()).observe(this.svg);
  }

  // Each picture is asked for once, for the page and for its strips; what failed is asked for again when somebody says so.
  source(address) {
    if (!this.fetched.has(address)) {
      this.fetched.set(address, fetch(address, { signal: AbortSignal.timeout(30000) }).then(async (answer) => {
        if (!answer.ok || !(answer.headers.get("content-type") || "").startsWith("image/")) throw new Error(String(answer.status));
        return URL.createObjectURL(await answer.blob());
      }));
      this.fetched.get(address).catch(() => this.fetched.delete(address));
    }
    return this.fetched.get(address);
  }

  missing(error) {
    const away = !/^4/.test(error.message);
    this.svg.setAttribute("hidden", "");
    document.getElementById("no-picture").hidden = false;
    if (away) document.getElementById("why-no-picture").textContent = "It could not be fetched: the connection or the store of pictures is away. Try again in a minute; approve nothing without it.";
  }

  get asSent() { return this.svg.classList.contains("as-sent"); }

  async open(index) {
    this.page = (index + this.pages.length) % this.pages.length;
    const it = this.pages[this.page], sent = this.asSent;
    const say = document.getElementById("page-of");
    if (say) say.textContent = `${this.page + 1} of ${this.pages.length}`;
    this.svg.classList.add("loading");
    try {
      const address = await this.source(sent ? it.photo : it.flat);
      const { naturalWidth, naturalHeight } = sent ? await measured(address) : {};
      if (it !== this.pages[this.page] || sent !== this.asSent) return; // turned to another one meanwhile
      this.svg.removeAttribute("hidden");
      document.getElementById("no-picture").hidden = true;
      this.show(address, sent ? naturalWidth : it.width, sent ? naturalHeight : it.height);
    } catch (error) { this.missing(error); } finally { this.svg.classList.remove("loading"); }
  }

  show(address, width, height) {
    this.width = width;
    this.height = height;
    this.image.setAttribute("width", width);
    this.image.setAttribute("height", height);
    this.image.setAttribute("href", address);
    this.draw();
    const here = this.boxes.find((box) => box.row === this.row && box.index === this.page);
    if (here && this.zoomed && !this.asSent) { this.fit(); this.centre(here); } else this.fit();
  }

  // `places`: of one row, [page, x, y, width, height] in thousandths.
  add(row, places, unsure) {
    for (const [page, x, y, width, height] of places) {
      const index = this.pages.findIndex((it) => it.page === page);
      if (index < 0) continue;
      const { width: w, height: h } = this.pages[index];
      const pad = h * 0.004;
      this.boxes.push({ row, index, unsure, x: x * w / 1000 - pad, y: y * h / 1000 - pad, width: width * w / 1000 + 2 * pad, height: height * h / 1000 + 2 * pad });
    }
    this.draw();
  }

  draw() {
    this.marks.replaceChildren();
    for (const box of this.boxes) {
      if (box.index !== this.page) continue;
      const { x, y, width, height } = box;
      box.node = this.marks.appendChild(make("rect", { x, y, width, height, rx: 4 }));
      if (box.unsure) box.node.classList.add("unsure");
      if (box.row === this.row) box.node.classList.add("chosen");
      box.node.addEventListener("click", () => { if (!this.moved) this.chosen(box.row); });
    }
  }

  select(row) {
    this.row = row;
    const mine = this.boxes.filter((box) => box.row === row);
    this.zoomed = true;
    if (mine.length && !mine.some((box) => box.index === this.page) && !this.asSent) this.open(mine[0].index);
    for (const box of this.boxes) if (box.node) box.node.classList.toggle("chosen", box.row === row);
    const here = mine.find((box) => box.index === this.page);
    if (here && !this.asSent) this.centre(here);
  }

  // Brings a box to the middle, large enough to be read and no larger than the view.
  centre(box) {
    const view = this.svg.getBoundingClientRect();
    if (!view.width || !this.width) return;
    const sideways = this.turned % 180 !== 0;
    const along = sideways ? view.height : view.width;
    this.scale = Math.min(Math.max(this.least, Math.min(along * 0.92 / box.width, 46 / box.height)), this.least * LARGEST);
    const [x, y] = this.turn(box.x + box.width / 2, box.y + box.height / 2);
    this.left = view.width / 2 - x * this.scale;
    this.top = view.height / 2 - y * this.scale;
    this.place_();
  }

  // Where a point of the page lies after turning, in pixels of the turned page.
  turn(x, y) {
    return { 0: [x, y], 90: [this.height - y, x], 180: [this.width - x, this.height - y], 270: [y, this.width - x] }[this.turned];
  }

  get size() { return this.turned % 180 ? [this.height, this.width] : [this.width, this.height]; }

  fit() {
    this.zoomed = false;
    const view = this.svg.getBoundingClientRect();
    if (!view.width || !this.width) return;
    const [width, height] = this.size;
    this.least = Math.min(view.width / width, view.height / height) * 0.98;
    this.scale = this.least;
    this.left = (view.width - width * this.scale) / 2;
    this.top = (view.height - height * this.scale) / 2;
    this.place_();
  }

  zoom(factor, x, y) {
    const view = this.svg.getBoundingClientRect();
    const atX = x === undefined ? view.width / 2 : x - view.left, atY = y === undefined ? view.height / 2 : y - view.top;
    const next = Math.min(Math.max(this.scale * factor, this.least * 0.6), this.least * LARGEST);
    this.left = atX - (atX - this.left) * next / this.scale;
    this.top = atY - (atY - this.top) * next / this.scale;
    this.scale = next;
    this.place_();
  }

  place_() {
    const { width, height } = this;
    const turned = { 0: "", 90: `translate(${height} 0) rotate(90)`, 180: `translate(${width} ${height}) rotate(180)`, 270: `translate(0 ${width}) rotate(270)` }[this.turned];
    this.group.setAttribute("transform", `translate(${this.left} ${this.top}) scale(${this.scale}) ${turned}`);
  }

  act(name) {
    const button = this.place.querySelector(`[data-view=${name}]`);
    const press = (on) => button && button.setAttribute("aria-pressed", on ? "true" : "false");
    if (name === "larger") this.zoom(1.35);
    else if (name === "smaller") this.zoom(1 / 1.35);
    else if (name === "fit") this.fit();
    else if (name === "turn") { this.turned = (this.turned + 90) % 360; this.fit(); }
    else if (name === "contrast") press(this.svg.classList.toggle("contrast"));
    else if (name === "boxes") press(!this.svg.classList.toggle("plain"));
    else if (name === "photo") { press(this.svg.classList.toggle("as-sent")); this.open(this.page); }
    else if (name === "page-before") this.open(this.page - 1);
    else if (name === "page-after") this.open(this.page + 1);
    else if (name === "retry") this.open(this.page);
    else if (name === "full") document.fullscreenElement ? document.exitFullscreen() : this.place.requestFullscreen().catch(() => {});
  }

  listen() {
    for (const button of this.place.querySelectorAll("[data-view]")) button.addEventListener("click", () => this.act(button.dataset.view));
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.clientX, event.clientY);
    }, { passive: false });
    this.svg.addEventListener("dblclick", (event) => this.zoom(2, event.clientX, event.clientY));
    const down = new Map();
    const middle = () => {
      const [a, b] = [...down.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
    };
    this.svg.addEventListener("pointerdown", (event) => {
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.moved = false;
    });
    this.svg.addEventListener("pointermove", (event) => {
      const from = down.get(event.pointerId);
      if (!from) return;
      const before = down.size === 2 ? middle() : null;
      const x = event.clientX - from.x, y = event.clientY - from.y;
      if (!this.moved && Math.abs(x) + Math.abs(y) < 5) return;
      if (!this.moved) this.svg.setPointerCapture(event.pointerId);
      this.moved = true;
      this.svg.classList.add("dragging");
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (before) {
        const after = middle();
        this.left += after.x - before.x;
        this.top += after.y - before.y;
        this.zoom(after.apart / Math.max(1, before.apart), after.x, after.y);
      } else if (down.size === 1) {
        this.left += x;
        this.top += y;
        this.place_();
      }
    });
    for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, (event) => {
      down.delete(event.pointerId);
      this.svg.classList.remove("dragging");
    });
    document.addEventListener("fullscreenchange", () => this.fit());
  }
}

function measured(address) {
  return new Promise((done, failed) => {
    const picture = new Image();
    picture.onload = () => done(picture);
    picture.onerror = () => failed(new Error("404"));
    picture.src = address;
  });
}

// Draws the strip of the page where a line stands into the canvas beside its words.
export async function strips(viewer, rows) {
  const wanted = new Map();
  for (const { canvas, places } of rows) {
    const page = canvas && places.length && viewer.pages.find((it) => it.page === places[0][0]);
    if (page) wanted.set(page, [...(wanted.get(page) || []), { canvas, place: together(places) }]);
  }
  for (const [page, jobs] of wanted) {
    try {
      const picture = await measured(await viewer.source(page.flat));
      jobs.forEach(({ canvas, place }) => { if (canvas.isConnected) strip(picture, canvas, place); });
    } catch (error) { /* the viewer says it */ }
  }
}

// The first line of a medicine, and those close beneath it.
function together([[page, left, top, width, height], ...others]) {
  let [right, bottom] = [left + width, top + height];
  for (const [other, x, y, w, h] of others) {
    if (other !== page || y < top || y + h - top > height * 4) continue;
    [left, right, bottom] = [Math.min(left, x), Math.max(right, x + w), Math.max(bottom, y + h)];
  }
  return [page, left, top, right - left, bottom - top];
}

function strip(picture, canvas, [, x, y, width, height]) {
  const w = picture.naturalWidth / 1000, h = picture.naturalHeight / 1000;
  const padX = 12 * w, padY = 5 * h;
  const left = Math.max(0, x * w - padX), top = Math.max(0, y * h - padY);
  const right = Math.min(picture.naturalWidth, (x + width) * w + padX), bottom = Math.min(picture.naturalHeight, (y + height) * h + padY);
  const room = (canvas.closest(".words")?.clientWidth || 380) - 2;
  const scale = Math.min(room / (right - left), 84 / (bottom - top), 3);
  const dense = window.devicePixelRatio || 1;
  canvas.width = Math.round((right - left) * scale * dense);
  canvas.height = Math.round((bottom - top) * scale * dense);
  canvas.style.width = `${Math.round((right - left) * scale)}px`;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, left, top, right - left, bottom - top, 0, 0, canvas.width, canvas.height);
}
