"""The case itself: who it is, whether it is safe to receive, and what it says of a transcript; no live target.

Exports: `identity`; `lint`, `lint_file`, `load`, `FileReport`, `Problem`; `judge`, `served`; `verify`,
`Verification`; `fill`; `live_hosts`.
"""
