# %% [markdown]
# # A variational autoencoder, from beginning to end
#
# Trains on 8 × 8 digits, on a CPU, in a few seconds. It needs PyTorch, scikit-learn for the digits, and Plotly for the
# pictures: `pip install torch scikit-learn plotly`. As a script, it writes them to two HTML files beside it.

# %%
import plotly.graph_objects as go
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

torch.manual_seed(0)
torch.set_num_threads(1)  # layers this small gain nothing from more, and lose much

# %% [markdown]
# **Data.** Each image is a row of 64 numbers from 0 to 1. What the model is judged on, it must not have seen.

# %%
digits = load_digits()
pixels = torch.tensor(digits.data / 16, dtype=torch.float32)
train, test, _, test_labels = train_test_split(pixels, digits.target, test_size=0.1, random_state=0)


# %% [markdown]
# **Model.** The encoder answers with a cloud: its middle, `mu`, and the log of its variance. The decoder turns a code
# into an image. Take away the noise and the KL term, and this is an autoencoder.


# %%
class VAE(nn.Module):
    """64 pixels to 2 numbers and back."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 64), nn.SiLU())
        self.mu, self.logvar = nn.Linear(64, 2), nn.Linear(64, 2)
        self.decoder = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 64))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The cloud of each image."""
        hidden = self.encoder(x)
        return self.mu(hidden), self.logvar(hidden)

    def decode(self, z: Tensor) -> Tensor:
        """The image of each code, pixels from 0 to 1."""
        return torch.sigmoid(self.decoder(z))

    def loss(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both terms, in nats per image."""
        mu, logvar = self.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)  # the reparameterization trick
        logits = self.decoder(z)
        reconstruction = functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl = (mu**2 + logvar.exp() - 1 - logvar).sum(1) / 2
        return reconstruction.mean(), kl.mean()


# %% [markdown]
# **Training.** One batch after another, the weights are nudged so that the loss falls.

# %%
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(1, 41):
    for batch in torch.randperm(len(train)).split(64):
        reconstruction, kl = model.loss(train[batch])
        optimizer.zero_grad()
        (reconstruction + kl).backward()
        optimizer.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}, last batch: reconstruction {reconstruction:.1f} + KL {kl:.1f} nats")

# %% [markdown]
# **Evaluation.** The same two terms on images that the model has never seen; their negative sum is the ELBO.

# %%
with torch.no_grad():
    terms = torch.tensor([model.loss(test) for _ in range(100)]).mean(0)
    codes, _ = model.encode(test)
    drawn = model.decode(torch.randn(10, 2))
print(f"held out: ELBO {-terms.sum():.1f} = -({terms[0]:.1f} + {terms[1]:.1f}) nats")

# %% [markdown]
# **Latent space.** A point for each held-out image, coloured by its label, which nobody told the model.

# %%
points = {"color": test_labels, "colorscale": "Turbo", "showscale": True}
latent_map = go.Figure(go.Scatter(x=codes[:, 0], y=codes[:, 1], mode="markers", marker=points))
latent_map.update_layout(title="The code of each held-out image", width=600, height=500)
latent_map.write_html("latent_map.html")

# %% [markdown]
# **Generation.** Ten codes drawn from the prior, decoded.

# %%
row = drawn.reshape(10, 8, 8).permute(1, 0, 2).reshape(8, 80)
samples = go.Figure(go.Heatmap(z=row.flip(0), colorscale="Gray", showscale=False))
samples.update_layout(title="Ten codes from N(0, I), decoded", width=900, height=200)
samples.write_html("samples.html")
