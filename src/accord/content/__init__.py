"""What can be told from content alone, without any model or target: recognisers, decoded views, fingerprints.

Modules and what they offer: `secrets` (`secrets`, `Secret`), `personal` (`personal`, `Personal`), `views` (`views`,
`View`) and `fingerprints` (`normal`, `fingerprint`).
"""
