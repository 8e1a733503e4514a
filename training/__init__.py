"""Train and evaluate emotion models: classifiers of photos and faces, and the lite models."""
