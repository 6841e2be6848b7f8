"""The group of the operator's commands: what is wrong with the arguments is told."""

from __future__ import annotations

import shlex

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

    def resolve_command(  # type: ignore[override]  # typer gives its own
        self, ctx: typer.Context, args: list[str]
    ) -> tuple[str | None, object, list[str]]:
        """Find the command that is meant.

        Raises:
            BadParameter: A folder is named in front of it, where no command looks.
        """
        name, command, rest = super().resolve_command(ctx, args)
        data = ctx.params.get("data")
        if data is not None and not ctx.resilient_parsing:
            words = [*args, "list"] if isinstance(command, TyperGroup) and not rest else args
            written = shlex.join([*words, "--data", str(data)])
            message = f"write it behind the command: admin {written}"
            raise typer.BadParameter(message, ctx, param_hint="--data")
        return name, command, rest
