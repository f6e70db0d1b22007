"""Every sentence and word shown to people, to be read through in one sitting.

- One module a view (start, fit, score, listen, compare, triage, benchmark, weights, models, jobs)
  and a topic that several views share (uploads, downloads, explanation, normal_scores, threshold
  with Tune, tour, notices, methods, views).
- `control` puts a caption and its help together.
- `glossary` says what the terms mean; the views show it as help.
- `sentences` and `formats` turn numbers into words; `markdown` makes users' text safe to show.

Terms: a recording is *anomalous* when its *score* is above the *threshold*, else *normal*. Its
*p-value* is how often a normal recording scores as high. The *anomaly map* shows where, the
*evidence map* is the same on a scale from 0 to 1, and the *residual* is the recording without its
anomalous part.
"""
