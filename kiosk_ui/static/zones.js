// Draws zones over a sketch. What is right and how it is written, the kiosk says: see /check.

const STEP = 0.01; // of the picture, for an arrow key; five times as much with Shift
const NEAR = 22; // units of the drawing, which is 1000 high: this close is on a corner
const BONES = [
  [5, 6], [5, 7], [7, 9], [6, 8], [8, 10], [5, 11], [6, 12], [11, 12],
  [11, 13], [13, 15], [12, 14], [14, 16], [0, 5], [0, 6],
]; // between COCO key points

const by = (id) => document.getElementById(id);
const stage = by("stage");
const token = document.querySelector("meta[name=token]").content;
const beginning = JSON.parse(document.body.dataset.beginning);

let zones = beginning.zones;
let selected = zones.length ? 0 : -1;
let drawing = false; // the selected zone gets more corners
let held = -1; // corner that moves with the cross-hair or the mouse
let cross = [0.5, 0.5];
let width = 1000; // of the drawing
let flaws = new Map();
let asked = 0;
let saved = JSON.stringify(zones);

// -- drawing -----------------------------------------------------------------------------

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const place = ([x, y]) => `${(x * width).toFixed(1)},${(y * 1000).toFixed(1)}`;
const path = (points) => points.map(place).join(" ");

function showSketch(sketch) {
  width = Math.round(sketch.aspect * 1000);
  stage.setAttribute("viewBox", `0 0 ${width} 1000`);
  by("lines").replaceChildren(
    svg("rect", { class: "room", width, height: 1000 }),
    ...sketch.lines.map((line) => svg("polyline", { points: path(line) })),
  );
  by("people").replaceChildren(
    ...sketch.people.flatMap((points) =>
      BONES.filter(([a, b]) => points[a] && points[b]).map(([a, b]) =>
        svg("polyline", { points: path([points[a], points[b]]) }),
      ),
    ),
  );
  showGuide(sketch.guide);
}

function showGuide(guide) {
  by("compare").hidden = !guide;
  if (!guide) return;
  const horizon = guide.horizon === null ? [] : [[[0, guide.horizon], [1, guide.horizon]]];
  by("guide").replaceChildren(
    ...horizon.map((line) => svg("polyline", { class: "horizon", points: path(line) })),
    ...guide.bodies.flatMap(([metres, foot, head]) => {
      const tall = (foot[1] - head[1]) * 1000;
      const [x, y] = [foot[0] * width, foot[1] * 1000];
      return [
        svg("polyline", { points: path([foot, head]) }),
        svg("polyline", { points: `${x - tall / 8},${y} ${x + tall / 8},${y}` }),
        svg("text", { x, y: Math.min(y + 28, 992) }, `${metres} m`),
      ];
    }),
  );
}

function showZones() {
  by("zones").replaceChildren(
    ...zones.map((zone, index) => {
      const chosen = index === selected;
      const corners = zone.polygon;
      const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
      const group = svg("g", {
        "data-kind": zone.kind,
        "data-zone": index,
        class: `${chosen ? "selected" : ""} ${chosen && drawing ? "drawing" : ""}`,
      });
      group.append(svg("polygon", { points: path(corners) }));
      if (corners.length) {
        const [x, y] = place(middle).split(",");
        group.append(svg("text", { x, y }, zone.name));
      }
      return group;
    }),
  );
  by("corners").replaceChildren(
    ...(zones[selected]?.polygon ?? []).map((corner, index) => {
      const [cx, cy] = place(corner).split(",");
      const kind = index === held ? "held" : index === 0 && drawing ? "first" : "";
      return svg("circle", { cx, cy, r: 11, "data-corner": index, class: kind });
    }),
  );
  const [x, y] = [cross[0] * width, cross[1] * 1000];
  by("cross").setAttribute("d", `M${x - 30} ${y}H${x + 30}M${x} ${y - 30}V${y + 30}`);
}

