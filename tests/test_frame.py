"""The address as a page reads and writes it, and the parts that a page consists of; on pages of a few lines."""

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import address, cached, resources
from tests.app_steps import query
from vaelab.runs import Run


def page() -> None:
    import streamlit as st

    from pages._ui import address, controls

    address.open_page("page")
    with address.drawing():
        shown = controls.toggle("More", param="more", key="more", help="Show more.")
        if shown:
            controls.number_input("Number", param="number", key="number", min_value=0, default=1, help="Any.")
        st.button("Nothing")


@pytest.fixture
def app():
    return AppTest.from_function(page)


def test_what_is_not_drawn_is_not_in_the_address(app):
    app.query_params.update({"more": "true", "number": "7", "unknown": "x"})
    app.run()
    assert app.number_input[0].value == 7
    assert query(app) == {"more": "true", "number": "7"}
    app.toggle[0].set_value(False).run()
    assert query(app) == {}
    # It is remembered nevertheless.
    app.toggle[0].set_value(True).run()
    assert query(app) == {"more": "true", "number": "7"}


def test_a_query_that_the_page_has_had_is_late_and_another_is_a_link(app):
    app.query_params["more"] = "true"
    app.run()
    app.number_input[0].set_value(5).run()
    app.query_params.clear()
    app.query_params["more"] = "true"  # as it was before
    app.button[0].click().run()
    assert app.number_input[0].value == 5
    assert query(app) == {"more": "true", "number": "5"}
    app.query_params["number"] = "9"
    app.run()
    assert app.number_input[0].value == 9


def test_back_leads_to_what_was_and_to_the_default_of_what_the_address_does_not_name(app, monkeypatch):
    app.run()
    app.toggle[0].set_value(True).run()
    app.number_input[0].set_value(5).run()
    monkeypatch.setattr(address, "_went_back", lambda: True)
    app.query_params.clear()
    app.query_params["more"] = "true"
    app.run()
    assert app.number_input[0].value == 1
    app.query_params.clear()
    app.run()
    assert not app.toggle[0].value
    assert query(app) == {}


def test_back_to_another_page_resets_what_its_address_does_not_name(monkeypatch):
    def pages() -> None:
        import streamlit as st

        from pages._ui import address, controls

        address.open_page("second" if st.session_state.get("second") else "first")
        with address.drawing():
            controls.toggle("More", param="more", key="more", help="Show more.")

    app = AppTest.from_function(pages).run()
    app.session_state["second"] = True
    app.run()
    app.toggle[0].set_value(True).run()
    assert query(app) == {"more": "true"}
    monkeypatch.setattr(address, "_went_back", lambda: True)
    app.session_state["second"] = False
    app.query_params.clear()
    app.run()
    assert not app.toggle[0].value
    assert query(app) == {}


def test_on_another_page_the_same_query_is_news():
    def pages() -> None:
        import streamlit as st

        from pages._ui import address, controls

        address.open_page("second" if st.session_state.get("second") else "first")
        with address.drawing():
            controls.toggle("More", param="more", key="more", help="Show more.")

    app = AppTest.from_function(pages)
    app.query_params["more"] = "true"
    app.run()
    app.toggle[0].set_value(False).run()
    app.session_state["second"] = True
    app.query_params["more"] = "true"
    app.run()
    assert app.toggle[0].value


def test_what_a_run_took_and_was_ended_before_it_showed_is_asked_for_again():
    def page():
        import streamlit as st
        from streamlit.runtime.scriptrunner import StopException

        from pages._ui import address

        address.open_page("page")
        try:
            with address.drawing():
                shown, lost = address.take("shown"), address.take("lost")
                address.put("shown", shown)
                address.take("settled")
                address.settle("settled")
                st.session_state["first"] = address.is_first_run("opened"), address.is_new_here("control")
                raise StopException  # as where Streamlit begins the next run
        except StopException:
            pass
        with address.drawing():
            st.session_state["again"] = [address.take(name) for name in ("shown", "lost", "settled")]
            st.session_state["second"] = address.is_first_run("opened"), address.is_new_here("control")
            address.put("lost", lost)

    app = AppTest.from_function(page)
    app.query_params["shown"], app.query_params["lost"], app.query_params["settled"] = "1", "2", "3"
    app.run()
    assert not app.exception
    assert app.session_state["again"] == [None, "2", None]
    assert app.session_state["first"] == (True, True)
    assert app.session_state["second"] == (False, True), "a control of a run that was ended is drawn anew"


def test_a_run_that_ends_after_the_next_began_leaves_the_address_to_it():
    """Streamlit stops a run at its next word, and starts the next at once: for a moment there are two."""

    def page():
        from threading import Event, Thread

        import streamlit as st
        from streamlit.runtime.scriptrunner import StopException, add_script_run_ctx

        from pages._ui import address

        def draw(place, within=lambda: None):
            with address.drawing():
                address.put("page", "here")
                with address.drawing(address.next_part()):
                    address.put("place", place)
                    within()

        def next_run():
            draw("new", lambda: (begun.set(), has_stopped.wait(10)))

        def stop():
            thread.start()
            assert begun.wait(10)
            address.put("place", "late")
            raise StopException

        address.open_page("page")
        begun, has_stopped = Event(), Event()
        thread = Thread(target=next_run)
        add_script_run_ctx(thread)
        try:
            draw("old", stop)
        except StopException:
            has_stopped.set()
        thread.join()
        st.session_state["after"] = st.query_params.to_dict()
        with address.drawing((0,)):  # as when something in the part is used
            address.put("place", "newest")

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.session_state["after"] == {"page": "here", "place": "new"}
    assert app.query_params == {"page": "here", "place": "newest"}


