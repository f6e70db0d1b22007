// What somebody set once holds for the next recording and the next page of this visit.

/** @type {Record<string, any>} */
export const preferences = {
  view: "both",
  colours: "orange",
  opacity: 0.7,
  scale: "mel",
  fftSize: 0, // as the model
  window: "Hann",
  rangeDb: null, // null: as fits the recording
  matched: false,
  looping: false,
  speed: 1,
  keepsPitch: true,
  gainDb: 0,
};
