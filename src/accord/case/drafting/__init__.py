"""A case out of what somebody hands in: a transcript, a log or a report is read, and the attack in it told.

Exports: `reading.read`, `making.drafted`.
"""
