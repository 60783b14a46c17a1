"""What other programs of the house measure by: one function a measurement, by a name that stays."""

from __future__ import annotations

from guard_agentdojo import decide as agentdojo_decide

__all__ = ["agentdojo_decide"]
