"""The gateway: one ASGI application in front of a model's HTTP interface, and what runs it.

A request is read strictly (`wire`, one file a wire form), looked at (`judging`), sent on (`upstream`) and answered
through `whole` or `streaming`; nothing that could not be looked at goes on in either direction.
"""
