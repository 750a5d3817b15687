"""vaelab's front door: ``streamlit run app.py``."""

import sys
from itertools import groupby
from pathlib import Path

import streamlit as st

from pages import PAGES

#: A file of our own: one of Streamlit's icons would be fetched from elsewhere.
ICON = Path(__file__).parent / "assets" / "frame" / "icon.png"


def main() -> None:
    """Show the page that the URL names."""
    if not st.runtime.exists():
        sys.exit("This is a web app, which Streamlit runs. Type: streamlit run app.py")
    st.set_page_config(page_title="vaelab", page_icon=ICON, layout="wide")
    menu = {
        group: [
            st.Page(
                page.path,
                title=page.title,
                icon=page.icon,
                default=page.address == "/",
                visibility="visible" if page.in_menu else "hidden",
            )
            for page in pages
        ]
        for group, pages in groupby(PAGES, key=lambda page: page.group)
    }
    shown = st.navigation(menu, position="top")

    # Not at the top: worker processes read this file too, and have no use for the pages' code.
    from pages._ui.frame import go_where_wanted

    go_where_wanted()
    shown.run()


# Streamlit reads this file twice: once as a module, for the server, and for each page as a script. Worker
# processes of the local cluster import it under a third name, and must do neither.
if __name__ == "__main__":
    main()
elif __name__ == Path(__file__).stem:
    from starlette.middleware import Middleware

    from pages._ui.delivery import Delivery, count_presses_once, take_nothing_back
    from pages._ui.ending import ends_quietly

    take_nothing_back()
    count_presses_once()
    app = st.App(__file__, middleware=[Middleware(Delivery)], lifespan=ends_quietly)
