// The page: every control of the list, built once. Words from outside are set as text only.

export const VERDICTS = [
  ["normal", "Normal", "1", "○"],
  ["anomalous", "Anomalous", "2", "▲"],
  ["unsure", "Unsure", "3", "?"],
];
export const MARKS = Object.fromEntries(VERDICTS.map(([name, , , mark]) => [name, mark]));
const KEYS = [
  ["j k ↓ ↑", "next, previous"],
  ["space", "play the strongest region"],
  ["w", "play all of it"],
  ["1 2 3", "normal, anomalous, unsure"],
  ["0", "no label"],
  ["e", "note"],
  ["/", "search"],
  ["Enter", "open in Listen"],
];

/** An element; `options` are its attributes, with text among them. */
export function element(tag, options = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function select(label, options) {
  const made = element("select", { "aria-label": label });
  for (const [value, text] of options) made.append(element("option", { value, text }));
  return made;
}

function check(label) {
  const input = element("input", { type: "checkbox" });
  return { input, label: element("label", { class: "check" }, [input, element("span", { text: label })]) };
}

/** All controls; the returned object names each. */
export function buildPage(root) {
  const page = {
    search: element("input", { type: "search", placeholder: "Search names and notes ( / )", "aria-label": "Search names and notes" }),
    verdict: select("Verdict", [["", "any verdict"], ["unlike", "unlike normal"], ["like", "like normal"]]),
    label: select("Label", [["", "any label"], ["none", "not labelled"], ["normal", "labelled normal"], ["anomalous", "labelled anomalous"], ["unsure", "labelled unsure"]]),
    p: select("p-value", [["", "any p-value"], ["0.01", "p ≤ 0.01"], ["0.02", "p ≤ 0.02"], ["0.05", "p ≤ 0.05"], ["0.1", "p ≤ 0.1"], ["0.2", "p ≤ 0.2"], ["0.5", "p ≤ 0.5"]]),
    count: element("p", { class: "count", role: "status" }),
    list: element("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Recordings, strongest evidence first" }),
    tall: element("div", { class: "tall", role: "presentation" }),
    name: element("h3"),
    said: element("p", { class: "said" }),
    canvas: element("canvas", { role: "img" }),
    head: element("div", { class: "playhead", hidden: "" }),
    waiting: element("p", { class: "waiting" }),
    axis: element("p", { class: "axis" }),
    strongest: element("button", { type: "button", class: "primary", text: "Play the strongest region" }),
    whole: element("button", { type: "button", text: "Play all" }),
    listen: element("button", { type: "button", text: "Open in Listen" }),
    note: element("input", { type: "text", maxlength: "2000", placeholder: "Note ( e ), kept with the label", "aria-label": "Note" }),
    clear: element("button", { type: "button", text: "No label" }),
    playing: check("Play at each step"),
    advancing: check("Next after a label"),
    spoken: element("p", { class: "spoken", role: "status", "aria-live": "polite" }),
    error: element("p", { class: "error", role: "alert", hidden: "" }),
  };
  page.list.append(page.tall);
  page.labels = VERDICTS.map(([value, text, key, mark]) => {
    const made = element("button", { type: "button", "aria-pressed": "false", title: `${text} (${key})` }, [
      element("span", { class: "mark", "aria-hidden": "true", text: mark }),
      element("span", { text }),
      element("kbd", { "aria-hidden": "true", text: key }),
    ]);
    made.dataset.value = value;
    return made;
  });
  const keys = element("div", { class: "keys", "aria-label": "Keys" }, KEYS.map(([names, meaning]) =>
    element("span", {}, [...names.split(" ").map((name) => element("kbd", { text: name })), element("span", { text: meaning })])));
  page.stage = element("section", { class: "stage", "aria-label": "The chosen recording" }, [
    page.name,
    page.said,
    element("div", { class: "picture" }, [page.canvas, page.head, page.waiting]),
    page.axis,
    element("div", { class: "row" }, [page.strongest, page.whole, page.listen]),
    element("div", { class: "row labels", role: "group", "aria-label": "Label" }, [...page.labels, page.clear]),
    page.note,
    element("div", { class: "row" }, [page.playing.label, page.advancing.label]),
  ]);
  root.replaceChildren(
    element("div", { class: "row filters" }, [page.search, page.verdict, page.label, page.p]),
    page.error,
    page.count,
    element("div", { class: "panes" }, [page.list, page.stage]),
    keys,
    page.spoken,
  );
  return page;
}
