"""Attack: hands on a live target, with executable cases, before release.

The room is in wings, and each is imported by its own name: `targets` (how a system is reached), `mutators` (how a
text is changed), `campaign` (plan, run, record), `judging` (what results mean) and `agents` (simulated worlds).
"""
