"""What a run is: validated settings, with messages a person can act on. Imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from vaelab.choices import (
    ACTIVATIONS,
    ARCHITECTURES,
    CORRUPTIONS,
    LIKELIHOODS,
    OBJECTIVES,
    Objective,
    objective_of,
    users_of,
)
from vaelab.files import check_name

__all__ = [
    "OWN",
    "SIDES",
    "Preprocessing",
    "TrainConfig",
    "bounds_of",
]

if TYPE_CHECKING:
    LikelihoodName: TypeAlias = str
    ArchitectureName: TypeAlias = str
    ActivationName: TypeAlias = str
    ObjectiveName: TypeAlias = str
    CorruptionName: TypeAlias = str
else:  # what the tables have; so the command line lists them, and says which there are
    LikelihoodName = Literal[tuple(LIKELIHOODS)]
    ArchitectureName = Literal[tuple(ARCHITECTURES)]
    ActivationName = Literal[tuple(ACTIVATIONS)]
    ObjectiveName = Literal[tuple(OBJECTIVES)]
    CorruptionName = Literal[tuple(CORRUPTIONS)]

#: What the objectives of the other model are about, by the model that cannot take them, and why not.
_ABOUT = {
    "ae": ("a distribution of codes", "an autoencoder does not have"),
    "vae": ("codes that are points", "those of a VAE are not"),
}

#: Least and most pixels a side.
SIDES = (8, 128)

#: A person's own dataset is called ``own/<name>``.
OWN = "own/"


class Preprocessing(BaseModel):
    """What is done to a dataset's images before a model sees them.

    Every field left at its default leaves the images as their source has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(ge=SIDES[0], le=SIDES[1])] | None = Field(
        None, description="Resize to this many pixels a side."
    )
    color: Literal["gray", "rgb"] | None = Field(
        None, description="Convert to one grey channel or to three colour channels."
    )
    binarize: bool = Field(False, description="Round every pixel to black or white.")
    num_images: Annotated[int, Field(ge=30)] | None = Field(
        None, description="Keep this many images, drawn with a fixed seed."
    )
    classes: tuple[str, ...] | None = Field(None, description="Keep only these classes, given by their names.")


