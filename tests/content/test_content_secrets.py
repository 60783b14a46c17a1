"""Secrets are recognised by form and randomness; placeholders are none; the raw value never leaves."""

from __future__ import annotations

import base64
import itertools
import json
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.content.secrets import entropy, secrets

RNG = random.Random(7)
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def some(count: int, alphabet: str = LETTERS) -> str:
    """Return a token that is fixed for the run and as random as real ones."""
    while True:
        token = "".join(RNG.choice(alphabet) for _ in range(count))
        if any(char.isdigit() for char in token) or not any(char.isdigit() for char in alphabet):
            return token


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


# put together here, so that no scanner takes this file for a leak
FORMS = {
    "aws-access-key-id": "AKIA" + some(16, string.ascii_uppercase + "234567"),
    "aws-secret-access-key": "aws_secret_access_key = " + some(40),
    "gcp-api-key": "AIza" + some(35),
    "gcp-oauth-token": "ya29." + some(60),
    "gcp-oauth-client-secret": "GOCSPX" + "-" + some(28),
    "azure-storage-key": "AccountKey=" + some(86) + "==",
    "azure-sas-signature": "https://x.example/?sv=1&sig=" + some(43) + "%3D",
    "azure-ad-client-secret": some(3) + "8Q~" + some(32),
    "github-token": "ghp" + "_" + some(36),
    "github-fine-grained-token": "github_pat" + "_" + some(22) + "_" + some(59),
    "gitlab-token": "glpat" + "-" + some(20),
    "slack-token": "xoxb" + "-" + some(12, string.digits) + "-" + some(24),
    "slack-app-token": "xapp-1-A" + some(9, string.digits) + "-" + some(12, string.digits) + "-" + some(64, HEX),
    "slack-webhook": "https://hooks.slack" + ".com/services/T12345678/B12345678/" + some(24),
    "stripe-key": "sk_live" + "_" + some(24),
    "anthropic-key": "sk-ant" + "-api03-" + some(93),
    "openrouter-key": "sk-or" + "-v1-" + some(64, HEX),
    "openai-key": "sk-proj" + "-" + some(48),
    "huggingface-token": "hf" + "_" + some(34, string.ascii_letters),
    "groq-key": "gsk" + "_" + some(52),
    "replicate-token": "r8" + "_" + some(37),
    "pinecone-key": "pcsk" + "_" + some(6) + "_" + some(62),
    "langsmith-key": "lsv2" + "_pt_" + some(32, HEX) + "_" + some(10, HEX),
    "perplexity-key": "pplx" + "-" + some(48),
    "xai-key": "xai" + "-" + some(80),
    "npm-token": "npm" + "_" + some(36),
    "pypi-token": "pypi-" + "AgE" + some(80),
    "docker-token": "dckr_pat" + "_" + some(27),
    "digitalocean-token": "dop_v1" + "_" + some(64, HEX),
    "databricks-token": "dapi" + some(32, HEX),
    "sendgrid-key": "SG" + "." + some(22) + "." + some(43),
    "twilio-key": "twilio_token: " + some(32, HEX),
    "mailgun-key": "key" + "-" + some(32, HEX),
    "telegram-bot-token": some(9, "123456789") + ":AA" + some(33),
    "shopify-token": "shpat" + "_" + some(32, HEX),
    "hashicorp-vault-token": "hvs" + "." + some(40),
    "grafana-token": "glsa" + "_" + some(32) + "_" + some(8, HEX),
    "age-secret-key": "AGE-SECRET-KEY" + "-1" + some(58, "023456789ACDEFGHJKLMNPQRSTUVWXYZ"),
    "private-key": "-----BEGIN RSA PRIVATE" + " KEY-----\n" + some(200) + "\n-----END RSA PRIVATE" + " KEY-----",
    "json-web-token": ".".join((encoded({"alg": "HS256"}), encoded({"sub": "someone", "n": 1}), some(43))),
    "password-in-url": "postgres://shop:" + some(14) + "@db.internal:5432/shop",
    "bearer-token": "Authorization: Bearer " + some(40),
    "assigned-secret": 'db_password = "' + some(16) + '"',
    "assigned-in-environment": "export DB_PASSWORD=" + some(16),
    "secret-in-words": "The discount code: LARCH-STAFF-7731 is for staff.",
}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_secret_of_each_form_is_recognised_by_its_name(name: str) -> None:
    text = f"first line\n{FORMS[name]}\nlast line\n"
    assert [one.name for one in secrets(text)] == [name]


