"""Assessments as documents: one file a format, each `write(assessment, out)`.

Formats: `text` (`txt`, what a terminal shows), `json`, `html`, `sarif`, `junit`, `markdown` (`md`). All are
pure: equal assessments give equal bytes, and nothing comes from clock, locale or environment. `outline` works
out once what every format says (tallies, actions, gaps), `svg` draws, `imprint` puts a checksum below a text,
and `integrity` reads exported documents again. Import the module you mean.
"""
