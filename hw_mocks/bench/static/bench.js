// Draws the state that the server sends, and sends what the visitor wishes.

const find = (selector) => document.querySelector(selector);
const token = find("meta[name=token]").content;

const NO_CLIPS = "No films to play: put videos into falls/ and set LINLI_DATA to the folder that has it.";
const KEYS = {
  up: ["▲", "上 up"], down: ["▼", "下 down"], enter: ["确定", "enter"],
  back: ["返回", "back"], help: ["帮助", "help"],
};
const MODES = {
  online: "It answers at once.",
  offline: "No network: it cannot be reached.",
  slow: "It answers after some seconds.",
  error: "It answers 500: try again later.",
  refuse: "It refuses each record for good; the kiosk reports that and goes on.",
  drop_replies: "It takes the records, but its answer is lost: the kiosk must send them again.",
};
const SHORTEST_MS = 80;
const WORDS = { lamp_taxi: "taxi 叫车", lamp_alarm: "alarm 报警", lamp_camera: "camera 摄像头", buzzer: "buzzer 蜂鸣器" };

// What is done to one device arrives in the order in which it was done: a key that is released
// before its press has arrived would stay down.
const before = new Map();
function wish(what, device = "", value = null, data = {}) {
  const turn = Promise.resolve(before.get(device)).then(() => send(what, device, value, data));
  if (device) before.set(device, turn.catch(() => {}));
  return turn;
}

async function send(what, device, value, data) {
  const reply = await fetch("/do", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Bench-Token": token },
    body: JSON.stringify({ do: what, device, value, data }),
  });
  find("#trouble").textContent = reply.ok ? "" : await reply.text();
  return reply.ok;
}

// Build an element: make("b", {class: "x"}, "text", child…); on… are listeners.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");

// Draw a part of the page anew only when its state is another, so that focus and scroll stay.
const drawn = new Map();
function changed(part, state) {
  const text = JSON.stringify(state);
  if (drawn.get(part) === text) return false;
  drawn.set(part, text);
  return true;
}

// -- what does not change ---------------------------------------------------------------------

let about = {};

function drawFixed(fixed) {
  about = fixed.about;
  find("#open-page").href = fixed.page;
  find("#open-upstream").href = fixed.upstream;
  const keypad = find(".keypad");
  keypad.replaceChildren(...fixed.keys.map(({ device, key }) => keyButton(device, key)));
  const clips = fixed.clips.map((clip) => make("option", {}, clip));
  find("#camera select").replaceChildren(...clips);
  find("#play").disabled = !clips.length;
  if (!clips.length) find("#play").title = NO_CLIPS;
  drawContacts(fixed.contacts);
  find(".modes").replaceChildren(...fixed.modes.map((mode) =>
    make("button", { role: "radio", "data-mode": mode, onclick: () => wish("upstream", "", mode) },
      mode.replace("_", " "))));
  find("#helper").replaceChildren(
    make("option", { value: "" }, "nobody"),
    make("option", { value: fixed.helper }, `${fixed.helper} comes`));
  find("#outcome").replaceChildren(...fixed.outcomes.map((name) =>
    make("option", { value: name }, name.replaceAll("_", " "))));
  const kinds = find("#commands select");
  kinds.replaceChildren(...Object.keys(fixed.commands).map((kind) => make("option", {}, kind)));
  const propose = () => { find("#commands input").value = JSON.stringify(fixed.commands[kinds.value]); };
  kinds.onchange = propose;
  propose();
}

function keyButton(device, key) {
  const [sign, words] = KEYS[key];
  let since = 0;
  const press = () => {
    since = Date.now();
    button.classList.add("pressed");
    wish("contact", device, true);
  };
  const release = () => {
    if (!button.classList.contains("pressed")) return;
    // No finger is quicker, and the daemon takes a shorter contact for interference.
    setTimeout(() => {
      button.classList.remove("pressed");
      wish("contact", device, false);
    }, Math.max(0, since + SHORTEST_MS - Date.now()));
  };
  const button = make("button", {
    class: key,
    title: `${device}: press and hold`,
    onpointerdown: (event) => { button.setPointerCapture(event.pointerId); press(); },
    onpointerup: release,
    onpointercancel: release,
    onkeydown: (event) => { if (event.key === " " && !event.repeat) press(); },
    onkeyup: (event) => { if (event.key === " ") release(); },
    onblur: release,
  }, make("b", {}, sign), make("small", {}, words));
  return button;
}

// -- what changes -----------------------------------------------------------------------------

