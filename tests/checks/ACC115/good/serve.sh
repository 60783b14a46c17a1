#!/bin/sh
# never with --trust-remote-code
exec vllm serve example-org/small
