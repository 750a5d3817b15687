import dataclasses
import itertools
import math
import time

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from vaelab.choices import OBJECTIVES
from vaelab.config import Preprocessing, TrainConfig
from vaelab.datasets import load_dataset
from vaelab.networks.corruptions import corrupt
from vaelab.networks.likelihoods import SIGMA_FLOOR
from vaelab.training import devices
from vaelab.training import trainer as trainer_module
from vaelab.training.devices import pick_device, to_float
from vaelab.training.reports import EpochRecord, Progress, StepRecord
from vaelab.training.schedule import one_cycle
from vaelab.training.soundness import DivergedError
from vaelab.training.trainer import Trainer

CONFIGS = {
    "mlp": {"hidden": (16,)},
    "conv": {"architecture": "conv", "channels": (4, 4), "conv_hidden": 8},
}


@pytest.fixture(params=list(CONFIGS))
def small(request):
    """Settings of a network, and images that it can take."""
    side = 8 if request.param == "mlp" else 28
    images = np.random.default_rng(1).integers(0, 256, (100, 1, side, side), dtype=np.uint8)
    return CONFIGS[request.param], images


def epochs_of(trainer):
    return [record for record in trainer.records() if isinstance(record, EpochRecord)]


def ticking(tick):
    """Make a clock by which each look at it is one tick after the last."""
    return itertools.count(0.0, tick).__next__


def split_digits(digits):
    return digits.images[digits.split.train], digits.images[digits.split.validation]


def without_clock(record):
    """What of a record must be the same each time; the clock never is."""
    figures = dataclasses.asdict(record)
    del figures["seconds"], figures["images_per_second"]
    return figures


# --- The schedule and the device ----------------------------------------------------------------


@pytest.mark.parametrize("peak", [1e-3, 0.2])
@pytest.mark.parametrize("steps", [500, 101])
def test_one_cycle_is_torchs_one_cycle(peak, steps):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=peak)
    # With `pct_start` of 0.3, torch's peak is at step 0.3 * steps - 1 of steps 0 to steps - 1, so
    # its curve has a kink that ours has at 0.3 sharp: each half is compared with its own fraction.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps, cycle_momentum=False)
    top = 0.3 * steps - 1
    for step in range(steps):
        progress = np.interp(step, [0, top, steps - 1], [0, 0.3, 1])
        assert one_cycle(progress, peak) == pytest.approx(schedule.get_last_lr()[0], rel=1e-6)
        optimizer.step()
        if step < steps - 1:
            schedule.step()


def test_one_cycle_starts_low_peaks_at_30_percent_and_ends_at_almost_nothing():
    rates = [one_cycle(progress, 1.0) for progress in np.linspace(0, 1, 1001)]
    assert rates[0] == pytest.approx(1 / 25)
    assert int(np.argmax(rates)) == 300
    assert rates[-1] == pytest.approx(1 / 25e4)
    assert one_cycle(1.2, 1.0) == rates[-1]  # a clock overshoots


def test_pick_device_takes_what_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto") == pick_device("cpu") == torch.device("cpu")
    for name in ("cuda", "mps"):
        with pytest.raises(ValueError, match=f"no {name} device: choose cpu or auto"):
            pick_device(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")


def test_to_float_maps_bytes_to_the_unit_interval():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_float(every), torch.arange(256) / 255)
    assert every[255] == 255  # in place on its own copy only


# --- Learning -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_batch_can_be_learned_by_heart(digits):
    batch = digits.images[:16]
    config = TrainConfig(model="ae", latent_dim=16, hidden=(128,), likelihood="gaussian", epochs=600, batch_size=16)
    trainer = Trainer(config, batch, batch)
    epochs_of(trainer)
    x = to_float(torch.from_numpy(batch))
    with torch.no_grad():
        x_hat = trainer.model.likelihood.mean(trainer.model(x).logits)
    # The images vary by 0.37 around their mean, and one gray level of digits is 0.06.
    assert (x_hat - x).square().mean().sqrt() < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ae", "vae"])
def test_training_lowers_the_validation_loss(digits, model):
    config = TrainConfig(model=model, epochs=20, hidden=(64, 32), learning_rate=5e-3)
    losses = [record.validation.total for record in epochs_of(Trainer(config, *split_digits(digits)))]
    # Near 27.1 nats it knows the mean image alone; an hour's training comes to about 24.5.
    assert losses[0] > 26.5
    assert losses[-1] < 26


