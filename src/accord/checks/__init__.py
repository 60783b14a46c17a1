"""The questions: one file each, found through the entry point `accord.checks`, ours through the same door as others.

Beside the four folders of checks stand what they share: `places` (`manifest_place`, `threats_place`),
`threat_models` (`threat_model`, `undecided`), `documents` and `probes` (`probe`, `send`).
"""
