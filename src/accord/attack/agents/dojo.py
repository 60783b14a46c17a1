"""AgentDojo as we use it: environments, tasks, tools and their own verdicts; no model and none of its pipelines."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple, Protocol, Self, cast

from accord.core.errors import TargetError
from accord.core.text import clean

LATEST = "v1.2.2"
"""The newest tasks in the version of the package that is named in the extra."""


class Call(Protocol):
    """A tool and what is given to it."""

    function: str
    args: Mapping[str, object]


class Environment(Protocol):
    """The world of a suite."""

    def model_copy(self, *, deep: bool = False) -> Self:
        """Return a copy."""

    def model_dump(self, *, mode: str = "python") -> dict[str, object]:
        """Return everything in it as plain values."""


class UserTask(Protocol):
    """An honest task."""

    ID: str
    PROMPT: str
    GROUND_TRUTH_OUTPUT: str

    def init_environment(self, environment: Environment) -> Environment:
        """Return the environment as the task needs it."""

    def ground_truth(self, pre_environment: Environment) -> Sequence[Call]:
        """Return the calls that solve it."""


class InjectionTask(Protocol):
    """What an attacker wants."""

    ID: str
    GOAL: str
    GROUND_TRUTH_OUTPUT: str

    def ground_truth(self, pre_environment: Environment) -> Sequence[Call]:
        """Return the calls that achieve it; none where only a model could say them."""

    def security_from_traces(
        self, model_output: str, pre_environment: Environment, post_environment: Environment, traces: Sequence[Call]
    ) -> bool | None:
        """Tell from the calls whether it was achieved, or None where the environment tells."""

    def security(self, model_output: str, pre_environment: Environment, post_environment: Environment) -> bool:
        """Tell from the environment whether it was achieved."""


class Suite(Protocol):
    """Tasks and attacks in one kind of environment."""

    name: str
    tools: Sequence[object]

    @property
    def user_tasks(self) -> Mapping[str, UserTask]:
        """Return the honest tasks."""

    @property
    def injection_tasks(self) -> Mapping[str, InjectionTask]:
        """Return the attacks."""

    def get_injection_vector_defaults(self) -> Mapping[str, str]:
        """Return the places where an attacker's text can stand, and what stands there otherwise."""

    def load_and_inject_default_environment(self, injections: dict[str, str]) -> Environment:
        """Return the environment with texts in those places."""


class Runtime(Protocol):
    """Something that runs tools."""

    def run_function(
        self, env: Environment, function: str, kwargs: Mapping[str, object], /
    ) -> tuple[object, str | None]:
        """Run one and return its result, and what went wrong."""


class Dojo(NamedTuple):
    """The suites of one version of the tasks, what runs their tools, and how a call is written."""

    version: str
    package: str
    suites: Mapping[str, Suite]
    runtime: Callable[[Sequence[object]], Runtime]
    call: Callable[[str, Mapping[str, object]], Call]


def open_dojo(version: str = LATEST) -> Dojo:
    """Return AgentDojo's suites as of a version of its tasks.

    Raises `TargetError` where it is not installed, does not load, or knows no such version.
    """
    if find_spec("agentdojo") is None:
        hint = "install accord[agentdojo]"
        raise TargetError("AgentDojo is not installed", hint=hint, code="ACC-E645")
    try:
        with _without_pipelines(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runtime = import_module("agentdojo.functions_runtime")
            loaded = import_module("agentdojo.task_suite.load_suites")
    except ImportError as error:
        message, hint = f"AgentDojo cannot be loaded: {clean(str(error))}", "install accord[agentdojo] anew"
        raise TargetError(message, hint=hint, code="ACC-E646") from error
    suites = cast("Mapping[str, Suite]", dict(loaded.get_suites(version)))
    if not suites:
        message = f"AgentDojo has no version {clean(version[:40])!r} of its tasks"
        raise TargetError(message, hint=f"write v1, v1.1 … or {LATEST}", code="ACC-E647")

    def call(function: str, args: Mapping[str, object]) -> Call:
        return cast("Call", runtime.FunctionCall(function=function, args=dict(args)))

    return Dojo(version, _installed(), suites, runtime.FunctionsRuntime, call)


def _installed() -> str:
    try:
        return installed("agentdojo")
    except PackageNotFoundError:
        return "unknown"


@contextmanager
def _without_pipelines() -> Iterator[None]:
    """Let AgentDojo's tasks be imported without its pipelines, which import every model provider's library.

    The tasks need two names of that package only; stand-ins have them, and are gone afterwards.
    """
    spec = find_spec("agentdojo")
    folders = tuple(spec.submodule_search_locations or ()) if spec else ()
    package = ModuleType("agentdojo.agent_pipeline")
    package.__path__ = [f"{folder}/agent_pipeline" for folder in folders]
    truth = ModuleType(f"{package.__name__}.ground_truth_pipeline")
    truth.GroundTruthPipeline = None  # type: ignore[attr-defined]  # only the suites' own self-test uses it
    added = [module for module in (package, truth) if module.__name__ not in sys.modules]
    sys.modules.update({module.__name__: module for module in added})
    try:
        yield
    finally:
        for module in added:
            sys.modules.pop(module.__name__, None)
