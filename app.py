"""vaelab's front door: ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

#: A file of our own: one of Streamlit's icons would be fetched from elsewhere.
ICON = Path(__file__).parent / "assets" / "frame" / "icon.png"


def main() -> None:
    """Show the page that the URL names."""
    st.set_page_config(page_title="vaelab", page_icon=ICON, layout="wide")
    pages = {
        "": [
            st.Page("pages/home.py", title="Start", icon=":material/home:", default=True),
            st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
            st.Page("pages/explore.py", title="Explore", icon=":material/explore:"),
            st.Page("pages/interpolate.py", title="Interpolate", icon=":material/linear_scale:"),
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/runs.py", title="Runs", icon=":material/list:"),
            st.Page("pages/compare.py", title="Compare", icon=":material/compare:"),
        ],
        "Put to use": [
            st.Page("pages/reduction.py", title="Dimensionality reduction", icon=":material/map:"),
            st.Page("pages/anomalies.py", title="Anomaly detection", icon=":material/problem:"),
            st.Page("pages/denoising.py", title="Denoising", icon=":material/deblur:"),
            st.Page("pages/generation.py", title="Generation", icon=":material/auto_awesome:"),
            st.Page("pages/arithmetic.py", title="Latent arithmetic", icon=":material/calculate:"),
        ],
    }
    page = st.navigation(pages, position="top")

    from pages._ui.frame import go_where_wanted

    go_where_wanted()
    page.run()


# Worker processes of the local cluster import the main file again, and must not draw it.
if __name__ == "__main__":
    main()
