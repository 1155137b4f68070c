// The camera's picture with what is seen in it. Frame and pose come as one message and are drawn
// together; without the bundle of models the same anchors are drawn flat.
const MOST_IN_FLIGHT = 2;
// A picture that goes up: its number (4 bytes), its kind, then its bytes.
const UP = 5;
const [JPEG, LUMA_VIDEO, LUMA_FULL] = [0, 1, 2];
const AGAIN_MS = 2000;
const LOST_AFTER_MS = 3000;
const NOT_HERE = 4404;
const TAKEN_OVER = 4409;
const HINTS = {
  none: ["", ""],
  searching: ["把卡片平着拿到框里", "Hold the card flat, inside the frame"],
  closer: ["拿平，再近一点", "Hold the card flat, a little closer"],
  farther: ["再远一点", "A little farther away"],
  flatter: ["拿平一点，对着镜头", "Hold it flatter, towards the camera"],
  steadier: ["拿稳一点", "Hold it a little steadier"],
  light: ["光线不好：换个角度，避开反光", "The light is bad: turn it, away from glare"],
};
const WORDS = {
  on: ["摄像头开着", "Camera on"],
  waits: ["正在打开摄像头…", "The camera is being opened…"],
  lost: ["没有摄像头的画面", "There is no picture from the camera"],
  picture: ["摄像头画面", "Picture of the camera"],
  denied: ["浏览器不让用摄像头", "The browser does not give the camera"],
};

function english() { return document.documentElement.lang === "en"; }
function said([zh, en]) { return english() ? en : zh; }

// A blob goes through the browser's own process and back before it is decoded; this does not.
async function decoded(jpeg) {
  if (!window.ImageDecoder) return createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  const decoder = new ImageDecoder({ type: "image/jpeg", data: jpeg });
  try { return (await decoder.decode()).image; } finally { decoder.close(); }
}

// What is looked at of a camera's picture: its grey plane as it comes, neither coded nor copied
// through a canvas. Null where the browser has it in another form or size.
async function lumaOf(video, width, height) {
  const picture = new VideoFrame(video);
  const { format, visibleRect, colorSpace } = picture;
  const half = Math.ceil(width / 2);
  const chroma = { I420: [half, half], NV12: [2 * half] }[format];
  if (!chroma || visibleRect.width !== width || visibleRect.height !== height) { picture.close(); return null; }
  const planes = new Uint8Array(width * height + 2 * half * Math.ceil(height / 2));
  const layout = [{ offset: 0, stride: width }];
  for (const [nth, stride] of chroma.entries()) layout.push({ offset: width * height + nth * half * Math.ceil(height / 2), stride });
  await picture.copyTo(planes, { layout });
  return { picture, kind: colorSpace.fullRange ? LUMA_FULL : LUMA_VIDEO, bytes: planes.subarray(0, width * height) };
}

async function jpegOf(video, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, width, height);
  const [picture, jpeg] = await Promise.all([createImageBitmap(canvas), canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 })]);
  return { picture, kind: JPEG, bytes: new Uint8Array(await jpeg.arrayBuffer()) };
}

class ArView extends HTMLElement {
  connectedCallback() {
    const inside = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    inside.innerHTML = `<link rel="stylesheet" href="/static/ar.css">
      <div class="frame"><canvas id="picture" role="img"></canvas><canvas id="models" aria-hidden="true" hidden></canvas>
      <canvas id="overlay" aria-hidden="true"></canvas>
      <p id="notice" hidden><i></i><b></b> <span></span></p><p id="hint" role="status"></p></div>`;
    this.picture = inside.getElementById("picture");
    // Outlines lie in the picture, under the models; hotspots stand above them. Each layer more
    // costs a machine without a graphics card some milliseconds a frame.
    this.overlay = inside.getElementById("overlay");
    this.notice = inside.getElementById("notice");
    this.hint = inside.getElementById("hint");
    this.pen = this.picture.getContext("2d", { alpha: false });
    this.ink = this.overlay.getContext("2d");
    this.isHere = true;
    this.models = null;
    this.drawn = { n: -1, seen: [] };
    this.say(WORDS.waits);
    this.overlay.addEventListener("pointerdown", (event) => this.touch(event));
    this.hides = () => { if (document.hidden) this.close(); else this.open(); };
    document.addEventListener("visibilitychange", this.hides);
    this.restyled = new MutationObserver(() => this.relabel());
    this.restyled.observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
    this.relabel();
    this.open();
  }

  disconnectedCallback() {
    this.isHere = false;
    document.removeEventListener("visibilitychange", this.hides);
    this.restyled.disconnect();
    this.close();
    this.models?.close?.();
    this.models = null;
  }

