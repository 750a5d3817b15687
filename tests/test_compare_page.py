"""The Compare page without a browser."""

import pytest

from tests.app_steps import by_key, query

OTHERS = "compare-with-digits-2d"


def first(app):
    return app.markdown[1].value


def test_the_address_names_the_models_whichever_would_be_chosen_anyway(launch):
    app = launch("compare.py", run="digits-2d")
    chosen = by_key(app, OTHERS).value
    assert len(chosen) == 1
    assert query(app) == {"run": "digits-2d", "with": chosen[0]}
    app.multiselect(key=OTHERS).set_value([]).run()
    assert query(app)["with"] == "none"


def test_what_to_do_first_depends_on_how_many_there_are(launch):
    app = launch("compare.py", run="digits-2d")
    assert first(app) == "**Move over either map**: the other follows."
    app.multiselect(key=OTHERS).set_value([]).run()
    assert first(app).startswith("**Choose a second model**")
    app.multiselect(key=OTHERS).set_value(["digits-16d", "digits-ae-2d"]).run()
    assert first(app) == "**Move over any map**: the others follow."


def test_a_model_that_the_address_names_in_vain_is_told(launch):
    app = launch("compare.py", **{"run": "digits-2d", "with": "nix,digits-16d"})
    assert by_key(app, OTHERS).value == ["digits-16d"]
    assert [toast.value for toast in app.toast] == ["The address asks for the model “nix”, which is not here."]
    app = launch("compare.py", **{"run": "digits-2d", "with": "faces-8d"})
    assert not app.toast, "it is a model of other images"


@pytest.mark.parametrize(
    ("run", "others", "said", "unsaid"),
    [
        ("mnist-2d", "mnist-16d", ["200 of these", "500 held-out images", "k-NN"], ["MIG", "p(x|y)", "do not compare"]),
        ("shapes-10d", "shapes-tc-10d", ["MIG", "2,000 images of all splits"], ["p(x|y)"]),
        ("digits-2d", "digits-16d", ["Bernoulli pixels and densities of pixels do not compare"], ["MIG"]),
        ("digits-2d", "digits-labels-2d", ["180 held-out images", "each of them", "p(x|y)"], ["MIG"]),
        ("digits-ae-2d", "none", ["k-NN"], ["Bounds", "MIG"]),
    ],
)
def test_the_figures_explained_are_those_in_the_table(launch, run, others, said, unsaid):
    app = launch("compare.py", **{"run": run, "with": others})
    app.session_state["page-settled"] = True  # the lower part of the page, too
    text = next(each.value for each in app.run().caption if each.value.startswith("In brackets"))
    assert all(words in text for words in said), text
    assert not any(words in text for words in unsaid), text


def test_nats_that_do_not_compare_have_rows_of_their_own(launch):
    """A Bernoulli's -23 nats stood beside a density's +41, and log p(x|y) beside log p(x)."""
    app = launch("compare.py", **{"run": "digits-2d", "with": "digits-16d,digits-labels-2d"})
    app.session_state["page-settled"] = True
    table = app.run().table[0].value
    rows = {row["figure"]: list(row[1:]) for _, row in table.iterrows()}
    # After the three models come codes that nothing learned.
    filled = {title: [cell != "–" for cell in cells[:3]] for title, cells in rows.items()}
    assert filled["ELBO, Bernoulli pixels"] == [True, False, False]
    assert filled["ELBO, density of pixels"] == [False, True, False]
    assert filled["ELBO, Bernoulli pixels, given the label"] == [False, False, True]
    assert filled["Bound on log p(x), Bernoulli pixels, k = 1"] == [True, False, True]
    assert filled["KL divergence"] == [True, True, True]


def test_models_whose_nats_are_of_another_kind_are_no_points_and_it_is_said(launch):
    app = launch("compare.py", **{"run": "digits-2d", "with": "digits-labels-2d"})
    app.session_state["page-settled"] = True
    text = next(each.value for each in app.run().caption if each.value.startswith("Each point is a model"))
    assert "is told the label, which is worth some nats" in text
