"""A class that a loader imports because the configuration says so."""


class Router:
    """Routes questions."""

    def forward(self, question: str) -> str:
        return question.lower()
