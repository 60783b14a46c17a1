"""What the check of loading needs: the Python that loads a model's file, and whether anything verifies it before."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.checks.code import Code, python_code
from accord.core import Asset, Context, Place
from accord.scan.names import Names
from accord.scan.python import parsed

_SCRIPTS: Final = (
    "**/*.sh", "**/*.bash", "**/*.ps1", "**/Dockerfile*", "**/Containerfile*", "**/*.service", "**/Procfile",
    "**/entrypoint*", "**/*.yaml", "**/*.yml",
)  # fmt: skip
_PIPELINE: Final = re.compile(r"(?:^|/)(?:\.|azure-pipelines|bitbucket-pipelines|accord\.yaml$)")
_COMMAND: Final = re.compile(
    r"\baccord[\"']?[, ]+[\"']?verify-model\b|\bmodel[-_]signing[\"', ]+verify\b|\bcosign[\"', ]+verify|"
    r"\b(?:sha(?:1|224|256|384|512)?sum|shasum|b2sum)\b.{0,200}?\s(?:-c|--check)\b|\bgpg2?\b.{0,200}?--verify\b|"
    r"\bsigstore[\"', ]+verify\b|\bslsa-verifier[\"', ]+verify|\bminisign\b.{0,40}?\s-V"
)
_LISTED: Final = re.compile(r"\s(?:-c|--check)\b|\$")
_POWERLESS: Final = re.compile(r"\|\|\s*(?:true|:|exit 0)(?!\w)")
_LOADS: Final = re.compile(
    r"load|loads|load_\w+|(?:\w+_)?from_(?:file|pretrained|json|bytes|buffer|disk|gguf|onnx)|frombuffer|safe_open|"
    r"InferenceSession|Interpreter|Llama|LLM|Unpickler|read_model|restore|pipeline|Booster|CatBoost\w*|compile_model"
)
_DIGESTS: Final = frozenset({"hexdigest", "digest"})
_TOOLS: Final = ("model_signing.", "sigstore.", "accord.")
_KNOWN: Final = frozenset(
    {"known_hash", "file_hash", "check_hash", "sha256", "checksum", "expected_hash", "expected_sha256"}
)
_FETCHES: Final = re.compile(r"(?:\w+_)?(?:retrieve|download|fetch|get_file|load)(?:_\w+)?")
_ROUNDS = 4

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Loader(NamedTuple):
    """A call that loads a model's file: where it stands, and whether something verified the file before."""

    place: Place
    verified: bool


class _Module(NamedTuple):
    """One Python module, and the nodes of its functions by name (an empty name for what stands outside of any)."""

    code: Code
    names: Names
    scopes: Mapping[str, tuple[ast.AST, ...]]


class _Known(NamedTuple):
    """The functions of the system that make a digest, and those that verify, each as (path, name)."""

    digests: set[tuple[str, str]]
    verifying: set[tuple[str, str]]


def scripts(ctx: Context) -> Iterator[str]:
    """Yield the lines that scripts, containers and services run and that can fail; pipelines do not count."""
    from accord.scan.places import is_test

    for source in ctx.sources(*_SCRIPTS):
        if _PIPELINE.search(source.path) is None and not is_test(source.path):
            lines = (line.partition(" #")[0] for line in source.text.splitlines())
            yield "\n".join(line for line in lines if not line.lstrip().startswith("#") and not _POWERLESS.search(line))


def command_verifies(text: str, path: str) -> bool:
    """Tell whether a command verifies the model at a path: it names it, a folder above, a list or a variable."""
    folders = ["/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 1)]
    names = [path, path.rpartition("/")[2], *folders]
    named = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-]|/[\w.])" for name in names))
    return any(_COMMAND.search(line) and (named.search(line) or _LISTED.search(line)) for line in text.splitlines())