@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli", "gaussian"])
def test_the_first_image_drawn_is_the_mean_image(digits, likelihood):
    train, validation = split_digits(digits)
    trainer = Trainer(TrainConfig(likelihood=likelihood), train, validation)
    with torch.no_grad():
        trainer.model.decoder.out.weight.zero_()  # what remains is the bias
        drawn = trainer.model.likelihood.mean(trainer.model.decoder(torch.zeros(1, 2)))[0]
    mean = np.clip(train.mean(0) / 255, 1 / 255, 1 - 1 / 255)
    assert np.allclose(drawn.numpy(), mean, atol=1e-4)


def test_validation_is_of_all_validation_images_and_leaves_training_alone(digits, monkeypatch):
    train, validation = split_digits(digits)
    config = TrainConfig(epochs=2, hidden=(16,))
    whole = epochs_of(Trainer(config, train, validation))
    assert whole[0].validation.num_images == len(validation)
    # Training is the same whatever it is validated on, and in whatever portions.
    monkeypatch.setattr("vaelab.training.validation.VALIDATION_BATCH", 50)
    fewer = epochs_of(Trainer(config, train, validation[:77]))
    assert fewer[0].validation.num_images == 77
    assert [record.train for record in whole] == [record.train for record in fewer]


def test_a_last_incomplete_batch_counts_by_its_images():
    images = np.random.default_rng(0).integers(0, 256, (70, 1, 8, 8), dtype=np.uint8)
    config = TrainConfig(epochs=3, hidden=(4,), batch_size=32)
    records = epochs_of(Trainer(config, images, images))
    assert [record.step for record in records] == [3, 6, 9]
    assert all(record.train.num_images == 70 for record in records)
    assert [record.progress for record in records] == pytest.approx([1 / 3, 2 / 3, 1])


# --- Records ------------------------------------------------------------------------------------


def test_step_records_sum_up_to_their_epochs(small, monkeypatch):
    settings, images = small
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    config = TrainConfig(epochs=3, batch_size=32, kl_warmup=0.5, free_bits=0.1, **settings)
    steps = []
    num_epochs = 0
    for record in Trainer(config, images, images).records():
        if isinstance(record, StepRecord):
            steps.append(record)
        elif isinstance(record, EpochRecord):
            num_epochs += 1
            assert [step.epoch for step in steps] == [record.epoch] * 4
            weights = [step.train.num_images for step in steps]
            assert sum(weights) == record.train.num_images == len(images)
            for name in ("total", "reconstruction", "kl", "kl_per_dim"):
                parts = [getattr(step.train, name) for step in steps]
                mean = np.average(parts, axis=0, weights=weights)
                assert mean == pytest.approx(np.array(getattr(record.train, name)), rel=1e-9)
            steps = []
    assert num_epochs == 3


def test_step_records_come_four_times_a_second():
    images = np.zeros((400, 1, 8, 8), np.uint8)
    config = TrainConfig(epochs=1, batch_size=8, hidden=(4,))
    trainer = Trainer(config, images, images, clock=ticking(1 / 64))
    steps = [record for record in trainer.records() if isinstance(record, StepRecord)]
    # 50 steps, of which each takes one tick.
    assert [record.step for record in steps] == [16, 32, 48]
    assert [record.seconds for record in steps] == [0.25, 0.5, 0.75]
    assert [record.images_per_second for record in steps] == [8 * 64] * 3


def test_time_between_two_epochs_does_not_count():
    images = np.zeros((32, 1, 8, 8), np.uint8)
    now = [0.0]
    config = TrainConfig(epochs=3, batch_size=8, hidden=(4,))
    trainer = Trainer(config, images, images, clock=lambda: now[0])
    for record in trainer.records():
        if isinstance(record, EpochRecord):
            assert record.seconds == 0
            now[0] += 100  # who reads the records took their time


def test_the_clock_is_the_machines_own_unless_another_is_given():
    images = np.zeros((32, 1, 8, 8), np.uint8)
    trainer = Trainer(TrainConfig(epochs=1, hidden=(4,)), images, images)
    assert trainer.clock is time.perf_counter
    assert epochs_of(trainer)[0].seconds > 0


def test_parts_of_a_record_make_its_total(small):
    settings, images = small
    config = TrainConfig(epochs=2, beta=4.0, latent_dim=3, **settings)
    for record in epochs_of(Trainer(config, images, images)):
        for terms in (record.train, record.validation):
            assert terms.total == pytest.approx(terms.reconstruction + 4 * terms.kl, rel=1e-6)
            assert terms.kl == pytest.approx(sum(terms.kl_per_dim), rel=1e-6)


