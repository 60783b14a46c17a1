"""A service that answers errors with a fixed text."""

import json


def app(environ, start_response):
    """Answer a chat request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] != "/chat":
        return answer(start_response, "404 Not Found", {"error": "no such path"})
    try:
        said = json.loads(body)["message"].strip()
    except (ValueError, KeyError, AttributeError, TypeError):
        return answer(start_response, "400 Bad Request", {"error": "not a message", "id": "e-17"})
    return answer(start_response, "200 OK", {"answer": said})


def answer(start_response, status, value):
    """Send JSON."""
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]
