// The page: every control of the list, built once.

import { element, keycaps } from "../shared/elements.js";

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
  ["0", "no annotation"],
  ["e", "note"],
  ["/", "search"],
  ["Enter", "open in Listen"],
];
const RARITIES = ["5", "10", "20", "50", "100", "1000", "10000"].map((n) => [
  n,
  `1 in ${Number(n).toLocaleString("en")} or rarer`,
]);
const ANNOTATIONS = VERDICTS.map(([name]) => [name, `annotated ${name}`]);

const button = (text, options = {}, children = []) => element("button", { type: "button", text, ...options }, children);

function select(caption, options) {
  const items = options.map(([value, text]) => element("option", { value, text }));
  return element("select", { "aria-label": caption }, items);
}

function check(text) {
  const input = element("input", { type: "checkbox" });
  return { input, root: element("label", { class: "cluster check" }, [input, element("span", { text })]) };
}

function verdictButton([value, text, key, mark]) {
  const options = { "aria-pressed": "false", title: `${text} (${key})`, "data-value": value };
  return button("", options, [
    element("span", { "aria-hidden": "true", text: mark }),
    element("span", { text }),
    element("kbd", { "aria-hidden": "true", text: key }),
  ]);
}

/**
 * Build all controls.
 *
 * @param {import("../shared/component.js").Component} component
 * @returns {Record<string, any>} each of them by its name
 */
export function buildPage({ root, error, spoken }) {
  const row = (children, kind = "") => element("div", { class: `row ${kind}` }, children);
  const noting = "Note ( e ), saved with the annotation";
  const searching = "Search names and notes";
  /** @type {Record<string, any>} */
  const page = {
    search: element("input", { type: "search", placeholder: `${searching} ( / )`, "aria-label": searching }),
    verdict: select("Verdict", [["", "any verdict"], ...["anomalous", "normal"].map((name) => [name, name])]),
    annotation: select("Annotation", [["", "any annotation"], ["none", "not annotated"], ...ANNOTATIONS]),
    rarity: select("How rare", [["", "however rare"], ...RARITIES]),
    count: element("p", { class: "count", role: "status" }),
    tall: element("div", { class: "tall", role: "presentation" }),
    name: element("h3"),
    said: element("p", { class: "said" }),
    canvas: element("canvas", { role: "img" }),
    playhead: element("div", { class: "playhead", hidden: "" }),
    waiting: element("p", { class: "waiting" }),
    axis: element("p", { class: "axis" }),
    strongest: button("Play the strongest region", { class: "primary" }),
    whole: button("Play all"),
    listen: button("Open in Listen"),
    note: element("input", { type: "text", placeholder: noting, "aria-label": "Note" }),
    clear: button("No annotation"),
    playing: check("Play at each step"),
    advancing: check("Next after an annotation"),
    verdicts: VERDICTS.map(verdictButton),
  };
  const listed = "Recordings, the highest score first";
  page.list = element("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": listed }, [page.tall]);
  const keys = KEYS.map(([names, meaning]) =>
    element("span", { class: "cluster" }, [...keycaps(names.split(" ")), element("span", { text: meaning })]),
  );
  const annotating = { class: "row verdicts", role: "group", "aria-label": "Annotation" };
  page.stage = element("section", { class: "stage", "aria-label": "The chosen recording" }, [
    page.name,
    page.said,
    element("div", { class: "picture" }, [page.canvas, page.playhead, page.waiting]),
    page.axis,
    row([page.strongest, page.whole, page.listen]),
    element("div", annotating, [...page.verdicts, page.clear]),
    page.note,
    row([page.playing.root, page.advancing.root]),
  ]);
  root.replaceChildren(
    row([page.search, page.verdict, page.annotation, page.rarity], "filters"),
    error,
    page.count,
    element("div", { class: "panes" }, [page.list, page.stage]),
    element("div", { class: "row keys", "aria-label": "Keys" }, keys),
    spoken,
  );
  return page;
}
