"""What other programs of the house measure by: one function a measurement, by a name that stays."""

from __future__ import annotations

from importlib.util import find_spec

from guard_agentdojo import compiled
from guard_agentdojo import decide as agentdojo_decide

__all__ = ["agentdojo_decide"]

if find_spec("agentdojo") is not None:  # the policy is there before the first call; what is timed is decisions
    compiled()
