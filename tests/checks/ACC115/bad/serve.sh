#!/bin/sh
exec vllm serve example-org/small --trust-remote-code
