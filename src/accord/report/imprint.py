"""A checksum as the last line of an exported text, so that damage and careless edits show.

It is no signature: whoever edits a document on purpose can write a new line. `accord verify` asks for signatures.
"""

from __future__ import annotations

import re
from typing import Final

from accord.core.canon import Digest, digest_bytes

LINE: Final = "accord-integrity: {digest}\n"
COMMENT: Final = "<!-- accord-integrity: {digest} -->\n"
"""The last line of a document in plain text, and in HTML, XML or Markdown."""

_IMPRINT = re.compile(r"(?:<!-- )?accord-integrity: (sha256:[0-9a-f]{64})(?: -->)?\n\Z")


def imprinted(body: str, line: str) -> str:
    """Return `body` and, as its last line, the digest of its UTF-8 bytes."""
    body = body if body.endswith("\n") else body + "\n"
    return body + line.format(digest=digest_bytes(body.encode()))


def imprint(document: str) -> Digest | None:
    """Return the digest that the last line of a document states, or None where there is none."""
    found = _IMPRINT.search(document[-120:])
    return Digest(found[1]) if found else None


def holds(document: str) -> bool:
    """Tell whether a document is what its last line says it was."""
    body = document[: document[:-1].rfind("\n") + 1]
    return digest_bytes(body.encode("utf-8", "surrogatepass")) == imprint(document)
