"""Information flow and tool policy: what may fill which argument of which tool, and who has to be asked first.

Exports: `Flow` (a compiled policy), `compile_flow`, `authorise`, `World`, `Tool` (as a request declares it), `pin`,
`Spent`, `Grant`, `grant_subject`, `sign_grant`, `open_grant`, `links_out` (links of an answer that nobody vouches for).

Where to look, from below; each line imports only lines above it, which import-linter holds:

- words by themselves: lexicon stems shapes idioms limits reckoning naming postal speaking
- tools and calls: tools describing values reading pinning
- what the user asked for: wish requesting denying dictating pasting wholes clauses calling
- what tools handed out: scene outputs tables notation selecting persons counting hearsay labels confiding
- who vouches for an effect, or a value: asking aiming own_words origins picking repaying repeating
- whether values are those that are meant: demands binding amounts deriving figures dating clocks choices switches
  forms receiving; and what leaves in texts: carrying disguised encoded answers markup addresses pieces
- the rulings: deciding, unheard (no user's words), proving (on recorded traffic); beside them grants spending drafting
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
