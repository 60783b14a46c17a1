"""What the probes of live targets share: gentle, bounded, honest requests built from the manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from accord.checks.places import manifest_place
from accord.core import Asset, Context, HttpReply, Place, System
from accord.core.call import HttpCall
from accord.core.system import OpenAiCall

GREETING: Final = "hello"
"""What an honest probe says."""

REFUSED: Final = frozenset({401, 403, 407})
"""The answers that ask for credentials."""

_CREDENTIAL = re.compile(r"authorization|cookie|token|api[-_]?key|access[-_]?key|secret|password|^key$|^sig$", re.I)
_SLOT = "{{text}}"


class Probe(NamedTuple):
    """One request to a target."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def line(self) -> str:
        """Return method and path, as messages name the request."""
        return f"{self.method} {urlsplit(self.url).path or '/'}"


def has_endpoint(system: System) -> bool:
    """Tell whether any target is reached over HTTP."""
    return any(target.url for target in system.targets)


def probe(ctx: Context, asset: Asset, text: str = GREETING) -> Probe | None:
    """Return the request that says `text` to a target as the manifest declares it, headers included.

    A target that takes no plain HTTP request (a Python function, an MCP server) is recorded as not looked at.
    """
    target = next((one for one in ctx.system.targets if one.id == asset.id), None)
    if target and target.call.http:
        return _http(target.call.http, text)
    if target and target.call.openai:
        return _openai(target.call.openai, text)
    ctx.skip(asset.id, "the target takes no plain HTTP request")
    return None


def send(ctx: Context, request: Probe) -> HttpReply:
    """Send a request; raises `TargetError` when nothing answers."""
    return ctx.fetch(request.url, method=request.method, headers=request.headers, body=request.body)


def anonymous(request: Probe) -> Probe:
    """Return the request without anything that looks like a credential in its headers or address."""
    parts = urlsplit(request.url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if not _CREDENTIAL.search(name)]
    headers = {name: value for name, value in request.headers.items() if not _CREDENTIAL.search(name)}
    return request._replace(url=urlunsplit(parts._replace(query=urlencode(query))), headers=headers)


def malformed(request: Probe) -> Probe:
    """Return the request with a body that stops in the middle."""
    return request._replace(method="POST", body=b'{"message": [', headers=_json(request.headers))


def mistyped(request: Probe) -> Probe:
    """Return the request with an object and a list where texts belong."""
    fields: dict[str, object] = {"message": {"unexpected": [1]}}
    try:
        said = json.loads(request.body or b"{}")
    except ValueError:
        said = {}
    if isinstance(said, dict):
        fields |= {name: {"unexpected": [1]} for name in said}
    return request._replace(method="POST", body=json.dumps(fields).encode(), headers=_json(request.headers))


def lost(request: Probe) -> Probe:
    """Return a request for a path that no service has."""
    url = urlunsplit(urlsplit(request.url)._replace(path="/accord-probe-no-such-path", query=""))
    return request._replace(url=url, method="GET", body=None)


def target_place(ctx: Context, asset: Asset) -> Place:
    """Return where the manifest declares a target, and its address without what a query may hold."""
    return replace(manifest_place(ctx, asset.id), url=asset.facts.get("url", "").partition("?")[0] or None)


def _http(call: HttpCall, text: str) -> Probe:
    method = call.method.upper()
    if method in {"GET", "HEAD"} and call.body is None:
        return Probe(call.url, method, call.headers, None)
    template = call.body if call.body is not None else json.dumps({"message": _SLOT})
    body = template.replace(_SLOT, json.dumps(text)[1:-1])
    return Probe(call.url, method, _json(call.headers), body.encode())


def _openai(call: OpenAiCall, text: str) -> Probe:
    asked = {"model": call.model, "messages": [{"role": "user", "content": text}], "max_tokens": 1}
    return Probe(f"{call.url.rstrip('/')}/chat/completions", "POST", _json({}), json.dumps(asked).encode())


def _json(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    declared = [value for name, value in headers.items() if name.lower() == "content-type"]
    return {**kept, "Content-Type": declared[0] if declared else "application/json"}
