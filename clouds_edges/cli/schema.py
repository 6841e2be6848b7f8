"""`clouds-edges schema`."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of every message that crosses the socket."""
    import json

    from clouds_edges.protocol.frames import json_schemas

    typer.echo(json.dumps(json_schemas(), indent=2))
