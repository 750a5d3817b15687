import pytest

from vaelab.config import TrainConfig
from vaelab.explaining import explain
from vaelab.runs import list_runs, runs_folder
from vaelab.training.sweep import create_sweep, read_values, sweep_configs


@pytest.mark.parametrize(
    ("text", "values"),
    [("1,2, 4", [1, 2, 4]), ("0.5 8", [0.5, 8]), ("3", [3]), ("1, 1, 2", [1, 2])],
)
def test_values_are_read_as_people_write_them(text, values):
    assert read_values(text, "beta") == values


@pytest.mark.parametrize(
    ("text", "over", "sentence"),
    [
        ("", "beta", "A sweep has 1 to 20 values, but these are 0."),
        (" ".join(map(str, range(21))), "beta", "A sweep has 1 to 20 values, but these are 21."),
        ("1, two", "beta", "'two' is not a number: write values such as 1, 2, 4"),
        ("2.5", "latent_dim", "latent_dim was 2.5; it must be a whole number."),
        ("0, 0.25", "seed", "seed was 0.25; it must be a whole number."),
    ],
)
def test_what_is_no_list_of_values_is_told_in_a_sentence(text, over, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_values(text, over)


def test_a_sweep_differs_in_one_setting_only():
    config = TrainConfig(beta=3, latent_dim=5, seed=7, hidden=(20,))
    for over, values in (("beta", [0, 1.5]), ("latent_dim", [1, 8]), ("seed", [0, 3])):
        for value, each in zip(values, sweep_configs(config, over, values), strict=True):
            assert getattr(each, over) == value
            assert each.model_dump(exclude={over}) == config.model_dump(exclude={over})


@pytest.mark.parametrize(
    ("config", "over", "values", "sentence"),
    [
        (TrainConfig(), "latent_dim", [2, 0], "latent_dim was 0; it must be at least 1."),
        (TrainConfig(), "beta", [-1], "beta was -1.0; it must be at least 0."),
        (TrainConfig(model="ae"), "beta", [1, 2], "An autoencoder has no KL term"),
        (TrainConfig(model="ae", objective="wae"), "beta", [1, 2], "An autoencoder has no KL term"),
        (TrainConfig(objective="capacity"), "beta", [1, 2], "There is no beta in objective capacity"),
    ],
)
def test_a_value_that_cannot_be_leaves_no_run_behind(config, over, values, sentence):
    with pytest.raises(ValueError, match=r".") as caught:  # pydantic adds its own
        create_sweep(config, over, values)
    assert explain(caught.value).startswith(sentence)
    assert not runs_folder().exists()


def test_the_runs_of_a_sweep_are_titled_by_their_value():
    runs = create_sweep(TrainConfig(), "beta", [0.5, 4])
    assert [run.title for run in runs] == ["digits, β 0.5", "digits, β 4"]
    assert {run.path for run in list_runs()} == {run.path for run in runs}