def test_beta_warms_up_evenly_and_then_stays(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    config = TrainConfig(epochs=5, batch_size=10, hidden=(4,), beta=3.0, kl_warmup=0.5)
    steps = [r for r in Trainer(config, images, images).records() if isinstance(r, StepRecord)]
    assert [record.beta for record in steps] == pytest.approx([3 * min(step / 20 / 0.5, 1) for step in range(1, 21)])
    # The first step was taken before anything was done, so with a beta of 0.
    assert steps[0].train.total == pytest.approx(steps[0].train.reconstruction)


def test_validation_reports_progress(digits, monkeypatch):
    train, validation = split_digits(digits)
    monkeypatch.setattr("vaelab.training.validation.VALIDATION_BATCH", 60)
    records = list(Trainer(TrainConfig(epochs=1, hidden=(4,)), train, validation).records())
    fractions = [record.fraction for record in records if isinstance(record, Progress)]
    assert fractions == pytest.approx([0, 1 / 3, 2 / 3], abs=0.01)


# --- Time instead of epochs ---------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [8, 256], ids=["within an epoch", "over epochs"])
def test_training_for_seconds_ends_on_time_with_its_schedule_at_the_end(monkeypatch, batch_size):
    data = load_dataset("shapes", Preprocessing(num_images=4000))
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    config = TrainConfig(dataset="shapes", seconds=1.0, hidden=(64,), kl_warmup=0.5, beta=2, batch_size=batch_size)
    tick = 1 / 128
    trainer = Trainer(config, *split_digits(data), clock=ticking(tick))
    records = list(trainer.records())
    assert trainer.finished
    assert (trainer.epoch == 1) == (batch_size == 8)
    steps = [record for record in records if isinstance(record, StepRecord)]
    # No step more than fit into the second; validating the last time comes on top.
    assert steps[-1].seconds == 1.0
    assert isinstance(records[-1], EpochRecord)
    assert records[-1].seconds == 1.0 + tick
    assert records[-1].progress == 1
    assert records[-1].beta == 2
    # A step is taken at the rate of its beginning, so the last at that of a tick before the end.
    rates = [step.learning_rate for step in steps]
    assert rates == [one_cycle(step.seconds - tick, config.learning_rate) for step in steps]
    assert rates[-1] < 0.001 * config.learning_rate
    assert max(rates) > 0.99 * config.learning_rate


# --- Going on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian_learned"])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_resumed_training_ends_as_if_never_interrupted(small, likelihood, after):
    settings, images = small
    config = TrainConfig(epochs=4, batch_size=32, likelihood=likelihood, kl_warmup=0.7, free_bits=0.05, **settings)
    whole = Trainer(config, images[:80], images[80:])
    expected = [without_clock(record) for record in epochs_of(whole)]

    first = Trainer(config, images[:80], images[80:])
    begun = itertools.islice((r for r in first.records() if isinstance(r, EpochRecord)), after)
    records = [without_clock(record) for record in begun]
    tensors, numbers = first.state()
    torch.manual_seed(123)  # the process that goes on has drawn other numbers
    second = Trainer(config, images[:80], images[80:])
    second.load_state(tensors, numbers)
    records += [without_clock(record) for record in epochs_of(second)]

    assert records == expected
    expected_tensors, expected_numbers = whole.state()
    resumed_tensors, resumed_numbers = second.state()
    assert resumed_tensors.keys() == expected_tensors.keys()
    for name, tensor in expected_tensors.items():
        assert torch.equal(resumed_tensors[name], tensor), name
    assert (resumed_numbers["epoch"], resumed_numbers["step"]) == (4, expected_numbers["step"])


VARIANTS = {
    "tc": {"objective": "tc", "beta": 4.0, "kl_warmup": 0.5},
    "mmd": {"objective": "mmd", "beta": 0.0, "free_bits": 0.1, "kl_warmup": 0.5},
    "iwae": {"objective": "iwae", "num_samples": 3},
    "factor": {"objective": "factor", "beta": 2.0, "kl_warmup": 0.5},
    "capacity": {"objective": "capacity", "gamma": 2.0, "kl_warmup": 0.5},
    "wae": {"objective": "wae", "model": "ae", "kl_warmup": 0.5},
    "gaussian": {"corruption": "gaussian"},
    "salt_and_pepper": {"corruption": "salt_and_pepper"},
    "masking": {"corruption": "masking", "model": "ae"},
    "blur": {"corruption": "blur", "corruption_strength": 1.0},
    "conditional": {"conditional": True, "model": "ae"},
    "beside pca": {"pca_path": True, "likelihood": "gaussian", "sigma": 0.5},
    "augmented": {"augment_flip": True, "augment_shift": 1, "code_noise": 0.2, "model": "ae"},
    "all of it": {"conditional": True, "corruption": "masking", "objective": "iwae"},
}
#: What the KL is weighed with where that is not beta.
WEIGHTS = {"tc": 1.0, "capacity": 0.0}
every_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=list(VARIANTS))


