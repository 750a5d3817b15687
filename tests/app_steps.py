"""What tests of pages without a browser do, in more than one file."""

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


def without_live(app: AppTest) -> AppTest:
    """Have the server decode: then there are sliders that can be seen from here."""
    app.query_params["live"] = "false"
    app.run()
    assert not app.exception, app.exception
    return app
