"""What can be told from content alone, without any model or target: recognisers of secrets and personal data.

Modules and what they offer: `secrets` (`secrets`, `Secret`) and `personal` (`personal`, `Personal`).
"""
