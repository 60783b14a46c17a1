"""The trust file: believed only when a pinned root signed it, and only as far as it says."""

from __future__ import annotations

import base64
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.canon import canonical
from accord.core.errors import AccordError, RecordError, TamperError
from accord.core.finding import TrustLevel
from accord.core.system import Role
from accord.record import dsse
from accord.record.keys import Signer, make_key
from accord.record.trust import TRUST_TYPE, Trust, TrustedKey, TrustFile, at_least, read_trust, show_trust

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Office(NamedTuple):
    """Whoever writes trust files: a root key, a pipeline key, and where files lie."""

    folder: Path
    root: Signer
    pipeline: Signer

    def file(self) -> TrustFile:
        return TrustFile(
            trust=1,
            expires=date(2027, 1, 1),
            roots=(self.root.keyid,),
            keys=(
                listed(self.root, TrustLevel.INDEPENDENT),
                listed(self.pipeline, TrustLevel.PIPELINE, roles=(Role.RISK_OWNER,)),
            ),
            plugins=("accord-extra",),
        )

    def publish(self, file: TrustFile | None = None, *, by: Signer | None = None) -> str:
        envelope = dsse.sign(canonical(file or self.file()), TRUST_TYPE, signers=[by or self.root])
        path = self.folder / "trust.json"
        path.write_bytes(dsse.to_json(envelope))
        return str(path)

    def read(
        self, source: str, *, roots: tuple[str, ...] = (), root_dir: Path | None = None, now: datetime = NOW
    ) -> Trust:
        return read_trust(source, state=self.folder / "state", root_dir=root_dir, roots=roots, now=now)


def listed(key: Signer, level: TrustLevel, *, roles: tuple[Role, ...] = ()) -> TrustedKey:
    return TrustedKey(keyid=key.keyid, public=base64.b64encode(key.public).decode(), level=level, roles=roles)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, make_key(tmp_path / "root", "root"), make_key(tmp_path / "ci", "pipeline"))


def code(office: Office, source: str, **asked: object) -> str:
    with pytest.raises(AccordError) as caught:
        office.read(source, **asked)  # type: ignore[arg-type]  # what read takes
    return caught.value.code


def test_a_trust_file_says_whose_word_counts_how_much(office: Office) -> None:
    trust = office.read(office.publish())
    assert trust.level_of(office.pipeline.keyid, NOW) is TrustLevel.PIPELINE
    assert trust.level_of("0" * 64, NOW) is None
    assert trust.has_role(office.pipeline.keyid, Role.RISK_OWNER, at=NOW)
    assert not trust.has_role(office.pipeline.keyid, Role.LEGAL, at=NOW)
    assert trust.public(office.pipeline.keyid) == office.pipeline.public
    assert (trust.allows_plugin("accord-extra"), trust.allows_plugin("other")) == (True, False)


def test_the_first_use_pins_the_roots_and_says_so(office: Office) -> None:
    source = office.publish()
    assert [office.read(source).pinned_now for _ in range(2)] == [True, False]
    assert (office.folder / "state" / "trust-root").read_text() == office.root.keyid + "\n"


def test_another_root_is_refused_after_that(office: Office) -> None:
    office.read(office.publish())
    other = make_key(office.folder / "evil", "root")
    forged = replace(office.file(), roots=(other.keyid,), keys=(listed(other, TrustLevel.INDEPENDENT),))
    assert code(office, office.publish(forged, by=other)) == "ACC-E522"


def test_a_named_root_is_not_taken_on_trust(office: Office) -> None:
    source = office.publish()
    assert code(office, source, roots=("0" * 64,)) == "ACC-E522"
    assert not office.read(source, roots=(office.root.keyid,)).pinned_now
    assert not (office.folder / "state" / "trust-root").exists()


def test_a_key_that_is_no_root_cannot_sign(office: Office) -> None:
    assert code(office, office.publish(by=office.pipeline)) == "ACC-E522"


def test_a_revoked_root_cannot_sign(office: Office) -> None:
    revoked = replace(office.file().keys[0], revoked=True)
    assert code(office, office.publish(replace(office.file(), keys=(revoked,)))) == "ACC-E522"


def test_a_changed_file_is_refused(office: Office) -> None:
    source = Path(office.publish())
    envelope = dsse.from_json(source.read_bytes())
    changed = replace(envelope, payload=envelope.payload.replace(b'"pipeline"', b'"independent"'))
    source.write_bytes(dsse.to_json(changed))
    assert code(office, str(source)) == "ACC-E522"


def test_the_last_day_counts_and_the_next_does_not(office: Office) -> None:
    source = office.publish()
    assert office.read(source, now=datetime(2027, 1, 1, 23, tzinfo=UTC)).file is not None
    assert code(office, source, now=datetime(2027, 1, 2, tzinfo=UTC)) == "ACC-E523"


