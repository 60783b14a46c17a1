"""A service that stops after ten requests."""

import json


def app(environ, start_response):
    """Answer a chat request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    app.asked = getattr(app, "asked", 0) + 1
    if app.asked > 10:
        return answer(start_response, "429 Too Many Requests", {"error": "too many requests"})
    return answer(start_response, "200 OK", {"answer": "hello" if body else ""})


def answer(start_response, status, value):
    """Send JSON."""
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]
