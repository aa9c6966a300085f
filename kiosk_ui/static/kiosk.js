// Draws what the daemon sends and sends back what a resident chooses. It decides nothing.

const SILENCE = 4000; // ms without an event after which the daemon counts as lost
const RETRY = 2000; // ms for a connection to answer: a starting daemon may be slow
const SAID = 6000; // ms for which a touch without effect is spoken of
const STRIKE = 500; // ms in which a second touch is the same touch by an unsteady hand

const frame = document.getElementById("frame");
const lost = document.getElementById("lost");
const refusal = document.getElementById("refused");
const said = document.getElementById("said");
const alarm = document.getElementById("alarm");
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;

let sequence = Number(frame.dataset.sequence);
let heard = performance.now();
let tried = heard;
let struck = -STRIKE;
let stream;
let resting = false; // another page of this browser looks

// -- drawing ---------------------------------------------------------------------------

const key = (node) =>
  node.nodeName + (node.dataset?.action ?? "") + (node.dataset?.screen ?? "");

// Change `old` into `fresh` and keep every element that is still the same thing, so that a
// finger which is down stays on its button, and no button ever turns into another one.
function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  for (const [index, wanted] of after.entries()) {
    const present = before[index];
    if (!present) old.append(wanted);
    else if (key(present) === key(wanted)) morph(present, wanted);
    else present.replaceWith(wanted);
  }
  for (const surplus of before.slice(after.length)) surplus.remove();
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Nothing that is needed may be off the glass, however large the text and long the words: what
// can be left out goes first (pictures, the foot), then room around, then as little size as will
// do. The bar stays.
const TIGHTEST = 3; // the last of the levels that kiosk.css knows
const SMALLEST = 0.4; // of the size that was asked for
const HALVINGS = 8; // in which the zoom is found to a four-hundredth

const REACH = 0.45; // of a tall screen's height: the lowest part, within reach of who sits

const onGlass = (root) => root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth;
const outgrown = (node) => node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1;
// What stands out of `main` does not widen the document: it is a container of its own.
const uncut = () => ![...frame.querySelectorAll("main, main button")].some(outgrown);

// Sets the largest zoom at which `good()` holds, found by halving, and returns it.
function widest(zoom, good) {
  let [fits, least] = [SMALLEST, 1];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (fits + least) / 2;
    zoom(middle);
    if (good()) fits = middle;
    else least = middle;
  }
  zoom(fits);
  return fits;
}

const tall = () => innerHeight > innerWidth;
const resize = (name) => (size) => document.documentElement.style.setProperty(name, size);
const [zoom, zoomKeys] = [resize("--zoom"), resize("--keys")];

// On a tall screen all that is touched is in its lowest part: the choices share what the bar
// leaves of it, with a zoom of their own. Returns it.
function reach(root) {
  const keys = frame.querySelector(".choices, .services");
  root.dataset.keys = "loose";
  zoomKeys(1);
  if (!keys || !tall()) return 1;
  const bar = frame.querySelector(".bar")?.getBoundingClientRect().height ?? 0;
  const [around, main] = [frame, keys.parentElement].map((node) => getComputedStyle(node));
  const edges = [around.rowGap, around.paddingBottom, main.paddingBottom].map(parseFloat).reduce((a, b) => a + b);
  root.style.setProperty("--reach", `${REACH * innerHeight - bar - edges}px`);
  const inside = () => ![keys, ...keys.querySelectorAll("button")].some(outgrown);
  if (inside()) return 1;
  root.dataset.keys = "full";
  return inside() ? 1 : widest(zoomKeys, inside);
}

// What is there for a glance goes before anything that is there for use.
const glances = () => (frame.querySelector("[data-idle]") ? ["full", "date", "time", "none"] : ["none"]);

// Shows as much of it as `good()` allows; whether it holds at all.
const showGlance = (root, good) =>
  glances().some((glance) => {
    root.dataset.glance = glance;
    return good();
  });

function fit() {
  const root = document.documentElement;
  zoom(1);
  root.dataset.fit = 0;
  const keys = reach(root);
  const good = () => onGlass(root) && uncut();
  for (let level = 0; level <= TIGHTEST; level++) {
    root.dataset.fit = level;
    if (showGlance(root, good)) return;
  }
  root.dataset.keys = "tight";
  if (good()) return;
  const both = (size) => {
    zoom(size);
    zoomKeys(Math.min(keys, tall() ? size : 1));
  };
  both(SMALLEST);
  const hopeless = !uncut(); // a label that is too long for its button at any size
  const fits = () => onGlass(root) && (hopeless || uncut());
  widest(both, fits);
  if (glances().length > 1) showGlance(root, fits);
}

addEventListener("resize", fit);

function focus(index) {
  const target = frame.querySelectorAll("button")[index] ?? frame.querySelector("h1");
  if (target === document.activeElement) return;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
}