class TrainConfig(BaseModel):
    """Everything that makes a run what it is; saved as ``config.json`` in its folder.

    The autoencoder and the VAE are the same network: ``model`` says whether the code is a point
    (``"ae"``, no KL term) or a distribution (``"vae"``).

    Examples
    --------
    >>> from vaelab.explaining import explain
    >>> TrainConfig(dataset="digits", latent_dim=2).beta
    1.0
    >>> try:
    ...     TrainConfig(latent_dim=0)
    ... except ValueError as error:
    ...     print(explain(error))
    latent_dim was 0; it must be at least 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    # Data
    dataset: str = Field("digits", description="Which images to learn; own/<name> for your own.")
    preprocessing: Preprocessing = Field(Preprocessing(), description="What is done to the images first.")

    # Model
    model: Literal["ae", "vae"] = Field("vae", description="Point codes (ae) or Gaussian (vae).")
    latent_dim: int = Field(2, ge=1, le=128, description="Numbers in a code.")
    architecture: ArchitectureName = Field("mlp", description="Kind of network.")
    hidden: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        (256, 256, 128),
        max_length=6,
        description="Widths of the MLP encoder's hidden layers; the decoder mirrors them.",
    )
    channels: tuple[Annotated[int, Field(ge=1, le=512)], ...] = Field(
        (16, 32),
        max_length=4,
        description="Channels of the conv encoder's stages, each halving the image.",
    )
    conv_hidden: int = Field(128, ge=1, le=4096, description="Width of the dense layer beside the conv network's code.")
    group_norm: bool = Field(False, description="Normalize what each convolution gives, in groups of channels.")
    activation: ActivationName = Field("silu", description="Nonlinearity between layers.")
    conditional: bool = Field(False, description="Tell encoder and decoder the image's label; the code is the rest.")
    pca_path: bool = Field(
        False, description="Keep PCA of the training images beside the network, which learns what PCA misses."
    )

    # Objective
    objective: ObjectiveName = Field(
        "elbo",
        description=f"What is minimized: {', '.join(f'{name} ({each.kind})' for name, each in OBJECTIVES.items())}.",
    )
    likelihood: LikelihoodName = Field("bernoulli", description="p(x|z), the pixel model.")
    sigma: float = Field(0.1, ge=0.01, le=10, description="Pixel sigma of the Gaussian; where a learned one starts.")
    beta: float = Field(
        1.0,
        ge=0,
        le=1000,
        description="Weight of the KL; with tc, of total correlation. An iwae is a bound at 1 only; for mmd take 0.1.",
    )
    mmd_weight: float = Field(30.0, ge=0, le=100_000, description=f"Weight of the MMD; with {users_of('mmd_weight')}.")
    num_samples: int = Field(5, ge=1, le=64, description=f"Samples of z an image (k); with {users_of('num_samples')}.")
    gamma: float = Field(1.0, ge=0, le=10_000, description=f"Weight of what {users_of('gamma')} adds to the loss.")
    capacity: float = Field(
        5.0, ge=0, le=1000, description=f"Nats that the KL is led to by the end; with {users_of('capacity')}."
    )
    kl_warmup: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of training over which all but the reconstruction rises from 0 to its full weight.",
    )
    free_bits: float = Field(0.0, ge=0, le=10, description="Nats per latent dimension that cost nothing.")

    # Denoising
    corruption: CorruptionName | None = Field(None, description="Damage the images that are encoded, anew each step.")
    corruption_strength: float = Field(
        0.3,
        ge=0,
        le=5,
        description="Sigma of gaussian noise (0 to 1) or of blur (pixels); else share of pixels.",
    )

    # Against learning by heart
    augment_flip: bool = Field(False, description="Mirror training images left to right, half of the time.")
    augment_shift: int = Field(0, ge=0, le=16, description="Move training images by up to this many pixels.")
    code_noise: float = Field(
        0.0, ge=0, le=10, description="Sigma of noise on an autoencoder's codes in training; a VAE learns its own."
    )

    # Training
    epochs: int = Field(30, ge=1, le=10_000, description="Passes over the training images.")
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        None, description="Train for this long instead; the schedule then follows the clock."
    )
    batch_size: int = Field(128, ge=1, le=8192, description="Images per step.")
    learning_rate: float = Field(4e-3, gt=0, le=1, description="Peak of the one-cycle schedule.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Start of every random number.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("cpu", description="Where to compute.")
    threads: int = Field(1, ge=1, le=256, description="CPU threads; one is steadiest where others compute too.")

    @model_validator(mode="after")
    def _fits_together(self) -> TrainConfig:
        objective = self.minimized
        if self.model not in objective.models:
            about, lacks = _ABOUT[self.model]
            raise ValueError(
                f"objective {self.objective} is about {about}, which {lacks}: choose model {objective.models[0]}, or "
                "objective elbo"
            )
        if self.free_bits and objective.no_free_bits:
            raise ValueError(
                f"free_bits changes the KL term, which objective {self.objective} {objective.no_free_bits}: "
                "set free_bits to 0, or choose objective elbo"
            )
        if self.corruption and CORRUPTIONS[self.corruption].is_share and self.corruption_strength > 1:
            raise ValueError(f"corruption_strength is a share of pixels with {self.corruption}: choose 0 to 1")
        return self

    @field_validator("hidden", "channels")
    @classmethod
    def _not_empty(cls, widths: tuple[int, ...]) -> tuple[int, ...]:
        if not widths:
            raise ValueError("at least one width")
        return widths

    @field_validator("dataset")
    @classmethod
    def _can_be_a_name(cls, name: str) -> str:
        check_name(name.removeprefix(OWN))
        return name

    @property
    def minimized(self) -> Objective:
        """What the model minimizes, as the table of objectives has it."""
        return objective_of(self.model, self.objective)

    def check_image_shape(self, image_shape: tuple[int, int, int]) -> None:
        """Refuse images that the chosen architecture cannot take.

        Parameters
        ----------
        image_shape
            ``(C, H, W)`` of the images after preprocessing.

        Raises
        ------
        ValueError
            With what was received and what would do.
        """
        _, height, width = image_shape
        if height != width:
            raise ValueError(f"Images must be square, but these are {height} × {width} pixels.")
        architecture = ARCHITECTURES[self.architecture]
        if height < architecture.least_side:
            raise ValueError(
                f"The {self.architecture} architecture takes images of {architecture.least_side} to {SIDES[1]} pixels, "
                f"but these have {height}: choose the mlp architecture, or resize the images to 28 or 32."
            )
        stages = len(getattr(self, architecture.widths)) if architecture.halves else 0
        if height % 2**stages:
            raise ValueError(
                f"Each of the {stages} {self.architecture} stages halves the image, and {height} "
                f"pixels cannot be halved that often: use fewer channels, or resize to 32 or 64."
            )

    def check_labels(self, num_labels: int) -> None:
        """Refuse to condition on labels that are not there.

        Parameters
        ----------
        num_labels
            How many classes the images have; 0 without labels.

        Raises
        ------
        ValueError
            With what would do.
        """
        if self.conditional and num_labels == 0:
            raise ValueError(
                f"A conditional model needs labels, and {self.dataset} has none: switch "
                "conditional off, or choose images with labels, such as digits."
            )


def bounds_of(name: str) -> dict[str, Any]:
    """Look up between what a number of ``TrainConfig`` must lie.

    Parameters
    ----------
    name
        Of the field; of one that holds several numbers, the bounds are each one's, beside how many there may be.

    Returns
    -------
    dict
        ``ge`` or ``gt``, ``le`` and ``max_length``, as far as it has them; empty where there is no such field.

    Examples
    --------
    >>> bounds_of("beta"), bounds_of("hidden")
    ({'ge': 0, 'le': 1000}, {'ge': 1, 'le': 4096, 'max_length': 6})
    """
    field = TrainConfig.model_fields.get(name)
    if field is None:
        return {}
    inner = [part for kind in get_args(field.annotation) for part in getattr(kind, "__metadata__", ())]
    parts = [*(bound for part in inner if isinstance(part, FieldInfo) for bound in part.metadata), *field.metadata]
    keys = ("ge", "gt", "le", "max_length")
    return {key: value for part in parts for key in keys if (value := getattr(part, key, None)) is not None}
