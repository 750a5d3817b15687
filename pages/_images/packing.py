"""Many files become one archive in the browser, before they are uploaded: see ``assets/images/packing.js``."""

from __future__ import annotations

from typing import TypedDict

import streamlit as st

from vaelab.export import modules

_PACKING = st.components.v2.component(
    "packing",
    html='<p class="packing" role="status" style="margin:0;font-size:.875rem"></p>',
    js=modules.join("images/packing_mount.js"),
    isolate_styles=False,
)


class PackingSent(TypedDict):
    """What the browser is sent."""

    field: str  # key of the field
    most: int  # bytes that may be uploaded at a time


def pack_many(field: str) -> None:
    """Have a folder, or more than a few files, arrive in an upload field as one zip archive.

    Streamlit's field draws itself anew for each file: two thousand take it minutes.

    Parameters
    ----------
    field
        The key of the field, of letters, digits and -.
    """
    most = 1_000_000 * int(st.get_option("server.maxUploadSize"))
    _PACKING(key=f"packing-{field}", data=PackingSent(field=field, most=most))
