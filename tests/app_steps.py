"""What tests of pages without a browser do, in more than one file."""

import numpy as np
from streamlit.testing.v1 import AppTest

#: Kinds of controls that have a value.
KINDS = (
    "selectbox",
    "segmented_control",
    "slider",
    "number_input",
    "multiselect",
    "select_slider",
    "text_input",
    "toggle",
    "radio",
)


def values(app: AppTest) -> list[tuple[str, object]]:
    """What every control of a page is set to, with its label."""
    return [(control.label, control.value) for kind in KINDS for control in getattr(app, kind)]


def by_key(app: AppTest, key: str):
    """The control with this key, of whatever kind it is."""
    return next(control for kind in KINDS for control in getattr(app, kind) if control.key == key)


def query(app: AppTest) -> dict[str, str]:
    """What stands in the URL."""
    return {name: one(value) for name, value in dict(app.query_params).items()}


def one(value):
    return value[0] if isinstance(value, list) else value


def says(block, words):
    """Whether some element of a page has these words, or sends them to the browser."""
    proto = getattr(block, "proto", None)
    return (proto is not None and words.encode() in proto.SerializeToString()) or any(
        says(child, words) for child in getattr(block, "children", {}).values()
    )


def z_of(app: AppTest, run: str) -> list[float]:
    """Where z rests on the map of a run."""
    return app.session_state[f"z:{run}"].tolist()


def move_z(app: AppTest, run: str, first: float) -> None:
    """Have the first number of z be another one, as the canvas says when z came to rest."""
    app.session_state[f"z:{run}"] = np.array([first, *z_of(app, run)[1:]], np.float32)
    app.run()
    assert not app.exception, app.exception


def without_live(app: AppTest) -> AppTest:
    """Have the server decode."""
    app.query_params["live"] = "false"
    app.run()
    assert not app.exception, app.exception
    return app
