// What is heard, as a WAV file: the box or everything, at the speed and the gain that are set.

import { element } from "../shared/elements.js";
import { bandText, counted } from "../shared/numbers.js";
import { wavBytes } from "../shared/wav.js";

/**
 * Make a file name that every file system takes.
 *
 * @param {string[]} parts
 */
export function fileName(parts) {
  const safe = parts
    .filter(Boolean)
    .map((part) => part.replace(/[^\p{L}\p{N}_.-]+/gu, "_").replace(/^[._]+|[._]+$/g, ""));
  return `${safe.filter(Boolean).join("_").slice(-120) || "recording"}.wav`;
}

/**
 * Give what is heard to the user as a file, and say what is in it.
 *
 * @param {any} player
 */
export function saveWav(player) {
  const { engine, selection, sounds } = player;
  const { solo, box } = selection;
  const heard = engine.heard(box);
  const { caption, name } = sounds[engine.active];
  const only = solo && box ? bandText(Math.max(0, box.low), box.high, " to ") : "";
  const speed = engine.speed === 1 ? "" : `${engine.speed}x`;
  const file = fileName([
    player.recordingName,
    `${heard.start.toFixed(2)}-${heard.end.toFixed(2)}s`,
    only ? only.replace(" to ", "-").replace(" ", "") : "all-frequencies",
    name === sounds[0].name ? "" : caption,
    speed,
  ]);
  const url = URL.createObjectURL(new Blob([wavBytes(heard.samples, heard.sampleRate)], { type: "audio/wav" }));
  element("a", { href: url, download: file }).click();
  player.later("saved", 60_000, () => URL.revokeObjectURL(url));
  const quieter = heard.quieterDb > 0.05 ? `, ${heard.quieterDb.toFixed(1)} dB quieter, or it would clip` : "";
  const seconds = counted(Number((heard.end - heard.start).toFixed(2)), "second");
  player.announce(`Saved ${seconds}, ${only ? `only ${only}` : "all frequencies"}${quieter}: ${file}`);
}
