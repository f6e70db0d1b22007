// What somebody set once holds for the next recording and the next page of this visit.

export const preferences = {
  view: "both",
  colours: "orange",
  opacity: 0.7,
  scale: "mel",
  matched: false,
  looping: false,
};
