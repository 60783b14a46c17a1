"""The system as its owner declares it: the words of `accord.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from accord.core.call import CommandCall, HarnessCall, HttpCall, McpCall
from accord.core.canon import Digest
from accord.core.finding import Severity, Tlp


class Level(StrEnum):
    """How much is asked of a system; each level includes the ones before it."""

    BASELINE = "baseline"
    STANDARD = "standard"
    CRITICAL = "critical"

    def includes(self, other: Level) -> bool:
        """Tell whether what is asked at `other` is asked at this level too."""
        order = tuple(Level)
        return order.index(other) <= order.index(self)


class Role(StrEnum):
    """Who answers for what."""

    SYSTEM_OWNER = "system-owner"
    RISK_OWNER = "risk-owner"
    SECURITY_LEAD = "security-lead"
    DATA_CUSTODIAN = "data-custodian"
    ML_LEAD = "ml-lead"
    OPS_LEAD = "ops-lead"
    PRODUCT_LEAD = "product-lead"
    LEGAL = "legal"


class Effect(StrEnum):
    """What calling a tool does to the world."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Approval(StrEnum):
    """Who agrees before a tool runs."""

    NONE = "none"
    USER = "user"
    HUMAN = "human"


class Mode(StrEnum):
    """Whether the guard stops what it finds or only says so."""

    ENFORCE = "enforce"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the system is."""

    id: str
    name: str
    version: str
    purpose: str
    kind: tuple[str, ...]
    criticality: Level = Level.STANDARD
    jurisdictions: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    prohibited_uses: tuple[str, ...] = ()
    end_of_support: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Which catalogue is asked for, and how much of it."""

    catalogue: str = "gsaisd-2023"
    also: tuple[str, ...] = ()
    level: Level = Level.STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model: `source` is `file:PATH`, `api:PROVIDER/NAME` or `hf:ORG/NAME@REVISION`.

    `parameters` is how many it has; `trained` and `signed` are the days when its training ended and it was signed.
    """

    id: str
    source: str
    digest: Digest | None = None
    base_url: str | None = None
    format: str | None = None
    role: str | None = None
    signature: str | None = None
    provenance: str | None = None
    licence: str | None = None
    origin: str | None = None
    card: str | None = None
    fallback: str | None = None
    parameters: int | None = None
    trained: date | None = None
    signed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Rows that train, tune or evaluate a model."""

    id: str
    path: str
    digest: Digest | None = None
    origin: str | None = None
    licence: str | None = None
    collected: str | None = None
    sensitivity: str | None = None
    used_for: tuple[str, ...] = ()
    retention: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt in a file, or the value of a Python name (`symbol`) or literal (`line`) in it."""

    id: str
    path: str
    symbol: str | None = None
    line: int | None = None
    digest: Digest | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something the model can make happen. `args` binds the arguments of an effect to the tool's own names.

    `origin` says who made a tool that is not part of the system's own code.
    """

    id: str
    does: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    effect: Effect | None = None
    scopes: tuple[str, ...] = ()
    approval: Approval | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    path: str | None = None
    description: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """A store that the model reads from."""

    id: str
    path: str | None = None
    store: str | None = None
    authorisation: str | None = None
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """The code around the model; `builders` are the ids of the builders whose provenance counts."""

    lockfile: str | None = None
    image: str | None = None
    builders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How to tell that an honest task was served."""

    says_any: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An honest task of the system's users: the control of every case."""

    ask: str
    served: Served


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Everything the system is made of; `sources` are where parts from outside may come from: `hf:ORG`, `pkg:pypi`."""

    models: tuple[Model, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    tools: tuple[Tool, ...] = ()
    tasks: tuple[Task, ...] = ()
    retrieval: tuple[Retrieval, ...] = ()
    software: Software = Software()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Data that goes from one component, or a kind of person, to another."""

    from_: str
    to: str
    data: tuple[str, ...] = ()
    boundary: str | None = None
    guard: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiCall:
    """An OpenAI-compatible endpoint; `url` ends in `/v1`.

    `key` is written `env:NAME`, so that no credential lies in the manifest.
    """

    url: str
    model: str
    api: Literal["chat", "responses"] = "chat"
    stream: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How a target is reached; exactly one of the ways is set."""

    openai: OpenAiCall | None = None
    http: HttpCall | None = None
    python: str | None = None
    mcp: McpCall | None = None
    command: CommandCall | None = None
    harness: HarnessCall | None = None

    def __post_init__(self) -> None:
        ways = (self.openai, self.http, self.python, self.mcp, self.command, self.harness)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("name exactly one of openai, http, python, mcp, command, harness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Hard limits of what may be spent on a target."""

    requests: int | None = None
    tokens: int | None = None
    money: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """A running copy of the system that may be probed and attacked.

    `mcp_port` is a port of this machine where an attack runs an MCP server of its own, to which the target connects.
    """

    id: str
    call: Call
    budget: Budget = Budget()
    mcp_port: int | None = None

    @property
    def url(self) -> str | None:
        """Return the address of the target, where it has one."""
        way = self.call.openai or self.call.http or self.call.mcp or self.call.harness
        return way.url if way else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSpec:
    """What stands in front of the model at run time.

    `rules` is the folder of its signed rules, `log` the file of its decisions, `url` the address of the running
    gateway: checks compare what runs there with what is documented here. `canary` is the file in which `accord guard
    canary --out` says whether the model is still the same, `incidents` the one that `accord guard watch` keeps.
    """

    id: str
    policy: str
    mode: Mode = Mode.ENFORCE
    digest: Digest | None = None
    rules: str | None = None
    log: str | None = None
    url: str | None = None
    canary: str | None = None
    incidents: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackSpec:
    """Which suites of cases this system is attacked with."""

    suites: tuple[str, ...] = ()
    trials: int = 5
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclose:
    """How outsiders report a weakness, and how fast it is fixed (days by severity)."""

    policy: str | None = None
    contact: str | None = None
    security_txt: str | None = None
    fix_days: Mapping[Severity, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """With whom cases are exchanged, and what is done with received ones."""

    peers: str | None = None
    collections: tuple[str, ...] = ()
    apply: str = "trial"
    tlp_max: Tlp = Tlp.AMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The system under assessment: everything `accord.yaml` says."""

    accord: int
    system: About
    owners: Mapping[Role, str]
    profile: Profile = Profile()
    components: Components = Components()
    flows: tuple[Flow, ...] = ()
    targets: tuple[TargetSpec, ...] = ()
    guard: GuardSpec | None = None
    threats: str | None = None
    attack: AttackSpec | None = None
    disclose: Disclose | None = None
    exchange: Exchange | None = None
    attestations: str | None = None
    waivers: str | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Return what kinds of AI system this is."""
        return frozenset(self.system.kind)

    @property
    def is_agent(self) -> bool:
        """Tell whether the model can make something happen: it says so, or it has tools."""
        return "agent" in self.kinds or bool(self.components.tools)

    @property
    def talks(self) -> bool:
        """Tell whether a language model is part of the system."""
        return self.is_agent or bool(self.kinds & {"llm-app", "rag", "llm"}) or bool(self.components.prompts)

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield (id, what it is) for everything that carries an id."""
        parts = self.components
        for group, what in (
            (parts.models, "model"),
            (parts.datasets, "dataset"),
            (parts.prompts, "prompt"),
            (parts.tools, "tool"),
            (parts.retrieval, "retrieval store"),
        ):
            yield from ((item.id, what) for item in group)
        yield from ((target.id, "target") for target in self.targets)
        if self.guard:
            yield (self.guard.id, "guard")