function announce(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function draw(snapshot) {
  const root = document.documentElement;
  root.lang = snapshot.language;
  root.dataset.text = snapshot.text_size;
  root.dataset.contrast = snapshot.contrast;
  root.dataset.sequence = snapshot.sequence;
  const product = document.title.split(" – ").at(-1);
  morphChildren(frame, parse(snapshot.html));
  fit();
  document.title = `${snapshot.title} – ${product}`;
  sequence = snapshot.sequence;
  focus(snapshot.focus);
  const words = [snapshot.title, snapshot.text].filter(Boolean).join("\n");
  announce(snapshot.alarm ? alarm : said, words);
  announce(snapshot.alarm ? said : alarm, "");
}

// -- the daemon is there, or is not ----------------------------------------------------

function alive() {
  heard = performance.now();
  if (!frame.inert) return;
  frame.inert = false;
  lost.replaceChildren();
}

function lose() {
  if (frame.inert) return;
  frame.inert = true;
  const words = document.getElementById("lost-words").content.cloneNode(true);
  const blocks = [...words.children];
  // The language on the screen comes first, and what may not hold any more is never left standing.
  blocks.sort((a, b) => (b.lang === document.documentElement.lang) - (a.lang === document.documentElement.lang));
  const own = (kept, { lang }) =>
    frame.querySelector(`template.${kept}`)?.content.querySelector(`[lang="${lang}"]`)?.cloneNode(true) ?? "";
  for (const block of blocks) block.querySelector(".lost-title").after(own("unsure", block));
  blocks[0].append(own("instead", blocks[0])); // in one language: the numbers need the room
  const phones = frame.querySelector(".phones:not(:empty)")?.cloneNode(true);
  phones?.classList.add("large");
  lost.replaceChildren(...blocks, ...(phones ? [phones] : []));
}

function connect() {
  tried = performance.now();
  stream?.close();
  stream = new EventSource("/events");
  stream.addEventListener("message", (event) => {
    const snapshot = JSON.parse(event.data);
    draw(snapshot);
    alive();
  });
  stream.addEventListener("alive", (event) => {
    // Another run of the daemon has another token, and perhaps another page.
    if (event.data !== meta("run")) location.reload();
    else if (!frame.inert) alive();
  });
  // Too many pages look: this one rests until somebody turns to it.
  stream.addEventListener("elsewhere", () => {
    stream.close();
    resting = true;
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) look();
  });
}

// A stream that was refused for good: another run of the daemon may not know us any more.
async function look() {
  const reply = await fetch("/", { method: "HEAD" }).catch(() => null);
  if (reply?.status === 403) location.reload();
}

function wake() {
  if (!resting) return;
  resting = false;
  heard = performance.now();
  connect();
}

addEventListener("pointerdown", wake, { capture: true });
addEventListener("keydown", wake, { capture: true });

setInterval(() => {
  if (resting) return;
  const now = performance.now();
  if (now - heard > SILENCE) lose();
  const quiet = stream.readyState === EventSource.OPEN ? SILENCE : RETRY;
  if (now - Math.max(heard, tried) > quiet) connect();
}, 250);

// -- choosing --------------------------------------------------------------------------

async function act(action) {
  if (frame.inert) return;
  try {
    const reply = await fetch("/action", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Linli-Token": meta("token") },
      body: JSON.stringify({ action, sequence }),
      signal: AbortSignal.timeout(SILENCE),
    });
    if (reply.status === 403) location.reload();
    // 409: the screen has changed meanwhile, and that is the answer.
    refuse(!reply.ok && reply.status !== 409);
  } catch (error) {
    console.warn("the choice did not arrive:", error.message);
    refuse(true);
  }
}

// A touch that had no effect says so, until the next one has, or a while has passed.
let fading;

function refuse(refused) {
  clearTimeout(fading);
  const language = document.documentElement.lang;
  const words = document.getElementById("refused-words").content;
  const one = words.querySelector(`[lang="${language}"]`) ?? words.firstElementChild;
  refusal.replaceChildren(...(refused ? [one.cloneNode(true)] : []));
  if (refused) fading = setTimeout(() => refusal.replaceChildren(), SAID);
}

// `click` comes with the finger's leaving, and not at all when it slid off before.
frame.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || event.timeStamp - struck < STRIKE) return;
  struck = event.timeStamp;
  act(button.dataset.action);
});

// The daemon owns the focus: a touch does not move it, the keys ask for it.
frame.addEventListener("mousedown", (event) => event.preventDefault());
for (const gesture of ["contextmenu", "dragstart", "dragover", "drop", "auxclick", "paste", "gesturestart"])
  document.addEventListener(gesture, (event) => event.preventDefault());
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });

const KEYS = {
  ArrowUp: "up",
  ArrowLeft: "up",
  ArrowDown: "down",
  ArrowRight: "down",
  Enter: "enter",
  " ": "enter",
  Escape: "back",
  F1: "help",
};

document.addEventListener("keydown", (event) => {
  // No key is the browser's: no new tab or window, search, print, zoom, address, tools.
  event.preventDefault();
  const name = event.key === "Tab" ? (event.shiftKey ? "up" : "down") : KEYS[event.key];
  if (!name || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!event.repeat) act(`key:${name}`);
});

fit();
document.fonts.ready.then(fit);
focus(Number(frame.dataset.focus));
connect();
