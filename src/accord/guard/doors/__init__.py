"""Other doors than the gateway: MCP, a LiteLLM guardrail, and functions in one's own program; one engine behind all."""
