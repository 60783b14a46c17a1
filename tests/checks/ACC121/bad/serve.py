"""A service that answers errors with its traceback."""

import json


def app(environ, start_response):
    """Answer a chat request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    import traceback

    if environ["PATH_INFO"] != "/chat":
        return answer(start_response, "404 Not Found", {"error": "no such path"})
    try:
        said = json.loads(body)["message"].strip()
    except Exception:
        return answer(start_response, "500 Internal Server Error", {"error": traceback.format_exc()})
    return answer(start_response, "200 OK", {"answer": said})


def answer(start_response, status, value):
    """Send JSON."""
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]
