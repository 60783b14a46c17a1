"""Router, dataset, retrieval and the list of weaknesses."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HELPDESK = Path(__file__).resolve().parent.parent
WEAKNESSES = yaml.safe_load((HELPDESK / "tests" / "weaknesses.yaml").read_text("utf-8"))
QUESTIONS = {
    "What is your returns policy?": "returns",
    "How long does delivery take?": "delivery",
    "Do your tools have a warranty?": "warranty",
    "How do I reset my password?": "account",
    "How often should I water ferns?": "plants",
    "Can I pay with gift cards?": "payment",
}


def test_router_names_most_held_out_intents() -> None:
    pytest.importorskip("numpy")
    from app import weights
    from train_router import accuracy, read, split

    held_out = split(read(HELPDESK / "data" / "tickets.jsonl")).held_out
    assert len(held_out) == 39
    assert accuracy(weights.load(), held_out) >= 0.7


def test_training_again_gives_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    again = tmp_path / "router.pkl"
    subprocess.run([sys.executable, "train_router.py", "--out", str(again)], cwd=HELPDESK, check=True, timeout=60)
    assert again.read_bytes() == (HELPDESK / "models" / "router.pkl").read_bytes()


def test_dataset_comes_from_its_generator(tmp_path: Path) -> None:
    again = tmp_path / "tickets.jsonl"
    subprocess.run([sys.executable, "data/make_tickets.py", "--out", str(again)], cwd=HELPDESK, check=True, timeout=60)
    assert again.read_bytes() == (HELPDESK / "data" / "tickets.jsonl").read_bytes()
    assert len(again.read_text("utf-8").splitlines()) >= 200


@pytest.mark.parametrize("question", QUESTIONS)
def test_retrieval_finds_the_right_page(question: str) -> None:
    from app import retrieval

    assert [page.name for page in retrieval.from_folder().search(question)] == [QUESTIONS[question]]


def test_no_page_of_ours_plans_a_tool() -> None:
    from app import retrieval, slots, weights

    router = weights.load()
    pages = [path.read_text("utf-8") for path in retrieval.KB_FOLDER.glob("*.md")]
    assert not [call for text in pages for call in slots.calls(router, text)]


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=[one["id"] for one in WEAKNESSES])
def test_weakness_stands_where_the_list_says(weakness: dict[str, object]) -> None:
    assert set(weakness) - {"shows"} == {"id", "title", "where", "provisions", "kind", "description"}
    where = weakness["where"]
    assert isinstance(where, dict)
    assert (HELPDESK / where["path"]).is_file()
    if "line" in where:
        line = (HELPDESK / where["path"]).read_text("utf-8").splitlines()[where["line"] - 1]
        assert str(weakness["shows"]) in line


def test_there_are_enough_weaknesses_of_both_kinds() -> None:
    assert len(WEAKNESSES) >= 18
    assert len({one["id"] for one in WEAKNESSES}) == len(WEAKNESSES)
    assert {one["kind"] for one in WEAKNESSES} == {"static", "http"}


def test_declared_digest_is_wrong_in_the_weak_copy_and_right_in_the_fixed_one(fixed_folder: Path) -> None:
    assert _declared(HELPDESK) != _digest(HELPDESK / "models" / "router.pkl")
    assert _declared(fixed_folder) == _digest(fixed_folder / "models" / "router.json")


def test_fixed_router_and_data_are_what_their_programs_make(fixed_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    for program, made, kept in (
        ("data/make_tickets.py", "tickets.jsonl", "data/tickets.jsonl"),
        ("train_router.py", "router.json", "models/router.json"),
    ):
        command = [sys.executable, program, "--out", str(tmp_path / made)]
        subprocess.run(command, cwd=fixed_folder, check=True, timeout=60, env={"PYTHONPATH": str(fixed_folder)})
        assert (tmp_path / made).read_bytes() == (fixed_folder / kept).read_bytes()


def test_fixed_copy_holds_neither_secret_nor_personal_data_nor_pickle(fixed_folder: Path) -> None:
    texts = {path: path.read_bytes() for path in fixed_folder.rglob("*") if path.is_file()}
    assert not [path for path in texts if path.suffix == ".pkl"]
    assert not [path for path, text in texts.items() if b"sk-larch" in text or b"LARCH-STAFF" in text]
    rows = (fixed_folder / "data" / "tickets.jsonl").read_text("utf-8")
    assert not re.search(r"@|555-01", rows)


def test_fixed_threat_model_decides_every_listed_risk(fixed_folder: Path) -> None:
    threats = yaml.safe_load((fixed_folder / "threats.yaml").read_text("utf-8"))
    ids = {risk["id"] for risk in threats["risks"]}
    assert {f"{name}{n:02}" for name in ("LLM", "ASI") for n in range(1, 11)} <= ids
    manifest = yaml.safe_load((fixed_folder / "accord.yaml").read_text("utf-8"))
    models = [model["id"] for model in manifest["components"]["models"]]
    assert set(models) <= {component["id"] for component in threats["components"]}


def _declared(folder: Path) -> str:
    manifest = yaml.safe_load((folder / "accord.yaml").read_text("utf-8"))
    digest: str = next(model["digest"] for model in manifest["components"]["models"] if "digest" in model)
    return digest


def _digest(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