function showList() {
  // A field in which somebody writes stays as it is: only rows that come or go are made anew.
  const list = by("list");
  while (list.children.length > zones.length) list.lastElementChild.remove();
  while (list.children.length < zones.length) list.append(by("row").content.cloneNode(true));
  for (const [index, row] of [...list.children].entries()) {
    const zone = zones[index];
    row.dataset.kind = zone.kind;
    row.className = index === selected ? "selected" : "";
    row.classList.toggle("drawing", index === selected && drawing);
    row.querySelector("input[type=radio]").checked = index === selected;
    row.querySelector(".unseen").textContent = `Zone ${index + 1}: ${zone.name}`;
    row.querySelector("select").value = zone.kind;
    const name = row.querySelector("input[type=text]");
    if (name.value !== zone.name) name.value = zone.name;
    row.querySelector(".flaw").textContent = flaws.get(index) ?? "";
  }
  by("finish").disabled = !drawing;
  by("extend").disabled = drawing || selected < 0;
}

function show() {
  showZones();
  showList();
}

function say(text, wrong = false) {
  by("said").textContent = text;
  by("said").classList.toggle("wrong", wrong);
}

// -- the kiosk ---------------------------------------------------------------------------

async function ask(address) {
  const reply = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Linli-Token": token },
    body: JSON.stringify({ zones }),
  });
  if (!reply.ok) throw new Error(await reply.text());
  return reply;
}

function lost(error) {
  // `fetch` throws a TypeError when nobody answers
  say(error instanceof TypeError ? "linli zones does not answer; is it still running?" : error.message, true);
}

async function check() {
  asked += 1;
  const mine = asked;
  try {
    const verdict = await (await ask("/check")).json();
    if (mine !== asked) return; // a newer question is under way
    flaws = new Map(verdict.flaws.map((flaw) => [flaw.zone, flaw.text]));
    by("toml").textContent = verdict.toml || "Mend the marked zones first.";
    by("copy").disabled = !verdict.toml;
    if (by("write")) by("write").disabled = !verdict.toml;
    document.body.dataset.checked = asked;
    showList();
  } catch (error) {
    lost(error);
  }
}

function changed() {
  show();
  check();
}

// -- zones -------------------------------------------------------------------------------

const round = (part) => Math.round(Math.min(1, Math.max(0, part)) * 1000) / 1000;
const percent = ([x, y]) => `${Math.round(x * 100)} % from the left, ${Math.round(y * 100)} % from the top`;
const name = () => zones[selected].name || `zone ${selected + 1}`;

function select(index) {
  drawing = false;
  held = -1;
  selected = index;
  show();
}

function start() {
  if (drawing && !zones[selected].polygon.length) return;
  const kind = zones[selected]?.kind ?? "bed";
  const named = by("row").content.querySelector(`option[value=${kind}]`).dataset.name;
  zones.push({ name: named, kind, polygon: [] });
  select(zones.length - 1);
  drawing = true;
}

function finish() {
  if (!drawing) return;
  drawing = false;
  say(`${name()} is finished.`);
  changed();
}

function remove(index) {
  if (!zones[index]) return;
  say(`${zones[index].name} is deleted.`);
  zones.splice(index, 1);
  select(Math.min(index, zones.length - 1));
  changed();
}

function cornerAt(point) {
  const corners = zones[selected]?.polygon ?? [];
  const away = ([x, y]) => Math.hypot((x - point[0]) * width, (y - point[1]) * 1000);
  const nearest = corners.reduce((best, corner, index) => (best < 0 || away(corner) < away(corners[best]) ? index : best), -1);
  return nearest >= 0 && away(corners[nearest]) < NEAR ? nearest : -1;
}

function setCorner(point) {
  if (!drawing) start();
  const corners = zones[selected].polygon;
  if (corners.length >= 3 && cornerAt(point) === 0) return finish();
  if (corners.length && cornerAt(point) === corners.length - 1) return; // the same click twice
  corners.push(point.map(round));
  const next = corners.length < 3 ? "" : " Finish on the first corner, or with f.";
  say(`Corner ${corners.length} of ${name()}: ${percent(point)}.${next}`);
  changed();
}

function moveCorner(index, point) {
  zones[selected].polygon[index] = point.map(round);
  showZones();
}

function removeCorner() {
  if (selected < 0) return;
  const corners = zones[selected].polygon;
  const under = cornerAt(cross);
  if (!drawing && under < 0) return say("There is no corner under the cross-hair.");
  corners.splice(drawing ? -1 : under, 1);
  held = -1;
  say(`${name()} has ${corners.length} corners.`);
  if (corners.length) changed();
  else remove(selected);
}

// -- mouse and finger --------------------------------------------------------------------

