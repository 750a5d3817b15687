"""To come."""

import streamlit as st

from pages._ui import frame


def main() -> None:
    st.info("This page is being built.")


frame.show(main, __file__)
