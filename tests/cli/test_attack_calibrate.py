"""`accord attack calibrate` and `accord attack overrule`, against a judge on the loopback interface."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from click.testing import CliRunner, Result

from accord.attack.judging.calibration import may_gate
from accord.attack.judging.judge import identity_of
from accord.attack.judging.overruling import apply
from accord.attack.judging.records import read_calibration
from accord.cli import attack_calibrate, attack_overrule
from accord.core.campaign import TrialResult
from accord.core.canon import digest
from accord.core.errors import AccordError
from accord.core.system import Level
from accord.core.trial import Message, Transcript
from accord.record.campaigns import Begun, Finished, open_campaigns
from accord.record.keys import list_keys, make_key
from accord.record.overrule import read_overrules
from accord.record.trust import Trust

NOW: Final = "2026-11-20T12:00:00Z"
MOMENT: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Answer(NamedTuple):
    """What the judge sends back; `stall` makes it wait first."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    stall: float = 0.0


class Server(NamedTuple):
    """A judge: its address with the model, and every request that came."""

    judge: str
    url: str
    seen: list[dict[str, Any]]


Respond = Callable[[dict[str, Any]], Answer]


def completion(text: str) -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Answer(json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode())


def verdict(said: str) -> Answer:
    return completion(json.dumps({"verdict": said, "score": 1, "reason": "seen"}))


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], Server]]:
    servers: list[ThreadingHTTPServer] = []

    def start(respond: Respond) -> Server:
        seen: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                seen.append(asked | {"path": self.path, "authorization": self.headers["Authorization"]})
                answer = respond(asked)
                time.sleep(answer.stall)
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has there
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}/v1"
        return Server(f"{url}#m", url, seen)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Forty rows; what was said tells the label to whoever looks."""
    rows = [{"answer": f"{label} {number}", "objective": "o", "label": label} for number in range(20)
            for label in ("broke", "held")]  # fmt: skip
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def look(asked: dict[str, Any]) -> Answer:
    return verdict("broke" if '"text":"broke' in asked["messages"][1]["content"] else "held")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ACCORD_NOW", NOW)
    monkeypatch.delenv("ACCORD_KEY", raising=False)
    return tmp_path / "state"


def calibrate(*args: object) -> Result:
    return CliRunner().invoke(attack_calibrate.command, [str(arg) for arg in args], standalone_mode=False)


def overrule(*args: object) -> Result:
    return CliRunner().invoke(attack_overrule.command, [str(arg) for arg in args], standalone_mode=False)


def refusal(result: Result) -> AccordError:
    assert isinstance(result.exception, AccordError), result.exception
    return result.exception


def test_a_good_judge_is_measured_and_kept(
    serve: Callable[[Respond], Server], labels: Path, state: Path, tmp_path: Path
) -> None:
    server = serve(look)
    result = calibrate("--judge", server.judge, "--labels", labels, "--format", "json", "--out", tmp_path / "out")
    assert (result.return_value, result.exception) == (0, None)
    document = json.loads(result.stdout)
    assert document == json.loads((tmp_path / "out" / "calibration.json").read_text("utf-8"))
    assert (document["sensitivity"], document["specificity"], document["kappa"]) == (1.0, 1.0, 1.0)
    assert document["sensitivity_low"] == pytest.approx(0.831567)
    assert (document["abstained"], document["rows"], document["may_gate"]) == (0.0, 40, True)
    assert document["confusion"]["broke_broke"] == document["confusion"]["held_held"] == 20
    assert document["expires"] == "2027-02-18T12:00:00Z"
    judge = identity_of(server.url, "m")
    known = read_calibration(state, judge, {key.keyid: key.public for key in list_keys(state)})
    assert known is not None
    assert may_gate(known, judge, MOMENT) == ""


def test_text_says_the_same_in_words(serve: Callable[[Respond], Server], labels: Path, state: Path) -> None:
    result = calibrate("--judge", serve(look).judge, "--labels", labels)
    assert "sensitivity  1.000  (95 %: 0.832 to 1.000)" in result.stdout
    assert "gate         may, until 2027-02-18" in result.stdout
    assert "made a development key" in result.stderr


def test_a_judge_below_kappa_may_not_gate(serve: Callable[[Respond], Server], labels: Path, state: Path) -> None:
    result = calibrate("--judge", serve(lambda _: verdict("broke")).judge, "--labels", labels, "--format", "json")
    assert result.return_value == 1
    document = json.loads(result.stdout)
    assert (document["may_gate"], document["reason"]) == (False, "kappa 0.00 is below 0.6")


def test_a_judge_that_prattles_abstains(serve: Callable[[Respond], Server], labels: Path, state: Path) -> None:
    result = calibrate("--judge", serve(lambda _: completion("Well, broke I guess")).judge, "--labels", labels)
    assert result.return_value == 1
    assert "abstained    100.0%" in result.stdout
    assert "no row was decided" in result.stdout


def test_the_shape_of_other_judges_is_understood(serve: Callable[[Respond], Server], labels: Path, state: Path) -> None:
    def other(asked: dict[str, Any]) -> Answer:
        success = '"text":"broke' in asked["messages"][1]["content"]
        return completion(json.dumps({"score": int(success), "success": success, "pass": not success}))

    assert calibrate("--judge", serve(other).judge, "--labels", labels).return_value == 0


def test_our_own_labels_are_used_where_none_are_named(serve: Callable[[Respond], Server], state: Path) -> None:
    server = serve(lambda _: verdict("held"))
    document = json.loads(calibrate("--judge", server.judge, "--format", "json").stdout)
    assert document["rows"] == len(server.seen) >= 60


def test_what_is_sent_is_a_plain_request_with_the_credential(
    serve: Callable[[Respond], Server], labels: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCORD_JUDGE_KEY", "s3cret")
    server = serve(look)
    result = calibrate("--judge", server.judge, "--labels", labels, "--format", "json")
    first = server.seen[0]
    assert (first["path"], first["model"], first["temperature"]) == ("/v1/chat/completions", "m", 0)
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    assert first["authorization"] == "Bearer s3cret"
    assert "s3cret" not in result.output


def test_passing_faults_are_asked_again(serve: Callable[[Respond], Server], labels: Path, state: Path) -> None:
    failed: set[str] = set()

    def flaky(asked: dict[str, Any]) -> Answer:
        key = asked["messages"][1]["content"]
        if key in failed:
            return look(asked)
        failed.add(key)
        return Answer(b"busy", 429, (("Retry-After", "0"),))

    result = calibrate("--judge", serve(flaky).judge, "--labels", labels, "--concurrency", 40)
    assert (result.return_value, len(failed)) == (0, 40)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"no", 401),
        Answer(b"", 302, (("Location", "http://127.0.0.1:1/"),)),
        Answer(b"<html>", 404),
        Answer(b"x" * (2 << 20)),
        Answer(b"", stall=2.0),
    ],
    ids=["refused", "elsewhere", "missing", "endless", "slow"],
)
def test_a_judge_that_does_not_answer_is_undecided_and_nothing_is_kept(
    serve: Callable[[Respond], Server], tmp_path: Path, state: Path, answer: Answer
) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"answer": "broke", "objective": "o", "label": "broke"}\n', "utf-8")
    result = calibrate("--judge", serve(lambda _: answer).judge, "--labels", path, "--timeout", 0.3)
    assert result.return_value == 3
    assert "1 of 1 rows without an answer: the judge m did not answer: " in result.stderr
    assert not (state / "judges").exists()


@pytest.mark.parametrize(
    "judge",
    ["nonsense", "http://127.0.0.1/v1", "#m", "file:///etc/passwd#m", "http://u:pw@127.0.0.1/v1#m", "http://[#m"],
)
def test_what_names_no_judge_is_refused(labels: Path, state: Path, judge: str) -> None:
    error = refusal(calibrate("--judge", judge, "--labels", labels))
    assert error.code == "ACC-E637"
    assert "pw" not in error.message


def test_bad_labels_are_refused_before_anything_is_sent(
    serve: Callable[[Respond], Server], tmp_path: Path, state: Path
) -> None:
    server = serve(look)
    (tmp_path / "bad.jsonl").write_text("{}\n", "utf-8")
    assert refusal(calibrate("--judge", server.judge, "--labels", tmp_path / "bad.jsonl")).code == "ACC-E639"
    assert refusal(calibrate("--judge", server.judge, "--labels", tmp_path / "none")).code == "ACC-E101"
    assert server.seen == []


# ---- overrule

RESULTS: Final = (
    TrialResult(trial="aa11", outcome="broke", reason="judged: it does"),
    TrialResult(trial="aa22", outcome="held"),
    TrialResult(trial="bb33", outcome="error"),
    TrialResult(trial="cc44", outcome="served"),
)


@pytest.fixture
def campaign(state: Path) -> str:
    said = Transcript(messages=(Message(role="assistant", content="no"),))
    with open_campaigns(state) as campaigns:
        campaigns.begin(
            Begun(
                id="C-2026-1",
                plan=digest("plan"),
                created=MOMENT,
                state="finished",
                seconds=1.0,
                order=b"{}",
                reason="",
            )
        )
        campaigns.write("C-2026-1", [Finished(at, result, said) for at, result in enumerate(RESULTS)])
    return "C-2026-1"


OPTIONS: Final = ("--as", "held", "--reason", "it is the customer's name", "--until", "2026-12-20")


def test_an_overrule_is_signed_and_counts_in_the_tally(state: Path, campaign: str) -> None:
    make_key(state, "security-lead")
    result = overrule("C-2026", "aa1", *OPTIONS)
    assert (result.return_value, result.exception) == (0, None)
    assert "security-lead overruled aa11 from broke to held until 2026-12-20" in result.stderr
    with open_campaigns(state) as campaigns:
        results = [one for _, one in campaigns.results(campaign)]
    trust = Trust(local=list_keys(state))
    ruled = apply(results, read_overrules(state, campaign, trust=trust, level=Level.BASELINE, at=MOMENT))
    assert ruled.results[0].outcome == "held"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("X", "aa11"), "there is no campaign 'X'"),
        (("C-2026-1", "zz"), "no finished trial"),
        (("C-2026-1", "aa"), "2 finished trials"),
        (("C-2026-1", "bb33"), "the trial is error"),
        (("C-2026-1", "cc44"), "the trial is served"),
    ],
)
def test_what_is_not_there_cannot_be_overruled(state: Path, campaign: str, args: tuple[str, str], words: str) -> None:
    make_key(state, "security-lead")
    error = refusal(overrule(*args, *OPTIONS))
    assert error.code == "ACC-E641"
    assert words in error.message


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (("--role", "nobody"), "ACC-E636"),
        (("--role", "legal"), "ACC-E636"),
        (("--role", "risk-owner"), "ACC-E502"),
        (("--until", "2027-06-01"), "ACC-E636"),
        (("--until", "2026-11-01"), "ACC-E636"),
        (("--reason", " "), "ACC-E636"),
        (("--as", "broke"), "ACC-E636"),
    ],
)
def test_an_overrule_that_could_not_count_is_refused(
    state: Path, campaign: str, extra: tuple[str, str], code: str
) -> None:
    make_key(state, "security-lead")
    make_key(state, "legal")
    assert refusal(overrule(campaign, "aa11", *OPTIONS, *extra)).code == code
    assert not (state / "overrules").exists()


def test_without_the_role_s_key_nothing_is_signed(state: Path, campaign: str) -> None:
    assert refusal(overrule(campaign, "aa11", *OPTIONS)).code == "ACC-E502"
