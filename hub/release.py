"""Which release this hub is, as it is told to others."""

from importlib import metadata


def release() -> str:
    """Return the installed release; a checkout that was never installed has none."""
    try:
        return metadata.version("kaiguan")
    except metadata.PackageNotFoundError:
        return "unreleased"
