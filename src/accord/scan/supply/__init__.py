"""Dependencies: what is known about them (OSV feeds), and what is odd about how they are named and installed."""
