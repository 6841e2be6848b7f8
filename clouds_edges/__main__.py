"""`clouds-edges`, and `python -m clouds_edges`: where the program begins."""

EXIT_INTERRUPTED = 130
"""What shells say of a program that was ended by Ctrl-C."""


def main() -> None:
    """Run the command line; Ctrl-C is heard while it is still being imported, too."""
    try:
        from clouds_edges.cli import main as run  # noqa: PLC0415 - this is what takes long

        run()
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None


if __name__ == "__main__":
    main()