function pointOf(event) {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(stage.getScreenCTM().inverse());
  return [x / width, y / 1000];
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  stage.classList.remove("keys");
  const point = pointOf(event);
  if (point.some((part) => part < 0 || part > 1)) return; // beside the picture
  cross = point;
  const corner = cornerAt(point);
  const zone = event.target.closest("[data-zone]");
  if (drawing) setCorner(point);
  else if (corner >= 0) {
    held = corner;
    stage.setPointerCapture(event.pointerId);
  } else if (zone) select(Number(zone.dataset.zone));
  else setCorner(point);
  showZones();
});

stage.addEventListener("pointermove", (event) => {
  if (held < 0 || !stage.hasPointerCapture(event.pointerId)) return;
  cross = pointOf(event).map(round);
  moveCorner(held, cross);
});

function drop() {
  if (held < 0) return;
  say(`Corner ${held + 1} of ${name()}: ${percent(zones[selected].polygon[held])}.`);
  held = -1;
  changed();
}

for (const end of ["pointerup", "pointercancel"])
  stage.addEventListener(end, (event) => {
    if (stage.hasPointerCapture(event.pointerId)) drop();
  });

// -- keys --------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function turn(steps) {
  if (!zones.length) return;
  select((selected + steps + zones.length) % zones.length);
  if (zones[selected].polygon.length) cross = [...zones[selected].polygon[0]];
  showZones();
  say(`${name()}, ${zones[selected].kind}, ${zones[selected].polygon.length} corners.`);
}

function enter() {
  const corner = cornerAt(cross);
  if (held >= 0) drop();
  else if (drawing || corner < 0) setCorner(cross);
  else {
    held = corner;
    say(`Corner ${corner + 1} of ${name()} is picked up: move it, Enter drops it.`);
    showZones();
  }
}

const KEYS = {
  Enter: enter,
  Backspace: removeCorner,
  Delete: () => remove(selected),
  f: finish,
  Escape: finish,
  n: () => turn(1),
  b: () => turn(-1),
};

stage.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const arrow = ARROWS[event.key];
  if (!arrow && !KEYS[event.key]) return;
  event.preventDefault();
  stage.classList.add("keys");
  if (!arrow) return KEYS[event.key]();
  const step = event.shiftKey ? 5 * STEP : STEP;
  cross = cross.map((part, axis) => round(part + arrow[axis] * step));
  if (held >= 0) moveCorner(held, cross);
  else showZones();
});

// -- the list and the buttons ------------------------------------------------------------

const rowOf = (event) => [...by("list").children].indexOf(event.target.closest("li"));

by("list").addEventListener("input", (event) => {
  const zone = zones[rowOf(event)];
  if (event.target.matches("select")) {
    const option = (kind) => event.target.querySelector(`[value=${kind}]`).dataset.name;
    if (zone.name === option(zone.kind)) zone.name = option(event.target.value);
    zone.kind = event.target.value;
  } else if (event.target.type === "text") zone.name = event.target.value;
  changed();
});
by("list").addEventListener("focusin", (event) => {
  const index = rowOf(event);
  if (index !== selected) select(index);
});
by("list").addEventListener("click", (event) => {
  if (event.target.matches(".delete")) remove(rowOf(event));
});

by("new").addEventListener("click", () => {
  start();
  say("Set the corners in their order around the place.");
  changed();
  stage.focus();
});
by("finish").addEventListener("click", finish);
by("extend").addEventListener("click", () => {
  drawing = true;
  say("The next corners follow the last one.");
  show();
  stage.focus();
});

by("look").addEventListener("click", async () => {
  by("look").disabled = true;
  say("Looking …");
  try {
    showSketch(await (await ask("/look")).json());
    say("This is what the camera sees now.");
  } catch (error) {
    lost(error);
  }
  by("look").disabled = false;
  show();
});
by("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(by("toml").textContent);
    saved = JSON.stringify(zones);
    say("Copied.");
  } catch {
    say("The browser does not let us copy: select the text and press Ctrl-C.", true);
  }
});
by("write")?.addEventListener("click", async () => {
  const written = JSON.stringify(zones);
  try {
    say(await (await ask("/write")).text());
    saved = written;
  } catch (error) {
    lost(error);
  }
});
addEventListener("beforeunload", (event) => {
  if (JSON.stringify(zones) !== saved) event.preventDefault();
});

showSketch(beginning.sketch);
changed();