def loaders(ctx: Context, asset: Asset) -> Iterator[Loader]:
    """Yield the calls in the system's Python that load the file or folder of a model, as far as names show it."""
    path = asset.path or ""
    codes = {code.path: code for code in python_code(ctx)}
    naming = {code.path for code in codes.values() if path.rpartition("/")[2] in code.text}
    constants = {name for place in naming for name in _constants(codes[place], path)}
    wanted = [code for code in codes.values() if code.path in naming or any(name in code.text for name in constants)]
    modules = [module for code in wanted if (module := _module(code))]
    helpers = [module for code in _imported(codes, modules) if (module := _module(code))]
    known = _settled([*modules, *helpers])
    for module in modules:
        yield from _loads(module, path, constants, known)


def _constants(code: Code, path: str) -> Iterator[str]:
    """Yield the names that a module gives to the path of the model."""
    tree = parsed(code.text)
    for node in tree.body if isinstance(tree, ast.Module) else ():
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        if any(_mentions(one, path, frozenset()) for one in ast.walk(node.value)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for one in targets if isinstance(one, ast.Name) and len(one.id) > 2)


def _module(code: Code) -> _Module | None:
    tree = parsed(code.text)
    if not isinstance(tree, ast.Module):
        return None
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    inside = {id(one) for function in functions for one in ast.walk(function)}
    scopes: dict[str, tuple[ast.AST, ...]] = {"": tuple(one for one in ast.walk(tree) if id(one) not in inside)}
    for function in functions:
        scopes[function.name] = (*scopes.get(function.name, ()), *ast.walk(function))
    return _Module(code, Names(ast.walk(tree)), scopes)


def _imported(codes: Mapping[str, Code], modules: Iterable[_Module]) -> list[Code]:
    """Return the system's own modules that others import."""
    meant = {name for module in modules for name in module.names.imports.values()}
    ends = tuple(f"{name.replace('.', '/')}.py" for one in meant for name in (one, one.rpartition(".")[0]) if name)
    own = {module.code.path for module in modules}
    return [code for path, code in codes.items() if path not in own and path.endswith(ends)]


def _settled(modules: list[_Module]) -> _Known:
    """Find the functions that verify: by a comparison of digests, or by calling one that does."""
    known = _Known(set(), set())
    functions = [(one, name, nodes) for one in modules for name, nodes in one.scopes.items() if name]
    for _ in range(_ROUNDS):
        for module, name, nodes in functions:
            if any(_is_digest(node, module, known) for node in nodes):
                known.digests.add((module.code.path, name))
            if any(_points(nodes, module, known)):
                known.verifying.add((module.code.path, name))
    return known


def _loads(module: _Module, path: str, constants: set[str], known: _Known) -> Iterator[Loader]:
    held = {name: _held(nodes, path, constants) for name, nodes in module.scopes.items()}
    for name, node in _inner_calls(module):  # a function that is called with the model holds it in its parameters
        given = [*node.args, *(one.value for one in node.keywords)]
        if any(_speaks_of(one, path, constants, held[name]) for one in given):
            inner = module.scopes[_last(node.func)]
            held[_last(node.func)] = _held(inner, path, constants, _parameters(inner))
    for name, nodes in module.scopes.items():
        loads = [one for one in nodes if isinstance(one, ast.Call) and _is_load(one, module)]
        lines = [one.lineno for one in loads if _speaks_of(one, path, constants, held[name])]
        if lines:
            yield Loader(module.code.place(min(lines)), _is_covered(module, name, min(lines), known))


