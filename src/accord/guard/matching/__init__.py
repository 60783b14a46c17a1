"""Many rules compiled into one matcher: patterns by one set of RE2, texts by the words that they share.

`compile_rules` makes a `Matcher`; what cannot be compiled is `Refused`, with a reason.
"""

from accord.guard.matching.matcher import Matcher, Refused, compile_rules

__all__ = ["Matcher", "Refused", "compile_rules"]
