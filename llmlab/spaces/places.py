"""Where the cache has what was made of a file of vectors."""

from pathlib import Path

from llmlab.models.sources import digest


def file_folders(spaces: Path, file: Path) -> tuple[Path, Path]:
    """Where the space of a file is, as it is and standardised."""
    slug = digest(str(file))[:16]
    return spaces / ".files" / slug, spaces / ".files" / f"{slug}-standard"