def test_where_a_page_fails_its_address_stays_and_what_it_asked_for_is_not_lost():
    def failing() -> None:
        import streamlit as st

        from pages._ui import address, controls, frame

        address.open_page("page")
        with frame.errors_in_words(), address.drawing():
            controls.toggle("First", param="first", key="first", help="Drawn.")
            if st.session_state.get("broken", True):
                raise ValueError("The images are gone.")
            controls.toggle("Last", param="last", key="last", help="Not drawn.")

    app = AppTest.from_function(failing)
    app.query_params.update({"first": "true", "last": "true"})
    app.run()
    assert "The images are gone" in app.error[0].value
    assert query(app) == {"first": "true", "last": "true"}
    app.session_state["broken"] = False
    app.run()
    assert [toggle.value for toggle in app.toggle] == [True, True]
    assert query(app) == {"first": "true", "last": "true"}


def test_where_a_part_fails_the_others_are_in_the_address_and_its_own_settings_stay():
    def with_parts() -> None:
        import streamlit as st

        from pages._ui import address, controls, frame

        address.open_page("page")
        with frame.errors_in_words(), address.drawing():

            @frame.part()
            def first() -> None:
                controls.toggle("First", param="first", key="first", help="Works.")
                if st.session_state.get("first"):
                    raise ValueError("This part is broken.")

            @frame.part()
            def second() -> None:
                controls.toggle("Second", param="second", key="second", help="Works.")

            controls.toggle("Own", param="own", key="own", help="Of the page itself.")

    app = AppTest.from_function(with_parts)
    app.query_params.update({"second": "true", "own": "true"})
    app.run()
    assert query(app) == {"second": "true", "own": "true"}
    app.toggle(key="own").set_value(False).run()
    assert query(app) == {"second": "true"}
    app.toggle(key="first").set_value(True).run()
    assert "This part is broken" in app.error[0].value
    assert query(app) == {"second": "true", "first": "true"}
    # And whoever is sent that address.
    other = AppTest.from_function(with_parts)
    other.query_params.update({"first": "true", "second": "true", "more": "of it"})
    other.run()
    assert "This part is broken" in other.error[0].value
    assert query(other) == {"first": "true", "second": "true", "more": "of it"}


def test_what_comes_later_keeps_its_place_in_the_address():
    def in_two_steps() -> None:
        import streamlit as st

        from pages._ui import address, controls, frame

        address.open_page("page")
        st.session_state.setdefault("page-settled", False)
        with address.drawing():
            controls.toggle("Above", param="above", key="above", help="At once.")
            frame.later(lambda: controls.toggle("Below", param="below", key="below", help="Later."))

    app = AppTest.from_function(in_two_steps)
    app.query_params.update({"above": "true", "below": "true"})
    app.run()
    assert [toggle.label for toggle in app.toggle] == ["Above"]
    assert query(app) == {"above": "true", "below": "true"}
    app.session_state["page-settled"] = True
    app.run()
    assert [toggle.value for toggle in app.toggle] == [True, True]
    app.toggle(key="below").set_value(False).run()
    assert query(app) == {"above": "true"}


def waiting() -> None:
    import streamlit as st

    from pages._ui import address, frame

    address.open_page("page")
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    with address.drawing():

        @frame.part(every=1.0, until=lambda: st.session_state.get("made", False))
        def body() -> None:
            st.text("first" if frame.is_first_pass() else "again")
            if st.button("Make it"):
                st.session_state["made"] = True


def test_a_part_that_waits_has_the_page_drawn_anew_once_it_has_what_it_waits_for():
    app = AppTest.from_function(waiting).run()
    assert app.session_state["runs"] == 1
    app.button[0].click().run()
    assert not app.exception
    assert app.session_state["runs"] == 3  # the click's, and the page anew; AppTest reruns no part by itself
    app.run()
    assert app.session_state["runs"] == 4


def test_what_ended_while_the_page_was_drawn_is_not_waited_for_in_vain():
    def late() -> None:
        import streamlit as st

        from pages._ui import address, frame

        address.open_page("page")
        runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
        is_made = runs > 1
        with address.drawing():
            if not is_made:
                # It ends after the page has looked, and before the part does.
                @frame.part(every=1.0, until=lambda: True, waits=True)
                def body() -> None:
                    st.text("Being made …")

            else:
                st.text("Made")

    app = AppTest.from_function(late).run()
    assert app.session_state["runs"] == 2
    assert [text.value for text in app.text] == ["Made"]


def test_a_part_looks_again_only_while_it_waits(monkeypatch):
    from pages._ui import frame

    asked = []
    real = frame.st.fragment
    monkeypatch.setattr(
        frame.st, "fragment", lambda run_every=None: asked.append(run_every) or real(run_every=run_every)
    )
    app = AppTest.from_function(waiting).run()
    app.session_state["made"] = True
    app.run()
    assert asked == [1.0, None]


def test_caches_tell_runs_and_their_epochs_apart(tmp_path, monkeypatch):
    calls = []

    @cached.per_run(max_entries=8)
    def name_of(run: Run, number: int) -> str:
        calls.append((run.name, number))
        return run.name

    runs = [Run.open(resources.EXAMPLES / name) for name in ("digits-2d", "digits-16d")]
    for run in [*runs, Run.open(runs[0].path)]:
        assert name_of(run, 1) == run.name
    assert calls == [("digits-2d", 1), ("digits-16d", 1)]
    monkeypatch.setattr(Run, "version", property(lambda run: -1))  # another epoch
    name_of(runs[0], 1)
    assert len(calls) == 3