def make_trainer(images, **settings):
    """A training on 80 of 100 images, whose labels are known to whoever asks."""
    labels = np.arange(100) % 3
    config = TrainConfig(**{"hidden": (16,), "epochs": 3, "batch_size": 32} | settings)
    return Trainer(config, images[:80], images[80:], labels[:80], labels[80:], 3)


@every_variant
def test_every_variant_learns_resumes_and_says_what_it_minimizes(digits, variant):
    images = digits.images[:100]
    whole = make_trainer(images, **variant)
    weight = WEIGHTS.get(variant.get("objective"), whole.config.beta)
    expected = epochs_of(whole)
    for terms in (expected[-1].train, expected[-1].validation):
        parts = terms.reconstruction + weight * terms.kl + terms.penalty
        assert terms.total == pytest.approx(parts, rel=1e-6)
    assert expected[-1].train.reconstruction < expected[0].train.reconstruction

    first = make_trainer(images, **variant)
    begun = [next(r for r in first.records() if isinstance(r, EpochRecord))]
    state = first.state()
    torch.manual_seed(123)
    second = make_trainer(images, **variant)
    second.load_state(*state)
    records = begun + epochs_of(second)
    assert [without_clock(r) for r in records] == [without_clock(r) for r in expected]
    for name, tensor in whole.state()[0].items():
        assert torch.equal(second.state()[0][name], tensor), name


def watch(monkeypatch):
    """What the loss is called with: (in training, x, labels, seen) of each call."""
    calls = []
    plain = trainer_module.loss_terms

    def loss_terms(model, x, config, warmup, generator, labels, seen, *rest):
        calls.append((model.training, x.clone(), labels, None if seen is None else seen.clone()))
        return plain(model, x, config, warmup, generator, labels, seen, *rest)

    monkeypatch.setattr(trainer_module, "loss_terms", loss_terms)
    return calls


@pytest.mark.parametrize("corruption", ["gaussian", "salt_and_pepper", "masking"])
def test_damage_is_new_at_each_step_and_the_same_at_each_validation(corruption, monkeypatch):
    images = np.full((100, 1, 8, 8), 128, np.uint8)
    calls = watch(monkeypatch)
    epochs_of(make_trainer(images, corruption=corruption, corruption_strength=0.2))
    gray = torch.full((1, 8, 8), 128 / 255)
    assert all((x == gray).all() for _, x, *_ in calls)  # what is explained is not damaged
    seen = [seen for training, *_, seen in calls if training]
    assert len(seen) == 9
    images_seen = torch.cat(seen)
    assert not (images_seen == gray).flatten(1).all(1).any()
    assert len(images_seen.unique(dim=0)) == len(images_seen)
    first, *others = [seen for training, *_, seen in calls if not training]
    assert len(others) == 2
    assert all(torch.equal(first, other) for other in others)


def test_training_images_are_mirrored_and_moved_anew_at_each_step_and_validation_images_never(monkeypatch, digits):
    calls = watch(monkeypatch)
    images = np.repeat(digits.images[:1], 100, 0)
    epochs_of(make_trainer(images, augment_flip=True, augment_shift=1))
    original = to_float(torch.from_numpy(images[0]))
    assert all((x == original).all() for training, x, *_ in calls if not training)
    seen = [x for training, x, *_ in calls if training]
    # Two ways to look times nine places to be.
    assert len(torch.cat(seen).unique(dim=0)) == 18
    assert len({tuple(x.flatten().tolist()) for x in seen}) == len(seen)
    # What is to be explained has moved too.
    assert {given is None for training, _, _, given in calls} == {True}


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("model", ["ae", "vae"])
def test_beside_pca_training_starts_at_pca_leaves_it_alone_and_goes_beyond(digits, likelihood, model):
    train, validation = split_digits(digits)
    settings = {"sigma": 0.5, "hidden": (64,), "latent_dim": 4, "epochs": 20, "batch_size": 64}
    trainer = Trainer(
        TrainConfig(pca_path=True, model=model, likelihood=likelihood, **settings, beta=0.1), train, validation
    )
    x = to_float(torch.from_numpy(validation))

    def error():
        trainer.model.eval()
        with torch.no_grad():
            x_hat = trainer.model.likelihood.mean(trainer.model.decoder(trainer.model.encoder(x).mu))
        return (x_hat - x).square().flatten(1).sum(1).mean().item()

    flat, held_out = (part.reshape(len(part), -1) / 255 for part in (train, validation))
    pca = PCA(4).fit(flat)
    of_pca = ((pca.inverse_transform(pca.transform(held_out)) - held_out) ** 2).sum(1).mean()
    # Clipped, and a gray level from black where logits are.
    assert error() == pytest.approx(of_pca, rel=0.03)
    before = {name: weight.clone() for name, weight in trainer.model.state_dict().items() if "linear" in name}
    assert len(before) == 4
    epochs_of(trainer)
    assert all(torch.equal(trainer.model.state_dict()[name], weight) for name, weight in before.items())
    assert error() < 0.9 * of_pca


