"""Where a model comes from: signatures of model folders, provenance of builds, pins, and facts told by headers.

Modules and what they offer: `tree` (`look`, `hashes`), `manifest` (`ModelManifest`), `bundle` (`read_bundle`,
`write_bundle`), `signing` (`sign_model`), `verifying` (`verify_model`), `provenance` (`verify_provenance`),
`pins` (`shards_of`, `verify_pin`) and `facts` (`facts_of`).
"""
