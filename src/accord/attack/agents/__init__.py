"""Simulated worlds for agents: scripted calls run in them, and our oracles judge what they did to the world.

`dojo` finds AgentDojo's suites, `sheet` is what we say about one, `world` is an environment that can be attacked and
observed, `goals` are its attacks as cases, `scripts` who calls what, `replay` runs and compares.
"""
