"""Requests of every form: each text is found, the conversation is rebuilt, and the unreadable is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from gatekeeping import CANARY, EVIL, ODD, house, policy

from accord.core.case import Channel
from accord.core.guard import GuardTool
from accord.core.system import Mode
from accord.core.trial import Message
from accord.guard.gateway import chat, embeddings, messages, responses
from accord.guard.gateway.reading import Reading, Tools
from accord.guard.gateway.wire import RefusedError
from accord.guard.gateway.words import UNSEEN, Asked

FORMS = {
    "/v1/chat/completions": chat.read,
    "/v1/responses": responses.read,
    "/v1/messages": messages.read,
    "/v1/embeddings": embeddings.read,
}
IMAGE = "data:image/png;base64,iVBORw0KGgo="
HELLO = base64.b64encode(b"hello file").decode()


def read(path: str, body: dict[str, Any], **fields: Any) -> Asked:
    return FORMS[path](body, Reading(policy(**fields)), Tools())


def chat_with(*said: Any, **more: Any) -> Asked:
    return read("/v1/chat/completions", {"model": "m", "messages": list(said), **more})


def texts(asked: Asked) -> set[tuple[str, Channel, str]]:
    return {(piece.text, piece.channel, piece.where) for piece in asked.pieces}


def talk(asked: Asked) -> list[str]:
    def told(one: Message) -> str:
        return one.content or "".join(f"{call.name}{json.dumps(dict(call.args))}" for call in one.tool_calls)

    return [f"{one.role}: {told(one)}" for one in asked.conversation]


def test_every_text_of_a_chat_request_is_found_with_its_place() -> None:
    function = {"name": "find", "description": "finds", "parameters": {"type": "object", "title": "deep words"}}
    asked = chat_with(
        {"role": "system", "content": "be kind"},
        {"role": "developer", "content": [{"type": "text", "text": "be short"}]},
        {"role": "user", "name": "mallory says", "content": [{"type": "text", "text": "find it"}]},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "find", "arguments": '{"q": "it"}'}}]},
        {"role": "tool", "tool_call_id": "1", "content": "found"},
        {"role": "assistant", "content": "Sure, "},
        tools=[{"type": "function", "function": function}],
        response_format={"type": "json_schema", "json_schema": {"name": "x", "description": "in a schema"}},
        documents=[{"text": "a document"}],
        prediction={"type": "content", "content": "a prediction"},
        stop=["a stop"],
    )
    found = texts(asked)
    assert ("be kind", Channel.SYSTEM, "messages[0].content") in found
    assert ("be short", Channel.SYSTEM, "messages[1].content[0].text") in found
    assert ("find it", Channel.USER, "messages[2].content[0].text") in found
    assert ("mallory says", Channel.MEMORY, "messages[2].name") in found
    assert ('{"q": "it"}', Channel.MEMORY, "messages[3].tool_calls[0].arguments") in found
    assert ("found", Channel.TOOL_OUTPUT, "messages[4].content") in found
    assert ("Sure, ", Channel.MEMORY, "messages[5].content") in found
    assert ("finds", Channel.TOOL_DESCRIPTION, "tools[0].description") in found
    assert any("deep words" in text and channel is Channel.TOOL_DESCRIPTION for text, channel, _ in found)
    everything = "\n".join(text for text, _, _ in found)
    for said in ("in a schema", "a document", "a prediction", "a stop"):
        assert said in everything


def test_each_result_follows_its_one_call_in_the_conversation() -> None:
    calls = [{"id": n, "function": {"name": f"t{n}", "arguments": "{}"}} for n in ("1", "2", "3")]
    asked = chat_with(
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "going", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "2", "content": "second"},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "first"}]},
        {"role": "tool", "tool_call_id": "9", "content": "of nobody"},
    )
    assert talk(asked) == [
        "user: go", "assistant: going", "assistant: t2{}", "tool: second", "assistant: t1{}", "tool: first",
        "assistant: unknown{}", "tool: of nobody", "assistant: t3{}",
    ]  # fmt: skip
    assert [one.name for one in asked.conversation if one.role == "tool"] == ["t2", "t1", "unknown"]
    assert ("first", Channel.TOOL_OUTPUT, "messages[3].content") in texts(asked)


def test_legacy_functions_are_calls_and_results_too() -> None:
    asked = chat_with(
        {"role": "assistant", "function_call": {"name": "find", "arguments": '{"a": 1}'}},
        {"role": "function", "name": "find", "content": "found"},
        functions=[{"name": "find", "description": "d", "parameters": {}}],
    )
    assert talk(asked) == ['assistant: find{"a": 1}', "tool: found"]
    assert [tool.name for tool in asked.tools] == ["find"]


def test_custom_tools_have_one_argument() -> None:
    call = {"id": "1", "type": "custom", "custom": {"name": "run", "input": "ls"}}
    asked = chat_with(
        {"role": "assistant", "tool_calls": [call]}, tools=[{"type": "custom", "custom": {"name": "run"}}]
    )
    assert talk(asked) == ['assistant: run{"input": "ls"}']


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}, "audio"),
        ({"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}}, "image"),
        ({"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,AA"}}, "image"),
        ({"type": "file", "file": {"file_id": "f1"}}, "file"),
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,AA", "filename": "a.pdf"}}, "file"),
        ({"type": "video_url", "video_url": {"url": "x"}}, "video_url"),
        ({"kind": "text"}, "None"),
    ],
)
def test_content_that_nobody_can_look_at_is_refused_until_the_policy_says_otherwise(
    part: dict[str, Any], kind: str
) -> None:
    said = {"role": "user", "content": [part]}
    with pytest.raises(RefusedError) as refused:
        chat_with(said)
    assert (refused.value.code, refused.value.status) == ("ACC-E752", 403)
    for fields in ({"opaque": (kind,)}, {"mode": Mode.SHADOW}):
        asked = read("/v1/chat/completions", {"messages": [said]}, **fields)
        assert [one.name for one in asked.conversation if one.role == "tool"] == [UNSEEN]


def test_a_picture_in_the_body_passes_and_taints_the_conversation() -> None:
    asked = chat_with({"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE, "alt": "a cat"}}]})
    assert [(one.name, one.channel) for one in asked.conversation if one.role == "tool"] == [(UNSEEN, Channel.MEMORY)]


def test_texts_in_files_are_read() -> None:
    for file in (
        {"filename": "a.txt", "file_data": HELLO},
        {"filename": "a", "file_data": f"data:text/plain;base64,{HELLO}"},
        {"filename": "a", "file_data": "data:text/plain,hello%20file"},
    ):
        asked = chat_with({"role": "user", "content": [{"type": "file", "file": file}]})
        assert ("hello file", Channel.FILE) in {(piece.text, piece.channel) for piece in asked.pieces}
    with pytest.raises(RefusedError):
        chat_with({"role": "user", "content": [{"type": "file", "file": {"filename": "a.txt", "file_data": "%%"}}]})


@pytest.mark.parametrize(
    "body",
    [
        {"messages": "hi"},
        {"messages": ["hi"]},
        {"messages": [{"role": "root", "content": "x"}]},
        {"messages": [{"role": "user", "content": 3}]},
        {"messages": [{"role": "user", "content": ["x"]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]},
        {"messages": [{"role": "user", "Content": "x"}]},
        {"Messages": [{"role": "user", "content": EVIL}], "messages": []},
        {"meſſages": [{"role": "user", "content": EVIL}], "messages": []},
        {"messages": [], "n": 0},
        {"messages": [], "n": True},
        {"messages": [], "stream": "yes"},
        {"messages": [], "model": 3},
        {"messages": [], "tools": {}},
        {"messages": [], "tools": [{"type": "function"}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": 3, "function": {}}]}]},
        {"messages": [], "x": [[i] for i in range(5000)]},
    ],
)
def test_a_chat_request_of_another_form_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        read("/v1/chat/completions", body)
    assert refused.value.status == 400


def test_hosted_tools_are_refused_unless_they_are_listed() -> None:
    for path, body in (
        ("/v1/chat/completions", {"messages": [], "web_search_options": {}}),
        ("/v1/responses", {"input": "x", "tools": [{"type": "web_search"}]}),
        ("/v1/messages", {"messages": [], "tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    ):
        with pytest.raises(RefusedError) as refused:
            read(path, body)
        assert refused.value.code == "ACC-E765"
        asked = read(path, body, tools=(GuardTool(name="web_search"),))
        assert asked.conversation[-1].name == UNSEEN
    with pytest.raises(RefusedError):
        read("/v1/messages", {"messages": [], "mcp_servers": [{"url": "https://tools.example"}]})


def test_every_text_of_a_responses_request_is_found() -> None:
    items = [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "go"}, {"type": "input_image", "image_url": IMAGE}],
        },
        {"type": "function_call", "call_id": "1", "name": "find", "arguments": '{"q": 1}'},
        {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "found"}]},
        {"type": "custom_tool_call", "call_id": "2", "name": "run", "input": "ls"},
        {"type": "custom_tool_call_output", "call_id": "2", "output": "listed"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "thought"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "said"}]},
        {"type": "web_search_call", "action": {"query": "searched"}},
        {"type": "item_reference", "id": "elsewhere"},
    ]
    body = {"instructions": "be kind", "input": items, "text": {"format": {"description": "in a schema"}}}
    asked = read("/v1/responses", {**body, "tools": [{"type": "function", "name": "find", "description": "finds"}]})
    everything = {piece.text: piece.channel for piece in asked.pieces}
    wanted = {
        "be kind": Channel.SYSTEM, "go": Channel.USER, '{"q": 1}': Channel.MEMORY, "found": Channel.TOOL_OUTPUT,
        "ls": Channel.MEMORY, "listed": Channel.TOOL_OUTPUT, "thought": Channel.MEMORY, "said": Channel.MEMORY,
        "searched": Channel.TOOL_OUTPUT, "finds": Channel.TOOL_DESCRIPTION, "in a schema": Channel.USER,
    }  # fmt: skip
    assert {text: everything.get(text) for text in wanted} == wanted
    assert [line for line in talk(asked) if UNSEEN not in line] == [
        "system: be kind", "tool: ", "user: go", 'assistant: find{"q": 1}', "tool: found",
        'assistant: run{"input": "ls"}',
        "tool: listed", "assistant: said", "tool: ", "tool: ",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"input": "x", "background": True},
        {"input": "x", "prompt": {"id": "p"}},
        {"input": [{"type": "hologram"}]},
        {"input": [{"role": "user", "content": [{"type": "input_audio"}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
        {"input": [{"role": "root", "content": "x"}]},
        {"input": 3},
        {"input": "x", "instructions": 3},
    ],
)
def test_a_responses_request_that_cannot_be_looked_at_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        read("/v1/responses", body)


def test_a_conversation_kept_elsewhere_counts_as_untrusted() -> None:
    asked = read("/v1/responses", {"input": "x", "conversation": "conv_1"})
    assert asked.conversation[1].name == UNSEEN


def test_every_text_of_a_messages_request_is_found() -> None:
    document = {"type": "document", "title": "a title", "source": {"type": "text", "data": "in a document"}}
    said = [
        {"role": "user", "content": [{"type": "text", "text": "go"}, document]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"},
                                          {"type": "tool_use", "id": "1", "name": "find", "input": {"q": "it"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1",
                                      "content": [{"type": "text", "text": "found"}, {"type": "image", "source": {
                                          "type": "base64", "media_type": "image/png", "data": "AA"}}]}]},
        {"role": "user", "content": [{"type": "search_result", "source": "https://a.example", "title": "t",
                                      "content": [{"type": "text", "text": "searched"}]}]},
        {"role": "assistant", "content": "prefill"},
    ]  # fmt: skip
    tools = [{"name": "find", "description": "finds", "input_schema": {"type": "object"}}]
    asked = read("/v1/messages", {"system": [{"type": "text", "text": "be kind"}], "messages": said, "tools": tools})
    everything = {piece.text: piece.channel for piece in asked.pieces}
    wanted = {
        "be kind": Channel.SYSTEM, "go": Channel.USER, "a title": Channel.FILE, "in a document": Channel.FILE,
        "hm": Channel.MEMORY, "it": Channel.MEMORY, "found": Channel.TOOL_OUTPUT, "searched": Channel.RETRIEVAL,
        "prefill": Channel.MEMORY, "finds": Channel.TOOL_DESCRIPTION,
    }  # fmt: skip
    assert {text: everything.get(text) for text in wanted} == wanted
    shown = talk(asked)
    at = shown.index('assistant: find{"q": "it"}')
    assert shown[at + 1] == "tool: found"
    assert shown[-1] == "assistant: prefill"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "url", "url": "https://pictures.example/a.png"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"}},
        {"type": "document", "source": {"type": "file", "file_id": "f"}},
        {"type": "container_upload", "file_id": "f"},
        {"type": "hologram"},
        {"type": "thinking", "thinking": "I obey"},
        "text",
    ],
)
def test_a_block_that_cannot_be_looked_at_is_refused(block: Any) -> None:
    with pytest.raises(RefusedError):
        read("/v1/messages", {"messages": [{"role": "user", "content": [block]}]})


def test_all_inputs_of_embeddings_are_looked_at_and_numbers_are_not_taken() -> None:
    asked = read("/v1/embeddings", {"input": ["one", "two"], "model": "e"})
    assert texts(asked) == {("one", Channel.RETRIEVAL, "input[0]"), ("two", Channel.RETRIEVAL, "input[1]")}
    for numbers in ([1, 2, 3], [[1, 2], [3]]):
        with pytest.raises(RefusedError):
            read("/v1/embeddings", {"input": numbers})
        assert read("/v1/embeddings", {"input": numbers}, opaque=("tokens",)).pieces == ()
    with pytest.raises(RefusedError):
        read("/v1/embeddings", {"input": None})


EVERYWHERE = [
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "%"}]}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "text", "text": "%"}]}]}),
    ("/v1/chat/completions", {"messages": [{"role": "tool", "tool_call_id": "1", "content": "%"}]}),
    ("/v1/chat/completions", {"messages": [{"role": "assistant", "content": "%"}]}),
    ("/v1/chat/completions", {"messages": [], "tools": [
        {"type": "function", "function": {"name": "x", "description": "%"}}]}),
    ("/v1/chat/completions", {"messages": [], "tools": [{"type": "function", "function": {"name": "x", "parameters": {
        "properties": {"a": {"enum": ["%"]}}}}}]}),
    ("/v1/chat/completions", {"messages": [], "metadata2": {"a": ["%"]}}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a", "name": "%"}]}),
    ("/v1/responses", {"input": "%"}),
    ("/v1/responses", {"input": [{"type": "function_call_output", "call_id": "1", "output": "%"}]}),
    ("/v1/responses", {"input": [{"type": "message", "role": "user",
     "content": [{"type": "input_text", "text": "%"}]}]}),
    ("/v1/messages", {"messages": [{"role": "user", "content": "%"}]}),
    ("/v1/messages", {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "%"}]}]}),
    ("/v1/messages", {"messages": [], "tools": [{"name": "x", "description": "%"}]}),
    ("/v1/embeddings", {"input": "%"}),
    ("/v1/embeddings", {"input": ["a", "%"]}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), EVERYWHERE)
def test_an_attack_is_blocked_wherever_it_stands(path: str, body: Any) -> None:
    there = house({})
    answer = there.ask(path, json.dumps(body).replace("%", EVIL).encode())
    assert answer.status == 403
    error = json.loads(answer.body)["error"]
    assert error["type"] == "guard_blocked"
    assert error["code"] == f"rule:{EVIL}"
    assert error["decision"].encode() == answer.headers[b"x-accord-decision-id"]
    assert answer.headers[b"x-accord-decision"] == b"block"
    assert answer.headers[b"x-accord-rules"] == there.guard.digests[1].encode()
    assert there.upstream.seen == []


@pytest.mark.parametrize(
    ("path", "body"), [one for one in EVERYWHERE if "enum" not in str(one) and "descr" not in str(one)]
)
def test_what_is_taken_out_of_a_request_leaves_the_rest_as_it_was(path: str, body: Any) -> None:
    there = house({"id": "x", "choices": [], "content": [], "output": []})
    text = json.dumps({"seed": 123456789012345678901234567890, **body}, indent=1)
    answer = there.ask(path, text.replace("%", f"a {ODD} sat").encode())
    sent = there.upstream.seen[0][2].decode()
    assert answer.status == 200
    assert ODD not in sent
    before, _, after = text.partition("%")
    assert sent.startswith(before + "a ")
    assert sent.endswith(" sat" + after)
    assert answer.headers[b"x-accord-decision"] == b"redact"


def test_what_cannot_be_taken_out_is_refused() -> None:
    body = {"messages": [], "tools": [{"type": "function", "function": {"name": "x", "parameters": {"a": ODD}}}]}
    there = house({})
    assert there.ask("/v1/chat/completions", body).status == 403
    assert there.upstream.seen == []


def test_a_canary_may_come_in_since_the_prompt_holds_it() -> None:
    there = house({"choices": []})
    assert there.ask("/v1/chat/completions", {"messages": [{"role": "system", "content": CANARY}]}).status == 200
