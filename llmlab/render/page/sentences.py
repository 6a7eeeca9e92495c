"""What a page itself says: in its markup, and in its scripts, which are handed their sentences as data."""

from llmlab.language import tr


def of_markup() -> dict[str, str]:
    """By the places of page.html."""
    return {
        "picture": tr("Picture"),
        "table": tr("Table"),
        "save": tr("Save the picture as svg"),
        "unscripted": tr("The picture needs JavaScript; the tables say the same."),
    }


def of_scripts() -> dict[str, str]:
    """By the names that `said` in page.js knows them by; it fills in their values."""
    return {
        "whole": tr("a whole bar is {whole}"),
        "found": tr("{hits} of {all}: {words}"),
    }


def of_finding() -> str:
    """Beside the field where words are found."""
    return tr("find")
