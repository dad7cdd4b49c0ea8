"""Which sampler proposes better, and what does it cost?"""
