"""How good a reading is: shares over classes, and valence and arousal, beside what people said.

numpy alone, in float64; every measure names where it comes from.

predictions   what was read, beside what was told
shares        Kullback-Leibler, Jensen-Shannon, Pearson by class
hits          the dominant class: top-k, recall, F1, confusion
calibration   whether a share of 0.8 is right in eight cases of ten; the temperature
plane         valence and arousal: Pearson, Spearman, concordance, root mean square
intervals     how far a figure may be off, by bootstrap over groups
summary       all of it at once, with intervals
"""
