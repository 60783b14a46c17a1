"""The questions: one file each, found through the entry point `accord.checks`, ours through the same door as others.

Beside the four folders of checks stands what they share: `places` (`manifest_place`, `section_place`, `threats_place`,
`flow_place`), `threat_models` (`threat_model`, `undecided`), `tools`, `probes` (`probe`, `send`), `code`
(`python_code`), `pipelines`, `documents` (`find`), `cards`, `disclosure`, `waivers` and `shipped` (`shipped`).
"""
