const token = document.querySelector('meta[name="token"]').content;
const POLL = 3000; // milliseconds between two looks at the search
const $ = (id) => document.getElementById(id);
const loaded = {{ now | tojson }}; // what the page was made for
let now = loaded;
let shown = null; // the network that is looked at

async function ask(path, options) {
  const response = await fetch("/run/" + path, options);
  const content = await response.json();
  if (!response.ok) throw new Error(content.problem);
  return content;
}

function say(text) {
  $("message").textContent = text;
  $("message").hidden = !text;
}

async function act(name, body) {
  const buttons = document.querySelectorAll(".buttons button");
  buttons.forEach((button) => (button.disabled = true));
  try {
    await ask(name, { method: "POST", headers: { "X-Token": token }, body: body && JSON.stringify(body) });
    await look();
  } catch (error) {
    say(error.message);
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

function rows(table, heads, cells) {
  const row = (tag, texts) => {
    const line = document.createElement("tr");
    line.append(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
    return line;
  };
  table.replaceChildren(row("th", heads), ...cells.map((texts) => row("td", texts)));
}

function drawCurve(curve) {
  const names = { train_loss: "training loss", val_loss: "validation loss" };
  const known = Object.keys(names).filter((name) => curve[name]?.length);
  $("curve").previousElementSibling.hidden = $("curve").hidden = !known.length;
  if (!known.length) return;
  const ink = getComputedStyle(document.body).color;
  const line = isDark() ? "#2b323b" : "#d8dee4";
  const axis = { gridcolor: line, linecolor: line, zeroline: false };
  Plotly.react(
    "curve",
    known.map((name, i) => ({
      y: curve[name], x: curve[name].map((_, epoch) => epoch + 1), name: names[name], mode: "lines+markers",
      marker: { size: 4 }, line: { color: ["#E69F00", isDark() ? "#3B93D3" : "#0072B2"][i] },
    })),
    {
      height: 260, margin: { l: 48, r: 12, t: 8, b: 40 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: ink, size: 12, family: "system-ui, sans-serif" }, legend: { orientation: "h", y: 1.12 },
      xaxis: { ...axis, title: { text: "epoch" } }, yaxis: axis,
    },
    { responsive: true, displayModeBar: false },
  );
}

function updateChoice() {
  if (!shown) return;
  $("choose").hidden = shown.is_answer || !shown.may_choose || !now.may_choose;
  const reasons = [
    [shown.is_answer, "This is the result: predictions and exports use it."],
    [!shown.may_choose, "Its training has not finished: " + shown.state + "."],
    [!now.may_choose, now.no_choice],
    [true, "It will be trained on all samples if the best one was, and tested."],
  ];
  $("verdict").textContent = reasons.find(([holds]) => holds)[1];
  $("command").textContent = shown.command;
  $("command").parentElement.hidden = shown.is_answer || !shown.may_choose;
}

async function show(trial, scroll) {
  try {
    shown = await ask("network?trial=" + encodeURIComponent(trial));
  } catch (error) {
    return say(error.message);
  }
  history.replaceState(null, "", "#" + shown.trial);
  $("network").hidden = false;
  $("title").textContent = shown.title;
  $("trial").textContent = shown.trial;
  $("training").textContent = shown.training;
  $("facts").replaceChildren(
    ...shown.facts.map(([title, value]) => {
      const card = Object.assign(document.createElement("div"), { className: "card" });
      card.append(
        Object.assign(document.createElement("dt"), { textContent: title }),
        Object.assign(document.createElement("dd"), { textContent: value }),
      );
      return card;
    }),
  );
  if (shown.layers) rows($("layers"), ["layer", "", "output", "parameters"], shown.layers);
  else rows($("layers"), ["Its weights were not kept, and its layers neither; choosing it trains it again."], []);
  updateChoice();
  drawCurve(shown.curve);
  if (scroll) $("network").scrollIntoView({ behavior: "smooth" });
}

async function look() {
  const before = now;
  try {
    now = await ask("state");
  } catch (error) {
    return say(error.message || "The dashboard does not respond.");
  }
  const isNew = ["state", "n_trials", "answer", "n_tested"].some((name) => now[name] !== loaded[name]);
  if (isNew && !now.doing) return location.reload();
  $("state").textContent = now.state;
  $("meaning").textContent = now.meaning;
  $("pause").hidden = !now.may_pause;
  $("resume").hidden = !now.may_resume;
  $("extend").hidden = !now.may_extend;
  $("best").hidden = !(now.is_chosen && now.may_choose);
  if (now.doing || now.problem || before.doing) say(now.doing ? "In progress: " + now.doing + " …" : now.problem);
  updateChoice();
}

$("pause").addEventListener("click", () => act("pause"));
$("resume").addEventListener("click", () => act("resume"));
$("extend").addEventListener("submit", (event) => {
  event.preventDefault();
  act("extend", { trials: $("trials").valueAsNumber || 0, seconds: $("minutes").valueAsNumber * 60 || null });
});
$("best").addEventListener("click", () => act("choose", { trial: "best" }));
$("choose").addEventListener("click", () => act("choose", { trial: shown.trial }));
$("theme").addEventListener("click", () => shown && drawCurve(shown.curve));
$("cost")?.on("plotly_click", (event) => {
  const id = event.points.map((point) => point.id).find(Boolean);
  if (id) show(id, true);
});
if (location.hash.length > 1) show(decodeURIComponent(location.hash.slice(1)), false);
setInterval(look, POLL);