def test_without_a_corruption_nothing_is_damaged_and_no_number_drawn_for_it(monkeypatch, digits):
    calls = watch(monkeypatch)
    images = digits.images[:100]
    plain = make_trainer(images)
    epochs_of(plain)
    assert {type(seen) for *_, seen in calls} == {type(None)}
    still = make_trainer(images, corruption="masking", corruption_strength=0.0)
    epochs_of(still)
    for name, tensor in plain.state()[0].items():
        assert torch.equal(still.state()[0][name], tensor), name


def test_each_image_comes_with_its_own_label(monkeypatch):
    # An image's gray level is its label.
    images = np.broadcast_to((np.arange(100) % 3)[:, None, None, None], (100, 1, 8, 8))
    calls = watch(monkeypatch)
    epochs_of(make_trainer(images.astype(np.uint8), conditional=True))
    assert {training for training, *_ in calls} == {True, False}
    for _, x, labels, _ in calls:
        assert torch.equal((255 * x[:, 0, 0, 0]).round().long(), labels)
    # And a model that is not told labels is not told them.
    calls.clear()
    epochs_of(make_trainer(images.astype(np.uint8)))
    assert {type(labels) for _, _, labels, _ in calls} == {type(None)}


@pytest.mark.slow
def test_a_denoising_model_undoes_what_a_plain_one_does_not(digits):
    train, validation = split_digits(digits)
    x = to_float(torch.from_numpy(validation))
    noisy = corrupt(x, "gaussian", 0.4, torch.Generator().manual_seed(0))
    errors = {}
    for corruption in (None, "gaussian"):
        config = TrainConfig(
            model="ae",
            latent_dim=16,
            hidden=(128,),
            epochs=30,
            corruption=corruption,
            corruption_strength=0.4,
        )
        trainer = Trainer(config, train, validation)
        epochs_of(trainer)
        with torch.no_grad():
            x_hat = trainer.model.likelihood.mean(trainer.model(noisy).logits)
        errors[corruption] = (x_hat - x).square().mean().item()
    assert errors["gaussian"] < 0.8 * errors[None]
    assert errors["gaussian"] < 0.5 * (noisy - x).square().mean().item()


@pytest.mark.slow
def test_mmd_holds_the_codes_as_a_whole_where_nothing_else_does(digits):
    """With beta 0 single posteriors may say anything; codes as a whole are still the prior's."""
    train, validation = split_digits(digits)
    spreads = {}
    for weight in (0.0, 1000.0):
        config = TrainConfig(objective="mmd", beta=0.0, mmd_weight=weight, epochs=15, hidden=(64,), batch_size=256)
        trainer = Trainer(config, train, validation)
        epochs_of(trainer)
        with torch.no_grad():
            output = trainer.model(to_float(torch.from_numpy(train)))
        spreads[weight] = output.z.std(0)
    assert (spreads[1000.0] - 1).abs().max() < 0.2
    assert spreads[0.0].max() > 1.5


@pytest.mark.slow
def test_infovae_as_it_is_proposed_holds_codes_to_the_prior_and_uses_them(digits):
    train, validation = split_digits(digits)
    config = TrainConfig(objective="mmd", epochs=60, **OBJECTIVES["mmd"].suited)
    trainer = Trainer(config, train, validation)
    epochs_of(trainer)
    with torch.no_grad():
        output = trainer.model(to_float(torch.from_numpy(train)), torch.Generator().manual_seed(0))
    # As it was recommended before, with beta 0 and one kernel, draws had a deviation of up to 3.3, 20 at the most.
    assert (output.z.std(0) - 1).abs().max() < 0.2
    assert output.z.norm(dim=1).max() < 7
    assert (output.posterior.mu.var(0) > 0.5).all()


