"""Texts about images that are nothing but text: they may come from a stranger's archive, or phone."""

from __future__ import annotations

from dataclasses import replace as with_other

from vaelab.datasets.base import ImageDataset

__all__ = ["MARKUP", "plain_title", "without_markup"]

#: What would make a link, a picture or a tag where names are shown, and what it is shown as.
MARKUP = str.maketrans("[]<>`\\", "()‹›'/")


def without_markup(data: ImageDataset) -> ImageDataset:
    """The same with texts that are nothing but text: they may come from a stranger's archive, or phone.

    What images are called stays as it is, since one looks for a file by its name; whoever shows it escapes it.
    """
    labels: list[str] = []
    for name in data.label_names:
        plain = name.translate(MARKUP)
        labels.append(plain if plain not in labels else f"{plain} {len(labels)}")

    def all_of(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text.translate(MARKUP) for text in texts)

    return with_other(
        data,
        label_names=tuple(labels),
        factor_names=all_of(data.factor_names),
        steps=all_of(data.steps),
        source=data.source.translate(MARKUP),
        licence=data.licence.translate(MARKUP),
        description=data.description.translate(MARKUP),
    )


def plain_title(title: str) -> str:
    """Bring a title to plain text on one line; a ValueError unless it has 1 to 80 characters."""
    title = " ".join(title.translate(MARKUP).split())
    if not 1 <= len(title) <= 80:
        raise ValueError(f"A dataset's title has 1 to 80 characters, but this has {len(title)}.")
    return title