def test_a_file_inside_the_assessed_repository_is_refused(office: Office, tmp_path: Path) -> None:
    source = office.publish()
    assert code(office, source, root_dir=tmp_path) == "ACC-E521"
    (tmp_path.parent / f"{tmp_path.name}-link").symlink_to(source)
    assert code(office, str(tmp_path.parent / f"{tmp_path.name}-link"), root_dir=tmp_path) == "ACC-E521"


def test_revoked_and_old_keys_count_for_nothing(office: Office) -> None:
    root, pipeline = office.file().keys
    revoked = office.read(office.publish(replace(office.file(), keys=(root, replace(pipeline, revoked=True)))))
    assert revoked.revoked(pipeline.keyid)
    assert revoked.level_of(pipeline.keyid, NOW) is None
    assert not revoked.has_role(pipeline.keyid, Role.RISK_OWNER, at=NOW)
    ended = replace(pipeline, not_after=NOW.date())
    old = office.read(office.publish(replace(office.file(), keys=(root, ended))))
    assert old.level_of(pipeline.keyid, NOW) is TrustLevel.PIPELINE
    assert old.level_of(pipeline.keyid, NOW + timedelta(days=1)) is None


def test_without_a_file_only_this_machine_counts_and_only_as_self(office: Office) -> None:
    local = replace(office.pipeline, role="risk-owner").public_key()
    trust = Trust(local=(local,))
    assert trust.level_of(local.keyid, NOW) is TrustLevel.SELF
    assert trust.level_of(office.root.keyid, NOW) is None
    assert trust.has_role(local.keyid, Role.RISK_OWNER, at=NOW)
    assert not trust.has_role(local.keyid, Role.LEGAL, at=NOW)
    assert not trust.revoked(local.keyid)


def test_a_trust_file_ends_what_local_names_say_of_roles(office: Office) -> None:
    source = office.publish()
    local = make_key(office.folder / "me", "legal").public_key()
    trust = replace(office.read(source), local=(local,))
    assert not trust.has_role(local.keyid, Role.LEGAL, at=NOW)


@pytest.mark.parametrize(
    "change",
    [{"trust": 2}, {"roots": ()}, {"roots": ("0" * 64,)}, {"keys": ()}],
)
def test_a_file_that_makes_no_sense_is_refused(office: Office, change: dict[str, object]) -> None:
    assert code(office, office.publish(replace(office.file(), **change))) == "ACC-E520"  # type: ignore[arg-type]  # fields of it


@pytest.mark.parametrize("change", [{"public": "x"}, {"public": "AAAA"}, {"keyid": "0" * 64}])
def test_a_key_that_is_not_its_id_is_refused(office: Office, change: dict[str, str]) -> None:
    keys = (office.file().keys[0], replace(office.file().keys[1], **change))  # type: ignore[arg-type]  # fields of it
    assert code(office, office.publish(replace(office.file(), keys=keys))) == "ACC-E520"


def test_a_key_twice_is_refused(office: Office) -> None:
    assert code(office, office.publish(replace(office.file(), keys=office.file().keys * 2))) == "ACC-E520"


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"trust": 1, "more": 2}', b"[" * 5000, b"\xff"])
def test_signed_noise_is_no_trust_file(office: Office, payload: bytes) -> None:
    path = office.folder / "noise.json"
    path.write_bytes(dsse.to_json(dsse.sign(payload, TRUST_TYPE, signers=[office.root])))
    with pytest.raises(AccordError):
        office.read(str(path))


def test_a_missing_file_is_an_error(office: Office) -> None:
    assert code(office, str(office.folder / "none.json")) == "ACC-E520"


def test_show_tells_who_signed_without_pinning(office: Office) -> None:
    file, signed = show_trust(office.publish())
    assert (file, signed) == (office.file(), (office.root.keyid,))
    with pytest.raises(TamperError):
        show_trust(office.publish(by=office.pipeline))


@given(level=st.sampled_from(TrustLevel), wanted=st.sampled_from(TrustLevel))
def test_levels_are_ordered_from_self_to_independent(level: TrustLevel, wanted: TrustLevel) -> None:
    order = ["self", "pipeline", "independent"]
    assert at_least(level, wanted) is (order.index(level) >= order.index(wanted))
    assert not at_least(None, wanted)


@pytest.fixture
def served(office: Office) -> Iterator[str]:
    """Serve the office's folder on loopback; `/large` never ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers with the trust file, or with two MiB of nothing."""

        def do_GET(self) -> None:
            self.send_response(200 if self.path in {"/trust.json", "/large"} else 404)
            self.end_headers()
            self.wfile.write(Path(office.publish()).read_bytes() if self.path == "/trust.json" else b" " * (2 << 20))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_trust_file_can_be_fetched(office: Office, served: str) -> None:
    assert office.read(f"{served}/trust.json").level_of(office.pipeline.keyid, NOW) is TrustLevel.PIPELINE


def test_what_cannot_be_fetched_or_is_too_large_is_an_error(office: Office, served: str) -> None:
    assert code(office, f"{served}/none") == "ACC-E520"
    assert code(office, f"{served}/large") == "ACC-E520"
    with pytest.raises(RecordError):
        office.read("http://127.0.0.1:1/")
