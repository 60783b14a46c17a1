"""Takes in offers of new help pages."""

from starlette.responses import JSONResponse

from app import journal
from app.retrieval import Index, Page


def add(index: Index, page: Page, caller: str) -> JSONResponse:
    """Note the offer; a page is published only by a reviewed change of the kb folder."""
    journal.note("page-offered", caller=caller, name=page.name, text=page.text)
    return JSONResponse({"name": page.name, "status": "waits for review"}, status_code=202)
