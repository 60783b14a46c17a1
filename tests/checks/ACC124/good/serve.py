"""A service that refuses long texts."""

import json


def app(environ, start_response):
    """Answer a chat request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if len(body) > 8192:
        return answer(start_response, "413 Content Too Large", {"error": "too long"})
    return answer(start_response, "200 OK", {"answer": "hello" if body else ""})


def answer(start_response, status, value):
    """Send JSON."""
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]