def test_there_are_at_least_twenty_five_forms() -> None:
    assert len(FORMS) >= 25


@pytest.mark.parametrize("name", sorted(FORMS))
def test_only_three_characters_of_a_secret_leave(name: str) -> None:
    (one,) = secrets(FORMS[name])
    assert one.masked == FORMS[name][one.start : one.start + 3] + "…"
    assert FORMS[name][one.start + 4 : one.end] not in repr(one)


def test_the_place_is_that_of_the_secret_itself() -> None:
    text = 'a\nb\n  password = "' + FORMS["github-token"] + '"'
    (one,) = secrets(text)
    assert (one.name, one.line, one.column) == ("github-token", 3, 15)
    assert text[one.start : one.end] == FORMS["github-token"]


@pytest.mark.parametrize(
    "text",
    [
        'password = "changeme"',
        'password = "${DB_PASSWORD}"',
        "PASSWORD=<your password>",
        'api_key = "YOUR_API_KEY_1"',
        'token = "xxxxxxxxxxxxxxxx1"',
        "AKIAIOSFODNN7EXAMPLE",
        "sk-" + "x" * 40,
        "sk-your-key-goes-here-1234567890",
        "OPENAI_API_KEY=sk-...",
        'password = os.environ["DB_PASSWORD_2"]',
        "password = get_password(user_1)",
        'password = "{{ vault_password_1 }}"',
        "sk-learn-contrib-and-some-more-words-2024",
        'secret_name = "db-password"',
        'token_url = "https://login.example/token1"',
        "the secret is out in the open",
        "task-force-of-the-town-2024-report",
        'password: "********1"',
        "postgres://user:${PASSWORD}@host/db",
        "postgres://user:password@localhost/db",
        "-----BEGIN PUBLIC KEY-----\n" + "abcd" * 30,
        'tokens = "1234567890123456"',
        "hf_" + "a" * 34,
        "max_tokens=4096",
        "integrity sha512-" + "Ab1" * 28,
        "commit 0123456789abcdef0123456789abcdef01234567",
        'PASSWORD_HASHER = "django.contrib.auth.hashers.Argon2PasswordHasher"',
    ],
)
def test_placeholders_names_and_references_are_no_secrets(text: str) -> None:
    assert list(secrets(text)) == []


def test_a_random_token_that_spells_a_word_is_still_a_secret() -> None:
    text = "sk-larchDEMO" + "only7Qm2Xv9Tz4Kb8Wd3Rn6Yc1Hf5Jp0"
    assert [one.name for one in secrets(text)] == ["openai-key"]
    assert [one.name for one in secrets("sk-example" + some(40))] == ["openai-key"]


def test_secrets_come_in_order_and_do_not_overlap() -> None:
    found = list(secrets("\n".join(FORMS.values())))
    assert all(one.end <= after.start for one, after in itertools.pairwise(found))
    assert {one.name for one in found} == set(FORMS)


@given(st.text(max_size=300))
def test_any_text_can_be_looked_through(text: str) -> None:
    for one in secrets(text):
        assert 0 <= one.start < one.end <= len(text)


@given(before=st.text(max_size=50), after=st.text(max_size=50))
def test_a_token_is_found_wherever_it_stands(before: str, after: str) -> None:
    found = [one.name for one in secrets(f"{before}\n {FORMS['github-token']} \n{after}")]
    assert "github-token" in found


def test_entropy_is_in_bits_for_each_character() -> None:
    assert [entropy("aaaa"), entropy("abab"), entropy("abcd"), entropy("")] == [0, 1, 2, 0]


HOSTILE = (
    "a",
    "sk-",
    "eyJa.",
    "password='",
    "-----BEGIN PRIVATE KEY-----",
    "twilio ",
    "a://b:",
    "A_",
    "password:",
    "aws secret ",
    "AKIA",
    "Authorization: Bearer ",
    "\n",
    "secret_",
    "eyJ",
    "sk-aB3",
    "=",
    "ghp_a",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_time_grows_no_faster_than_the_text(piece: str) -> None:
    small, large = (_seconds((piece * size)[:size]) for size in (250_000, 1_000_000))
    assert large < 8 * small + 0.2
    assert large < 3


def _seconds(text: str) -> float:
    began = time.thread_time()
    list(secrets(text))
    return time.thread_time() - began
