"""Components of Streamlit's, made of the files under ``assets``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from vaelab.export.modules import join, read

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

__all__ = ["component"]


def component(name: str, js: str, html: str | None = None, *css: str) -> ComponentRenderer:
    """Make a component of Streamlit's of files under ``assets``, which has the page's styles."""
    return st.components.v2.component(
        name,
        js=join(js),
        html=None if html is None else read(html),
        css=read(*css) if css else None,
        isolate_styles=False,
    )