def _inner_calls(module: _Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of the module's own functions, and the function that each stands in."""
    for name, nodes in module.scopes.items():
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in module.scopes:
                yield name, node


def _held(
    nodes: tuple[ast.AST, ...], path: str, constants: set[str], held: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return the local names that hold the model, its path or its bytes."""
    names = set(held)
    for node in nodes:
        if isinstance(node, ast.arguments):
            plain = [*node.posonlyargs, *node.args]
            defaults = [*zip(plain[len(plain) - len(node.defaults) :], node.defaults, strict=True)]
            defaults += [(one, value) for one, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value]
            names |= {one.arg for one, value in defaults if _speaks_of(value, path, constants, names)}
    for _ in range(_ROUNDS):
        for target, value in _bound(nodes):
            if _speaks_of(value, path, constants, names):
                names |= {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}
    return frozenset(names)


def _bound(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what is given a value, and the value."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((one, value) for one in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield target, value
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield target, value


def _parameters(nodes: tuple[ast.AST, ...]) -> frozenset[str]:
    return frozenset(one.arg for one in nodes if isinstance(one, ast.arg))


def _speaks_of(node: ast.expr, path: str, constants: set[str], held: Iterable[str]) -> bool:
    """Tell whether an expression holds the path of the model, or a name that does."""
    local = set(held)
    inside = ast.walk(node)
    return any(_mentions(one, path, constants) or (isinstance(one, ast.Name) and one.id in local) for one in inside)


def _is_covered(module: _Module, name: str, line: int, known: _Known) -> bool:
    """Tell whether something verifies before a line of a function, or before the function is called."""
    if any(at <= line for at in _points(module.scopes[name], module, known)):
        return True
    for other, nodes in module.scopes.items():
        calls = [one.lineno for one in nodes if isinstance(one, ast.Call) and _last(one.func) == name]
        if calls and other != name and any(at <= min(calls) for at in _points(nodes, module, known)):
            return True
    return False


def _points(nodes: tuple[ast.AST, ...], module: _Module, known: _Known) -> Iterator[int]:
    """Yield the lines where something is verified and what comes of it decides."""
    held = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and any(_is_digest(one, module, known) for one in ast.walk(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.If | ast.Assert | ast.Return | ast.While):
            asked = node.value if isinstance(node, ast.Return) else node.test
            if asked is not None and any(_compares(one, held, module, known) for one in ast.walk(asked)):
                yield node.lineno
        elif isinstance(node, ast.Call) and _verifies(node, module, known):
            yield node.lineno


def _compares(node: ast.AST, held: set[str], module: _Module, known: _Known) -> bool:
    if isinstance(node, ast.Call) and _last(node.func) == "compare_digest":
        return True
    if not isinstance(node, ast.Compare):
        return False
    inside = ast.walk(node)
    return any(_is_digest(one, module, known) or (isinstance(one, ast.Name) and one.id in held) for one in inside)


def _is_digest(node: ast.AST, module: _Module, known: _Known) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in _DIGESTS:
        return True
    return _is_among(known.digests, node, module)


def _is_among(functions: set[tuple[str, str]], node: ast.Call, module: _Module) -> bool:
    """Tell whether a call is of one of the system's functions: one of this module, or an imported one."""
    name = _last(node.func)
    own = isinstance(node.func, ast.Name) or ast.unparse(node.func).startswith(("self.", "cls."))
    if own and name in module.scopes:
        return (module.code.path, name) in functions
    place = module.names.qualified(node.func).rpartition(".")[0].replace(".", "/")
    original = module.names.qualified(node.func).rpartition(".")[2]
    return bool(place) and any(said == original and path.endswith(f"{place}.py") for path, said in functions)


def _verifies(node: ast.Call, module: _Module, known: _Known) -> bool:
    """Tell whether a call verifies: one of ours that does, a verifier's, a program's, or a load that names a digest."""
    full = module.names.qualified(node.func)
    if _is_among(known.verifying, node, module) or (full.startswith(_TOOLS) and "verif" in full):
        return True
    given = [one.value for one in node.keywords if one.arg in _KNOWN and _FETCHES.fullmatch(_last(node.func))]
    if any(not isinstance(one, ast.Constant) or one.value for one in given):
        return True
    if full.startswith(("subprocess.", "os.system", "asyncio.create_subprocess")):
        words = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return _COMMAND.search(" ".join(words)) is not None
    return False


def _is_load(node: ast.Call, module: _Module) -> bool:
    name = _last(node.func)
    return _LOADS.fullmatch(name) is not None and not (isinstance(node.func, ast.Name) and name in module.scopes)


def _mentions(node: ast.AST, path: str, constants: Iterable[str]) -> bool:
    base = path.rpartition("/")[2]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value == base or node.value.endswith(f"/{base}") or path in node.value
    named = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return named in constants


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