function drawScreen(screen) {
  const live = find("#live");
  live.className = screen ? (screen.alarm ? "alarm" : "") : "gone";
  if (!screen) {
    live.replaceChildren("No daemon: the page shows its banner.");
    return;
  }
  const all = [...screen.items, ...screen.bar];
  const button = (item) => make("button", {
    class: all.indexOf(item) === screen.focus ? "focus" : null,
    title: item.action,
    onclick: () => wish("touch", "", item.action),
  }, item.label);
  live.replaceChildren(
    make("div", { class: "status" },
      make("span", {}, screen.place),
      make("span", {}, screen.online ? "online" : "⚠ offline"),
      make("span", {}, screen.camera ? "camera looks" : ""),
      make("b", {}, screen.screen)),
    make("h3", {}, screen.title),
    make("p", {}, screen.text),
    make("div", { class: "items" }, ...screen.items.map(button)),
    ...screen.notices.map((notice) => make("div", { class: "notice" }, `⚠ ${notice}`)),
    make("div", { class: "bar" }, ...screen.bar.map(button)),
  );
}

function drawLamps(lamps) {
  find(".lamps").replaceChildren(...lamps.map(({ device, lit }) =>
    make("li", { class: lit ? "lit" : null },
      make("i"), WORDS[device] ?? device, make("span", { class: "none" }, lit ? "on" : "off"))));
}

function percent(bin) {
  if (bin.mm === null) return null;
  const filled = (bin.empty_mm - bin.mm) / (bin.empty_mm - bin.full_mm);
  return Math.round(100 * Math.min(1, Math.max(0, filled)));
}

function drawBin(bin) {
  let box = document.getElementById(`bin-${bin.bin}`);
  if (!box) {
    box = make("div", { class: "bin", id: `bin-${bin.bin}` },
      make("h3", {}, `${bin.name} `, make("span", { class: "none" }, bin.device)),
      make("div", { class: "tub" }, make("i")),
      make("div", { class: "values" }, make("b"), make("span")),
      make("input", {
        type: "range", min: bin.full_mm - 100, max: bin.empty_mm + 100, step: 10,
        "aria-label": `level of ${bin.bin}`,
        oninput: (event) => wish("measure", bin.device, turned(bin, event.target)),
      }),
      make("div", { class: "row" },
        make("button", { onclick: () => wish("measure", bin.device, bin.empty_mm) }, "Empty"),
        make("button", { onclick: () => wish("measure", bin.device, bin.full_mm) }, "Full"),
        make("button", { onclick: () => wish("measure", bin.device, null) }, "No echo")));
    find(".bins").append(box);
  }
  const level = percent(bin);
  const tub = box.querySelector(".tub");
  tub.classList.toggle("full", level >= 85);
  tub.firstChild.style.height = `${level ?? 0}%`;
  box.querySelector("b").textContent = !bin.plugged ? "unplugged" : level === null ? "no echo" : `${level} %`;
  box.querySelector(".values span").textContent = bin.mm === null ? "" : `${bin.mm} mm`;
  const slider = box.querySelector("input");
  if (bin.mm !== null && document.activeElement !== slider) slider.value = turned(bin, { value: bin.mm });
}

// The slider goes up with the level, the distance goes down.
const turned = (bin, slider) => bin.full_mm + bin.empty_mm - Number(slider.value);

// A device shows what its stand-in says of itself: nothing here knows any type.
function drawSensors(sensors) {
  const focused = document.activeElement.dataset.value;
  find(".sensors").replaceChildren(...sensors.map(({ device, type, plugged, values }) =>
    make("li", {},
      make("span", { class: plugged ? null : "out" }, `${device} `, make("small", {}, type)),
      ...Object.entries(values).map(([key, value]) => make("label", {}, `${key} `, make("input", {
        "data-value": `${device} ${key}`,
        type: typeof value === "boolean" ? "checkbox" : typeof value === "string" ? "text" : "number",
        step: "any", value: value ?? "", checked: value === true,
        onchange: ({ target }) => wish("set", device, null, { [key]: entered(target) }),
      }))))));
  if (focused) find(`[data-value="${focused}"]`)?.focus();
}

function entered(input) {
  if (input.type === "checkbox") return input.checked;
  if (input.type === "text") return input.value;
  return input.value === "" ? null : Number(input.value);
}

function drawContacts(contacts) {
  find(".contacts").replaceChildren(...contacts.flatMap((device) => [true, false].map((closed) =>
    make("button", { onclick: () => wish("contact", device, closed) },
      `${device}: ${closed ? "close" : "open"}`))));
}

