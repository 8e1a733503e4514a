"""The full profile: published architectures by torch, their weights from safetensors."""
