"""Information flow and tool policy: what may fill which argument of which tool, and who has to be asked first.

Exports: `Flow` (a compiled policy), `compile_flow`, `authorise`, `World`, `Tool` (as a request declares it), `pin`,
`Spent`, `Grant`, `grant_subject`, `sign_grant`, `open_grant`, `links_out` (links of an answer that nobody vouches for).
"""

from accord.guard.flow.answers import links_out
from accord.guard.flow.deciding import Flow, World, authorise, compile_flow
from accord.guard.flow.grants import Grant, grant_subject, open_grant, sign_grant
from accord.guard.flow.pinning import pin
from accord.guard.flow.spending import Spent
from accord.guard.flow.tools import Tool

__all__ = [
    "Flow",
    "Grant",
    "Spent",
    "Tool",
    "World",
    "authorise",
    "compile_flow",
    "grant_subject",
    "links_out",
    "open_grant",
    "pin",
    "sign_grant",
]
