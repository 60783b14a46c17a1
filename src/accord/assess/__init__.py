"""The engine: inventory, plan, run, judge, gate. It knows when things happen, never how.

`engine.assess` runs all of it; `gate.decide` alone turns verdicts into pass or fail.
"""
