"""A token that proves itself says so; one that only looks like it does not; both are told."""

from __future__ import annotations

import base64
import json
import random
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.content.proofs import PROOFS, jwt_header
from accord.content.secrets import secrets

RNG = random.Random(11)
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
LETTERS = string.ascii_letters + string.digits


def some(count: int, alphabet: str = LETTERS) -> str:
    return "".join(RNG.choice(alphabet) for _ in range(count))


def signed(prefix: str) -> str:
    payload = some(30)
    number, digits = zlib.crc32(payload.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return f"{prefix}_{payload}{digits.rjust(6, '0')}"


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def armoured(data: bytes, kind: str = "PRIVATE KEY") -> str:
    body = base64.b64encode(data).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


PROVEN = [
    ("github-token", signed("ghp")),
    ("github-token", signed("gho")),
    ("npm-token", signed("npm")),
    ("json-web-token", f"{encoded({'alg': 'HS256'})}.{encoded({'sub': 'a', 'n': some(20)})}.{some(43)}"),
    ("private-key", armoured(b"\x30\x82" + RNG.randbytes(200))),
    ("private-key", armoured(b"openssh-key-v1\0" + RNG.randbytes(200), "OPENSSH PRIVATE KEY")),
    ("openai-key", "sk-" + some(20) + "T3Blbk" + "FJ" + some(20)),
    ("anthropic-key", "sk-ant" + "-api03-" + some(93) + "AA"),
    (
        "pypi-token",
        "pypi-" + base64.urlsafe_b64encode(b"\x02\x01\x08index.ex\x02\x24" + RNG.randbytes(90)).decode().rstrip("="),
    ),
]


@pytest.mark.parametrize(("name", "token"), PROVEN)
def test_a_token_that_proves_itself_says_so(name: str, token: str) -> None:
    found = [one for one in secrets(f"see {token} here") if one.name == name]
    assert [one.proven for one in found] == [True]


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("github-token", "ghp" + "_" + some(30) + "zzzzzz"),
        ("private-key", armoured(b"\x01" + RNG.randbytes(200))),
        ("openai-key", "sk-" + some(48)),
    ],
)
def test_a_token_that_does_not_is_still_told(name: str, token: str) -> None:
    found = [one for one in secrets(f"see {token} here") if one.name == name]
    assert [one.proven for one in found] == [False]


def test_kinds_without_a_proof_say_nothing_of_it() -> None:
    (found,) = secrets("key: " + "gsk" + "_" + some(52))
    assert found.proven is None


NEW_FORMS = {
    "nvidia-key": "nvapi-" + some(64),
    "tavily-key": "tvly-" + some(32),
    "langfuse-key": "sk-lf-" + "-".join(some(count, "0123456789abcdef") for count in (8, 4, 4, 4, 12)),
    "wandb-key": "WANDB_API_KEY=" + some(40, "0123456789abcdef"),
    "cohere-key": "COHERE_API_KEY: " + some(40),
    "azure-shared-access-key": "SharedAccessKey=" + some(43) + "=",
    "notion-token": "ntn_" + some(46),
    "linear-key": "lin_api_" + some(40),
    "airtable-token": "pat" + some(14) + "." + some(64, "0123456789abcdef"),
    "sentry-token": "sntrys_" + some(90),
    "new-relic-key": "NRAK-" + some(27, string.ascii_uppercase + string.digits),
    "supabase-token": "sbp_" + some(40, "0123456789abcdef"),
    "terraform-token": some(14) + ".atlasv1." + some(64),
    "rubygems-key": "rubygems_" + some(48, "0123456789abcdef"),
    "postman-key": "PMAK-" + some(24, "0123456789abcdef") + "-" + some(34, "0123456789abcdef"),
    "figma-token": "figd_" + some(42),
    "brevo-key": "xkeysib-" + some(64, "0123456789abcdef") + "-" + some(16),
    "mailchimp-key": some(32, "0123456789abcdef") + "-us12",
    "redis-password": "redis://:" + some(16) + "@cache.example:6379",
    "odbc-password": "Server=db.example;Database=a;Uid=b;Pwd=" + some(14) + ";",
    "elevenlabs-key": "sk_" + some(48, "0123456789abcdef"),
}


@pytest.mark.parametrize("name", NEW_FORMS)
def test_more_services_are_recognised(name: str) -> None:
    assert name in {one.name for one in secrets(f'x = 1\ntoken "{NEW_FORMS[name]}"\n')}


@pytest.mark.parametrize(
    "text",
    [
        "sha256:" + some(64, "0123456789abcdef"),
        '"integrity": "sha512-' + some(86) + '=="',
        "--hash=sha256:" + some(64, "0123456789abcdef"),
        "id = 123e4567-e89b-12d3-a456-426614174000",
        "commit " + some(40, "0123456789abcdef"),
        "resolved https://registry.example/a/-/a-1.0.0.tgz#" + some(40, "0123456789abcdef"),
        "weights: " + base64.b64encode(RNG.randbytes(300)).decode(),
        "wandb_version = '0.1'",
        "oauth:example",
        "Pwd=${PASSWORD}",
    ],
)
def test_hashes_ids_and_weights_are_no_secrets(text: str) -> None:
    assert [one.name for one in secrets(text)] == []


@given(st.text(max_size=200), st.sampled_from(sorted(PROOFS)))
def test_no_text_makes_a_proof_fail(text: str, name: str) -> None:
    assert PROOFS[name](text) in {True, False}
    assert jwt_header(text) in {True, False}
