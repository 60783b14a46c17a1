"""A gateway that says what it runs: another policy than the documented one."""

import json
from pathlib import Path

from accord.core.canon import digest
from accord.core.guard import GuardPolicy
from accord.record.codec import decode

_TEXT = Path(__file__).with_name("guard.yaml").read_text("utf-8").replace("mode: enforce", "mode: shadow")


def app(environ, start_response):
    start_response("200 OK", [("content-type", "application/json")])
    return [json.dumps({"policy": digest(decode(_TEXT.encode(), GuardPolicy, path="guard.yaml"))}).encode()]