@pytest.mark.parametrize("objective", ["tc", "mmd", "factor", "capacity"])
def test_during_its_warm_up_an_objective_costs_as_much_less(objective, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
    monkeypatch.setattr(trainer_module, "RECORD_EVERY", 0.0)
    config = TrainConfig(epochs=5, batch_size=10, hidden=(4,), beta=3.0, kl_warmup=0.5, objective=objective)
    steps = [r for r in Trainer(config, images, images).records() if isinstance(r, StepRecord)]
    assert steps[0].train.total == pytest.approx(steps[0].train.reconstruction)
    assert steps[0].train.penalty == 0
    for step in steps:  # each is of one batch, before which this much was done
        warmup = min((step.step - 1) / 20 / 0.5, 1)
        weight = warmup * WEIGHTS.get(objective, 3)
        parts = step.train.reconstruction + weight * step.train.kl + step.train.penalty
        assert step.train.total == pytest.approx(parts, rel=1e-6)
    assert steps[-1].train.penalty != 0


def test_the_kl_is_led_along_its_schedule(digits):
    """Burgess et al. 2018: C rises evenly to the capacity, and the KL follows."""
    config = TrainConfig(objective="capacity", gamma=4.0, capacity=6.0, latent_dim=6, epochs=20, hidden=(64,))
    records = epochs_of(Trainer(config, *split_digits(digits)))
    # Training's mean over an epoch is of what was allowed half an epoch before its end.
    off = np.array([record.train.kl - 6 * (record.progress - 0.5 / 20) for record in records])
    assert np.abs(off).max() < 0.5
    assert np.abs(off).mean() < 0.15


def test_a_discriminator_is_in_the_checkpoint_and_not_in_the_model(digits):
    images = digits.images[:100]
    trainer = make_trainer(images, objective="factor")
    first = {name: value.clone() for name, value in trainer.companion.state().items()}
    epochs_of(trainer)
    tensors, _ = trainer.state()
    theirs = {name: value for name, value in tensors.items() if name.startswith("companion.")}
    assert not torch.equal(theirs["companion.network.0.weight"], first["network.0.weight"])
    assert theirs["companion.optimizer.0.step"] == 9
    plain = make_trainer(images)
    epochs_of(plain)
    assert tensors.keys() - theirs.keys() == plain.state()[0].keys()
    for lacking in (plain.state(), ({**tensors, "companion.network.0.weight": torch.zeros(1, 1)}, trainer.state()[1])):
        with pytest.raises(ValueError, match=r"^The checkpoint belongs to a model of another shape\.$"):
            make_trainer(images, objective="factor").load_state(*lacking)


@pytest.mark.slow
def test_codes_of_a_wae_as_it_is_proposed_lie_as_the_prior_does(digits):
    train, validation = split_digits(digits)
    spreads = {}
    for objective in ("elbo", "wae"):
        config = TrainConfig(model="ae", objective=objective, **OBJECTIVES[objective].suited)
        trainer = Trainer(config, train, validation)
        epochs_of(trainer)
        with torch.no_grad():
            spreads[objective] = trainer.model(to_float(torch.from_numpy(train))).z.std(0)
    assert (spreads["wae"] - 1).abs().max() < 0.2
    assert spreads["elbo"].max() > 2


@pytest.mark.parametrize(("num_samples", "most"), [(5, 819), (64, 64)])
def test_validation_decodes_few_codes_at_once_however_many_are_drawn(num_samples, most):
    """1,024 images with 64 codes each took 3 GB."""
    images = np.random.default_rng(0).integers(0, 256, (900, 1, 8, 8), dtype=np.uint8)
    config = TrainConfig(objective="iwae", num_samples=num_samples, epochs=1, hidden=(4,))
    trainer, decoded = Trainer(config, images[:10], images), []
    trainer.model.decoder.register_forward_pre_hook(lambda module, given: decoded.append(len(given[0])))
    (record,) = epochs_of(trainer)
    assert record.validation.num_images == 900
    assert max(decoded) == most * num_samples <= devices.DECODED
    assert sum(decoded) == 910 * num_samples


@pytest.mark.parametrize("missing", ["train", "validation"])
def test_a_conditional_training_without_labels_is_refused(missing):
    images, labels = np.zeros((8, 1, 8, 8), np.uint8), np.zeros(8, np.int64)
    sides = [None if side == missing else labels for side in ("train", "validation")]
    with pytest.raises(ValueError, match=r"^A conditional model needs a label with every image: "):
        Trainer(TrainConfig(conditional=True), images, images, *sides, 1)
    with pytest.raises(ValueError, match=r"^A conditional model needs labels, and digits has none"):
        Trainer(TrainConfig(conditional=True), images, images)


def test_state_holds_weights_optimizer_and_random_state(small):
    settings, images = small
    trainer = Trainer(TrainConfig(epochs=1, **settings), images, images)
    epochs_of(trainer)
    tensors, numbers = trainer.state()
    names = [name for name, _ in trainer.model.named_parameters()]
    for index, name in enumerate(names):
        assert torch.equal(tensors[f"model.{name}"], trainer.model.state_dict()[name])
        assert tensors[f"optimizer.{index}.exp_avg"].shape == tensors[f"model.{name}"].shape
    assert torch.equal(tensors["random"], trainer.generator.get_state())
    assert numbers == {"epoch": 1, "step": trainer.step, "seconds": trainer.seconds}
    # A copy: training on does not change it.
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    trainer._train_step(torch.arange(8), 0.1)
    trainer.generator.manual_seed(9)
    changed = [name for name, tensor in tensors.items() if not torch.equal(tensor, before[name])]
    assert changed == []


def test_state_of_another_shape_is_refused():
    images = np.zeros((8, 1, 8, 8), np.uint8)
    state = Trainer(TrainConfig(hidden=(8,)), images, images).state()
    with pytest.raises(ValueError, match="belongs to a model of another shape"):
        Trainer(TrainConfig(hidden=(9,)), images, images).load_state(*state)


def test_the_seed_alone_decides(small):
    settings, images = small

    def weights(seed):
        trainer = Trainer(TrainConfig(epochs=2, seed=seed, **settings), images, images)
        epochs_of(trainer)
        return trainer.state()[0]

    torch.manual_seed(1)
    first = weights(0)
    torch.manual_seed(2)
    again, other = weights(0), weights(1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["model.encoder.heads.mu.weight"], other["model.encoder.heads.mu.weight"])


# --- Refusals -----------------------------------------------------------------------------------


def test_divergence_is_named_with_what_would_do(small, monkeypatch):
    settings, images = small
    trainer = Trainer(TrainConfig(epochs=3, learning_rate=1, **settings), images, images)
    records = trainer.records()
    first = next(record for record in records if isinstance(record, EpochRecord))
    assert math.isfinite(first.train.total)
    with torch.no_grad():
        next(trainer.model.parameters())[0] = math.nan
    message = r"^Training diverged in epoch 2: the loss .* A learning rate below 1 would do\.$"
    with pytest.raises(DivergedError, match=message):
        list(records)


@pytest.mark.parametrize("rate", [0.1, 1.0])
@pytest.mark.parametrize("objective", ["elbo", "tc", "iwae"])
def test_too_high_a_learning_rate_is_told_whatever_is_minimized(digits, rate, objective):
    """At a learning rate of 1 it finished, with an ELBO of -4.8e29."""
    config = TrainConfig(objective=objective, beta=1.0 + 3 * (objective == "tc"), epochs=20, learning_rate=rate)
    message = rf"^Training diverged in epoch \d+: the loss .* A learning rate below {rate:g} would do\.$"
    with pytest.raises(DivergedError, match=message):
        epochs_of(Trainer(config, *split_digits(digits)))


def test_a_training_that_went_astray_says_so_though_its_loss_is_a_number(small):
    settings, images = small
    trainer = Trainer(TrainConfig(epochs=3, **settings), images, images)
    running = trainer.records()
    next(record for record in running if isinstance(record, EpochRecord))
    with torch.no_grad():
        trainer.model.encoder.heads.mu.bias.fill_(1e4)  # a KL of 1e8 nats
    with pytest.raises(
        DivergedError, match=r"^Training diverged in epoch 2: the loss has risen to .*e\+0[78] nats an image"
    ):
        list(running)


EXTREME = {
    "as it is": {},
    "short and heavy": {"beta": 1000.0, "latent_dim": 128, "epochs": 1},
    "suddenly heavy": {"beta": 1000.0, "latent_dim": 128, "kl_warmup": 1.0, "epochs": 2},
    "without a KL": {"beta": 0.0, "latent_dim": 128, "epochs": 40},
    "free bits": {"free_bits": 10.0, "beta": 1000.0, "latent_dim": 128},
    "mmd": {"objective": "mmd", "mmd_weight": 100_000.0, "beta": 0.0},
    "tc": {"objective": "tc", "beta": 1000.0, "latent_dim": 16, "kl_warmup": 1.0},
    "iwae": {"objective": "iwae", "num_samples": 64, "beta": 1000.0, "epochs": 2},
    "factor": {"objective": "factor", "gamma": 1000.0, "latent_dim": 16},
    "capacity": {"objective": "capacity", "gamma": 10_000.0, "capacity": 1000.0},
    "wae": {"objective": "wae", "model": "ae", "mmd_weight": 100_000.0, "latent_dim": 16},
    "narrow pixels": {"likelihood": "gaussian", "sigma": 0.01, "latent_dim": 16},
    "wide pixels": {"likelihood": "gaussian", "sigma": 10.0},
    "narrow pixels beside PCA": {"likelihood": "gaussian", "sigma": 0.01, "pca_path": True, "beta": 100.0},
    "continuous": {"likelihood": "continuous_bernoulli", "latent_dim": 16, "beta": 50.0},
    "learned": {"likelihood": "gaussian_learned", "sigma": 10.0},
    "by heart": {"model": "ae", "likelihood": "gaussian_learned", "latent_dim": 64, "few": 30, "epochs": 150},
    "by heart, crisp": {"model": "ae", "latent_dim": 64, "few": 30, "epochs": 150},
    "flat": {"likelihood": "gaussian_learned", "few": 0, "epochs": 40},
}


@pytest.mark.parametrize("name", EXTREME)
def test_no_sound_training_is_called_astray(digits, name):
    settings = {"epochs": 5} | EXTREME[name]
    few = settings.pop("few", None)
    train, validation = split_digits(digits)
    if few == 0:
        train = validation = np.zeros((64, 1, 8, 8), np.uint8)
    trainer = Trainer(TrainConfig(**settings), train[:few] if few else train, validation)
    worst = max(record.train.total for record in epochs_of(trainer))
    assert worst < trainer.astray / 5


def test_a_learned_sigma_of_flat_images_ends_at_its_floor():
    flat = np.zeros((64, 1, 8, 8), np.uint8)
    config = TrainConfig(likelihood="gaussian_learned", learning_rate=0.1, epochs=150, hidden=(16,))
    trainer = Trainer(config, flat, flat)
    epochs_of(trainer)
    assert trainer.model.likelihood.log_sigma.exp().item() == pytest.approx(SIGMA_FLOOR, rel=1e-5)


@pytest.mark.parametrize("which", ["training", "validation"])
@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((0, 1, 8, 8), np.uint8),
        np.zeros((9, 8, 8), np.uint8),
        np.zeros((9, 1, 8, 8)),
        np.zeros((9, 1, 8, 8), np.int64),
        np.full((9, 1, 8, 8), np.nan),
    ],
    ids=["none", "without channels", "floats", "int64", "NaN"],
)
def test_images_that_cannot_be_trained_on_are_refused_before_training(which, wrong):
    images = {"training": np.zeros((9, 1, 8, 8), np.uint8), "validation": np.zeros((9, 1, 8, 8), np.uint8)}
    with pytest.raises(
        ValueError, match=rf"^The {which} images are .*; they must be uint8 \(N, C, H, W\), N at least 1"
    ):
        Trainer(TrainConfig(), *(images | {which: wrong}).values())


@pytest.mark.parametrize("wrong", [np.array([0, 1, 5]), np.array([0, -1, 2]), np.array([0, 1]), np.array([0.0, 1, 2])])
def test_labels_that_are_none_are_refused_before_training(wrong):
    images, labels = np.zeros((3, 1, 8, 8), np.uint8), np.arange(3)
    with pytest.raises(ValueError, match=r"(: give each image one, from 0 to 2|must be whole numbers from 0)\.$"):
        Trainer(TrainConfig(conditional=True), images, images, labels, wrong, 3)


def test_images_that_the_architecture_cannot_take_are_refused():
    images = np.zeros((8, 1, 8, 8), np.uint8)
    with pytest.raises(ValueError, match="16 to 128 pixels, but these have 8"):
        Trainer(TrainConfig(architecture="conv"), images, images)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_learns_what_the_cpu_learns(digits):
    train, validation = split_digits(digits)
    losses = {}
    for device in ("cpu", "cuda"):
        config = TrainConfig(epochs=10, hidden=(64, 32), device=device)
        losses[device] = epochs_of(Trainer(config, train, validation))[-1].validation.total
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=0.03)
