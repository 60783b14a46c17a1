"""Takes in new help pages."""

from starlette.responses import JSONResponse

from app.retrieval import Index, Page


def add(index: Index, page: Page, caller: str) -> JSONResponse:
    """Publish a page at once."""
    index.add(page)
    return JSONResponse({"name": page.name, "status": "published"}, status_code=201)
