"""`python -m clouds_edges`."""

from clouds_edges.cli import main

main()
