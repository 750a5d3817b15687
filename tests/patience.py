"""How long tests wait for what is bound to come. It says when to give up, and nothing of how fast something is."""

#: Seconds: a machine that runs all tests at once has taken two minutes to train, import umap-learn, and compile it.
SECONDS = 300
