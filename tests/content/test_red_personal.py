"""Personal data and secrets, by vectors made here from the public algorithms, and what honest files are full of."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import pytest

from accord.content.personal import personal
from accord.content.secrets import secrets

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Make = Callable[[random.Random], str]
SEEDS = range(25)


def digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def day(chance: random.Random, form: str = "{y:02}{m:02}{d:02}") -> str:
    return form.format(y=chance.randint(0, 99), m=chance.randint(1, 12), d=chance.randint(1, 28))


def weighed(text: str, weights: str) -> int:
    return sum(int(one) * int(weight, 36) for one, weight in zip(text, weights, strict=False))


def tried(chance: random.Random, make: Callable[[], str | None]) -> str:
    """Return the first that the algorithm gives a check digit: some remainders have none."""
    return next(one for one in (make() for _ in range(999)) if one and len(set(filter(str.isdigit, one))) > 3)


def luhn_digit(text: str) -> str:
    return next(
        one
        for one in "0123456789"
        if not sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(text + one)))
        % 10
    )


def cpf(chance: random.Random) -> str:
    text = digits(chance, 9)
    for _ in range(2):
        rest = sum(int(one) * weight for one, weight in zip(reversed(text), range(2, 12), strict=False)) % 11
        text += str(0 if rest < 2 else 11 - rest)
    return text


def nhs(chance: random.Random) -> str:
    def one() -> str | None:
        text = digits(chance, 9)
        check = 11 - weighed(text, "a98765432") % 11
        return None if check == 10 else text + str(check % 11)

    return tried(chance, one)


def swedish(chance: random.Random, *, later: int = 0) -> str:
    text = day(chance)
    text = text[:4] + f"{int(text[4:]) + later:02}" + digits(chance, 3)
    return text[:6] + "-" + text[6:] + luhn_digit(text)


def belgian(chance: random.Random, *, born: str = "") -> str:
    text = day(chance) + f"{chance.randint(1, 997):03}"
    return text + f"{97 - int(born + text) % 97:02}"


def dotted(text: str) -> str:
    return f"{text[:2]}.{text[2:4]}.{text[4:6]}-{text[6:9]}.{text[9:]}"


def swiss(chance: random.Random) -> str:
    text = "756" + digits(chance, 9)
    return text + str(-sum(int(one) * (3 if place % 2 else 1) for place, one in enumerate(text)) % 10)


def chilean(chance: random.Random) -> str:
    text = str(chance.randint(1_000_000, 25_000_000))
    total = sum(int(one) * (2 + place % 6) for place, one in enumerate(reversed(text)))
    return text + "-" + "0123456789K0"[11 - total % 11 if total % 11 else 0]


def argentine(chance: random.Random) -> str:
    def one() -> str | None:
        text = chance.choice(("20", "23", "27")) + digits(chance, 8)
        check = 11 - weighed(text, "5432765432") % 11
        return None if check == 10 else text + str(check % 11)

    return tried(chance, one)


def russian(chance: random.Random) -> str:
    text = digits(chance, 9)
    return text + f"{weighed(text, '987654321') % 101 % 100:02}"


def turkish(chance: random.Random) -> str:
    text = str(chance.randint(1, 9)) + digits(chance, 8)
    text += str((7 * sum(map(int, text[::2])) - sum(map(int, text[1::2]))) % 10)
    return text + str(sum(map(int, text)) % 10)


def polish(chance: random.Random) -> str:
    text = day(chance) + digits(chance, 4)
    return text + str(-weighed(text, "1379137913") % 10)


def spanish(chance: random.Random) -> str:
    number = chance.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def finnish(chance: random.Random) -> str:
    text = day(chance, "{d:02}{m:02}{y:02}")
    serial = f"{chance.randint(2, 899):03}"
    return f"{text}{chance.choice('+-A')}{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(text + serial) % 31]}"


def french(chance: random.Random) -> str:
    text = f"{chance.randint(1, 2)}{chance.randint(0, 99):02}{chance.randint(1, 12):02}{chance.randint(1, 95):02}"
    text += digits(chance, 6)
    return f"{text}{97 - int(text) % 97:02}"


def iban(chance: random.Random, country: str, size: int) -> str:
    text = digits(chance, size - 4)
    number = int(text + "".join(str(int(one, 36)) for one in country) + "00")
    return f"{country}{98 - number % 97:02}{text}"


def singaporean(chance: random.Random, *, letter: str, offset: int, table: str) -> str:
    text = digits(chance, 7)
    return letter + text + table[(weighed(text, "2765432") + offset) % 11]


def dutch(chance: random.Random) -> str:
    def one() -> str | None:
        text = str(chance.randint(1, 9)) + digits(chance, 7)
        check = weighed(text, "98765432") % 11
        return None if check == 10 else text + str(check)

    return tried(chance, one)


def card(chance: random.Random) -> str:
    text = chance.choice(("4539", "4916", "5425", "2223")) + digits(chance, 11)
    return text + luhn_digit(text)


MADE: list[tuple[str, str, Make]] = [
    ("br-cpf", "cpf,", cpf),
    ("br-cpf", "", lambda c: (t := cpf(c)) and f"{t[:3]}.{t[3:6]}.{t[6:9]}-{t[9:]}"),
    ("uk-nhs-number", "NHS no ", nhs),
    ("uk-nhs-number", "", lambda c: (t := nhs(c)) and f"{t[:3]} {t[3:6]} {t[6:]}"),
    ("se-personnummer", "", swedish),
    ("se-personnummer", "", lambda c: "19" + swedish(c)),
    ("se-personnummer", "", lambda c: swedish(c, later=60)),
    ("se-personnummer", "", lambda c: "20" + swedish(c, later=60)),
    ("be-national-number", "NISS ", belgian),
    ("be-national-number", "", lambda c: dotted(belgian(c))),
    ("be-national-number", "", lambda c: dotted(belgian(c, born="2"))),
    ("ch-ahv", "AHV-Nr ", swiss),
    ("ch-ahv", "", lambda c: (t := swiss(c)) and f"{t[:3]}.{t[3:7]}.{t[7:11]}.{t[11:]}"),
    ("cl-rut", "RUT: ", chilean),
    ("ar-cuil", "CUIT ", argentine),
    ("ar-cuil", "", lambda c: (t := argentine(c)) and f"{t[:2]}-{t[2:10]}-{t[10:]}"),
    ("ru-snils", "СНИЛС ", russian),
    ("ru-snils", "", lambda c: (t := russian(c)) and f"{t[:3]}-{t[3:6]}-{t[6:9]} {t[9:]}"),
    ("tr-kimlik", "kimlik no ", turkish),
    ("pl-pesel", "", polish),
    ("es-dni", "", spanish),
    ("fi-hetu", "", finnish),
    ("fr-nir", "", french),
    ("iban", "", lambda c: iban(c, "DE", 22)),
    ("iban", "", lambda c: iban(c, "NO", 15)),
    ("nl-bsn", "bsn ", dutch),
    ("payment-card", "", card),
    ("sg-nric", "", lambda c: singaporean(c, letter="S", offset=0, table="JZIHGFEDCBA")),
    ("sg-nric", "", lambda c: singaporean(c, letter="T", offset=4, table="JZIHGFEDCBA")),
    ("sg-nric", "", lambda c: singaporean(c, letter="G", offset=4, table="XWUTRQPNMLK")),
    ("sg-nric", "", lambda c: singaporean(c, letter="M", offset=3, table="XWUTRQPNJLK")),
]


def found(text: str) -> set[str]:
    return {one.name for one in personal(text)}


@pytest.mark.parametrize(("name", "before", "make"), MADE)
def test_numbers_made_by_the_algorithm_of_a_country_are_found(name: str, before: str, make: Make) -> None:
    names = [found(f"see {before}{make(random.Random(seed))}; end") for seed in SEEDS]
    assert all(names)
    assert sum(name in one for one in names) >= 0.8 * len(names)  # a few are numbers of another country as well


@pytest.mark.parametrize(("name", "before", "make"), MADE)
def test_most_numbers_with_one_changed_digit_are_none(name: str, before: str, make: Make) -> None:
    kept = 0
    for seed in SEEDS:
        number = make(random.Random(seed))
        place = max(at for at, one in enumerate(number[:-1]) if one.isdigit())
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        kept += name in found(f"see {before}{wrong}; end")
    assert kept <= 3


@pytest.mark.parametrize("number", ["078-05-1120", "078051120", "078 05 1120"])
def test_a_number_without_a_checksum_is_found_beside_its_name_and_never_sure(number: str) -> None:
    (one,) = personal(f"SSN: {number}")
    assert (one.name, one.sure) == ("us-ssn", False)


@pytest.mark.parametrize("number", ["000051120", "666051120", "900051120", "078001120", "078050000"])
def test_a_number_that_was_never_issued_is_none(number: str) -> None:
    assert found(f"ssn {number}") == set()


HONEST = [
    "git@github.com:org/repo.git",
    "rating 36574261809",
    "guide 234123412346",
    "uuid: 234123412346",
    "manifest 501442600",
    "the resin 046454286",
    "using 046454286",
    "apps 6433435F",
    "signify 501442600",
    "routing 36574261809",
    "sha256 a4111111111111111f",
    "deadbeef4111111111111111",
    "9434765919",
    "11144477735",
    "7569217076985",
    "crunch 12531909-2",
    "1700000000 1700000123",
    "2026-11-22T12:00:00.123456Z",
    "0.943476591900",
    "[4096, 11008, 32000]",
    "ISBN 978-3-16-148410-0",
    "123e4567-e89b-12d3-a456-426614174000",
    "1e-5 3.14159265358979",
    "192.168.100.200:8080",
    "v2.1.0+cu118",
    "x@2x.png",
    "step 100000 loss 2.3025850929940457",
    "@pytest.mark.parametrize",
    "tokens_per_second=123456.789",
    "pip==24.0.1",
]


@pytest.mark.parametrize("text", HONEST)
def test_what_honest_files_are_full_of_is_no_personal_data(text: str) -> None:
    assert [one for one in personal(f"first line\n{text}\n") if one.sure] == []


def test_hashes_and_ids_of_a_large_file_are_no_cards() -> None:
    chance = random.Random(7)
    lines = "\n".join("".join(chance.choice("0123456789abcdef") for _ in range(64)) for _ in range(4000))
    assert "payment-card" not in found(lines)


@pytest.mark.parametrize("short", ["tin", "uid", "nif", "pps", "sin", "bsn"])
def test_short_names_are_looked_for_in_linear_time(short: str, growth: Growth) -> None:
    assert growth(lambda count: lambda: list(personal(f"x{short}y 123456789 " * count)), 5_000) < 10


# --- secrets


def token(seed: int, size: int = 32, alphabet: str = string.ascii_letters + string.digits) -> str:
    chance = random.Random(seed)
    return "a1B2" + "".join(chance.choice(alphabet) for _ in range(size - 4))


KEYS = [
    "api_key",
    "apikey",
    "api-key",
    "password",
    "secret",
    "token",
    "access_key",
    "client_secret",
    "db.password",
    "OPENAI_API_KEY",
    "auth-token",
    "Passwd",
]
FORMS = [
    "{key}: {value}\n",
    "  {key}: {value}\n",
    "- {key}: {value}  # mine\n",
    "a: 1\r\n{key}: {value}\r\nb: 2\r\n",
    '{key}: "{value}"\n',
    "'{key}': '{value}'\n",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_yaml_is_found_quoted_or_not(key: str, form: str) -> None:
    for seed in range(5):
        value = token(seed)
        text = form.format(key=key, value=value)
        assert [text[one.start : one.end] for one in secrets(text)] == [value]


@pytest.mark.parametrize(
    "line",
    [
        "tokenizer_class: LlamaTokenizerFast2",
        "pad_token: <pad>",
        "eos_token_id: 128001",
        "token_type: bert-base-uncased",
        "password: ${DB_PASSWORD}",
        "secret: projects/1/secrets/name",
        "secretName: foo-tls-v1-production",
        "api_key: null",
        "password: changeme",
        "token: your_token_here",
        "secret_sha256: " + "0f" * 32,
        "max_tokens: 1000000000000",
        "secret: my-database-secret-of-2024-v1",
        "token: !vault",
        "api_key: os.environ",
        "  token: example-token-value",
        "secret_ref: 0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "cache_key: linux-py311-a1b2",
    ],
)
def test_yaml_that_names_no_secret_is_quiet(line: str) -> None:
    assert list(secrets(f"a: 1\n{line}\nb: 2\n")) == []


@pytest.mark.parametrize(
    "piece", ["a_" * 200 + "\n", "token:", "- - - ", "token: \n", "a.b.c.d.token: x\n", " " * 70 + "\n"]
)
def test_a_secret_in_yaml_is_looked_for_in_linear_time(piece: str, growth: Growth) -> None:
    def looked(size: int) -> Callable[[], object]:
        text = "key: 1\n" + piece * (size // len(piece))
        return lambda: list(secrets(text))

    assert growth(looked, 100_000) < 10
