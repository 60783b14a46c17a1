"""How a running system is reached: one module a way, and the line on which every request is sent and recorded."""