function drawPlugs(devices) {
  const focused = document.activeElement.dataset.plug;
  find(".plugs").replaceChildren(...Object.entries(devices).map(([device, plugged]) =>
    make("li", {},
      make("span", { class: plugged ? null : "out" }, device, plugged ? "" : " is out"),
      make("button", { "data-plug": device, onclick: () => wish(plugged ? "unplug" : "plug", device) },
        plugged ? "Unplug" : "Plug in"))));
  if (focused) find(`[data-plug=${focused}]`).focus();
}

const audio = new Audio();
function drawSpeech(speech) {
  find(".speech").replaceChildren(...speech.toReversed().map((said) =>
    make("li", { class: said.sounding ? "sounding" : null },
      make("time", {}, clock(said.time)),
      make("button", {
        "aria-label": "play",
        onclick: () => { audio.src = `/sound/${said.sound}`; audio.play(); },
      }, "▶"),
      make("span", { lang: "zh-CN" }, said.text))));
}

function drawRecords(records) {
  find("#records .list").replaceChildren(...records.toReversed().map((record) =>
    make("li", {},
      make("time", {}, clock(record.arrived)),
      make("span", { class: `lane lane${record.lane}` }, `lane ${record.lane} · ${record.sequence}`),
      make("b", {}, record.kind), make("span"),
      make("code", {}, JSON.stringify(shortened(record.data))))));
}

// The end of a long id is enough to tell it from others; a skeleton is only so many frames.
function shortened(data) {
  const short = (value) => {
    if (Array.isArray(value) && value.length > 6) return `${value.length} frames`;
    return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value) ? `…${value.slice(-6)}` : value;
  };
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, short(value)]));
}

function drawCommands(commands) {
  find("#commands .list").replaceChildren(...commands.toReversed().map((command) =>
    make("li", {},
      make("time", {}, clock(command.at)),
      make("span", { class: "lane" }, command.fetched ? "taken" : "waits"),
      make("b", {}, command.kind), make("span"),
      make("code", {}, JSON.stringify(shortened(command.data))))));
}

function drawMode(mode) {
  for (const button of find(".modes").children) {
    button.setAttribute("aria-checked", button.dataset.mode === mode);
  }
  find(".meaning").textContent = MODES[mode] ?? "";
}

function drawDaemon({ pid, log }) {
  find("#daemon .state").textContent = pid ? `runs, process ${pid}` : "does not run";
  const pane = find("#daemon pre");
  const atEnd = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 4;
  pane.textContent = log;
  if (atEnd) pane.scrollTop = pane.scrollHeight;
}

function draw(state) {
  const parts = {
    screen: drawScreen, lamps: drawLamps, devices: drawPlugs, sensors: drawSensors, speech: drawSpeech,
    records: drawRecords, commands: drawCommands, mode: drawMode, daemon: drawDaemon,
    bins: (bins) => bins.forEach(drawBin),
    total: (total) => { find("#records .state").textContent = `${total} in all`; },
    outcome: (outcome) => { find("#outcome").value = outcome; },
    helper: (helper) => { find("#helper").value = helper; },
    playing: (cameras) => {
      const [clip] = Object.values(cameras);
      find("#camera .now").textContent = clip ? `It shows ${clip}.` : `It shows an empty room. ${find("#play").title}`;
    },
  };
  for (const [part, drawPart] of Object.entries(parts)) {
    if (changed(part, state[part])) drawPart(state[part]);
  }
}

// -- wishes -----------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-do]")) {
  button.onclick = async () => {
    button.disabled = true;
    await wish(button.dataset.do);
    button.disabled = false;
  };
}
find("#play").onclick = () => wish("play", "camera", find("#camera select").value);
for (const choice of ["outcome", "helper"]) {
  find(`#${choice}`).onchange = (event) => wish(choice, "", event.target.value);
}
find("#commands form").onsubmit = (event) => {
  event.preventDefault();
  try {
    const data = JSON.parse(find("#commands input").value || "{}");
    wish("command", "", find("#commands select").value, data);
  } catch (error) {
    find("#trouble").textContent = `The data is not JSON: ${error.message}`;
  }
};

const events = new EventSource("/state");
events.addEventListener("fixed", (event) => { drawn.clear(); drawFixed(JSON.parse(event.data)); });
events.onmessage = (event) => { find("#lost").hidden = true; draw(JSON.parse(event.data)); };
events.onerror = () => { find("#lost").hidden = false; };
