"""One HTTP exchange with a hostile end: bounded in size, never off its origin, never telling a credential."""

from __future__ import annotations

import asyncio
import codecs
import time
import zlib
from collections.abc import Iterable, Mapping
from os import environ
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from accord.attack.targets.http_post import client, guard_said
from accord.attack.targets.line import Failure
from accord.attack.targets.replies import MOST_BYTES, retry_after
from accord.core.errors import TargetError
from accord.core.text import one_line

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

GOODBYE = 15.0
"""Seconds for what is said when a session ends."""

_LONGEST = 600.0  # seconds of one exchange, should the line that sends it wait even longer
_HOPS = 2
_SECRET_NAMES = ("auth", "key", "token", "secret", "cookie", "password", "signature")
_CHARSETS = ("utf-8", "utf-16", "utf-32", "ascii", "iso8859", "cp125", "gb", "big5", "shift_jis", "euc_")


class Request(NamedTuple):
    """What is sent; `form` is a file to upload instead of a body: its field, its name, its bytes."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    form: tuple[str, str, bytes] | None = None


class Got(NamedTuple):
    """What came back: the status, the content type without its parameters, the text, and how long it took."""

    status: int
    kind: str
    text: str
    headers: Mapping[str, str]
    seconds: float


class Wire:
    """Exchanges with one origin, whose credentials no name, error or answer shows."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        """Take the target's address, and the headers that go to its origin and nowhere else."""
        self.url = url
        self._templates = headers
        self._headers: dict[str, str] = {}
        self._secrets: tuple[str, ...] = ()
        self._session: ClientSession | None = None

    @property
    def name(self) -> str:
        """Return the address without what may be a credential: user, password and query."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    async def open(self) -> None:
        """Take the credentials out of the environment, and make ready; raises `TargetError` where one is missing."""
        self._headers = {name: from_environment(value, f"the header {name}") for name, value in self._templates.items()}
        self._secrets = _credentials(self.url, self._headers, self._templates)
        self._session = client()

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def scrub(self, text: str) -> str:
        """Return text without the credentials of this target."""
        for secret in self._secrets:
            text = text.replace(secret, "[credential]")
        return text

    def failure(self, error: str, **said: Any) -> Failure:
        """Return a failure whose text is one line and tells no credential."""
        return Failure(one_line(self.scrub(error), 300), **said)

    async def exchange(self, request: Request, *, patience: float = _LONGEST) -> Got | Failure:
        """Send one request and read its answer within `patience` seconds; whatever goes wrong is a failure."""
        if self._session is None:
            return Failure("the target is not open", again=False)
        import aiohttp

        try:
            async with asyncio.timeout(patience):
                return await self._exchange(self._session, request, time.perf_counter(), hops=_HOPS)
        except TimeoutError:
            return self.failure(f"no answer within {patience:.0f} s")
        except aiohttp.InvalidURL:
            return self.failure(f"{self.name} is no address that can be asked", again=False)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self.failure(f"{self.name} does not answer: {type(error).__name__}: {error}")

    async def _exchange(self, session: ClientSession, request: Request, began: float, *, hops: int) -> Got | Failure:
        sent = session.request(
            request.method,
            _encoded(request.url),
            data=_form(request) if request.form else request.body,
            headers=self._own(request),
            allow_redirects=False,
        )
        async with sent as reply:
            if reply.status in {301, 302, 303, 307, 308}:
                return await self._moved(session, request, reply, hops=hops)
            data = await _read(reply)
            if isinstance(data, Failure):
                return data._replace(status=reply.status)
            text = self.scrub(data.decode(_charset(reply.charset), "replace"))
            return Got(reply.status, reply.content_type.lower(), text, reply.headers, time.perf_counter() - began)

    async def _moved(
        self, session: ClientSession, request: Request, reply: ClientResponse, *, hops: int
    ) -> Got | Failure:
        """Follow a redirect that keeps the method, on the same origin, a few times; nothing else."""
        to = urljoin(request.url, reply.headers.get("Location", ""))
        if origin(to) != origin(request.url):
            return self.failure(f"{reply.status} sends us to another origin", status=reply.status, again=False)
        if not hops or reply.status not in {307, 308}:
            return self.failure(f"{reply.status} sends us to another address", status=reply.status, again=False)
        return await self._exchange(session, request._replace(url=to), time.perf_counter(), hops=hops - 1)

    def _own(self, request: Request) -> dict[str, str]:
        """Return the headers of a request; those of the target go to the target's origin only."""
        mine = self._headers if origin(request.url) == origin(self.url) else {}
        over = {name.lower() for name in request.headers} | {"accept-encoding"}
        over |= {"content-type"} if request.form or request.body is None else set()
        made = {name: value for name, value in mine.items() if name.lower() not in over}
        made |= {name: value for name, value in request.headers.items() if not request.form or name != "Content-Type"}
        return {**made, "Accept-Encoding": "identity"}


