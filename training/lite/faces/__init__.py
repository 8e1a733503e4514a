"""The two networks of `lite` that find faces and read them."""
