"""Five lines in an application, so that its retrieval, tools and memory can be fed and observed during an attack.

    from accord.attack.harness import Harness

    harness = Harness()
    search = harness.retrieval(search)
    recall = harness.memory(recall)
    send_email = harness.tool(does="send-message", args={"recipient": "to"})(send_email)
    harness.answers(answer)

This is the name that applications import; it brings the standard library and nothing else.
"""

from accord.attack.targets.embedded import Harness

__all__ = ["Harness"]
