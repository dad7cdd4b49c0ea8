"""How each figure is to be read, in a sentence or two."""

from __future__ import annotations

_CAPTIONS = {
    "cost": "Each mark is a trained network. The search prefers every network on the better side "
    "of a dotted line to those on it. Of the networks on the black line none is beaten by another "
    "in both.",
    "network": "From the input down to the output. The bar is a layer's share of all parameters; "
    "orange arcs are shortcuts, whose values are added again further down.",
    "course": "Each mark is a trial in the order in which the stages took them; the line is the "
    "best network so far.",
    "learning-curves": "The leading networks of the table below, epoch by epoch.",
    "importance": "How much of what the losses differ by goes with each parameter, alone or "
    "together with others (total Sobol index of the sampler's model).",
    "parameters": "Each line is a trial: its values from the lowest to the highest allowed, and "
    "at the bottom its loss, best at the left.",
    "options": "The grids of stage 2: each option was tried on the best network so far, and the "
    "green one kept if it was strictly better.",
    "brackets": "Hyperband trains many networks a little, and the best of them on.",
    "by-wc": "One network for each wc: the best of all that were trained, by its loss there. "
    "Where searches share their trials, the one with the largest wc trains most of them.",
    "all-networks": "Each mark is a trained network, drawn as the search that trained it. Of "
    "those on the black line none is beaten by another in both. Rings are the networks that were "
    "chosen.",
    "time-spent": "Wall time of all trials; what was known before took none.",
}


def caption(name: str) -> str:
    """The caption of a figure by its name; figures of one kind share the first word."""
    return _CAPTIONS.get(name) or _CAPTIONS.get(name.partition("-")[0], "")