  open() {
    if (this.socket || !this.isHere || document.hidden) return;
    const socket = new WebSocket(`ws://${location.host}/ar/stream`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.last = -1;
    this.kept = new Map();
    socket.onopen = () => {
      socket.send(document.body.dataset.token);
      if (this.dataset.source === "browser") this.film(socket);
    };
    socket.onmessage = (event) => { if (typeof event.data !== "string") this.take(event.data, socket); };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.close();
      if (event.code === TAKEN_OVER || event.code === NOT_HERE) return;
      this.again = setTimeout(() => this.open(), AGAIN_MS);
    };
    this.watch = setInterval(() => { if (performance.now() - (this.drawnAt ?? 0) > LOST_AFTER_MS) this.blank(); }, 1000);
  }

  // Nothing of the picture stays on the glass once the camera is off.
  close() {
    clearTimeout(this.again);
    clearInterval(this.watch);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.tracks?.forEach((track) => track.stop());
    this.tracks = null;
    for (const bitmap of this.kept?.values() ?? []) bitmap.close();
    this.kept = new Map();
    this.blank();
  }

  blank() {
    this.notice.hidden = true;
    for (const pen of [this.pen, this.ink]) {
      pen.resetTransform();
      pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    }
    this.models?.blank?.();
    this.drawn = { n: -1, seen: [] };
    this.say(WORDS.lost);
  }

  async take(data, socket) {
    const length = new DataView(data).getUint32(0);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    let bitmap = this.kept.get(head.n);
    if (bitmap) this.kept.delete(head.n);
    else if (data.byteLength > 4 + length) {
      bitmap = await decoded(new Uint8Array(data, 4 + length)).catch(() => null);
    }
    if (this.socket !== socket || !bitmap) { bitmap?.close(); return; }
    // One that was overtaken is not drawn, and is done with all the same.
    if (head.n > this.last) { this.last = head.n; this.draw(head, bitmap); }
    bitmap.close();
    if (this.dataset.source !== "browser" && socket.readyState === WebSocket.OPEN) socket.send(String(head.n));
  }

  draw(head, bitmap) {
    const [width, height] = head.size;
    if (this.picture.width !== width || this.picture.height !== height) {
      this.picture.width = width;
      this.picture.height = height;
    }
    const lines = this.pen;
    lines.resetTransform();
    lines.drawImage(bitmap, 0, 0, width, height);
    // Canvas counts from a pixel's corner, the camera from its middle.
    lines.translate(0.5, 0.5);
    if (!head.seen.length) this.guide(lines, width, height);
    for (const one of head.seen) this.mark(lines, one);
    this.model(head);
    this.stand(head, width, height);
    this.drawn = head;
    this.drawnAt = performance.now();
    if (this.notice.hidden) this.notice.hidden = false;
    this.say(head.seen.length && !["closer", "farther", "steadier", "light"].includes(head.hint) ? HINTS.none : HINTS[head.hint] ?? HINTS.none);
    this.dispatchEvent(new CustomEvent("drawn", { detail: head }));
  }

  // Hotspots are drawn at the pixels of the glass: there is writing beside them.
  stand(head, width, height) {
    const scale = Math.min(3, Math.max(1, Math.round((this.picture.clientWidth * devicePixelRatio) / width)));
    const pen = this.ink;
    const hasPins = head.seen.some((one) => one.pins.length);
    if (this.overlay.width !== width * scale || this.overlay.height !== height * scale) {
      this.overlay.width = width * scale;
      this.overlay.height = height * scale;
    } else if (hasPins || this.hadPins) {
      pen.resetTransform();
      pen.clearRect(0, 0, this.overlay.width, this.overlay.height);
    }
    this.hadPins = hasPins;
    pen.setTransform(scale, 0, 0, scale, 0.5 * scale, 0.5 * scale);
    for (const one of head.seen) for (const pin of one.pins) this.pin(pen, pin);
  }

