"""A check-up of a profile: canonical photos, texts and sounds through its models, and what came.

What must hold with any weights is sound or broken. What only trained weights bring about is
plausible or not: random or mixed up weights get some of it right by luck, never all.
"""