def refused(wire: Wire, got: Got) -> Failure | None:
    """Return the failure that a status tells, or None where it tells an answer."""
    if 200 <= got.status < 300:
        return None
    busy = got.status in {429, 503, 529}
    again = busy or got.status in {408, 409, 425} or got.status >= 500
    wait = retry_after(got.headers)
    told = f"status {got.status}: {got.text[:200]}" if got.text.strip() else f"status {got.status}"
    return wire.failure(told, status=got.status, retry_after=wait, again=again, limited=busy)


def blocked(got: Got) -> str | None:
    """Return what a guard says that blocked the request (403, `guard_blocked`), or None where none did."""
    return guard_said(got.text.encode("utf-8", "replace")) if got.status == 403 else None


def from_environment(value: str, what: str) -> str:
    """Return a value, or the variable that `env:NAME` names; raises `TargetError` where there is none."""
    variable = value.removeprefix("env:")
    if variable == value:
        return value
    if variable not in environ:
        hint = f"export {variable} before the attack"
        raise TargetError(f"{what} needs {variable} in the environment", hint=hint, code="ACC-E406")
    return environ[variable]


def origin(url: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port of an address, or None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def hidden(texts: Iterable[str], text: str) -> str:
    """Return text without any of the texts, longest first."""
    for secret in sorted(texts, key=len, reverse=True):
        text = text.replace(secret, "[credential]")
    return text


def _credentials(url: str, headers: Mapping[str, str], templates: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secret texts: what came from the environment or has a secret's name, in headers or the address."""
    found = {value for name, value in headers.items() if templates[name] != value}
    found |= {value for name, value in headers.items() if _is_secret(name) and "{{" not in value}
    found |= {value.split()[-1] for value in found if value.split()}
    found |= {crumb.partition("=")[2].strip() for value in found for crumb in value.split(";")}
    found |= {secret for secret in (urlsplit(url).password,) if secret}
    found |= {value for name, value in parse_qsl(urlsplit(url).query) if _is_secret(name) and "{{" not in value}
    return tuple(sorted((secret for secret in found if len(secret) > 3), key=len, reverse=True))


def _is_secret(name: str) -> bool:
    return any(mark in name.lower() for mark in _SECRET_NAMES)


async def _read(reply: ClientResponse) -> bytes | Failure:
    """Return the body, unpacked, never more than `MOST_BYTES` bytes of it."""
    parts, size = [], 0
    unpack = _unpacker(reply.headers.get("Content-Encoding", ""))
    if isinstance(unpack, Failure):
        return unpack
    async for chunk in reply.content.iter_chunked(1 << 16):
        data = unpack.decompress(chunk, MOST_BYTES - size + 1) if unpack else chunk
        parts.append(data)
        size += len(data)
        if size > MOST_BYTES:
            return Failure(f"the answer is larger than {MOST_BYTES:,} bytes", again=False)
    if unpack and not unpack.whole:
        return Failure("a broken compressed body: it was cut, or has more behind it")
    return b"".join(parts)


def _unpacker(coding: str) -> Any:
    match coding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Inflate(31)
        case "deflate":
            return _Inflate(15)
    return Failure(f"the answer is encoded as {one_line(coding, 40)!r}, which was not asked for", again=False)


class _Inflate:
    """A decompressor whose errors are values that the exchange reports."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    @property
    def whole(self) -> bool:
        """Tell whether everything that came was one body, with its end."""
        return self._inner.eof and not self._inner.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        """Return at most `most` bytes of what `data` unpacks to."""
        try:
            return self._inner.decompress(data, most)
        except zlib.error as error:
            raise ValueError(f"a broken compressed body: {error}") from error


def _form(request: Request) -> Any:
    from aiohttp import FormData

    field, name, data = request.form or ("", "", b"")
    form = FormData()
    form.add_field(field, data, filename=name, content_type="application/octet-stream")
    return form


def _encoded(url: str) -> Any:
    """Return the address as it is written: what is escaped stays escaped, so that no name becomes a path."""
    from yarl import URL

    return URL(url, encoded=True)


def _charset(name: str | None) -> str:
    """Return a codec that is only an encoding, and UTF-8 where a target names anything else."""
    try:
        found = codecs.lookup(name or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return found if found.startswith(_CHARSETS) else "utf-8"