  mark(pen, one) {
    const path = new Path2D();
    one.corners.forEach(([x, y], n) => (n ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
    pen.lineJoin = "round";
    pen.lineWidth = 5;
    pen.strokeStyle = "rgb(0 0 0 / .45)";
    pen.stroke(path);
    pen.lineWidth = 2.5;
    pen.strokeStyle = "#7fffd4";
    pen.stroke(path);
  }

  // Where the card goes: corners of a frame in the middle.
  guide(pen, width, height) {
    const high = height * 0.56;
    const wide = Math.min(width * 0.7, high * 1.42);
    const [left, top, arm] = [(width - wide) / 2, (height - high) / 2, high * 0.16];
    const path = new Path2D();
    for (const [x, y, dx, dy] of [[left, top, 1, 1], [left + wide, top, -1, 1], [left + wide, top + high, -1, -1], [left, top + high, 1, -1]]) {
      path.moveTo(x + dx * arm, y);
      path.lineTo(x, y);
      path.lineTo(x, y + dy * arm);
    }
    pen.lineCap = "round";
    for (const [line, ink] of [[7, "rgb(0 0 0 / .45)"], [3.5, "#fff"]]) { pen.lineWidth = line; pen.strokeStyle = ink; pen.stroke(path); }
  }

  pin(pen, pin) {
    const [[x, y], [footX, footY]] = [pin.at, pin.foot];
    const path = new Path2D();
    path.moveTo(footX, footY);
    path.lineTo(x, y);
    const radius = Math.max(9, (3.2 * this.mm()) / this.zoom());
    for (const [line, ink] of [[4, "rgb(0 0 0 / .45)"], [2, "#ffe2a3"]]) { pen.lineWidth = line; pen.strokeStyle = ink; pen.stroke(path); }
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = "#8a5a00";
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = "#fff";
    pen.stroke();
    pen.fillStyle = "#fff";
    pen.fillRect(x - radius * 0.5, y - 1, radius, 2);
    pen.fillRect(x - 1, y - radius * 0.5, 2, radius);
    const title = english() ? pin.title.en : pin.title.zh;
    pen.font = `600 ${Math.max(11, (3.6 * this.mm()) / this.zoom())}px "Noto Sans CJK SC", sans-serif`;
    pen.lineWidth = 4;
    pen.strokeStyle = "rgb(0 0 0 / .7)";
    pen.strokeText(title, x + radius + 4, y + 4);
    pen.fillStyle = "#fff";
    pen.fillText(title, x + radius + 4, y + 4);
  }

  // Models come when the first of them is seen; what cannot be loaded leaves the flat anchors.
  model(head) {
    if (this.dataset.models !== "1") return;
    const canvas = this.shadowRoot.getElementById("models");
    const isSeen = head.seen.some((one) => one.model);
    if (canvas.hidden === isSeen) canvas.hidden = !isSeen;
    if (!this.models) {
      if (!isSeen) return;
      this.models = { show() {} };
      import("/static/dist/models.js").then(({ Models }) => { if (this.isHere) this.models = new Models(canvas); }).catch(() => {});
    }
    this.models.show(head);
  }

  // A finger on a hotspot presses its button below: one way to act, whoever does.
  touch(event) {
    const box = this.overlay.getBoundingClientRect();
    const zoom = this.zoom();
    const [x, y] = [(event.clientX - box.left) / zoom - 0.5, (event.clientY - box.top) / zoom - 0.5];
    const reach = (7.5 * this.mm()) / zoom;
    const pins = (this.drawn.seen ?? []).flatMap((one) => one.pins.map((pin) => ({ name: pin.name, far: Math.hypot(pin.at[0] - x, pin.at[1] - y) })));
    const nearest = pins.sort((a, b) => a.far - b.far)[0];
    if (!nearest || nearest.far > reach) return;
    document.querySelector(`form.act-spot:has([name=choice][value="${CSS.escape(nearest.name)}"])`)?.requestSubmit();
  }

  zoom() { return (this.picture.clientWidth || 1) / (this.picture.width || 1); }
  mm() { return parseFloat(getComputedStyle(this).getPropertyValue("--mm")) || 3.78; }

  say(words) {
    this.words = words;
    const text = said(words);
    if (this.hint.textContent !== text) this.hint.textContent = text;
  }

  relabel() {
    const [first, second] = english() ? [1, 0] : [0, 1];
    this.notice.querySelector("b").textContent = WORDS.on[first];
    const other = this.notice.querySelector("span");
    other.textContent = WORDS.on[second];
    other.lang = second ? "en" : "zh-CN";
    this.picture.setAttribute("aria-label", said(WORDS.picture));
    if (this.words) this.say(this.words);
  }

  // The browser has the camera: each picture goes up, and is drawn when its pose comes back.
  async film(socket) {
    let stream;
    const [width, height] = [Number(this.dataset.width), Number(this.dataset.height)];
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { width, height, frameRate: 30 } });
    } catch { this.say(WORDS.denied); return; }
    if (this.socket !== socket) { stream.getTracks().forEach((track) => track.stop()); return; }
    this.tracks = stream.getTracks();
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = stream;
    await video.play();
    const shoot = window.VideoFrame ? lumaOf : jpegOf;
    let number = 0;
    let sending = 0;
    const next = async () => {
      if (this.socket !== socket) { video.srcObject = null; return; }
      video.requestVideoFrameCallback(next);
      if (this.kept.size + sending >= MOST_IN_FLIGHT || socket.readyState !== WebSocket.OPEN) return;
      sending += 1;
      const n = number++;
      this.dispatchEvent(new CustomEvent("grabbed", { detail: n }));
      const shot = (await shoot(video, width, height)) ?? (await jpegOf(video, width, height));
      sending -= 1;
      if (this.socket !== socket || socket.readyState !== WebSocket.OPEN) { shot.picture.close(); return; }
      this.kept.set(n, shot.picture);
      const message = new Uint8Array(UP + shot.bytes.length);
      new DataView(message.buffer).setUint32(0, n);
      message[4] = shot.kind;
      message.set(shot.bytes, UP);
      socket.send(message);
    };
    video.requestVideoFrameCallback(next);
  }
}
customElements.define("ar-view", ArView);
