"""The group of the operator's commands: an argument that is no part of a question is told."""

from __future__ import annotations

import typer
from typer.core import TyperGroup


class AdminGroup(TyperGroup):
    """Runs its commands; what pydantic says of an argument becomes a mistake in the usage."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # typer gives its own
        """Run the command.

        Raises:
            BadParameter: An argument is too long, or no text.
        """
        try:
            return super().invoke(ctx)
        except ValueError as error:
            from pydantic import ValidationError

            if not isinstance(error, ValidationError):
                raise
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            message = f"{' '.join(map(str, first['loc']))}: {first['msg']}"
            raise typer.BadParameter(message) from error
