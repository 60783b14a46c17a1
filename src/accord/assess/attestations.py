"""Attestations: what only a named owner can say, signed by the role's key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from accord.assess.authority import Authority
from accord.assess.files import ABSENT, Files
from accord.assess.plan import companion
from accord.core.assessment import Attachment, Attestation, AttestationRead
from accord.core.catalogue import Catalogue, Provision
from accord.core.errors import AccordError, CatalogError, ManifestError
from accord.core.finding import Place
from accord.core.settings import Settings
from accord.core.system import Role, System
from accord.core.text import shown
from accord.record import dsse
from accord.record.catalogue import load_catalogue
from accord.record.keys import Signer
from accord.record.manifest import side_path
from accord.record.state import read_file, write_file
from accord.record.statement import attestation_statement, read_attestation

LONGEST = timedelta(days=366)
"""No attestation counts longer, whatever it says."""

_LIMIT = 1 << 20
_MANY = 1000


def write_attestation(folder: Path, attestation: Attestation, signer: Signer) -> Path:
    """Sign an attestation and write it into the folder; returns the file."""
    envelope = dsse.sign(attestation_statement(attestation), dsse.STATEMENT_TYPE, signers=[signer])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{attestation.provision}.{attestation.role}.dsse.json"
    write_file(path, dsse.to_json(envelope) + b"\n")
    return path


def read_attestations(
    root: Path, system: System, catalogue: Catalogue, *, files: Files, authority: Authority
) -> Iterator[AttestationRead]:
    """Yield each attestation in the folder that the manifest names, and why it does not count where it does not.

    Raises `ManifestError` for a file that is no attestation at all.
    """
    if system.attestations is None:
        return
    provisions = {provision.id: provision for provision in catalogue.provisions()}
    provisions |= {one.id: one for one in companion(catalogue)}
    for path in _signed_files(root, system.attestations):
        yield _read(path, provisions, system, files=files, authority=authority)


def _signed_files(root: Path, name: str) -> list[Path]:
    """Return the files of the folder; git keeps no empty folder, so a missing one holds none."""
    folder = root / name
    if not folder.exists() and not folder.is_symlink():
        return []
    where = Place(path=name)
    try:
        paths = sorted(islice((path for path in side_path(root, name).iterdir() if path.suffix == ".json"), _MANY + 1))
    except OSError as error:
        message, hint = f"{name} is no folder that can be read", "make it a folder: accord attest writes into it"
        raise ManifestError(f"{message}: {error.strerror}", hint=hint, code="ACC-E120", where=where) from error
    if len(paths) > _MANY:
        message, hint = f"{name} holds more than {_MANY} attestations", "remove those that have ended"
        raise ManifestError(message, hint=hint, code="ACC-E120", where=where)
    return [side_path(root, f"{name.rstrip('/')}/{path.name}") for path in paths]


def _read(
    path: Path, provisions: dict[str, Provision], system: System, *, files: Files, authority: Authority
) -> AttestationRead:
    try:
        envelope = dsse.from_json(read_file(path, _LIMIT))
        said = read_attestation(envelope.payload)
    except (AccordError, OSError, ValueError) as error:
        raise ManifestError(
            f"this attestation cannot be read: {error}",
            hint="make it with: accord attest PROVISION",
            code="ACC-E120",
            where=Place(path=shown(path.name)),
        ) from error
    problem = _signature_problem(envelope, said, authority) or _objection(
        said, provisions.get(said.provision), system, files=files, authority=authority
    )
    return AttestationRead(
        provision=said.provision,
        role=said.role,
        statement=said.statement,
        expires=said.expires,
        keyid=envelope.signatures[0].keyid,
        counted=problem is None,
        problem=problem,
    )


def _signature_problem(envelope: dsse.Envelope, said: Attestation, authority: Authority) -> str | None:
    try:
        signed = dsse.verify(envelope, authority.keys())
    except AccordError as error:
        return error.message
    objections = [authority.objection(keyid, said.role) for keyid in signed.keyids]
    return None if None in objections else objections[0]


def _objection(
    said: Attestation, provision: Provision | None, system: System, *, files: Files, authority: Authority
) -> str | None:
    if provision is None:
        return f"the catalogue has no practice {said.provision}"
    if said.role is not provision.owner:
        return f"the {provision.owner} answers for {provision.id}, not the {said.role}"
    if said.system != system.system.id:
        return f"it is about the system {said.system}"
    if said.effective > authority.today:
        return f"it takes effect on {said.effective}"
    if said.expires - said.effective > LONGEST:
        return "it claims to hold for longer than a year"
    changed = [one.path for one in said.attachments if files.digest(one.path) != one.digest]
    return f"its attachment {changed[0]} has changed or is missing" if changed else None


def owner_of(provision: str, role: str | None) -> Role:
    """Return the role that signs for a practice.

    Raises `CatalogError` for an unknown practice, or when `role` is not the one that answers for it.
    """
    catalogue = load_catalogue()
    every = {one.id: one for one in (*catalogue.provisions(), *companion(catalogue))}
    found = every.get(provision)
    if found is None:
        raise CatalogError(f"there is no practice {provision!r}", hint="practices look like 3.3.a", code="ACC-E201")
    if role is not None and role != found.owner:
        raise CatalogError(
            f"the {found.owner} answers for {provision}, not {role}", hint=f"--role {found.owner}", code="ACC-E203"
        )
    return found.owner


def attach(root: Path, name: str, settings: Settings) -> Attachment:
    """Return a file below the root as an attachment, with its digest now.

    Raises `ManifestError` where it cannot be read.
    """
    digest = Files(root, (), settings).digest(name)
    if digest == ABSENT:
        raise ManifestError(
            f"{name} cannot be attached: it is no readable file below {root}",
            hint="give its path relative to the system's folder",
            code="ACC-E124",
        )
    return Attachment(path=name, digest=digest)
