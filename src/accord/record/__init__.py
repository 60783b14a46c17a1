"""What must not be lost or altered: the codec, manifests and catalogues, the store, keys, the ledger and trust.

The codec's names: `decode`, `load`, `from_json`, `to_json`, `dump_yaml` (`record.codec`), `read_manifest`
(`record.manifest`), `load_catalogue` (`record.catalogue`), `schema` (`record.schema`).
"""
