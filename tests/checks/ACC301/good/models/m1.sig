an example only: it stands for a detached signature
